use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, EntityTrait};
use service::Context;
use uuid::Uuid;

use super::context::{TestContext, instant, replica};
use super::{Fixture, TestDb, connect, db_tests};

db_tests! {
    async fn the_url_leads_to_the_same_database_and_no_other(db: TestDb) {
        db.connection().execute_unprepared("DELETE FROM region WHERE parent IS NOT NULL").await.unwrap();
        let other = TestDb::on(db.engine()).await;
        assert_ne!(db.url(), other.url());
        for (url, expected) in [(db.url(), 1), (other.url(), 15)] {
            let regions = entity::region::Entity::find().all(&connect(url).await).await.unwrap();
            assert_eq!(regions.len(), expected);
        }
    }

    async fn a_context_repeats_itself_and_stands_still(app: TestContext) {
        let other = TestContext::on(app.engine()).await;
        let two = |ctx: &Context| [ctx.new_id::<Uuid>(), ctx.new_id::<Uuid>()];
        let ids = two(&app.ctx);
        assert_ne!(ids[0], ids[1]);
        assert_eq!(ids, two(&other.ctx));
        assert_eq!(app.ctx.now(), instant(super::context::START));
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(app.ctx.now(), instant("2026-07-06T02:00:00Z"));
        app.clock.set("2027-01-04T01:00:00Z");
        assert_eq!(app.ctx.now(), instant("2027-01-04T01:00:00Z"));
        app.connection().ping().await.unwrap();
    }

    async fn two_replicas_make_different_ids(db: TestDb) {
        let (one, other) = (replica(&db, 1).await, replica(&db, 2).await);
        assert_ne!(one.ctx.new_id::<Uuid>(), other.ctx.new_id::<Uuid>());
    }
}
