use sea_orm::{ConnectionTrait, EntityTrait};

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
}
