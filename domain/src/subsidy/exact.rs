//! Money and shares before rounding: integers of one fixed, very small unit, so that nothing is ever lost.
//!
//! A rate has at most [`PLACES`] decimal places and is multiplied with an amount of whole fen once. Both are therefore
//! whole numbers of `10^-12`, and sums, differences and minima stay whole. Leaving the range of `i128` is an error.

use crate::rule::Fen;

/// Decimal places of a rate; the sources need four, their columns have eight.
pub const PLACES: u32 = 12;
const SCALE: i128 = 10_i128.pow(PLACES);

/// A number left the range in which it can be counted exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number is too large to be counted exactly")]
pub struct TooLarge;

/// An amount of money before rounding, in `10^-12` fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Exact(i128);

/// A share (比例) of an amount, in `10^-12`: `0.02` is two percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(i128);

/// Which way a part of a unit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toward {
    Down,
    Up,
    /// Half a unit goes away from zero.
    Nearest,
}

impl Exact {
    pub const ZERO: Self = Self(0);

    pub fn of(amount: Fen) -> Self {
        Self(i128::from(amount.0) * SCALE)
    }

    pub fn plus(self, other: Self) -> Result<Self, TooLarge> {
        self.0.checked_add(other.0).map(Self).ok_or(TooLarge)
    }

    pub fn minus(self, other: Self) -> Result<Self, TooLarge> {
        self.0.checked_sub(other.0).map(Self).ok_or(TooLarge)
    }

    /// Not below zero.
    pub fn floored(self) -> Self {
        self.max(Self::ZERO)
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Times a whole number.
    pub fn times(self, count: i64) -> Result<Self, TooLarge> {
        self.0.checked_mul(i128::from(count)).map(Self).ok_or(TooLarge)
    }

    /// Whole fen, when it is that and fits.
    pub fn fen(self) -> Option<Fen> {
        if self.0 % SCALE != 0 {
            return None;
        }
        i64::try_from(self.0 / SCALE).ok().map(Fen)
    }

    /// A whole number of `unit`, which is at least one fen.
    pub(super) fn rounded(self, unit: Fen, toward: Toward) -> Result<Self, TooLarge> {
        let unit = i128::from(unit.0.max(1)) * SCALE;
        let (whole, rest) = (self.0.div_euclid(unit), self.0.rem_euclid(unit));
        let is_up = match toward {
            Toward::Down => false,
            Toward::Up => rest > 0,
            Toward::Nearest => rest >= unit - rest,
        };
        whole.checked_add(i128::from(is_up)).and_then(|whole| whole.checked_mul(unit)).map(Self).ok_or(TooLarge)
    }

    /// How many whole `unit`s fit in.
    pub(super) fn count_of(self, unit: Fen) -> Result<i64, TooLarge> {
        let unit = i128::from(unit.0.max(1)) * SCALE;
        i64::try_from(self.0.div_euclid(unit)).map_err(|_| TooLarge)
    }

    /// Yuan as a decimal without trailing zeros, such as `1234.5`.
    pub fn yuan(self) -> String {
        decimal(self.0, PLACES + 2)
    }
}

impl Rate {
    pub const ONE: Self = Self(SCALE);

    /// A rate of `mantissa / 10^places`, when it has at most `PLACES` places.
    pub fn decimal(mantissa: i128, places: u32) -> Option<Self> {
        let missing = PLACES.checked_sub(places)?;
        mantissa.checked_mul(10_i128.checked_pow(missing)?).map(Self)
    }

    pub fn of(self, amount: Fen) -> Result<Exact, TooLarge> {
        self.0.checked_mul(i128::from(amount.0)).map(Exact).ok_or(TooLarge)
    }

    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Such as `0.0005`.
    pub fn plain(self) -> String {
        decimal(self.0, PLACES)
    }

    /// As a notice writes it: `2%`, or `0.5‰` below half a percent.
    pub fn written(self) -> String {
        if self.0 != 0 && self.0.abs() < SCALE / 200 {
            format!("{}‰", decimal(self.0, PLACES - 3))
        } else {
            format!("{}%", decimal(self.0, PLACES - 2))
        }
    }
}

/// `number / 10^places` without trailing zeros.
fn decimal(number: i128, places: u32) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let one = 10_u128.pow(places);
    let (whole, part) = (number.unsigned_abs() / one, number.unsigned_abs() % one);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let part = format!("{part:0width$}", width = places as usize);
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}

macro_rules! as_text {
    ($name:ident, $write:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.$write())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.$write())
            }
        }
    };
}

as_text!(Exact, yuan);
as_text!(Rate, plain);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_of_an_amount_is_exact() {
        let rate = Rate::decimal(5, 4).unwrap();
        assert_eq!((rate.plain(), rate.written()), ("0.0005".to_owned(), "0.5‰".to_owned()));
        assert_eq!(rate.of(Fen(12_345_679)).unwrap().yuan(), "61.728395");
        assert_eq!(Rate::decimal(2, 2).unwrap().written(), "2%");
        assert_eq!(Rate::decimal(15, 3).unwrap().written(), "1.5%");
        assert_eq!(Rate::decimal(1, 13), None);
        assert_eq!(Rate::ONE.of(Fen(i64::MAX)).unwrap().fen(), Some(Fen(i64::MAX)));
    }

    #[test]
    fn leaving_the_range_is_an_error() {
        let most = Exact(i128::MAX);
        assert_eq!(most.plus(Exact(1)), Err(TooLarge));
        assert_eq!(most.times(2), Err(TooLarge));
        assert_eq!(Exact(i128::MIN).minus(Exact(1)), Err(TooLarge));
        assert_eq!(Rate(i128::MAX).of(Fen(2)), Err(TooLarge));
        assert_eq!(most.rounded(Fen(i64::MAX), Toward::Up), Err(TooLarge));
    }

    #[test]
    fn a_part_of_a_unit_goes_one_way() {
        let amount = Exact::of(Fen(150));
        for (toward, fen) in [(Toward::Down, 100), (Toward::Up, 200), (Toward::Nearest, 200)] {
            assert_eq!(amount.rounded(Fen(100), toward).unwrap().fen(), Some(Fen(fen)));
        }
        let below = amount.minus(Exact(1)).unwrap();
        assert_eq!((below.fen(), below.rounded(Fen(100), Toward::Nearest).unwrap().fen()), (None, Some(Fen(100))));
        assert_eq!(Exact::of(Fen(299)).count_of(Fen(100)), Ok(2));
    }
}
