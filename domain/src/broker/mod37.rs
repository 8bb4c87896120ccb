//! The check character of ISO 7064 MOD 37,36.
//!
//! Every single wrong character is noticed. A swap of neighbours is noticed unless their values are consecutive (`4` and
//! `5`, or `0` and `Z`) and stand behind the one remainder, of thirty-six, at which such a pair commutes.

/// The check character of a body of digits and upper-case letters; none when another character stands in it.
pub fn check_character(body: &str) -> Option<char> {
    let mut product = 36;
    for character in body.chars() {
        let value = match character {
            '0'..='9' | 'A'..='Z' => character.to_digit(36)?,
            _ => return None,
        };
        product = match (product + value) % 36 {
            0 => 36,
            rest => rest,
        } * 2
            % 37;
    }
    char::from_digit((37 - product) % 36, 36).map(|c| c.to_ascii_uppercase())
}

/// Whether the last character is the check of those before it.
pub fn is_valid(text: &str) -> bool {
    let mut characters = text.chars();
    let Some(check) = characters.next_back() else {
        return false;
    };
    let body = characters.as_str();
    !body.is_empty() && check_character(body) == Some(check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rulebooks_vectors() {
        assert_eq!(check_character("GXJ22026450100017"), Some('I'));
        assert_eq!(check_character("GXJ22026450100018"), Some('G'));
        assert_eq!(check_character("GXJ12026451400001"), Some('1'));
        assert!(is_valid("GXJ22026450100018G"));
        assert!(!is_valid("") && !is_valid("G") && !is_valid("gxj22026450100018g") && !is_valid("证书"));
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_noticed(body in "[0-9A-Z]{1,24}", at in any::<prop::sample::Index>(), other in "[0-9A-Z]") {
            let text = format!("{body}{}", check_character(&body).unwrap());
            let at = at.index(text.len());
            prop_assume!(text[at..=at] != other);
            prop_assert!(is_valid(&text));
            let wrong = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            prop_assert!(!is_valid(&wrong));
        }

        #[test]
        fn only_consecutive_neighbours_can_be_swapped_unnoticed(body in "[0-9A-Z]{2,24}", at in any::<prop::sample::Index>()) {
            let at = at.index(body.len() - 1);
            let value = |at: usize| body[at..=at].chars().next().and_then(|c| c.to_digit(36)).unwrap();
            let apart = value(at).abs_diff(value(at + 1));
            prop_assume!(!matches!(apart, 0 | 1 | 35));
            prop_assert!(!is_valid(&swapped(&body, at)));
        }
    }

    /// A body with its check character, and two neighbours swapped.
    fn swapped(body: &str, at: usize) -> String {
        let mut text = format!("{body}{}", check_character(body).unwrap()).into_bytes();
        text.swap(at, at + 1);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn every_swap_in_the_rulebooks_vectors_is_noticed() {
        for body in ["GXJ22026450100017", "GXJ12026451400001"] {
            let text = format!("{body}{}", check_character(body).unwrap());
            for at in 0..17 {
                let is_same = text.as_bytes()[at] == text.as_bytes()[at + 1];
                assert_eq!(is_valid(&swapped(body, at)), is_same, "{body} {at}");
            }
        }
    }

    #[test]
    fn one_pair_commutes_behind_one_remainder() {
        assert!(is_valid(&swapped("GXJ12085456554000", 12)));
    }
}
