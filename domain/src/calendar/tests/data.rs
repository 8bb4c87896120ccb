//! Days, documents, corrections and limits.

use super::*;

#[test]
fn a_day_tells_which_layer_decided_it() {
    let calendar = calendar();
    let kind = |text| calendar.day_kind(day(text));
    let festival = Some("壮族三月三");
    let regional = |works| DayKind { works, reason: Reason::Regional, name: festival, provisional: false };
    assert_eq!(kind("2017-04-01"), regional(false), "a national make-up day, but a day off in Guangxi");
    assert_eq!(kind("2017-04-08"), regional(true), "a Saturday");
    assert_eq!(kind("2023-04-23"), regional(false));
    assert_eq!(calendar.national_only().day_kind(day("2023-04-23")).name, Some("劳动节"));
    let december = kind("2018-12-31");
    assert_eq!((december.works, december.reason, december.name), (false, Reason::National, Some("元旦")));
    assert!(kind("2018-12-29").works, "the notice for 2019 changed a Saturday of 2018");
    assert_eq!(kind("2026-02-21").reason, Reason::National);
    assert_eq!(kind("2024-05-18").reason, Reason::Weekday, "an ordinary Saturday");
    assert!(kind("2026-04-19").provisional && kind("2031-01-01").provisional);
}

#[test]
fn neighbours_of_a_rest_day_are_working_days() {
    let calendar = calendar();
    assert_eq!(calendar.next_working_day(day("2024-04-10")), day("2024-04-15"));
    assert_eq!(calendar.previous_working_day(day("2023-04-24")), day("2023-04-20"));
    assert_eq!(calendar.roll_forward(day("2024-04-13")), day("2024-04-15"));
    assert_eq!(calendar.roll_back(day("2024-04-13")), day("2024-04-10"));
    assert_eq!(calendar.working_days_between(day("2024-04-15"), day("2024-04-10")), 0);
}

#[test]
fn a_period_may_end_at_a_time_of_day() {
    let window = Period { ends_at: NaiveTime::from_hms_opt(17, 30, 0), ..Period::working_days(1) };
    assert_eq!(calendar().due(day("2024-05-06"), &window).at.to_rfc3339(), "2024-05-07T09:30:00+00:00");
}

#[test]
fn absurd_lengths_and_dates_come_to_an_end() {
    let calendar = calendar();
    let at_most = calendar.due(day("2024-01-01"), &Period::working_days(MAX_LENGTH));
    let absurd = calendar.due(day("2024-01-01"), &Period::working_days(u32::MAX));
    assert_eq!(absurd, at_most);
    assert!(absurd.provisional);
    assert_eq!(calendar.due(NaiveDate::MAX, &Period::working_days(9)).last_day, NaiveDate::MAX);
    assert_eq!(calendar.due(NaiveDate::MAX, &Period::calendar_days(9)).last_day, NaiveDate::MAX);
    assert!(calendar.working_days_between(NaiveDate::MIN, NaiveDate::MAX) < MAX_SPAN);
    assert_eq!(end(&calendar, "2024-04-13", &Period::working_days(0)), "2024-04-15");
    assert_eq!(end(&calendar, "2024-04-13", &Period { terms: Vec::new(), ends_at: None }), "2024-04-13");
}

#[test]
fn documents_are_read_back_as_written_and_bad_ones_are_refused() {
    let seed = Calendar::seed().unwrap();
    assert_eq!(seed.len(), 12 + 13);
    let json = serde_json::to_string(&seed).unwrap();
    assert_eq!(serde_json::from_str::<Vec<YearDocument>>(&json).unwrap(), seed);
    assert!(calendar().documents().eq(seed.iter().cloned()));

    let fault = |text: &str| serde_json::from_str::<YearDocument>(text).unwrap().check().unwrap_err();
    let listed = |dates: &str| {
        fault(&format!(
            r#"{{"scope":"regional","region":"450000","year":2026,
                "festival_window":{{"from":"2026-04-09","to":"2026-04-29"}},
                "notice":{{"off":[{dates}],"work":[],"confidence":"high","source":"-"}}}}"#
        ))
    };
    let foreign = DocumentFault::ForeignDay { year: 2026, date: day("2025-04-20") };
    assert_eq!(listed(r#""2025-04-20""#), foreign);
    assert_eq!(listed(r#""2026-04-20","2026-04-20""#), DocumentFault::ListedTwice(day("2026-04-20")));
    assert_eq!(
        fault(r#"{"scope":"national","year":99999,"papers":[],"days":[]}"#),
        DocumentFault::YearOutOfRange(99_999)
    );
    assert!(matches!(parse_documents("{}"), Err(CalendarError::Json(_))));
}

#[test]
fn the_latest_document_of_a_year_stands() {
    let Some(YearDocument::Regional(mut year)) =
        Calendar::seed().unwrap().into_iter().rfind(|document| document.year() == 2026)
    else {
        panic!("no regional document of 2026");
    };
    year.notice = Some(RegionalNotice {
        off: vec![day("2026-04-20"), day("2026-04-21")],
        work: Vec::new(),
        confidence: Confidence::High,
        source: "entered".to_owned(),
        note: String::new(),
    });
    let before = calendar();
    let after = before.corrected(YearDocument::Regional(year), "GX-2".to_owned());
    assert_eq!(end(&before, "2026-04-17", &Period::working_days(1)), "2026-04-20");
    assert_eq!(end(&after, "2026-04-17", &Period::working_days(1)), "2026-04-22");
    assert!(!after.due(day("2026-04-17"), &Period::working_days(1)).provisional);
    assert_eq!((before.version(), after.version()), ("GX-1", "GX-2"));
    assert_eq!(after.documents().count(), before.documents().count());
}
