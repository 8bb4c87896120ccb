//! Worked examples of the sources.

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, NaiveTime};

use super::*;

mod data;
mod properties;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn calendar() -> Calendar {
    static SEEDED: LazyLock<Calendar> =
        LazyLock::new(|| Calendar::new(SEED_VERSION.to_owned(), Calendar::seed().unwrap()));
    SEEDED.clone()
}

fn term(length: u32, unit: Unit, counts_first_day: bool, rolls: bool) -> Period {
    Period { terms: vec![Term { length, unit, counts_first_day, rolls }], ends_at: None }
}

/// Publicity (公示): seven calendar days rolled forward and five working days, the posting day counted, the later one.
fn publicity() -> Period {
    let week = term(7, Unit::CalendarDay, true, true).terms;
    let working = term(5, Unit::WorkingDay, true, false).terms;
    Period { terms: [week, working].concat(), ends_at: None }
}

fn end(calendar: &Calendar, from: &str, period: &Period) -> String {
    calendar.due(day(from), period).last_day.to_string()
}

fn days_of(year: i32) -> impl Iterator<Item = NaiveDate> {
    NaiveDate::from_yo_opt(year, 1).unwrap().iter_days().take_while(move |day| day.year() == year)
}

#[test]
fn working_day_periods_end_as_worked_out_nationally_and_in_guangxi() {
    let (guangxi, national) = (calendar(), calendar().national_only());
    let examples = [
        // holidays-cn.json, working_day_periods
        ("2025-09-29", 5, "2025-10-13", "2025-10-13"),
        ("2024-04-09", 5, "2024-04-16", "2024-04-18"),
        ("2025-03-28", 5, "2025-04-07", "2025-04-09"),
        ("2026-02-13", 5, "2026-02-27", "2026-02-27"),
        ("2026-09-30", 10, "2026-10-20", "2026-10-20"),
        ("2017-03-29", 5, "2017-04-06", "2017-04-10"),
        // platform.md 8.1
        ("2021-04-13", 5, "2021-04-20", "2021-04-22"),
        ("2023-04-20", 1, "2023-04-21", "2023-04-24"),
        ("2024-04-10", 1, "2024-04-11", "2024-04-15"),
        ("2026-09-24", 15, "2026-10-22", "2026-10-22"),
    ];
    for (from, length, in_the_nation, in_guangxi) in examples {
        let period = Period::working_days(length);
        assert_eq!(end(&national, from, &period), in_the_nation, "{from} + {length}, nation");
        let due = guangxi.due(day(from), &period);
        assert_eq!(due.last_day, day(in_guangxi), "{from} + {length}, Guangxi");
        assert!(!due.provisional, "{from}");
        assert_eq!(guangxi.add_working_days(day(from), length), due.last_day);
        assert_eq!(guangxi.working_days_between(day(from), due.last_day), length);
        assert_eq!(guangxi.subtract_working_days(due.last_day, length), guangxi.roll_back(day(from)));
    }
}

#[test]
fn a_year_without_national_data_is_provisional() {
    let period = Period::working_days(30);
    let due = calendar().due(day("2026-11-23"), &period);
    assert!(due.provisional);
    assert_eq!(due.last_day, day("2027-01-04"), "by weekday, as long as the notice is missing");
    assert!(calendar().national_only().due(day("2026-11-23"), &period).provisional);

    let notice = NationalYear {
        year: 2027,
        papers: Vec::new(),
        days: vec![ListedDay { date: day("2027-01-01"), name: "元旦".to_owned(), mark: Mark::Off }],
    };
    let corrected = calendar().corrected(YearDocument::National(notice), "GX-2".to_owned());
    let due = corrected.due(day("2026-11-23"), &period);
    assert_eq!((due.last_day, due.provisional), (day("2027-01-05"), false));
    assert_eq!(due.calendar_version, "GX-2");
}

