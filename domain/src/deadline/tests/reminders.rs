//! Reminder plans: worked examples, missed runs, windows, data.

use super::*;

/// The deadline of platform.md 8.3: due 2023-04-24 17:30.
fn april_2023() -> Deadline {
    let fortnight = Period { ends_at: NaiveTime::from_hms_opt(17, 30, 0), ..Period::calendar_days(14) };
    running("submission", Party::Applicant, "2023-04-10", fortnight)
}

#[test]
fn reminders_move_before_the_festival() {
    let deadline = april_2023();
    assert_eq!(deadline.effective_due_at(), at("2023-04-24 17:30"));
    assert_eq!(
        planned(&deadline, "2023-04-10 10:00"),
        [
            line(Stage::TMinus30, "2023-03-24", SkippedTooShort),
            line(Stage::TMinus7, "2023-04-17", Planned),
            line(Stage::TMinus1, "2023-04-20", Planned),
            line(Stage::TZero, "2023-04-24", Planned),
            line(Stage::Overdue1, "2023-04-25", Planned),
        ]
    );
}

#[test]
fn a_duty_that_was_done_is_reminded_of_no_more() {
    let deadline = april_2023();
    let reminders =
        plan(plans().plan_for("submission", Party::Applicant).unwrap(), at("2023-04-10 10:00"), &deadline, &calendar());
    assert!(
        reminders.iter().filter(|reminder| reminder.state == Planned).all(|reminder| may_send(reminder, &deadline))
    );
    let met = deadline.meet().unwrap();
    assert!(!reminders.iter().any(|reminder| may_send(reminder, &met)));
    assert!(planned(&met, "2023-04-18 10:00").is_empty());
    let missed = deadline.miss(at("2023-04-24 17:31")).unwrap();
    let sendable = reminders.iter().filter(|reminder| may_send(reminder, &missed));
    assert_eq!(sendable.map(|reminder| reminder.stage).collect::<Vec<_>>(), [Stage::Overdue1]);
}

#[test]
fn a_short_correction_has_only_the_last_two_stages() {
    let deadline = running("supplement", Party::Applicant, "2024-05-13", Period::working_days(5));
    assert_eq!(
        planned(&deadline, "2024-05-13 10:00"),
        [
            line(Stage::TMinus30, "2024-04-19", SkippedTooShort),
            line(Stage::TMinus7, "2024-05-13", SkippedTooShort),
            line(Stage::TMinus1, "2024-05-17", Planned),
            line(Stage::TZero, "2024-05-20", Planned),
            line(Stage::Overdue1, "2024-05-21", Planned),
        ]
    );
}

#[test]
fn of_two_stages_on_one_day_the_more_urgent_stays() {
    // Due on the first day after the holiday of October 2025: T-7 moves back to T-1.
    let deadline = running("supplement", Party::Applicant, "2025-09-01", Period::calendar_days(38));
    assert_eq!(deadline.due.last_day, day("2025-10-09"));
    let lines = planned(&deadline, "2025-09-01 10:00");
    assert_eq!(lines[1], line(Stage::TMinus7, "2025-09-30", Superseded));
    assert_eq!(lines[2], line(Stage::TMinus1, "2025-09-30", Planned));
}

#[test]
fn certification_has_its_own_reminders() {
    let employer = running("employer_review", Party::Applicant, "2026-07-06", Period::working_days(10));
    assert_eq!(
        planned(&employer, "2026-07-06 10:00"),
        [line(Stage::Elapsed5, "2026-07-13", Planned), line(Stage::Elapsed8, "2026-07-16", Planned)]
    );
    let correction = running("correction", Party::Applicant, "2026-02-11", Period::working_days(10));
    assert_eq!(
        planned(&correction, "2026-02-11 10:00"),
        [
            line(Stage::WorkingLeft5, "2026-02-25", Planned),
            line(Stage::WorkingLeft2, "2026-02-28", Planned),
            line(Stage::TZero, "2026-03-03", Planned),
        ]
    );
    let idle = running(
        "draft_idle",
        Party::Applicant,
        "2026-06-01",
        Period {
            terms: vec![Term { length: 180, unit: Unit::CalendarDay, counts_first_day: false, rolls: false }],
            ends_at: None,
        },
    );
    assert_eq!(planned(&idle, "2026-06-01 10:00"), [line(Stage::TMinus30, "2026-10-29", Planned)]);
}

