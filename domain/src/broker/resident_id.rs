//! Resident identity numbers (居民身份证号码), GB 11643-1999 with the check of ISO 7064 MOD 11-2.

use chrono::NaiveDate;
use serde_json::json;

use super::broken::{Broken, half_width};
use super::vocabulary::Sex;

/// A resident ID that was checked, in its normal form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResidentId {
    text: String,
    birth_date: NaiveDate,
    sex: Sex,
}

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// Without outer blanks, full-width characters as ASCII, `x` as `X`: the form in which numbers are compared.
pub fn normalise(text: &str) -> String {
    half_width(text).trim().to_ascii_uppercase()
}

/// The check character of the first seventeen digits.
pub fn check_character(body: &str) -> Option<char> {
    if body.len() != 17 || !body.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(b, weight)| u32::from(b - b'0') * weight).sum();
    CHECKS.get((sum % 11) as usize).copied()
}

impl ResidentId {
    /// Reads eighteen characters: form, check character, then a real birth date from 1900-01-01 to `today`.
    ///
    /// The area is not compared with a list: areas are dissolved while numbers live on.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, Broken> {
        let text = normalise(text);
        let (Some(body), Some(check)) = (text.get(..17), text.get(17..)) else {
            return Err(Broken::new("id_format"));
        };
        let Some(expected) = check_character(body) else {
            return Err(Broken::new("id_format"));
        };
        if !matches!(check.as_bytes(), [b'0'..=b'9' | b'X']) {
            return Err(Broken::new("id_format"));
        }
        if !check.starts_with(expected) {
            return Err(Broken::new("id_checksum"));
        }
        let birth_date = NaiveDate::parse_from_str(&body[6..14], "%Y%m%d")
            .ok()
            .filter(|day| Some(*day) >= NaiveDate::from_ymd_opt(1900, 1, 1) && *day <= today)
            .ok_or_else(|| Broken::with("id_date_invalid", json!({ "digits": &body[6..14] })))?;
        let is_odd = body.bytes().last().is_some_and(|b| b % 2 == 1);
        let sex = if is_odd { Sex::Male } else { Sex::Female };
        Ok(Self { text, birth_date, sex })
    }

    /// Reads a number of fifteen digits from before 1999; for imports only, never for a form.
    pub fn from_legacy(text: &str, today: NaiveDate) -> Result<Self, Broken> {
        let old = normalise(text);
        if old.len() != 15 || !old.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Broken::new("id_format"));
        }
        let body = format!("{}19{}", &old[..6], &old[6..]);
        let check = check_character(&body).ok_or_else(|| Broken::new("id_format"))?;
        Self::parse(&format!("{body}{check}"), today)
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Digits 7–14.
    pub fn birth_date(&self) -> NaiveDate {
        self.birth_date
    }

    /// Digit 17: odd is male.
    pub fn sex(&self) -> Sex {
        self.sex
    }
}

impl std::fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResidentId({})", super::mask::id_number(&self.text))
    }
}

/// Whole years of age on a day; the birthday itself counts.
pub fn age_on(birth_date: NaiveDate, day: NaiveDate) -> Option<u32> {
    day.years_since(birth_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-07-06".parse().unwrap()
    }

    fn rule(text: &str) -> &'static str {
        ResidentId::parse(text, today()).unwrap_err().rule
    }

    #[test]
    fn the_standards_samples_are_read() {
        for (text, birth, sex) in [
            ("11010519491231002X", "1949-12-31", Sex::Female),
            ("370101190102039973", "1901-02-03", Sex::Male),
            ("459999199202290012", "1992-02-29", Sex::Male),
            ("459999198808080031", "1988-08-08", Sex::Male),
            ("459999199506300048", "1995-06-30", Sex::Female),
            ("459999200501010063", "2005-01-01", Sex::Female),
        ] {
            let id = ResidentId::parse(text, today()).unwrap();
            assert_eq!((id.birth_date(), id.sex()), (birth.parse().unwrap(), sex), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_named() {
        assert_eq!(rule("440524188001010014"), "id_date_invalid");
        assert_eq!(rule("459999199902290013"), "id_date_invalid");
        assert_eq!(rule("459999198808080032"), "id_checksum");
        for text in
            ["", "45999919880808003", "4599991988080800311", "45999919880808A031", "45999919880808003Y", "身份证号码"]
        {
            assert_eq!(rule(text), "id_format", "{text}");
        }
        let unborn = ResidentId::parse("459999200501010063", "2004-12-31".parse().unwrap());
        assert_eq!(unborn.unwrap_err().rule, "id_date_invalid");
    }

    #[test]
    fn writings_of_one_number_are_one() {
        let id = ResidentId::parse(" １１０１０５１９４９１２３１００２ｘ", today()).unwrap();
        assert_eq!(id.as_str(), "11010519491231002X");
        assert_eq!(ResidentId::from_legacy("110105491231002", today()).unwrap(), id);
        assert_eq!(ResidentId::from_legacy("11010549123100X", today()).unwrap_err().rule, "id_format");
    }

    #[test]
    fn eighteen_is_reached_on_the_birthday() {
        let born = "2005-01-01".parse().unwrap();
        assert_eq!(age_on(born, "2022-12-31".parse().unwrap()), Some(17));
        assert_eq!(age_on(born, "2023-01-01".parse().unwrap()), Some(18));
    }

    #[test]
    fn a_log_shows_two_characters() {
        let id = ResidentId::parse("11010519491231002X", today()).unwrap();
        assert_eq!(format!("{id:?}"), "ResidentId(****************2X)");
    }
}
