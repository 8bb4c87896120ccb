//! The check character of ISO 7064 MOD 37,36: every single wrong character and every swap of neighbours is noticed.

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
    let Some(check) = characters.next_back() else { return false };
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
        fn swapped_neighbours_are_noticed(body in "GXJ[123]20[0-9]{2}45[0-9]{2}[0-9]{5}", at in 0..16_usize) {
            let text = format!("{body}{}", check_character(&body).unwrap());
            let mut swapped = text.clone().into_bytes();
            prop_assume!(swapped[at] != swapped[at + 1]);
            swapped.swap(at, at + 1);
            prop_assert!(!is_valid(std::str::from_utf8(&swapped).unwrap()));
        }
    }
}
