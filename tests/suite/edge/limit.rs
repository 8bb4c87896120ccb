use api::Rates;

use super::headers::assert_dressed;
use crate::harness::app::TestApp;
use crate::harness::{TestDb, db_tests};

db_tests! {
    async fn who_asks_too_much_is_told_to_wait(db: TestDb) {
        let app = TestApp::beside(&db, Rates { general: 2, ..Rates::default() }).await;
        for remaining in ["1", "0"] {
            let answer = app.get("/api/v1/cases").send().await.expect(401);
            assert_eq!(answer.header("ratelimit-limit"), "2");
            assert_eq!(answer.header("ratelimit-remaining"), remaining);
        }
        let refused = app.get("/api/v1/cases").send().await.expect(429);
        assert_eq!(refused.code(), "rate_limited");
        assert_dressed(&refused);
        assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
        // Nobody becomes another client by claiming an address.
        app.get("/api/v1/cases").header("x-forwarded-for", "203.0.113.7").send().await.expect(429);
    }
}
