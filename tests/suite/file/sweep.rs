//! What an interrupted upload leaves is swept; what has a row is kept.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::stream;
use object_store::ObjectStoreExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use service::database::Database;
use service::{Context, Error, Parts, Settings, file};

use super::sample::pdf;
use super::{broker, named, objects, send};
use crate::harness::context::{ManualClock, START, SeededRandom, TestContext, context, keys};
use crate::harness::{TestDb, db_tests};

db_tests! {
    async fn bytes_without_a_row_go_after_a_day(test: TestContext) {
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        let kept = send(&test.ctx, &broker, case, named("a.pdf"), &pdf()).await.unwrap().value.id;
        let removed = send(&test.ctx, &broker, case, named("b.pdf"), &pdf()).await.unwrap().value.id;
        file::remove(&test.ctx, &broker, removed).await.unwrap();
        let slot = file::prepare(&test.ctx, &broker, case, named("c.pdf")).await.unwrap();
        // The process dies between the last byte and the row.
        file::receive(&test.ctx, &slot, stream::iter([Ok(pdf().into())])).await.unwrap();
        test.ctx.files().put(&Path::from("case/stray"), pdf().into()).await.unwrap();
        assert_eq!(file::sweep_orphans(&test.ctx).await.unwrap(), 0, "an upload may still be under way");
        test.clock.advance(TimeDelta::hours(25));
        assert_eq!(file::sweep_orphans(&test.ctx).await.unwrap(), 2);
        assert_eq!(objects(&test.ctx).await, 2);
        assert!(file::open(&test.ctx, &broker, kept).await.is_ok());
        assert_eq!(file::sweep_orphans(&test.ctx).await.unwrap(), 0);
    }

    async fn an_upload_that_breaks_off_leaves_nothing_in_a_folder(db: TestDb) {
        let test = context(&db).await;
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(START));
        let ctx = Context::new(Parts {
            database: crate::harness::faults::prepared(Database::connect(db.url(), 4).await.unwrap()),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(5)),
            keys: keys(),
            files: Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap()),
            settings: Settings { files_folder: Some(folder.path().to_owned()), ..Settings::default() },
        });
        let slot = file::prepare(&ctx, &broker, case, named("a.pdf")).await.unwrap();
        let broken = stream::iter([Ok(pdf().into()), Err(Error::internal("the client hung up"))]);
        assert!(file::receive(&ctx, &slot, broken).await.is_err());
        assert_eq!(objects(&ctx).await, 0);
        // A killed process leaves the part that the store wrote beside the final name.
        let id: uuid::Uuid = ctx.new_id();
        let cases = folder.path().join("case").join(case.to_string());
        std::fs::create_dir_all(&cases).unwrap();
        std::fs::write(cases.join(format!("{id}#1")), b"%PDF").unwrap();
        clock.set("2100-01-01T00:00:00Z");
        assert_eq!(file::sweep_orphans(&ctx).await.unwrap(), 1);
        assert_eq!(std::fs::read_dir(cases).unwrap().count(), 0);
    }
}
