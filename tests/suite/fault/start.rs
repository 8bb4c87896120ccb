//! Three replicas start at once on an empty database.

use std::sync::Arc;

use entity::{calendar_version, rule_set};
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::harness::evidence::evidence;
use crate::harness::program::Home;

const REPLICAS: usize = 3;

#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn three_replicas_migrate_and_start_at_once() {
    let home = Arc::new(Home::empty().await);
    let migrating: Vec<_> = (0..REPLICAS).map(|_| home.spawn(&["migrate", "up"])).collect();
    for mut process in migrating {
        let status = tokio::task::spawn_blocking(move || process.wait()).await.unwrap().unwrap();
        assert!(status.success(), "one of them could not migrate");
    }
    let starting: Vec<_> = (0..REPLICAS)
        .map(|_| {
            let home = home.clone();
            tokio::task::spawn_blocking(move || home.start())
        })
        .collect();
    for start in starting {
        let program = start.await.expect("each of them serves");
        let ready = reqwest::get(format!("{}/readyz", program.url)).await.unwrap();
        assert_eq!(ready.status(), 200);
    }
    let context = home.context().await;
    let connection = context.database().read();
    assert_eq!(calendar_version::Entity::find().count(connection).await.unwrap(), 1);
    assert_eq!(rule_set::Entity::find().count(connection).await.unwrap(), 1);
    assert!(service::audit::verify(&context).await.unwrap().breaks.is_empty());
    evidence!(
        "B9",
        "postgres",
        "{REPLICAS} replicas migrate an empty database and start at once: all serve, every seed once"
    );
}
