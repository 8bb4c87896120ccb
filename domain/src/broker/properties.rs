//! What holds for every identifier, not only for the samples of the standards.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

/// Digits and letters of GB 32100-2015.
const USCC: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

/// A sound number: area, a day on which somebody may have been born, sequence, check.
fn any_id() -> impl Strategy<Value = String> {
    let born = (0u64..46_000).prop_map(|days| NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + chrono::Days::new(days));
    (110_000u32..660_000, born, 0u32..1_000).prop_map(|(area, born, sequence)| {
        let body = format!("{area}{}{sequence:03}", born.format("%Y%m%d"));
        let check = resident_id_check(&body).unwrap();
        format!("{body}{check}")
    })
}

fn any_uscc() -> impl Strategy<Value = String> {
    let letters: Vec<char> = USCC.chars().collect();
    prop::collection::vec(prop::sample::select(letters), 17).prop_map(|body| {
        let body: String = body.into_iter().collect();
        // Registrar and category by letters that exist, the area in digits.
        let body = format!("91450100{}", &body[8..]);
        let check = uscc_check(&body).unwrap();
        format!("{body}{check}")
    })
}

/// The text with the character at a place replaced.
fn with(text: &str, at: usize, by: char) -> String {
    text.chars().enumerate().map(|(index, c)| if index == at { by } else { c }).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_sound_resident_id_is_read_as_it_is(id in any_id()) {
        let read = ResidentId::parse(&id, today()).unwrap();
        prop_assert_eq!(read.as_str(), id.as_str());
        prop_assert_eq!(read.birth_date().format("%Y%m%d").to_string(), &id[6..14]);
        prop_assert_eq!(read.sex() == Sex::Male, id.as_bytes()[16] % 2 == 1);
        // Lower case and full-width digits are the same number.
        let wide: String = id.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        prop_assert_eq!(ResidentId::parse(&wide, today()).unwrap(), read);
    }

    #[test]
    fn every_wrong_character_of_a_resident_id_is_noticed(id in any_id(), at in 0usize..18, digit in 0u8..10) {
        let wrong = with(&id, at, char::from(b'0' + digit));
        prop_assume!(wrong != id);
        prop_assert!(ResidentId::parse(&wrong, today()).is_err(), "{}", wrong);
    }

    #[test]
    fn two_neighbours_swapped_are_noticed(id in any_id(), at in 0usize..17) {
        let chars: Vec<char> = id.chars().collect();
        let swapped = with(&with(&id, at, chars[at + 1]), at + 1, chars[at]);
        prop_assume!(swapped != id);
        prop_assert!(ResidentId::parse(&swapped, today()).is_err(), "{}", swapped);
    }

    #[test]
    fn a_legacy_number_becomes_the_one_it_stands_for(id in any_id()) {
        prop_assume!(id[6..].starts_with("19"));
        let legacy = format!("{}{}", &id[..6], &id[8..17]);
        if let Ok(read) = ResidentId::from_legacy(&legacy, today()) {
            prop_assert_eq!(read.as_str(), id.as_str());
        }
    }

    #[test]
    fn nobody_is_born_after_today(id in any_id(), back in 1u64..40_000) {
        let born = ResidentId::parse(&id, today()).unwrap().birth_date();
        let before = born - chrono::Days::new(back.min(46_000));
        prop_assert!(ResidentId::parse(&id, before).is_err());
        prop_assert_eq!(age_on(born, born), Some(0));
        prop_assert_eq!(age_on(born, before), None);
    }

    #[test]
    fn a_sound_credit_code_is_read_and_a_wrong_character_noticed(code in any_uscc(), at in 0usize..18, by in 0usize..31) {
        let read = Uscc::parse(&code).unwrap();
        prop_assert_eq!(read.as_str(), code.as_str());
        prop_assert!(read.is_in_guangxi());
        prop_assert_eq!(Uscc::parse(&code.to_lowercase()).unwrap(), read);
        let wrong = with(&code, at, USCC.chars().nth(by).unwrap());
        prop_assume!(wrong != code);
        prop_assert!(Uscc::parse(&wrong).is_err(), "{}", wrong);
    }

    #[test]
    fn no_text_at_all_makes_a_reader_fall_over(text in any::<String>()) {
        let _ = ResidentId::parse(&text, today());
        let _ = ResidentId::from_legacy(&text, today());
        let _ = (Uscc::parse(&text), text.parse::<Month>(), email(&text), mobile(&text), name(&text), plain(&text, 1, 100));
        let _ = (mask::id_number(&text), mask::mobile(&text), mask::email(&text), mask::name(&text));
    }

    #[test]
    fn months_are_counted_back_and_forth(year in 1950i32..2100, month in 1u32..13, more in 0i32..600) {
        let from: Month = format!("{year}-{month:02}").parse().unwrap();
        prop_assert_eq!(from.months_until(from.plus(more)), more);
        prop_assert_eq!(from.plus(more).plus(-more), from);
        prop_assert_eq!(from.to_string().parse::<Month>().unwrap(), from);
    }

    #[test]
    fn an_address_that_is_taken_is_plain_and_stays(local in "[a-zA-Z0-9.+_-]{1,20}", host in "[a-zA-Z0-9-]{1,10}", end in "[a-z]{2,6}", junk in "[ \\r\\n,;<>@\u{202e}]{1}") {
        if let Ok(address) = email(&format!("{local}@{host}.{end}")) {
            prop_assert_eq!(email(&address).unwrap(), address);
        }
        let (before, behind) = (format!("a{junk}b@example.org"), format!("a@exa{junk}mple.org"));
        prop_assert!(email(&before).is_err() && email(&behind).is_err());
    }
}
