//! Civil time in Guangxi: every legal date is a day in Asia/Shanghai; instants are UTC.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeZone, Utc};
use chrono_tz::Asia::Shanghai;

/// The civil day in Asia/Shanghai at this instant.
pub fn civil_day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Shanghai).date_naive()
}

/// The instant of a civil time in Asia/Shanghai (no daylight saving since 1991).
pub fn instant(day: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let local: NaiveDateTime = day.and_time(time);
    Shanghai
        .from_local_datetime(&local)
        .earliest()
        .unwrap_or_else(|| Shanghai.from_utc_datetime(&local))
        .with_timezone(&Utc)
}

/// The last second of a civil day, when a period that ends on that day ends: 23:59:59.
pub fn end_of_day(day: NaiveDate) -> DateTime<Utc> {
    instant(day, NaiveTime::from_hms_opt(23, 59, 59).unwrap_or(NaiveTime::MIN))
}

/// The first instant of a civil day.
pub fn start_of_day(day: NaiveDate) -> DateTime<Utc> {
    instant(day, NaiveTime::MIN)
}

/// Cut to microseconds, the finest that both engines keep.
pub fn micros(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

/// The last day of the month `months` after the month of `day` (end-of-month clamp).
pub fn last_day_of_month_after(day: NaiveDate, months: u32) -> Option<NaiveDate> {
    let total = day.year() * 12 + i32::try_from(day.month0() + months).ok()? + 1;
    NaiveDate::from_ymd_opt(total.div_euclid(12), u32::try_from(total.rem_euclid(12)).ok()? + 1, 1)?.pred_opt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn validity_ends_with_a_month() {
        assert_eq!(last_day_of_month_after(day("2028-02-29"), 36), Some(day("2031-02-28")));
        assert_eq!(last_day_of_month_after(day("2026-08-31"), 36), Some(day("2029-08-31")));
        assert_eq!(last_day_of_month_after(day("2026-12-01"), 1), Some(day("2027-01-31")));
    }

    #[test]
    fn a_day_ends_at_one_second_to_sixteen_hundred_utc() {
        assert_eq!(end_of_day(day("2023-05-05")).to_rfc3339(), "2023-05-05T15:59:59+00:00");
        assert_eq!(civil_day(end_of_day(day("2023-05-05"))), day("2023-05-05"));
        assert_eq!(civil_day(start_of_day(day("2023-05-05"))), day("2023-05-05"));
    }
}
