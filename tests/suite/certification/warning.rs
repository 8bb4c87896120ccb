//! What the desks are warned of, and that nobody else is.

use cast::{Cast, fresh, opinion};
use domain::access::Permission;
use domain::certification::process::Command;
use domain::certification::{CertificationForm, Level, sample};
use domain::ids::{CaseId, FileId};
use domain::rule::Fen;
use entity::{case_file, file};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use service::Caller;

use super::cast::{self, grant, person};
use crate::harness::context::TestContext;
use crate::harness::db_tests;

/// Pointer and rule of each warning, as somebody sees them.
async fn warnings(cast: &Cast, who: &Caller, id: CaseId) -> Option<Vec<String>> {
    let view = service::certification::read(&cast.app.ctx, who, id).await.unwrap();
    let found = view.warnings?;
    Some(found.into_iter().map(|fault| format!("{} {}", fault.pointer, fault.rule)).collect())
}

/// The warnings with everything that they say.
async fn told(cast: &Cast, who: &Caller, id: CaseId) -> String {
    let view = service::certification::read(&cast.app.ctx, who, id).await.unwrap();
    serde_json::to_string(&view.warnings).unwrap()
}

async fn a_file(cast: &Cast, id: CaseId) -> FileId {
    let found = file::Entity::find().filter(file::Column::CaseId.eq(id)).one(cast.app.connection()).await.unwrap();
    found.unwrap().id
}

async fn save(cast: &Cast, who: &Caller, id: CaseId, form: CertificationForm) {
    let version = cast.version(id).await;
    service::certification::save_form(&cast.app.ctx, &fresh(who), id, version, form).await.unwrap();
}

/// To the city's desk, with the employer's opinion.
async fn to_city(cast: &Cast, who: &Caller, id: CaseId) {
    cast.act(who, id, Command::Submit).await.unwrap();
    cast.act(&cast.confirmer, id, Command::Confirm(opinion())).await.unwrap();
}

db_tests! {
    async fn desks_are_warned_of_papers_and_facts_that_do_not_fit(app: TestContext) {
        let cast = Cast::new(app).await;
        let first = cast.draft(Level::L2).await.id;
        let day = domain::time::civil_day(cast.app.ctx.now());
        let mut form = sample::sample_form_on(Level::L2, day, 3);
        let paper = a_file(&cast, first).await;
        for contract in form.contracts.iter_mut().take(2) {
            contract.evidence[1].file_id = paper;
        }
        form.contracts[0].share_pct = Some(50);
        save(&cast, &cast.broker, first, form.clone()).await;
        assert_eq!(warnings(&cast, &cast.broker, first).await, None);
        to_city(&cast, &cast.broker, first).await;
        let shared = "/contracts/1/evidence/1 evidence_shared";
        assert_eq!(warnings(&cast, &cast.city_clerk, first).await, Some(vec![shared.to_owned()]));
        assert_eq!(warnings(&cast, &cast.broker, first).await, None);
        assert_eq!(warnings(&cast, &cast.confirmer, first).await, None);

        // Somebody else shares the first contract and states another amount.
        let other = person(&cast.app, "broker2", &[grant(domain::access::Role::Broker, None, None)]).await;
        let second = cast.draft_of(&other, 5, Level::L2).await.id;
        let mut theirs = sample::sample_form_on(Level::L2, day, 5);
        theirs.contracts[0] = form.contracts[0].clone();
        theirs.contracts[0].contract_amount = Some(Fen(41_000_000));
        save(&cast, &other, second, theirs).await;
        // A draft is nobody's business.
        assert_eq!(warnings(&cast, &cast.city_clerk, first).await, Some(vec![shared.to_owned()]));
        to_city(&cast, &other, second).await;
        let differs = "/contracts/0/contract_amount contract_stated_differently";
        assert_eq!(
            warnings(&cast, &cast.city_clerk, first).await,
            Some(vec![differs.to_owned(), shared.to_owned()])
        );
        assert_eq!(warnings(&cast, &cast.city_clerk, second).await, Some(vec![differs.to_owned()]));

        // The other application moves to another city: that there is one is all that the city learns of it.
        let number = cast.row(second).await.number;
        assert!(told(&cast, &cast.city_clerk, first).await.contains(&number));
        let moved = case_file::Entity::update_many().col_expr(case_file::Column::Region, Expr::value("450200"));
        moved.filter(case_file::Column::Id.eq(second)).exec(cast.app.connection()).await.unwrap();
        let seen = told(&cast, &cast.city_clerk, first).await;
        assert!(!seen.contains(&number) && !seen.contains("410000.00") && seen.contains("elsewhere"), "{seen}");
        let whole = told(&cast, &cast.region_clerk, first).await;
        assert!(whole.contains(&number) && whole.contains("410000.00"), "{whole}");

        // A client sees what its scopes name.
        let mut client = cast.region_clerk.clone();
        client.scopes = Some(vec![Permission::ReadCertifications]);
        assert_eq!(warnings(&cast, &client, first).await, None);
    }
}
