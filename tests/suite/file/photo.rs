//! A profile's photo is a file of one's own, taken in as a photo, that may be served.

use domain::access::Role;
use domain::broker::Profile;
use domain::file::{FilePurpose, ScanState};
use domain::ids::FileId;
use entity::file;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use service::Error;
use service::file::NewFile;

use super::sample::png;
use super::{broker, named, send};
use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::people::grant;

fn profile(photo: FileId) -> Profile {
    Profile { name: Some("王小明".to_owned()), photo: Some(photo), ..Profile::default() }
}

async fn put_state(test: &TestContext, id: FileId, state: ScanState) {
    let change = file::Entity::update_many().col_expr(file::Column::ScanState, Expr::value(state));
    change.filter(file::Column::Id.eq(id)).exec(test.connection()).await.unwrap();
}

db_tests! {
    async fn only_a_clean_photo_of_ones_own_is_taken(test: TestContext) {
        let broker = broker(&test).await;
        let stranger = test.person("stranger@example.org", vec![grant(Role::Broker)]).await;
        let (case, theirs) = (test.case(&broker, None, |_| {}).await, test.case(&stranger, None, |_| {}).await);
        let photo = NewFile { purpose: FilePurpose::Photo, ..named("a.png") };
        let own = send(&test.ctx, &broker, case, photo.clone(), &png()).await.unwrap().value.id;
        let foreign = send(&test.ctx, &stranger, theirs, photo.clone(), &png()).await.unwrap().value.id;
        let proof = send(&test.ctx, &broker, case, named("b.png"), &png()).await.unwrap().value.id;
        let removed = send(&test.ctx, &broker, case, photo, &png()).await.unwrap().value.id;
        service::file::remove(&test.ctx, &broker, removed).await.unwrap();
        let wrong = [(test.ctx.new_id(), "photo_unknown"), (foreign, "photo_unknown"), (removed, "photo_unknown"), (proof, "photo_purpose")];
        for (id, rule) in wrong {
            let refused = service::broker::create(&test.ctx, &broker, profile(id)).await.unwrap_err();
            let Error::Invalid(faults) = &refused else { panic!("{refused:?}") };
            assert_eq!((faults[0].pointer.as_str(), faults[0].rule.as_str()), ("/photo", rule));
        }
        for state in [ScanState::Pending, ScanState::Infected, ScanState::Failed] {
            put_state(&test, own, state).await;
            let refused = service::broker::create(&test.ctx, &broker, profile(own)).await.unwrap_err();
            assert!(matches!(&refused, Error::Invalid(faults) if faults[0].rule == "photo_not_clean"), "{refused:?}");
        }
        put_state(&test, own, ScanState::Clean).await;
        let made = service::broker::create(&test.ctx, &broker, profile(own)).await.unwrap().value;
        // Found infected later, it stops the next saving.
        put_state(&test, own, ScanState::Infected).await;
        service::broker::save(&test.ctx, &broker, made.id, made.version, profile(own)).await.unwrap_err();
    }
}
