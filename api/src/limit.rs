//! Rate limits per client: by account when known, otherwise by address; strict for what can be guessed at.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::extract::Authentication;

type Limiter = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// Requests per minute and client, by class of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    pub general: u32,
    /// Login, registration, recovery, tokens.
    pub guessable: u32,
    /// Public verification of certificates.
    pub verification: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { general: 1_200, guessable: 60, verification: 120 }
    }
}

/// The limiters of this process. Replicas each keep their own: a client gets at most its limit times their number.
#[derive(Debug)]
pub struct Limits {
    general: (u32, Limiter),
    guessable: (u32, Limiter),
    verification: (u32, Limiter),
    clock: DefaultClock,
    /// Requests since the last sweep.
    count: AtomicU32,
}

/// Rested clients are forgotten every so many requests.
const SWEEP_EVERY: u32 = 10_000;

/// Whether a request may go on, and what its headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed { limit: u32, remaining: u32 },
    Refused { limit: u32, wait: Duration },
}

fn limiter(per_minute: u32) -> (u32, Limiter) {
    let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
    (per_minute.max(1), RateLimiter::keyed(quota).with_middleware())
}

/// Operations whose answer can be found by guessing.
const GUESSABLE: &[&str] = &[
    "/api/v1/sessions",
    "/api/v1/accounts",
    "/api/v1/password-resets",
    "/api/v1/email-confirmations",
    "/api/v1/invitations",
    "/oauth/token",
];

impl Limits {
    pub fn new(rates: Rates) -> Self {
        Self {
            general: limiter(rates.general),
            guessable: limiter(rates.guessable),
            verification: limiter(rates.verification),
            clock: DefaultClock::default(),
            count: AtomicU32::new(0),
        }
    }

    pub fn check(&self, request: &ServiceRequest, who: &Authentication, address: Option<&str>) -> Verdict {
        if self.count.fetch_add(1, Ordering::Relaxed) >= SWEEP_EVERY {
            self.count.store(0, Ordering::Relaxed);
            self.sweep();
        }
        let path = request.path();
        let address = address.unwrap_or("unknown");
        let is_anonymous_write = matches!(who, Authentication::Anonymous | Authentication::Failed(_))
            && GUESSABLE.iter().any(|guessable| path.starts_with(guessable));
        let ((limit, limiter), key) = if path.starts_with("/api/v1/verifications") {
            (&self.verification, address.to_owned())
        } else if is_anonymous_write {
            (&self.guessable, address.to_owned())
        } else {
            let key = match who {
                Authentication::Known(known) => known.actor.account.to_string(),
                Authentication::Anonymous | Authentication::Failed(_) => address.to_owned(),
            };
            (&self.general, key)
        };
        match limiter.check_key(&key) {
            Ok(state) => Verdict::Allowed { limit: *limit, remaining: state.remaining_burst_capacity() },
            Err(refusal) => Verdict::Refused { limit: *limit, wait: refusal.wait_time_from(self.clock.now()) },
        }
    }

    /// Forgets clients that are fully rested, or the map grows for ever.
    fn sweep(&self) {
        for (_, limiter) in [&self.general, &self.guessable, &self.verification] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

impl Verdict {
    pub fn write(&self, headers: &mut HeaderMap) {
        let (limit, remaining, reset) = match self {
            // The window slides: until every spent request is given back.
            Self::Allowed { limit, remaining } => {
                (*limit, *remaining, (u64::from(limit.saturating_sub(*remaining)) * 60).div_ceil(u64::from(*limit)))
            }
            Self::Refused { limit, wait } => (*limit, 0, wait.as_secs().max(1)),
        };
        let pairs = [
            ("ratelimit-limit", limit.to_string()),
            ("ratelimit-remaining", remaining.to_string()),
            ("ratelimit-reset", reset.to_string()),
        ];
        for (name, value) in pairs {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}
