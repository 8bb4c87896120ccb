//! Certificate numbers (证书编号): `GXJ`, level, year, city, serial, and a check character of MOD 37,36.

use std::fmt;
use std::str::FromStr;

use crate::broker::mod37;
use crate::certification::Level;
use crate::region::{REGIONS, RegionCode};

/// A certificate number whose form and check character are right, such as `GXJ22026450100018G`.
///
/// It is guessable by design; what proves a certificate is its verification code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "orm", derive(sea_orm::DeriveValueType), sea_orm(value_type = "String"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^GXJ[123]\\d{4}45\\d{2}\\d{5}[0-9A-Z]$", example = "GXJ22026450100018G"))]
pub struct CertificateNumber(String);

/// A text that is no certificate number; nothing need be looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a certificate number")]
pub struct NotACertificateNumber(pub String);

const PREFIX: &str = "GXJ";
/// Most certificates of one year.
const LAST_SERIAL: u32 = 99_999;

/// The first number after a serial whose check character cannot be taken for a digit (`I`, `O`).
///
/// Serials run over all levels and cities of a year, so `last` is the year's highest; none is left after 99999, and none
/// exists outside years of four digits.
pub fn next_serial(level: Level, year: i32, region: &RegionCode, last: u32) -> Option<CertificateNumber> {
    let digit = match level {
        Level::L1 => '1',
        Level::L2 => '2',
        Level::L3 => '3',
    };
    if !(1000..=9999).contains(&year) || !is_known(region.short()) {
        return None;
    }
    (last.checked_add(1)?..=LAST_SERIAL).find_map(|serial| {
        let body = format!("{PREFIX}{digit}{year}{}{serial:05}", region.short());
        let check = mod37::check_character(&body)?;
        (!matches!(check, 'I' | 'O')).then(|| CertificateNumber(format!("{body}{check}")))
    })
}

fn is_known(short: &str) -> bool {
    REGIONS.iter().any(|(code, _, _)| code.starts_with(short))
}

impl CertificateNumber {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn level(&self) -> Level {
        match self.0.as_bytes().get(3) {
            Some(b'1') => Level::L1,
            Some(b'2') => Level::L2,
            _ => Level::L3,
        }
    }

    /// Year of issue.
    pub fn year(&self) -> i32 {
        self.0[4..8].parse().unwrap_or_default()
    }

    /// The four digits of the recommending city.
    pub fn city(&self) -> &str {
        &self.0[8..12]
    }

    pub fn serial(&self) -> u32 {
        self.0[12..17].parse().unwrap_or_default()
    }
}

impl FromStr for CertificateNumber {
    type Err = NotACertificateNumber;
    /// Reads what people type: blanks and hyphens are dropped, letters become upper case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
        let is_shaped = number.len() == 18
            && number.is_ascii()
            && number.starts_with(PREFIX)
            && matches!(number.as_bytes()[3], b'1'..=b'3')
            && number[4..17].bytes().all(|b| b.is_ascii_digit())
            && !number[4..].starts_with('0')
            && is_known(&number[8..12])
            && !number.ends_with(['I', 'O']);
        if is_shaped && mod37::is_valid(&number) {
            Ok(Self(number))
        } else {
            Err(NotACertificateNumber(text.to_owned()))
        }
    }
}

impl TryFrom<String> for CertificateNumber {
    type Error = NotACertificateNumber;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CertificateNumber> for String {
    fn from(number: CertificateNumber) -> Self {
        number.0
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn city(code: &str) -> RegionCode {
        code.parse().unwrap()
    }

    #[test]
    fn serials_with_an_ambiguous_check_are_skipped() {
        let number = next_serial(Level::L2, 2026, &city("450100"), 16).unwrap();
        assert_eq!(number.as_str(), "GXJ22026450100018G");
        assert_eq!((number.level(), number.year(), number.city(), number.serial()), (Level::L2, 2026, "4501", 18));
        assert!("GXJ22026450100017I".parse::<CertificateNumber>().is_err());
        let first = next_serial(Level::L1, 2026, &city("451400"), 0).unwrap();
        assert_eq!(first.as_str(), "GXJ120264514000011");
    }

    #[test]
    fn the_year_is_full_at_the_last_serial() {
        assert_eq!(next_serial(Level::L1, 2026, &city("450000"), 99_999), None);
        assert_eq!(next_serial(Level::L1, 2026, &city("110000"), 0), None);
        assert_eq!(next_serial(Level::L1, 2026, &city("450000"), u32::MAX), None);
    }

    #[test]
    fn what_is_no_number_is_refused_before_a_look_up() {
        assert!(" gxj2-2026-4501-00018-g ".parse::<CertificateNumber>().is_ok());
        for text in [
            "",
            "GXJ22026450100019G",
            "GXJ42026450100018G",
            "GXJ22026110100018G",
            "证书GXJ2202645010018G",
            "GXJ22026450100018",
        ] {
            assert!(text.parse::<CertificateNumber>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_wrong_digit_is_refused(last in 0..99_000_u32, at in 4..17_usize, digit in b'0'..=b'9') {
            let number = next_serial(Level::L3, 2030, &city("450300"), last).unwrap();
            prop_assert_eq!(number.as_str().parse(), Ok(number.clone()));
            let mut wrong = number.as_str().to_owned().into_bytes();
            prop_assume!(wrong[at] != digit);
            wrong[at] = digit;
            prop_assert!(String::from_utf8(wrong).unwrap().parse::<CertificateNumber>().is_err());
        }
    }
}
