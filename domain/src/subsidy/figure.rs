//! Figures as people write them: yuan, 万元, percent, per mille, counts, years; each read into its own type.

use super::exact::{PLACES, Rate};
use crate::rule::Fen;

crate::word! {
    /// What a measure counts in; figures of different units never meet.
    pub enum Unit {
        /// Money; written in yuan, kept in fen.
        Yuan = "yuan" / "元",
        Count = "count" / "个",
        Years = "years" / "年",
        Rate = "rate" / "比例",
    }
}

/// A figure with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    Money(Fen),
    Count(i64),
    Years(i64),
    Rate(Rate),
}

/// Why a text is no figure of the unit asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAFigure {
    #[error("`{0}` is no decimal number")]
    NotANumber(String),
    #[error("`{text}` is not counted in {unit}")]
    WrongUnit { text: String, unit: Unit },
    #[error("`{0}` is finer than one fen")]
    FinerThanFen(String),
    #[error("`{0}` has more than 12 decimal places")]
    TooFine(String),
    #[error("`{0}` is out of range")]
    OutOfRange(String),
}

/// Most digits of a written number, so that every product stays inside `i128`.
const MOST_DIGITS: usize = 15;

struct Written<'t> {
    /// All digits with sign.
    mantissa: i128,
    places: u32,
    suffix: &'t str,
}

impl Quantity {
    pub fn unit(self) -> Unit {
        match self {
            Self::Money(_) => Unit::Yuan,
            Self::Count(_) => Unit::Count,
            Self::Years(_) => Unit::Years,
            Self::Rate(_) => Unit::Rate,
        }
    }

    /// Reads a figure that must be of this unit.
    pub fn read(text: &str, unit: Unit) -> Result<Self, NotAFigure> {
        match unit {
            Unit::Yuan => money(text).map(Self::Money),
            Unit::Rate => rate(text).map(Self::Rate),
            Unit::Count => whole(text, unit, &["个", "项", "件", "人", "家"]).map(Self::Count),
            Unit::Years => whole(text, unit, &["年", "岁"]).map(Self::Years),
        }
    }

    /// The plain figure without its unit, such as `200000` or `0.02`.
    pub fn plain(self) -> String {
        match self {
            Self::Money(amount) => super::exact::Exact::of(amount).yuan(),
            Self::Count(number) | Self::Years(number) => number.to_string(),
            Self::Rate(rate) => rate.plain(),
        }
    }
}

impl serde::Serialize for Quantity {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{} {}", self.plain(), self.unit()))
    }
}

impl<'de> serde::Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let parts =
            text.rsplit_once(' ').and_then(|(figure, unit)| Some((figure, <Unit as crate::word::Word>::parse(unit)?)));
        let (figure, unit) = parts.ok_or_else(|| serde::de::Error::custom("a figure with its unit"))?;
        Self::read(figure, unit).map_err(serde::de::Error::custom)
    }
}

fn split(text: &str) -> Result<Written<'_>, NotAFigure> {
    let wrong = || NotAFigure::NotANumber(text.to_owned());
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_number = !whole.is_empty() && !part.contains('.') && (number.len() == whole.len() || !part.is_empty());
    if !is_number || (whole.len() > 1 && whole.starts_with('0')) {
        return Err(wrong());
    }
    let part_places = part.trim_end_matches('0');
    if whole.len() > MOST_DIGITS || part_places.len() > PLACES as usize {
        let fault = if whole.len() > MOST_DIGITS { NotAFigure::OutOfRange } else { NotAFigure::TooFine };
        return Err(fault(text.to_owned()));
    }
    let digits: i128 = format!("{whole}{part_places}").parse().map_err(|_| wrong())?;
    let places = u32::try_from(part_places.len()).unwrap_or(0);
    Ok(Written { mantissa: sign * digits, places, suffix: suffix.trim() })
}

/// Money: yuan without suffix, or `元`, `万`, `万元`, `亿`, `亿元`, `分`; whole fen, of either sign.
pub(super) fn money(text: &str) -> Result<Fen, NotAFigure> {
    let written = split(text)?;
    let fen_per_unit: i128 = match written.suffix {
        "" | "元" => 100,
        "分" => 1,
        "万" | "万元" => 1_000_000,
        "亿" | "亿元" => 10_000_000_000,
        _ => return Err(NotAFigure::WrongUnit { text: text.to_owned(), unit: Unit::Yuan }),
    };
    let (product, one) = (written.mantissa * fen_per_unit, 10_i128.pow(written.places));
    if product % one != 0 {
        return Err(NotAFigure::FinerThanFen(text.to_owned()));
    }
    let fen = i64::try_from(product / one).ok().filter(|fen| fen.unsigned_abs() < 10_u64.pow(15));
    fen.map(Fen).ok_or_else(|| NotAFigure::OutOfRange(text.to_owned()))
}

/// A rate: a decimal fraction without suffix, or `%`, `‰`, `bp`.
pub(super) fn rate(text: &str) -> Result<Rate, NotAFigure> {
    let written = split(text)?;
    let shift = match written.suffix {
        "" => 0,
        "%" | "％" => 2,
        "‰" => 3,
        "bp" | "基点" => 4,
        _ => return Err(NotAFigure::WrongUnit { text: text.to_owned(), unit: Unit::Rate }),
    };
    let whole_too_large = written.mantissa.unsigned_abs() >= 10_u128.pow(written.places + shift + 4);
    if whole_too_large {
        return Err(NotAFigure::OutOfRange(text.to_owned()));
    }
    Rate::decimal(written.mantissa, written.places + shift).ok_or_else(|| NotAFigure::TooFine(text.to_owned()))
}

fn whole(text: &str, unit: Unit, suffixes: &[&str]) -> Result<i64, NotAFigure> {
    let written = split(text)?;
    if !written.suffix.is_empty() && !suffixes.contains(&written.suffix) {
        return Err(NotAFigure::WrongUnit { text: text.to_owned(), unit });
    }
    if written.places > 0 {
        return Err(NotAFigure::WrongUnit { text: text.to_owned(), unit });
    }
    i64::try_from(written.mantissa).map_err(|_| NotAFigure::OutOfRange(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_in_every_way_of_writing_it() {
        for (text, fen) in [
            ("200000", 20_000_000),
            ("20万", 20_000_000),
            ("20万元", 20_000_000),
            ("0.5亿元", 5_000_000_000),
            ("199999999.99", 19_999_999_999),
            ("1.50", 150),
            ("-3.2元", -320),
            ("7分", 7),
        ] {
            assert_eq!(money(text), Ok(Fen(fen)), "{text}");
        }
        for text in
            ["", "1.", ".5", "007", "1e3", "1,000", "1.001", "2%", "0.5分", "10000000000000", "五", "1.2.3", "--1"]
        {
            assert!(money(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_and_counts_keep_to_their_units() {
        for (text, plain) in [("2%", "0.02"), ("0.5‰", "0.0005"), ("0.0006", "0.0006"), ("15bp", "0.0015"), ("1", "1")]
        {
            assert_eq!(rate(text).unwrap().plain(), plain, "{text}");
        }
        for text in ["2万", "0.0000000000001", "12345678", "0.1‰万"] {
            assert!(rate(text).is_err(), "{text}");
        }
        assert_eq!(Quantity::read("5项", Unit::Count), Ok(Quantity::Count(5)));
        assert_eq!(Quantity::read("3年", Unit::Years), Ok(Quantity::Years(3)));
        assert!(Quantity::read("5年", Unit::Count).is_err());
        assert!(Quantity::read("5.5", Unit::Count).is_err());
    }
}
