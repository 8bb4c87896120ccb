//! Rule sets: stored once, read by everybody, marked as proposals.

mod command;

use domain::rule::{BasisKind, RuleStatus};
use service::page::PageRequest;

use crate::harness::context::TestContext;
use crate::harness::db_tests;

db_tests! {
    async fn the_rule_sets_of_the_build_are_stored_once(test: TestContext) {
        service::rule::seed(&test.ctx).await.unwrap();
        service::rule::seed(&test.ctx).await.unwrap();
        let page = service::rule::list(&test.ctx, &PageRequest::default()).await.unwrap();
        let [set] = page.items.as_slice() else { panic!("{:?}", page.items) };
        assert_eq!((set.name.as_str(), set.rule_version.as_str()), ("GX-BROKER", "2026-1"));
        assert_eq!(set.status, RuleStatus::Proposal);
    }

    async fn every_clause_says_what_it_rests_on(test: TestContext) {
        let id = test.rules().await;
        let set = service::rule::get(&test.ctx, id).await.unwrap();
        assert!(!set.clauses.is_empty());
        assert!(set.clauses.iter().any(|clause| clause.basis_kind == BasisKind::Proposal));
        let json = serde_json::to_value(&set).unwrap();
        assert_eq!(json["status"], "proposal");
        assert!(json["clauses"][0]["basis"]["document"].is_string());
    }

    async fn an_unknown_rule_set_is_not_found(test: TestContext) {
        let missing = service::rule::get(&test.ctx, test.ctx.new_id()).await;
        assert!(matches!(missing, Err(service::Error::NotFound)));
    }
}
