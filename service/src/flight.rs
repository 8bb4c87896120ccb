//! Requests in flight, by idempotency key: a twin waits for the first and gets its answer, instead of holding a
//! connection meanwhile. What two processes do at once is settled by the unique index of the keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::caller::Idempotency;
use crate::code::Code;
use crate::error::{Error, Result};

/// How long a twin waits; later it is told to come back for the answer.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// What it is told to wait, in seconds.
const RETRY_SECONDS: u64 = 1;

type Key = (String, String);

/// The keys that requests of this process hold.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashMap<Key, Weak<Turn<()>>>>);

/// A key that is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Flight<'a> {
    flights: &'a Flights,
    key: Key,
    turn: Option<OwnedMutexGuard<()>>,
    /// Somebody held it before, so that there may be an answer.
    pub has_waited: bool,
}

impl Flights {
    /// Takes the key; waits while a twin holds it, and refuses when that takes too long.
    pub async fn enter(&self, idempotency: &Idempotency) -> Result<Flight<'_>> {
        let key = (idempotency.scope.clone(), idempotency.key.clone());
        let turn = self.turn(&key);
        let (guard, has_waited) = match turn.clone().try_lock_owned() {
            Ok(guard) => (Some(guard), false),
            Err(_) => (tokio::time::timeout(LOCK_TIMEOUT, turn.lock_owned()).await.ok(), true),
        };
        if guard.is_none() {
            return Err(Error::Refused(Code::RequestInProgress, json!({ "retry_after_seconds": RETRY_SECONDS })));
        }
        Ok(Flight { flights: self, key, turn: guard, has_waited })
    }

    fn turn(&self, key: &Key) -> Arc<Turn<()>> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = flights.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::new(Turn::new(()));
        flights.insert(key.clone(), Arc::downgrade(&turn));
        turn
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.turn.take());
        // Nobody else waits for it: a map of finished requests would only grow.
        if flights.get(&self.key).is_some_and(|turn| turn.strong_count() == 0) {
            flights.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Idempotency {
        Idempotency { scope: "me:POST /things".to_owned(), key: text.to_owned(), fingerprint: "f".to_owned() }
    }

    #[tokio::test]
    async fn a_twin_waits_and_others_do_not() {
        let flights = Flights::default();
        let first = flights.enter(&key("one")).await.unwrap();
        assert!(!first.has_waited);
        assert!(!flights.enter(&key("two")).await.unwrap().has_waited);
        let (one, twin) = (key("one"), async { flights.enter(&key("one")).await.unwrap().has_waited });
        let (has_waited, ()) = tokio::join!(twin, async {
            tokio::task::yield_now().await;
            drop(first);
        });
        assert!(has_waited);
        assert!(!flights.enter(&one).await.unwrap().has_waited, "nobody holds it any more");
        assert!(flights.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told_to_come_back() {
        let flights = Flights::default();
        let _first = flights.enter(&key("one")).await.unwrap();
        let refused = flights.enter(&key("one")).await.unwrap_err();
        assert!(matches!(refused, Error::Refused(Code::RequestInProgress, _)), "{refused:?}");
        assert_eq!(flights.0.lock().unwrap().len(), 1);
    }
}
