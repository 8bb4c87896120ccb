//! Pauses, extensions, states and new calendars.

use super::*;

#[test]
fn a_pause_moves_the_end_by_its_working_days() {
    let calendar = calendar();
    let city = running("city", Party::Authority, "2026-07-10", Period::working_days(10));
    let paused = city.pause(day("2026-07-15")).unwrap();
    assert_eq!(paused.resume(day("2026-07-15"), &calendar).unwrap().due, city.due);
    let resumed = paused.resume(day("2026-07-20"), &calendar).unwrap();
    assert_eq!(resumed.due.last_day, day("2026-07-29"), "three working days of pause");
    assert_eq!((resumed.used_working_days, resumed.revision), (3, 1));
    assert_eq!(resumed.period, Period::working_days(7));
    assert_eq!(
        planned(&resumed, "2026-07-20 10:00")[..3],
        [
            line(Stage::Warn50, "2026-07-22", Planned),
            line(Stage::Warn80, "2026-07-27", Planned),
            line(Stage::Red100, "2026-07-29", Planned),
        ],
        "5, 8 and 10 of the ten working days, 3 of which were used before the pause"
    );
    let late = city.pause(day("2026-07-22")).unwrap().resume(day("2026-08-03"), &calendar).unwrap();
    assert_eq!(planned(&late, "2026-08-03 10:00")[0].2, Superseded, "half was over before the pause");
}

#[test]
fn an_extension_runs_from_the_last_day() {
    let correction = running("correction", Party::Applicant, "2026-07-06", Period::working_days(10));
    let extended = correction.extend(&Period::working_days(5), &calendar()).unwrap();
    assert_eq!(extended.period, Period::working_days(15));
    assert_eq!((extended.due.last_day, extended.revision), (day("2026-07-27"), 1));
    assert_eq!(extended.communicated_at, extended.due.at);
    let idle = running("draft_idle", Party::Applicant, "2026-07-01", Period::calendar_days(10));
    let longer = idle.extend(&Period::calendar_days(5), &calendar()).unwrap();
    assert_eq!((longer.due.last_day, longer.period.terms[0].unit), (day("2026-07-20"), Unit::CalendarDay));
}

#[test]
fn states_allow_only_what_makes_sense() {
    let running = running("correction", Party::Applicant, "2026-07-06", Period::working_days(10));
    let paused = running.pause(day("2026-07-08")).unwrap();
    let closed = [running.meet().unwrap(), running.cancel().unwrap(), running.miss(at("2026-07-21 00:00")).unwrap()];
    let calendar = calendar();
    for deadline in &closed {
        let refused = Err(Refusal::State(deadline.state));
        assert_eq!(deadline.pause(day("2026-07-08")), refused);
        assert_eq!(deadline.resume(day("2026-07-08"), &calendar), refused);
        assert_eq!(deadline.extend(&Period::working_days(5), &calendar), refused);
        assert_eq!(deadline.meet(), refused);
        assert_eq!(deadline.miss(at("2026-09-01 00:00")), refused);
        assert_eq!(deadline.cancel(), refused);
        assert_eq!(deadline.replan(&with_day(&calendar, day("2026-07-10"), Mark::Off)), None);
    }
    assert!(paused.meet().is_ok() && paused.cancel().is_ok() && paused.pause(day("2026-07-09")).is_err());
    assert!(paused.extend(&Period::working_days(5), &calendar).is_err());
    assert!(paused.miss(at("2026-09-01 00:00")).is_err());
    let early = Err(Refusal::TooEarly { day: day("2026-07-07"), earliest: day("2026-07-08") });
    assert_eq!(paused.resume(day("2026-07-07"), &calendar), early);
    let late = Err(Refusal::TooLate { day: day("2026-07-21"), last_day: day("2026-07-20") });
    assert_eq!(running.pause(day("2026-07-21")), late);
    assert_eq!(running.miss(running.due.at), Err(Refusal::StillRunning(running.due.at)));
}

#[test]
fn a_new_calendar_moves_the_authority_both_ways_and_the_applicant_only_later() {
    let (later, earlier) =
        (with_day(&calendar(), day("2026-07-10"), Mark::Off), with_day(&calendar(), day("2026-07-11"), Mark::Work));
    let ten = || Period::working_days(10);
    let desk = running("city", Party::Authority, "2026-07-06", ten());
    let person = running("correction", Party::Applicant, "2026-07-06", ten());

    let change = desk.replan(&earlier).unwrap();
    assert_eq!(change.deadline.effective_last_day(), day("2026-07-17"));
    assert_eq!((change.deadline.revision, change.is_effective, change.before), (1, true, desk.due.clone()));

    let change = person.replan(&earlier).unwrap();
    assert_eq!(change.deadline.due.last_day, day("2026-07-17"));
    assert_eq!(change.deadline.effective_last_day(), day("2026-07-20"), "what the person was told stands");
    assert_eq!((change.deadline.revision, change.is_effective), (0, false));
    let protected = change.deadline.pause(day("2026-07-16")).unwrap();
    let resumed = protected.resume(day("2026-07-17"), &earlier).unwrap();
    assert_eq!(resumed.effective_last_day(), day("2026-07-21"), "two days were left of the date told");

    let change = person.replan(&later).unwrap();
    assert_eq!(change.deadline.effective_last_day(), day("2026-07-21"));
    assert_eq!(change.deadline.communicated_at, change.deadline.due.at);
    assert_eq!((change.deadline.revision, change.is_effective), (1, true));
    assert_eq!(person.replan(&with_day(&calendar(), day("2026-12-30"), Mark::Off)), None);
}

#[test]
fn a_published_year_makes_a_date_certain_without_a_revision() {
    let person = running("correction", Party::Applicant, "2026-12-21", Period::working_days(10));
    assert!(person.due.provisional);
    let change = person.replan(&with_day(&calendar(), day("2027-02-08"), Mark::Off)).unwrap();
    assert!(!change.deadline.due.provisional && !change.is_effective);
    assert_eq!(change.deadline.revision, 0);
}
