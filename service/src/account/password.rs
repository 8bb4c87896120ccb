//! Passwords: what is too weak, and the hashing, in a pool that refuses when its queue is long.

use std::collections::HashSet;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use domain::fault::Fault;
use entity::account;
use sea_orm::EntityTrait;
use serde_json::json;
use tokio::sync::Semaphore;

use super::guard::Guard;
use crate::audit::{Entry, Outcome};
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// Length in characters (ASVS 6.2.1, 6.2.9).
const SHORTEST: usize = 8;
const LONGEST: usize = 128;
/// Argon2id with 19 MiB and two passes (OWASP).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const SALT_BYTES: usize = 16;
/// Requests that may wait for the pool.
const QUEUE: usize = 64;
const RETRY: Duration = Duration::from_secs(1);

/// Common passwords, one a line, in lower case. Generated from well-known words, keyboard walks, dates and endings.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Half of the cores: the other half answers everybody else while logins storm.
static POOL: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    Semaphore::new(cores.div_ceil(2))
});
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// A hash of nobody's password: an unknown address costs the same work as a known one.
static DUMMY: LazyLock<String> = LazyLock::new(|| hash_now("nobody", [7; SALT_BYTES]).unwrap_or_default());

/// What is wrong with a new password of this person.
pub(super) fn faults(pointer: &str, password: &str, email: &str) -> Vec<Fault> {
    let length = password.chars().count();
    if length < SHORTEST {
        return vec![Fault::with(pointer, "text_short", json!({ "min": SHORTEST }))];
    }
    if length > LONGEST {
        return vec![Fault::with(pointer, "text_long", json!({ "max": LONGEST }))];
    }
    let folded = password.to_lowercase();
    let local_part = email.split('@').next().unwrap_or(email);
    let distinct: HashSet<char> = folded.chars().collect();
    let is_weak = COMMON.contains(folded.as_str()) || distinct.len() < 4 || folded == email || folded == local_part;
    if is_weak { vec![Fault::new(pointer, "password_weak")] } else { Vec::new() }
}

/// Makes nobody's hash before the first login: made by it, the answer to the first unknown address would take longer.
pub fn warm_up() {
    LazyLock::force(&DUMMY);
}

/// The hash of a password, as a PHC string.
pub(super) async fn hash(context: &Context, password: &str) -> Result<String> {
    let mut salt = [0u8; SALT_BYTES];
    context.fill_random(&mut salt);
    let password = password.to_owned();
    pooled(move || hash_now(&password, salt)).await?
}

/// Whether the password is that of the hash. Without a hash, the same work is done and the answer is no.
pub(super) async fn verify(password: &str, hash: Option<&str>) -> Result<bool> {
    let is_known = hash.is_some() && password.chars().count() <= LONGEST;
    let password = if is_known { password.to_owned() } else { "somebody".to_owned() };
    let hash = hash.filter(|_| is_known).map(str::to_owned);
    let fits = pooled(move || {
        let hash = hash.unwrap_or_else(|| DUMMY.clone());
        let parsed = PasswordHash::new(&hash).map_err(|error| Error::internal(format!("password hash: {error}")))?;
        Ok::<_, Error>(hasher()?.verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await??;
    Ok(fits && is_known)
}

/// Refuses unless this is the caller's own password. Wrong ones count like failed logins.
pub(super) async fn require_own(context: &Context, caller: &Caller, password: &str, pointer: &str) -> Result<()> {
    let connection = context.database().read();
    let row = account::Entity::find_by_id(caller.actor.account).one(connection).await?.ok_or(Error::NotFound)?;
    let guard = Guard::new(context, &row.email, caller.meta.address.as_deref());
    guard.check(connection, context.now()).await?;
    if verify(password, row.password_hash.as_deref()).await? {
        return Ok(());
    }
    context.write("account.wrong_password", &Wrong { caller, guard: &guard }).await?;
    Err(Error::invalid(pointer, "password_wrong"))
}

struct Wrong<'a> {
    caller: &'a Caller,
    guard: &'a Guard,
}

impl Work for Wrong<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        self.guard.check(tx.connection(), tx.at()).await?;
        self.guard.failed(tx).await?;
        let mut entry = Entry::new(self.caller, "login", self.guard.object(), "account.wrong_password");
        entry.outcome = Outcome::Refused;
        tx.audit(entry);
        Ok(())
    }
}

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)
        .map_err(|error| Error::internal(format!("password parameters: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &str, salt: [u8; SALT_BYTES]) -> Result<String> {
    hasher()?
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| Error::internal(format!("password hash: {error}")))
}

/// Runs slow work off the workers; refuses when too many wait already.
async fn pooled<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    struct Waiting;
    impl Drop for Waiting {
        fn drop(&mut self) {
            WAITING.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let ahead = WAITING.fetch_add(1, Ordering::Relaxed);
    let _waiting = Waiting;
    if ahead >= QUEUE {
        return Err(Error::Busy { retry_after: RETRY });
    }
    metrics::counter!("password_hashes").increment(1);
    let _turn = POOL.acquire().await.map_err(|_| Error::Busy { retry_after: RETRY })?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal(format!("password pool: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_common_passwords_is_long_enough_and_lower_case() {
        assert!(COMMON.len() >= 3_000);
        assert!(COMMON.iter().all(|word| word.to_lowercase() == **word && word.chars().count() >= SHORTEST));
    }

    #[test]
    fn weak_passwords_are_refused() {
        let rule = |password: &str| faults("/password", password, "li.ming@example.cn").first().map(|f| f.rule.clone());
        assert_eq!(rule("short7!").as_deref(), Some("text_short"));
        assert_eq!(rule(&"x1".repeat(65)).as_deref(), Some("text_long"));
        for weak in ["Password123", "QWERTYUIOP", "woaini1314", "aaaaaaaaaa", "li.ming@example.cn"] {
            assert_eq!(rule(weak).as_deref(), Some("password_weak"), "{weak}");
        }
        assert_eq!(rule("榕树下的长椅很安静呀"), None);
        assert_eq!(rule("plum-tile-98-harbour"), None);
    }
}
