//! Organisations: registering, verifying, names, successions, members.

mod member;

use domain::access::Role;
use domain::ids::OrganisationId;
use domain::organisation::{OrganisationKind, OrganisationState};
use service::organisation::{NewOrganisation, OrganisationFilter, OrganisationView, Renaming};
use service::page::PageRequest;
use service::{Caller, Code, Error, organisation};

use crate::harness::TestDb;
use crate::harness::context::{TestContext, replica};
use crate::harness::db_tests;
use crate::harness::people::{caller_as, grant, grant_in, grant_of, keyed, region};

/// Valid credit codes of nobody.
pub const CODES: [&str; 3] = ["91350100M000100Y43", "11100000000013338W", "11320482014138860P"];

pub fn new(uscc: &str) -> NewOrganisation {
    NewOrganisation {
        uscc: uscc.to_owned(),
        name: "南宁示例技术转移有限公司".to_owned(),
        kind: OrganisationKind::Enterprise,
        region: region("450100"),
        legal_representative: Some("王小明".to_owned()),
        address: None,
        contact_email: Some("office@example.org".to_owned()),
    }
}

pub async fn clerk(test: &TestContext) -> Caller {
    test.person("clerk@example.org", vec![grant_in(Role::CityClerk, "450100")]).await
}

async fn broker(test: &TestContext) -> Caller {
    test.person("broker@example.org", vec![grant(Role::Broker)]).await
}

/// An organisation that its city has verified.
pub async fn verified(test: &TestContext, clerk: &Caller, uscc: &str) -> OrganisationView {
    let id = organisation::register(&test.ctx, clerk, new(uscc)).await.unwrap().value.id;
    organisation::verify(&test.ctx, clerk, id, 1).await.unwrap().value
}

async fn by_code(test: &TestContext, caller: &Caller, uscc: &str) -> Vec<OrganisationView> {
    let filter = OrganisationFilter { uscc: Some(uscc.to_owned()), ..OrganisationFilter::default() };
    organisation::list(&test.ctx, caller, &filter, &PageRequest::default()).await.unwrap().items
}

fn rule_of(error: &Error) -> &str {
    match error {
        Error::Invalid(faults) => faults[0].rule.as_str(),
        other => panic!("{other:?}"),
    }
}