#[test]
fn a_desk_is_warned_and_then_its_lead() {
    let city = running("city_review", Party::Authority, "2026-07-10", Period::working_days(10));
    assert_eq!(
        planned(&city, "2026-07-10 10:00"),
        [
            line(Stage::Warn50, "2026-07-17", Planned),
            line(Stage::Warn80, "2026-07-22", Planned),
            line(Stage::Red100, "2026-07-24", Planned),
            line(Stage::Overdue1, "2026-07-27", Planned),
            line(Stage::Overdue3, "2026-07-29", Planned),
            line(Stage::ConvenorPlus5, "2026-07-31", Planned),
        ]
    );
    let other = running("recovery", Party::Authority, "2026-07-10", Period::working_days(10));
    assert_eq!(planned(&other, "2026-07-10 10:00")[3], line(Stage::SupervisorPlus1, "2026-07-27", Planned));
    assert!(plans().plan_for("publicity", Party::Public).is_none());
}

#[test]
fn a_certificate_is_reminded_of_on_the_very_day() {
    // broker.md section 9, example 7; 2029-06-02 is a Saturday.
    let valid_until = Deadline {
        due: crate::calendar::Due {
            last_day: day("2029-08-31"),
            at: time::end_of_day(day("2029-08-31")),
            provisional: true,
            calendar_version: "GX-1".to_owned(),
        },
        communicated_at: time::end_of_day(day("2029-08-31")),
        ..running("certificate_expiry", Party::Applicant, "2026-08-25", Period::calendar_days(1))
    };
    let days: Vec<_> = planned(&valid_until, "2026-08-25 10:00").into_iter().map(|line| line.1).collect();
    assert_eq!(
        days,
        ["2029-06-02 09:00", "2029-07-02 09:00", "2029-08-01 09:00", "2029-08-24 09:00", "2029-08-31 09:00"]
    );
}

#[test]
fn after_missed_runs_only_the_most_urgent_stage_goes_out() {
    let deadline = april_2023();
    let created = at("2023-04-10 10:00");
    let reminders = plan(plans().plan_for("submission", Party::Applicant).unwrap(), created, &deadline, &calendar());
    let stages = |now: &str| {
        let found = catch_up(&reminders, created, at(now), deadline.effective_due_at());
        let missed: Vec<_> = found.missed.iter().map(|reminder| reminder.stage).collect();
        (found.send.map(|reminder| reminder.stage), missed)
    };
    assert_eq!(stages("2023-04-16 12:00"), (None, vec![]));
    assert_eq!(stages("2023-04-18 12:00"), (Some(Stage::TMinus7), vec![]));
    assert_eq!(stages("2023-04-22 12:00"), (Some(Stage::TMinus1), vec![Stage::TMinus7]));
    let all = vec![Stage::TMinus7, Stage::TMinus1, Stage::TZero];
    assert_eq!(stages("2023-04-24 18:00"), (None, all.clone()));
    assert_eq!(stages("2023-04-25 18:00"), (Some(Stage::Overdue1), all));
}

#[test]
fn messages_wait_for_their_window() {
    let (calendar, plans) = (calendar(), plans());
    let window = |kind, party| plans.plan_for(kind, party).unwrap().window;
    let person = window("correction", Party::Applicant);
    let office = window("city_review", Party::Authority);
    let wait = |now: &str, window| deferred(at(now), window, &calendar);
    assert_eq!(wait("2023-04-20 23:00", &person), at("2023-04-21 08:30"));
    assert_eq!(wait("2023-04-20 07:00", &person), at("2023-04-20 08:30"));
    assert_eq!(wait("2023-04-22 12:00", &person), at("2023-04-22 12:00"));
    assert_eq!(wait("2023-04-20 18:00", &office), at("2023-04-24 08:30"), "over the festival");
    assert_eq!(wait("2023-04-22 07:00", &office), at("2023-04-24 08:30"));
    assert!(in_send_window(at("2023-04-20 17:59"), &office, &calendar));
    assert!(!in_send_window(at("2023-04-21 10:00"), &office, &calendar));
    assert!(Stage::TZero.ignores_send_window() && !Stage::TMinus1.ignores_send_window());
}

#[test]
fn plans_that_cannot_work_are_refused() {
    let broken = |change: fn(&mut PlanEntry)| {
        let mut plans = plans();
        change(&mut plans.entries[0]);
        plans.check().unwrap_err()
    };
    let twice = broken(|entry| entry.kinds.push("draft_idle".to_owned()));
    assert!(matches!(twice, ReminderError::KindTwice(kind) if kind == "draft_idle"));
    let stage = broken(|entry| entry.plan.stages.push(entry.plan.stages[0].clone()));
    assert!(matches!(stage, ReminderError::StageTwice { stage: Stage::TMinus30, .. }));
    let share = broken(|entry| entry.plan.stages[0].at = StageAt::PercentElapsed(101));
    assert!(matches!(share, ReminderError::OutOfRange { .. }));
    let window = broken(|entry| entry.plan.window.to = entry.plan.window.from);
    assert!(matches!(window, ReminderError::Window(_)));
    assert!(matches!(parse_plans("[]"), Err(ReminderError::Json(_))));
}
