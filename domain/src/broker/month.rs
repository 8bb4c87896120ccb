//! A month of a year, as careers are stated.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

/// A month written `YYYY-MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^\\d{4}-(0[1-9]|1[0-2])$", example = "2019-03"))]
pub struct Month(
    /// Months since January of the year 0.
    i32,
);

/// A text that is no month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a month written YYYY-MM")]
pub struct NotAMonth(pub String);

impl Month {
    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.year() * 12 + day.month0().cast_signed())
    }

    /// Whole months from this month to the later one; negative when the other is earlier.
    pub fn months_until(self, later: Self) -> i32 {
        later.0 - self.0
    }

    /// The month so many months later.
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }
}

impl FromStr for Month {
    type Err = NotAMonth;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_shaped = text.len() == 7
            && text.bytes().enumerate().all(|(at, b)| if at == 4 { b == b'-' } else { b.is_ascii_digit() });
        let parts = is_shaped.then(|| (text[..4].parse::<i32>(), text[5..].parse::<i32>()));
        match parts {
            Some((Ok(year), Ok(month))) if (1..=12).contains(&month) => Ok(Self(year * 12 + month - 1)),
            _ => Err(NotAMonth(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Month {
    type Error = NotAMonth;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_and_counted() {
        let month: Month = "2019-11".parse().unwrap();
        assert_eq!(month.months_until("2020-02".parse().unwrap()), 3);
        assert_eq!(month.plus(3).to_string(), "2020-02");
        for text in ["2019-13", "2019-00", "2019-1", "2019/01", "", "二零一九年"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}
