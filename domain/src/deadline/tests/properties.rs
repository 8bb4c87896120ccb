//! What holds for every period, pause and correction.

use proptest::prelude::*;

use super::*;

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0u64..5_000).prop_map(|offset| day("2015-01-01") + Days::new(offset))
}

fn any_period() -> impl Strategy<Value = Period> {
    let unit = prop_oneof![Just(Unit::WorkingDay), Just(Unit::CalendarDay)];
    let term = (0u32..90, unit, any::<bool>(), any::<bool>())
        .prop_map(|(length, unit, counts_first_day, rolls)| Term { length, unit, counts_first_day, rolls });
    prop::collection::vec(term, 1..4).prop_map(|terms| Period { terms, ends_at: None })
}

fn any_party() -> impl Strategy<Value = Party> {
    prop_oneof![Just(Party::Applicant), Just(Party::Authority), Just(Party::Public)]
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_corrected_calendar_takes_no_day_from_those_who_rely_on_it(
        from in any_day(), period in any_period(), party in any_party(),
        corrections in prop::collection::vec((0u64..120, any::<bool>()), 1..8),
    ) {
        let mut newest = calendar();
        let mut deadline = Deadline::start_on("x", party, from, period, &newest);
        for (offset, works) in corrections {
            newest = with_day(&newest, from + Days::new(offset), if works { Mark::Work } else { Mark::Off });
            let legal = newest.due(deadline.started_on, &deadline.period);
            let Some(change) = deadline.replan(&newest) else { continue };
            let after = change.deadline;
            prop_assert_eq!(&after.due, &legal);
            if party.relies_on_told_date() {
                prop_assert!(after.effective_due_at() >= deadline.effective_due_at());
            } else {
                prop_assert_eq!(after.effective_due_at(), legal.at);
            }
            let moved = after.effective_due_at() != deadline.effective_due_at();
            prop_assert_eq!(moved, change.is_effective);
            prop_assert_eq!(after.revision, deadline.revision + u32::from(moved));
            deadline = after;
        }
    }

    #[test]
    fn a_pause_never_shortens_and_adds_its_working_days(
        from in any_day(), period in any_period(), party in any_party(), used in 0u64..90, pause in 0u64..60,
    ) {
        let calendar = calendar();
        let before = Deadline::start_on("x", party, from, period, &calendar);
        let paused_on = (from + Days::new(used)).min(before.effective_last_day());
        let resumed_on = paused_on + Days::new(pause);
        let after = before.pause(paused_on).unwrap().resume(resumed_on, &calendar).unwrap();
        prop_assert!(after.effective_due_at() >= before.effective_due_at());
        let old_end = before.effective_last_day();
        if calendar.is_working_day(old_end) && calendar.is_working_day(resumed_on) {
            let lost = calendar.working_days_between(paused_on, resumed_on);
            let expected = if lost == 0 { old_end } else { calendar.add_working_days(old_end, lost) };
            prop_assert_eq!(after.effective_last_day(), expected);
        }
        prop_assert!(after.replan(&calendar).is_none());
    }

    #[test]
    fn neither_does_one_that_ends_under_a_new_calendar(
        from in any_day(), period in any_period(), used in 0u64..90, pause in 0u64..60,
        changed in 0u64..120, works in any::<bool>(),
    ) {
        let before = Deadline::start_on("x", Party::Applicant, from, period, &calendar());
        let paused_on = (from + Days::new(used)).min(before.effective_last_day());
        let mark = if works { Mark::Work } else { Mark::Off };
        let newest = with_day(&calendar(), from + Days::new(changed), mark);
        let after = before.pause(paused_on).unwrap().resume(paused_on + Days::new(pause), &newest).unwrap();
        prop_assert!(after.effective_due_at() >= before.effective_due_at());
        prop_assert_eq!(after.due.calendar_version.as_str(), "GX-2");
    }

    #[test]
    fn an_extension_never_shortens(from in any_day(), period in any_period(), more in any_period()) {
        let calendar = calendar();
        let before = Deadline::start_on("x", Party::Applicant, from, period, &calendar);
        let after = before.extend(&more, &calendar).unwrap();
        prop_assert!(after.effective_due_at() >= before.effective_due_at());
        prop_assert_eq!(after.effective_last_day(), calendar.due(before.effective_last_day(), &more).last_day);
    }

    #[test]
    fn planned_reminders_keep_the_rules(from in any_day(), length in 0u32..60, is_desk in any::<bool>()) {
        let (calendar, plans) = (calendar(), plans());
        let party = if is_desk { Party::Authority } else { Party::Applicant };
        let deadline = Deadline::start_on("other", party, from, Period::working_days(length), &calendar);
        let created = time::start_of_day(from) + TimeDelta::hours(10);
        let reminders = plan(plans.plan_for("other", party).unwrap(), created, &deadline, &calendar);
        let mut days = Vec::new();
        for reminder in reminders.iter().filter(|reminder| reminder.state == Planned) {
            prop_assert!(calendar.is_working_day(time::civil_day(reminder.send_at)));
            prop_assert!(reminder.send_at >= created + TimeDelta::hours(24) || reminder.send_at > deadline.due.at);
            days.push(reminder.send_at);
        }
        let count = days.len();
        days.sort_unstable();
        days.dedup();
        prop_assert_eq!(days.len(), count);
        prop_assert!(reminders.iter().any(|reminder| reminder.send_at > deadline.due.at));
    }
}
