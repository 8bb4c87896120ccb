//! The public questions, over HTTP.

use crate::harness::app::TestApp;
use crate::harness::db_tests;

db_tests! {
    async fn days_are_added_with_the_regional_holidays(app: TestApp) {
        // Lunar 3/3 of 2024: Thursday and Friday off in Guangxi; the nation works on Sunday the 7th (make-up).
        let sum = app.get("/api/v1/calendars/gx/add?from=2024-04-10&working_days=1").send().await.expect(200);
        assert_eq!(sum.json["last_day"], "2024-04-15");
        assert_eq!(sum.json["due_at"], "2024-04-15T15:59:59Z");
        assert_eq!((&sum.json["provisional"], &sum.json["calendar_version"]), (&false.into(), &"GX-1".into()));
        let rolled = app.get("/api/v1/calendars/gx/add?from=2026-07-03&calendar_days=1").send().await.expect(200);
        assert_eq!(rolled.json["last_day"], "2026-07-06");
        let first = app.get("/api/v1/calendars/gx/add?from=2026-07-06&working_days=5&count_first_day=true");
        assert_eq!(first.send().await.expect(200).json["last_day"], "2026-07-10");
    }

    async fn a_year_without_data_is_never_silently_computed(app: TestApp) {
        let sum = app.get("/api/v1/calendars/gx/add?from=2031-01-06&working_days=10").send().await.expect(200);
        assert_eq!(sum.json["provisional"], true);
        let day = app.get("/api/v1/calendars/gx/days/2031-01-06").send().await.expect(200);
        assert_eq!((&day.json["works"], &day.json["provisional"]), (&true.into(), &true.into()));
        app.get("/api/v1/calendars/gx/years/2031").send().await.expect(404);
        let calendar = app.get("/api/v1/calendars/gx").send().await.expect(200);
        let unknown = calendar.json["unknown_regional_years"].as_array().unwrap();
        assert!(unknown.contains(&2026.into()), "{unknown:?}");
        // The festival window of a year whose notice is unknown.
        let festival = app.get("/api/v1/calendars/gx/days/2026-04-20").send().await.expect(200);
        assert_eq!(festival.json["provisional"], true);
    }

    async fn a_day_names_its_notice(app: TestApp) {
        let day = app.get("/api/v1/calendars/gx/days/2024-04-11").send().await.expect(200);
        assert_eq!((&day.json["works"], &day.json["reason"]), (&false.into(), &"regional".into()));
        assert_eq!(day.json["name"], "壮族三月三");
        let year = app.get("/api/v1/calendars/gx/years/2024").send().await.expect(200);
        assert_eq!(year.json["regional"]["notice"]["confidence"], "high");
        assert_eq!(year.json["provisional"], false);
    }

    async fn questions_are_bounded(app: TestApp) {
        for (query, pointer, rule) in [
            ("from=2026-07-06&working_days=5001", "/working_days", "length_range"),
            ("from=2026-07-06&calendar_days=99999", "/calendar_days", "length_range"),
            ("from=2026-07-06", "/working_days", "one_length"),
            ("from=2026-07-06&working_days=1&calendar_days=1", "/working_days", "one_length"),
            ("from=9999-12-31&working_days=1", "/from", "calendar_year_range"),
            ("from=2026-07-06&working_days=1&x=1", "/x", "unknown_field"),
        ] {
            let refused = app.get(format!("/api/v1/calendars/gx/add?{query}")).send().await.expect(422);
            let fault = &refused.json["errors"][0];
            assert_eq!((&fault["pointer"], &fault["rule"]), (&pointer.into(), &rule.into()), "{query}");
        }
        for query in ["from=2026-02-30&working_days=1", "from=2026-07-06&working_days=-1", "working_days=1"] {
            app.get(format!("/api/v1/calendars/gx/add?{query}")).send().await.expect(422);
        }
        for path in ["days/2026-02-30", "days/1500-01-01", "days/x", "years/x", "years/99999999999"] {
            app.get(format!("/api/v1/calendars/gx/{path}")).send().await.expect(404);
        }
    }
}
