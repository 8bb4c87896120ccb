//! Unified social credit codes (统一社会信用代码), GB 32100-2015.

use super::broken::{Broken, half_width};

/// A unified social credit code that was checked, in upper case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uscc(String);

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

fn value(character: u8) -> Option<usize> {
    ALPHABET.iter().position(|known| *known == character)
}

/// The check character of the first seventeen.
pub fn check_character(body: &str) -> Option<char> {
    if body.len() != 17 {
        return None;
    }
    let (mut sum, mut weight) = (0, 1);
    for character in body.bytes() {
        sum += value(character)? * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET.get((31 - sum % 31) % 31).map(|b| char::from(*b))
}

impl Uscc {
    /// Reads eighteen characters: length, alphabet (no I O S V Z), six area digits, check character.
    pub fn parse(text: &str) -> Result<Self, Broken> {
        let text = half_width(text).trim().to_ascii_uppercase();
        if text.chars().count() != 18 {
            return Err(Broken::new("uscc_format"));
        }
        if !text.bytes().all(|b| value(b).is_some()) {
            return Err(Broken::new("uscc_alphabet"));
        }
        if !text[2..8].bytes().all(|b| b.is_ascii_digit()) {
            return Err(Broken::new("uscc_format"));
        }
        match check_character(&text[..17]) {
            Some(check) if text.ends_with(check) => Ok(Self(text)),
            _ => Err(Broken::new("uscc_checksum")),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The six digits of the registration's administrative area.
    pub fn area(&self) -> &str {
        &self.0[2..8]
    }

    /// Whether the body is registered in Guangxi (45xxxx).
    pub fn is_in_guangxi(&self) -> bool {
        self.area().starts_with("45")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rulebooks_vectors() {
        for text in [
            "91350100M000100Y43",
            "11100000000013338W",
            "11320482014138860P",
            "91350100m000100y43",
            "９1350100M000100Y43",
        ] {
            assert!(Uscc::parse(text).is_ok(), "{text}");
        }
        for (text, rule) in [
            ("91350100M000100Y4Z", "uscc_alphabet"),
            ("91310115MA1H8R7C6D", "uscc_checksum"),
            ("91310115MA1G4L1WXK", "uscc_checksum"),
            ("91350100M000100Y4", "uscc_format"),
            ("91A50100M000100Y43", "uscc_format"),
            ("", "uscc_format"),
            ("统一社会信用代码统一社会信用代码统一", "uscc_alphabet"),
        ] {
            assert_eq!(Uscc::parse(text).unwrap_err().rule, rule, "{text}");
        }
        assert_eq!(check_character("91310115MA1H8R7C6"), Some('7'));
        assert_eq!(check_character("91310115MA1G4L1WX"), Some('7'));
        assert_eq!(Uscc::parse("91350100M000100Y43").unwrap().area(), "350100");
    }
}
