//! Rounds: drafted, published, extended, closed; and what is refused.

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::round::RoundState;
use service::page::PageRequest;
use service::round::{Extension, NewRound, RoundChange, RoundFilter, RoundView};
use service::{Caller, Code, Error, round};

use crate::harness::context::{TestContext, instant};
use crate::harness::db_tests;
use crate::harness::people::{grant, region};

fn at(text: &str) -> DateTime<Utc> {
    instant(text)
}

async fn new(test: &TestContext) -> NewRound {
    NewRound {
        process: "certification".to_owned(),
        region: None,
        title: "2026年第一批".to_owned(),
        opens_at: at("2026-08-01T01:00:00Z"),
        closes_at: at("2026-08-31T09:30:00Z"),
        recommend_until: Some(at("2026-09-20T09:30:00Z")),
        rule_set_id: test.rules().await,
        max_file_bytes: 1_000,
        max_files: 3,
    }
}

async fn clerk(test: &TestContext) -> Caller {
    test.person("clerk@example.org", vec![grant(Role::RegionClerk)]).await
}

async fn published(test: &TestContext, clerk: &Caller) -> RoundView {
    let draft = round::create(&test.ctx, clerk, new(test).await).await.unwrap().value;
    round::publish(&test.ctx, clerk, draft.id, 1).await.unwrap().value
}

fn rules_of(error: Error) -> Vec<(String, String)> {
    let Error::Invalid(faults) = error else { panic!("{error:?}") };
    faults.into_iter().map(|fault| (fault.pointer, fault.rule)).collect()
}

fn fault(pointer: &str, rule: &str) -> (String, String) {
    (pointer.to_owned(), rule.to_owned())
}

db_tests! {
    async fn a_round_goes_from_draft_to_its_end(test: TestContext) {
        let clerk = clerk(&test).await;
        let broker = test.person("broker@example.org", vec![grant(Role::Broker)]).await;
        let draft = round::create(&test.ctx, &clerk, new(&test).await).await.unwrap().value;
        assert!(draft.number.starts_with("CR-2026-000001-"), "{}", draft.number);
        assert_eq!((draft.state, draft.version), (RoundState::Draft, 1));
        assert!(matches!(round::get(&test.ctx, &broker, draft.id).await, Err(Error::NotFound)));
        assert!(round::list(&test.ctx, &broker, &RoundFilter::default(), &PageRequest::default()).await.unwrap().items.is_empty());

        let change = RoundChange { title: Some("2026年第二批".to_owned()), region: Some(Some(region("450100"))), ..RoundChange::default() };
        let edited = round::edit(&test.ctx, &clerk, draft.id, 1, change).await.unwrap().value;
        assert_eq!((edited.title.as_str(), edited.version), ("2026年第二批", 2));
        let published = round::publish(&test.ctx, &clerk, draft.id, 2).await.unwrap().value;
        assert_eq!(published.allowed_actions, ["extend", "close"]);
        let seen = round::get(&test.ctx, &broker, draft.id).await.unwrap();
        assert!(!seen.is_open && seen.allowed_actions.is_empty());

        test.clock.set("2026-08-31T09:30:00Z");
        assert!(round::get(&test.ctx, &broker, draft.id).await.unwrap().is_open, "the last instant is in time");
        let connection = test.ctx.database().read();
        assert_eq!(round::open_rounds(connection, "certification", test.ctx.now()).await.unwrap().len(), 1);
        test.clock.set("2026-08-31T09:30:01Z");
        assert_eq!(round::open_rounds(connection, "certification", test.ctx.now()).await.unwrap().len(), 0);

        let extension = Extension { closes_at: at("2026-09-10T09:30:00Z"), recommend_until: None, reason: "系统维护".to_owned() };
        let extended = round::extend(&test.ctx, &clerk, draft.id, 3, extension).await.unwrap().value;
        assert!(extended.is_open);
        let closed = round::close(&test.ctx, &clerk, draft.id, 4, "名额已满".to_owned()).await.unwrap().value;
        assert_eq!((closed.state, closed.close_reason.as_deref()), (RoundState::Closed, Some("名额已满")));
        assert!(closed.allowed_actions.is_empty());
    }

    async fn all_faults_of_a_round_are_told_at_once(test: TestContext) {
        let clerk = clerk(&test).await;
        let wrong = NewRound {
            process: "nothing".to_owned(),
            region: Some(region("459999")),
            title: " ".to_owned(),
            opens_at: at("2026-08-01T01:00:30Z"),
            closes_at: at("2026-07-31T09:30:00Z"),
            recommend_until: Some(at("2026-07-30T09:30:00Z")),
            rule_set_id: test.ctx.new_id(),
            max_file_bytes: 0,
            max_files: 0,
        };
        let found = rules_of(round::create(&test.ctx, &clerk, wrong).await.unwrap_err());
        for expected in [
            fault("/process", "process_unknown"),
            fault("/region", "region_unknown"),
            fault("/title", "text_length"),
            fault("/opens_at", "not_a_whole_minute"),
            fault("/closes_at", "closes_before_opening"),
            fault("/recommend_until", "recommends_before_closing"),
            fault("/rule_set_id", "rule_set_unknown"),
            fault("/max_file_bytes", "number_range"),
            fault("/max_files", "number_range"),
        ] {
            assert!(found.contains(&expected), "{expected:?} in {found:?}");
        }
        let early = NewRound { opens_at: at("2001-01-01T01:00:00Z"), ..new(&test).await };
        let found = rules_of(round::create(&test.ctx, &clerk, early).await.unwrap_err());
        assert_eq!(found, [fault("/rule_set_id", "rule_set_not_effective")]);
    }

    async fn states_and_versions_are_kept(test: TestContext) {
        let clerk = clerk(&test).await;
        let row = published(&test, &clerk).await;
        let change = RoundChange { title: Some("再改".to_owned()), ..RoundChange::default() };
        let refused = round::edit(&test.ctx, &clerk, row.id, 2, change).await.unwrap_err();
        assert!(matches!(refused, Error::Refused(Code::StateForbids, _)), "{refused:?}");
        let stale = round::close(&test.ctx, &clerk, row.id, 1, "名额已满".to_owned()).await.unwrap_err();
        assert!(matches!(stale, Error::Stale), "{stale:?}");
        let shorter = Extension { closes_at: at("2026-08-30T09:30:00Z"), recommend_until: None, reason: "缩短".to_owned() };
        let found = rules_of(round::extend(&test.ctx, &clerk, row.id, 2, shorter).await.unwrap_err());
        assert_eq!(found, [fault("/closes_at", "not_an_extension")]);
        let later = Extension { closes_at: at("2026-10-30T09:30:00Z"), recommend_until: None, reason: "延长".to_owned() };
        let found = rules_of(round::extend(&test.ctx, &clerk, row.id, 2, later).await.unwrap_err());
        assert_eq!(found, [fault("/recommend_until", "recommends_before_closing")]);
        let found = rules_of(round::close(&test.ctx, &clerk, row.id, 2, " ".to_owned()).await.unwrap_err());
        assert_eq!(found, [fault("/reason", "text_length")]);
    }

    async fn only_region_clerks_make_rounds(test: TestContext) {
        let lead = test.person("lead@example.org", vec![grant(Role::RegionLead)]).await;
        let refused = round::create(&test.ctx, &lead, new(&test).await).await.unwrap_err();
        assert!(matches!(refused, Error::Forbidden), "{refused:?}");
    }
}