db_tests! {
    async fn an_organisation_is_registered_and_verified_by_its_city(test: TestContext) {
        let (clerk, broker) = (clerk(&test).await, broker(&test).await);
        let stranger = test.person("other@example.org", vec![grant(Role::Broker)]).await;
        let pending = organisation::register(&test.ctx, &broker, new(CODES[0])).await.unwrap().value;
        assert_eq!((pending.state, pending.version), (OrganisationState::Pending, 1));
        assert!(pending.allowed_actions.is_empty());
        assert!(by_code(&test, &stranger, CODES[0]).await.is_empty(), "pending ones are not looked up");
        assert!(matches!(organisation::get(&test.ctx, &stranger, pending.id).await, Err(Error::NotFound)));

        let seen = organisation::get(&test.ctx, &clerk, pending.id).await.unwrap();
        assert_eq!(seen.allowed_actions, ["verify", "refuse"]);
        let verified = organisation::verify(&test.ctx, &clerk, pending.id, 1).await.unwrap().value;
        assert_eq!((verified.state, verified.version), (OrganisationState::Verified, 2));
        let [found] = by_code(&test, &stranger, "91350100m000100y43").await.try_into().unwrap();
        assert_eq!((found.contact_email, found.legal_representative), (None, None));
    }

    async fn codes_are_checked_and_unique(test: TestContext) {
        let broker = broker(&test).await;
        for (uscc, rule) in [("91350100M000100Y4Z", "uscc_alphabet"), ("91310115MA1H8R7C6D", "uscc_checksum"), ("9135", "uscc_format")] {
            let refused = organisation::register(&test.ctx, &broker, new(uscc)).await.unwrap_err();
            assert_eq!(rule_of(&refused), rule);
        }
        organisation::register(&test.ctx, &broker, new(CODES[0])).await.unwrap();
        let twice = organisation::register(&test.ctx, &broker, new(CODES[0])).await.unwrap_err();
        assert!(matches!(twice, Error::Refused(Code::AlreadyExists, _)), "{twice:?}");
    }

    async fn a_repeated_registration_gets_the_first_answer(test: TestContext) {
        let broker = keyed(&broker(&test).await, "key-1", "fingerprint");
        let first = organisation::register(&test.ctx, &broker, new(CODES[0])).await.unwrap();
        let second = organisation::register(&test.ctx, &broker, new(CODES[0])).await.unwrap();
        assert!(!first.replayed && second.replayed);
        assert_eq!(first.value.id, second.value.id);
    }

    async fn a_refused_registration_can_be_made_anew(test: TestContext) {
        let (clerk, broker) = (clerk(&test).await, broker(&test).await);
        let id = organisation::register(&test.ctx, &broker, new(CODES[0])).await.unwrap().value.id;
        let refused = organisation::refuse(&test.ctx, &clerk, id, 1, "名称不符").await.unwrap().value;
        assert_eq!((refused.state, refused.refusal_reason.as_deref()), (OrganisationState::Refused, Some("名称不符")));
        let again = organisation::register(&test.ctx, &broker, NewOrganisation { name: "正确名称".to_owned(), ..new(CODES[0]) }).await.unwrap().value;
        assert_eq!((again.id, again.state, again.names.len()), (id, OrganisationState::Pending, 1));
        assert_eq!(again.name, "正确名称");
    }

    async fn clerks_decide_in_their_region_and_not_about_their_own(test: TestContext) {
        let clerk = clerk(&test).await;
        let id = organisation::register(&test.ctx, &clerk, new(CODES[0])).await.unwrap().value.id;
        let foreign = test.person("liuzhou@example.org", vec![grant_in(Role::CityClerk, "450200")]).await;
        assert!(matches!(organisation::verify(&test.ctx, &foreign, id, 1).await, Err(Error::NotFound)));
        let lead = test.person("lead@example.org", vec![grant(Role::RegionLead)]).await;
        assert!(matches!(organisation::verify(&test.ctx, &lead, id, 1).await, Err(Error::Forbidden)));
        let own = test.person("own@example.org", vec![grant_in(Role::CityClerk, "450100")]).await;
        member::join(&test, id, &own, Role::EmployerConfirmer).await;
        let recused = organisation::verify(&test.ctx, &own, id, 1).await.unwrap_err();
        assert!(matches!(recused, Error::Refused(Code::DeciderConflict, _)), "{recused:?}");
        organisation::verify(&test.ctx, &clerk, id, 1).await.unwrap();
        let done = organisation::refuse(&test.ctx, &clerk, id, 2, "太晚了").await.unwrap_err();
        assert!(matches!(done, Error::Refused(Code::StateForbids, _)), "{done:?}");
    }

    async fn of_two_verifications_one_wins(db: TestDb) {
        let (one, two) = (replica(&db, 1).await, replica(&db, 2).await);
        let clerk = clerk(&one).await;
        let id = organisation::register(&one.ctx, &clerk, new(CODES[0])).await.unwrap().value.id;
        let (first, second) = tokio::join!(
            organisation::verify(&one.ctx, &clerk, id, 1),
            organisation::refuse(&two.ctx, &clerk, id, 1, "名称不符"),
        );
        let lost: Vec<Error> = [first.err(), second.err()].into_iter().flatten().collect();
        assert!(matches!(lost.as_slice(), [Error::Stale]), "{lost:?}");
        assert_eq!(organisation::get(&one.ctx, &clerk, id).await.unwrap().version, 2);
    }

    async fn names_are_kept_with_their_days(test: TestContext) {
        let clerk = clerk(&test).await;
        let row = verified(&test, &clerk, CODES[0]).await;
        let renaming = |from_on: &str| Renaming { name: "广西示例技术转移有限公司".to_owned(), from_on: from_on.parse().unwrap(), evidence: "核准通知书〔2026〕1号".to_owned() };
        let early = organisation::rename(&test.ctx, &clerk, row.id, 2, renaming("2026-07-06")).await.unwrap_err();
        assert_eq!(rule_of(&early), "before_the_present_name");
        let future = organisation::rename(&test.ctx, &clerk, row.id, 2, renaming("2026-08-02")).await.unwrap_err();
        assert_eq!(rule_of(&future), "date_in_future");
        test.clock.set("2026-08-02T01:00:00Z");
        let foreign = test.person("liuzhou@example.org", vec![grant_in(Role::CityClerk, "450200")]).await;
        assert!(matches!(organisation::rename(&test.ctx, &foreign, row.id, 2, renaming("2026-08-01")).await, Err(Error::NotFound)));
        assert!(matches!(organisation::dissolve(&test.ctx, &foreign, row.id, 2, None, "注销").await, Err(Error::NotFound)));
        let renamed = organisation::rename(&test.ctx, &clerk, row.id, 2, renaming("2026-08-01")).await.unwrap().value;
        let names: Vec<(&str, String, Option<String>)> = renamed.names.iter().map(|name| (name.name.as_str(), name.from_on.to_string(), name.to_on.map(|day| day.to_string()))).collect();
        assert_eq!(names, [
            ("广西示例技术转移有限公司", "2026-08-01".to_owned(), None),
            ("南宁示例技术转移有限公司", "2026-07-06".to_owned(), Some("2026-07-31".to_owned())),
        ]);
    }

    async fn successions_are_followed_and_never_lead_back(test: TestContext) {
        let clerk = clerk(&test).await;
        let mut ids: Vec<OrganisationId> = Vec::new();
        for uscc in CODES {
            ids.push(verified(&test, &clerk, uscc).await.id);
        }
        let [a, b, c] = ids.try_into().unwrap();
        let itself = organisation::dissolve(&test.ctx, &clerk, a, 2, Some(a), "合并").await.unwrap_err();
        assert_eq!(rule_of(&itself), "successor_cycle");
        organisation::dissolve(&test.ctx, &clerk, a, 2, Some(b), "合并").await.unwrap();
        let back = organisation::dissolve(&test.ctx, &clerk, b, 2, Some(a), "合并").await.unwrap_err();
        assert_eq!(rule_of(&back), "successor_cycle");
        let gone = organisation::dissolve(&test.ctx, &clerk, c, 2, Some(a), "合并").await.unwrap_err();
        assert_eq!(rule_of(&gone), "successor_not_verified");
        organisation::dissolve(&test.ctx, &clerk, b, 2, Some(c), "合并").await.unwrap();
        let connection = test.ctx.database().read();
        assert_eq!(organisation::successor_of(connection, a).await.unwrap(), Some(c));
        organisation::dissolve(&test.ctx, &clerk, c, 2, None, "注销").await.unwrap();
        assert_eq!(organisation::successor_of(connection, a).await.unwrap(), None);
    }

    async fn lists_are_scoped_and_wildcards_are_letters(test: TestContext) {
        let clerk = clerk(&test).await;
        verified(&test, &clerk, CODES[0]).await;
        organisation::register(&test.ctx, &clerk, NewOrganisation { region: region("450200"), name: "100%_技术".to_owned(), ..new(CODES[1]) }).await.unwrap();
        let everything = test.person("region@example.org", vec![grant(Role::RegionClerk)]).await;
        let liuzhou = test.person("liuzhou@example.org", vec![grant_in(Role::CityLead, "450200")]).await;
        let nobody = caller_as(test.ctx.new_id(), vec![grant_of(Role::EmployerConfirmer, test.ctx.new_id())]);
        for (caller, prefix, expected) in [
            (&everything, "", 2), (&everything, "南宁", 1), (&everything, "%", 0), (&everything, "100%_", 1), (&everything, "100__", 0),
            (&liuzhou, "", 1), (&nobody, "", 0),
        ] {
            let filter = OrganisationFilter { name_prefix: Some(prefix.to_owned()), ..OrganisationFilter::default() };
            let found = organisation::list(&test.ctx, caller, &filter, &PageRequest::default()).await.unwrap().items.len();
            assert_eq!(found, expected, "{prefix:?}");
        }
    }
}
