//! Verification codes (查验码): 80 random bits that no one can guess from the number, in Crockford's base 32.

use std::fmt;
use std::str::FromStr;

/// Sixteen characters of `0-9A-Z` without `I L O U`, made of random bytes and of nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "orm", derive(sea_orm::DeriveValueType), sea_orm(value_type = "String"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[0-9A-HJKMNP-TV-Z]{16}$"))]
pub struct VerificationCode(String);

/// A text that is no verification code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a verification code")]
pub struct NotAVerificationCode;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 16;

impl VerificationCode {
    /// The code of ten random bytes, five bits a character.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let code = (0..LENGTH).rev().map(|at| char::from(ALPHABET[(bits >> (5 * at) & 31) as usize])).collect();
        Self(code)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VerificationCode {
    type Err = NotAVerificationCode;
    /// Reads what people type: blanks and hyphens are dropped, `O` is 0, `I` and `L` are 1.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        if code.len() == LENGTH && code.bytes().all(|b| ALPHABET.contains(&b)) {
            Ok(Self(code))
        } else {
            Err(NotAVerificationCode)
        }
    }
}

impl TryFrom<String> for VerificationCode {
    type Error = NotAVerificationCode;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<VerificationCode> for String {
    fn from(code: VerificationCode) -> Self {
        code.0
    }
}

impl fmt::Display for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        assert_eq!(VerificationCode::from_random([0; 10]).as_str(), "0000000000000000");
        assert_eq!(VerificationCode::from_random([255; 10]).as_str(), "ZZZZZZZZZZZZZZZZ");
        assert_eq!("oooo-iill-0000-zzzz".parse::<VerificationCode>().unwrap().as_str(), "000011110000ZZZZ");
        for text in ["", "000000000000000", "00000000000000000", "000000000000000U", "验证码验证码验证码验证码验证码验"]
        {
            assert!(text.parse::<VerificationCode>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn different_bytes_make_different_codes(a: [u8; 10], b: [u8; 10]) {
            let (one, other) = (VerificationCode::from_random(a), VerificationCode::from_random(b));
            prop_assert_eq!(one == other, a == b);
            prop_assert_eq!(one.as_str().parse(), Ok(one.clone()));
        }
    }
}
