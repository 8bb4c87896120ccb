//! Requests that write to one audit chain at the same time wait for each other and are all answered.

use domain::access::Role;
use futures_util::future::join_all;
use service::{Caller, Tx, Work};

use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::people::{grant, keyed};

/// At once: more than there are attempts.
const WRITERS: usize = 12;

struct Note<'a>(&'a Caller, &'static str);

impl Work for Note<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> service::Result<()> {
        tx.audit(service::audit::Entry::new(self.0, "thing", self.1, "test.note"));
        Ok(())
    }
}

db_tests! {
    async fn one_chain_takes_many_writers_at_once(app: TestContext) {
        let person = app.person("writer@example.org", vec![grant(Role::Broker)]).await;
        for thing in ["one", "two"] {
            let callers: Vec<_> = (0..WRITERS).map(|number| keyed(&person, &format!("{thing}-{number}"), "same")).collect();
            let works: Vec<_> = callers.iter().map(|caller| Note(caller, thing)).collect();
            // The first begins the chain, so that the others continue it.
            app.ctx.write_once(&callers[0], "test.note", &works[0]).await.unwrap();
            let writing = callers.iter().zip(&works).skip(1).map(|(caller, work)| app.ctx.write_once(caller, "test.note", work));
            for outcome in join_all(writing).await {
                assert!(!outcome.unwrap().replayed);
            }
        }
        let report = service::audit::verify(&app.ctx).await.unwrap();
        assert_eq!(report.breaks, Vec::new());
        assert_eq!(report.entries, 2 * WRITERS as u64);
    }
}
