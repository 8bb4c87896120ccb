//! What holds for every day, period and correction.

use proptest::prelude::*;

use super::*;

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0u64..5_500).prop_map(|offset| day("2014-06-01") + chrono::Days::new(offset))
}

fn any_term() -> impl Strategy<Value = Term> {
    let unit = prop_oneof![Just(Unit::WorkingDay), Just(Unit::CalendarDay)];
    (0u32..120, unit, any::<bool>()).prop_map(|(length, unit, counts_first_day)| Term {
        length,
        unit,
        counts_first_day,
        rolls: true,
    })
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_due_day_is_never_a_rest_day(from in any_day(), terms in prop::collection::vec(any_term(), 1..4)) {
        let calendar = calendar();
        for calendar in [&calendar, &calendar.national_only()] {
            let due = calendar.due(from, &Period { terms: terms.clone(), ends_at: None });
            prop_assert!(calendar.is_working_day(due.last_day));
            prop_assert!(due.last_day >= from);
            prop_assert_eq!(due.at, crate::time::end_of_day(due.last_day));
        }
    }

    #[test]
    fn adding_working_days_is_monotone_and_undone_by_counting(
        from in any_day(), later in 0u64..40, n in 0u32..120, more in 0u32..120,
    ) {
        let calendar = calendar();
        let sum = calendar.add_working_days(from, n);
        prop_assert!(sum <= calendar.add_working_days(from, n + more));
        prop_assert!(sum <= calendar.add_working_days(from + chrono::Days::new(later), n));
        if n > 0 {
            prop_assert_eq!(calendar.working_days_between(from, sum), n);
            prop_assert_eq!(calendar.add_working_days(sum, more.max(1)), calendar.add_working_days(from, n + more.max(1)));
        }
    }

    #[test]
    fn a_day_off_more_never_brings_a_due_day_forward(from in any_day(), extra in any_day(), term in any_term()) {
        let calendar = calendar();
        let listed = ListedDay { date: extra, name: "x".to_owned(), mark: Mark::Off };
        let mut year = calendar.national.get(&extra.year()).cloned().unwrap_or(NationalYear {
            year: extra.year(), papers: Vec::new(), days: Vec::new(),
        });
        year.days.retain(|day| day.date != extra);
        year.days.push(listed);
        let corrected = calendar.corrected(YearDocument::National(year), "GX-2".to_owned());
        let period = Period { terms: vec![term], ends_at: None };
        prop_assert!(corrected.due(from, &period).last_day >= calendar.due(from, &period).last_day);
    }
}