#[test]
fn an_unknown_regional_notice_is_provisional_only_around_the_festival() {
    let calendar = calendar();
    let is_provisional = |from, n| calendar.due(day(from), &Period::working_days(n)).provisional;
    assert!(is_provisional("2026-04-03", 5), "reaches into the window of 19 April");
    assert!(is_provisional("2026-03-02", 60), "passes the window");
    assert!(!is_provisional("2026-03-02", 10));
    assert!(!is_provisional("2026-04-29", 10), "the event lies in the window, but its day does not count");
    let seven_days = Period::calendar_days(7);
    assert!(calendar.due(day("2026-04-10"), &seven_days).provisional);
    assert!(!calendar.due(day("2026-04-02"), &term(60, Unit::CalendarDay, false, true)).provisional);
    assert!(!calendar.national_only().due(day("2026-04-03"), &Period::working_days(5)).provisional);
    assert!(!is_provisional("2025-03-24", 10), "the notice of 2025 is known");

    let notice = NationalYear { year: 2028, papers: Vec::new(), days: Vec::new() };
    let later = calendar.corrected(YearDocument::National(notice), "GX-2".to_owned());
    assert!(later.is_provisional(day("2028-03-28")), "no regional document at all: any possible lunar 3/3");
    assert!(!later.is_provisional(day("2028-06-01")));
}

#[test]
fn the_years_have_as_many_working_days_as_counted() {
    let (guangxi, national) = (calendar(), calendar().national_only());
    let count = |calendar: &Calendar, year| days_of(year).filter(|day| calendar.is_working_day(*day)).count();
    for (year, in_the_nation, in_guangxi, days) in
        [(2024, 251, Some(249), 366), (2025, 248, Some(246), 365), (2026, 248, None, 365)]
    {
        assert_eq!(days_of(year).count(), days);
        assert_eq!(count(&national, year), in_the_nation, "{year}");
        if let Some(expected) = in_guangxi {
            assert_eq!(count(&guangxi, year), expected, "{year}");
        }
    }
}

#[test]
fn calendar_days_do_not_count_the_first_and_roll_off_rest_days() {
    let calendar = calendar();
    assert_eq!(end(&calendar, "2023-05-04", &Period::calendar_days(7)), "2023-05-11");
    assert_eq!(end(&calendar, "2023-04-22", &Period::calendar_days(7)), "2023-05-04");
    assert_eq!(end(&calendar, "2023-04-22", &term(7, Unit::CalendarDay, false, false)), "2023-04-29");
}

#[test]
fn published_periods_count_the_posting_day() {
    // broker.md 3.5
    let calendar = calendar();
    let working = |n| term(n, Unit::WorkingDay, true, false);
    let days = |n| term(n, Unit::CalendarDay, true, false);
    for (from, period, to) in [
        ("2023-04-26", working(5), "2023-05-05"),
        ("2023-11-10", working(10), "2023-11-23"),
        ("2024-05-16", working(5), "2024-05-22"),
        ("2023-09-08", days(5), "2023-09-12"),
        ("2021-07-14", days(7), "2021-07-20"),
    ] {
        assert_eq!(end(&calendar, from, &period), to);
    }
}

#[test]
fn publicity_ends_with_the_later_of_a_week_and_five_working_days() {
    // broker.md section 9, examples 1, 2, 3, 5 and 7
    let (guangxi, national) = (calendar(), calendar().national_only());
    let nanning = guangxi.due(day("2023-04-26"), &publicity());
    assert_eq!(nanning.last_day, day("2023-05-05"));
    assert_eq!(nanning.at.to_rfc3339(), "2023-05-05T15:59:59+00:00");
    assert_eq!(end(&guangxi, "2023-04-26", &term(7, Unit::CalendarDay, true, true)), "2023-05-04");
    assert_eq!(end(&guangxi, "2023-04-19", &publicity()), "2023-04-26");
    assert_eq!(end(&national, "2023-04-19", &publicity()), "2023-04-25");
    assert_eq!(end(&guangxi, "2017-03-29", &publicity()), "2017-04-08");
    assert_eq!(end(&national, "2017-03-29", &publicity()), "2017-04-05");
    assert_eq!(end(&guangxi, "2026-02-13", &publicity()), "2026-02-26");
    assert_eq!(end(&guangxi, "2026-08-17", &publicity()), "2026-08-24");
}

#[test]
fn the_certification_of_level_two_keeps_its_dates() {
    // broker.md section 9, examples 5, 7 and 8
    let calendar = calendar();
    for (from, length, to) in [
        ("2026-02-11", 10, "2026-03-03"),
        ("2026-07-06", 10, "2026-07-20"),
        ("2026-07-10", 10, "2026-07-24"),
        ("2026-07-17", 5, "2026-07-24"),
        ("2026-07-22", 20, "2026-08-19"),
        ("2026-08-19", 10, "2026-09-02"),
        ("2026-08-12", 10, "2026-08-26"),
        ("2026-08-25", 5, "2026-09-01"),
    ] {
        assert_eq!(end(&calendar, from, &Period::working_days(length)), to, "{from} + {length}");
    }
}
