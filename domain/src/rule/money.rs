//! Money: integer fen inside, a decimal string of yuan with two places outside.

use std::fmt;
use std::str::FromStr;

/// An amount of money in fen (分), one hundredth of a yuan (元); never negative in a form, never rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "orm", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^(0|[1-9]\\d{0,12})(\\.\\d{1,2})?$", example = "120000.00"))]
pub struct Fen(pub i64);

/// A text that is no amount: signs, exponents, separators, full-width digits, more than two places and more than
/// fifteen digits are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount of yuan with at most two places and fifteen digits")]
pub struct NotAnAmount(pub String);

/// Most digits of an amount, the two places included: what fits every column and every JSON reader exactly.
const MOST_DIGITS: usize = 15;

impl Fen {
    /// The sum, unless it leaves the range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl FromStr for Fen {
    type Err = NotAnAmount;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| NotAnAmount(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Fen> {
    let (yuan, places) = match text.split_once('.') {
        None => (text, ""),
        Some((_, "")) => return None,
        Some(parts) => parts,
    };
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let is_canonical = yuan == "0" || (!yuan.is_empty() && !yuan.starts_with('0'));
    if !is_number(yuan) || !is_number(places) || !is_canonical || places.len() > 2 {
        return None;
    }
    if yuan.len() + 2 > MOST_DIGITS {
        return None;
    }
    format!("{yuan}{places:0<2}").parse().ok().map(Fen)
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl TryFrom<String> for Fen {
    type Error = NotAnAmount;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Fen> for String {
    fn from(amount: Fen) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, fen) in
            [("0", 0), ("0.01", 1), ("120000.00", 12_000_000), ("1.5", 150), ("9999999999999.99", 999_999_999_999_999)]
        {
            assert_eq!(text.parse(), Ok(Fen(fen)), "{text}");
        }
        for text in [
            "",
            ".",
            ".5",
            "1.",
            "1.005",
            "-1",
            "+1",
            "1e3",
            "1E3",
            " 1",
            "1 ",
            "1,000",
            "１２",
            "007",
            "00",
            "NaN",
            "inf",
            "10000000000000",
            "1.2.3",
            "0x10",
            "¥1",
            "1_0",
        ] {
            assert_eq!(text.parse::<Fen>(), Err(NotAnAmount(text.to_owned())), "{text}");
        }
        assert!(serde_json::from_str::<Fen>("1").is_err());
        assert_eq!(serde_json::to_string(&Fen(12_000_000)).unwrap(), "\"120000.00\"");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(fen in 0..=999_999_999_999_999_i64) {
            prop_assert_eq!(Fen(fen).to_string().parse(), Ok(Fen(fen)));
        }
    }
}
