//! What a verification of the trail costs, in statements: how fast they are is the benchmark's matter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::DbErr;
use service::door::{Call, Faults};

use super::trail::Trail;
use crate::harness::context::failing;
use crate::harness::evidence::evidence;
use crate::harness::{TestDb, db_tests};

/// Fails nothing and counts the statements.
#[derive(Debug, Clone, Default)]
struct Counter(Arc<AtomicU64>);

impl Faults for Counter {
    fn begin(&self, _name: &'static str) -> Result<Arc<dyn Faults>, DbErr> {
        Ok(Arc::new(self.clone()))
    }

    fn strike(&self, call: Call<'_>) -> Result<(), DbErr> {
        self.0.fetch_add(u64::from(matches!(call, Call::Statement(_))), Ordering::Relaxed);
        Ok(())
    }
}

db_tests! {
    async fn a_longer_trail_is_verified_by_as_many_statements(db: TestDb) {
        let counter = Counter::default();
        let door: Arc<dyn Faults> = Arc::new(counter.clone());
        let app = failing(&db, &door).await;
        let trail = Trail::new(&app).await;
        let mut asked = Vec::new();
        for entries in [10, 90] {
            for object in 0..entries / 5 {
                trail.grow(&format!("object-{entries}-{object}"), 5).await;
            }
            counter.0.store(0, Ordering::Relaxed);
            let report = service::audit::verify(&app.ctx).await.unwrap();
            assert_eq!(report.breaks, []);
            asked.push((report.entries, counter.0.load(Ordering::Relaxed)));
        }
        let [(few, first), (many, second)] = asked[..] else { panic!("{asked:?}") };
        assert!(many >= few + 90 && first == second, "entries and statements: {asked:?}");
        evidence!("U8", db.engine().as_str(), "{second} statements for {many} entries as for {few}");
    }
}
