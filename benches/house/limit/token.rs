//! Access tokens: the signature is checked once, then remembered as long as the token is valid.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use service::crypto::SigningKey;
use service::{Clock, SystemClock};
use uuid::Uuid;

use super::Fault;

/// Tokens remembered by a worker at most.
const REMEMBERED: usize = 16_384;

/// What a token says.
#[derive(Debug, Deserialize)]
pub struct Claims {
    pub sub: Uuid,
    pub sid: Uuid,
    pub rv: i32,
    #[serde(rename = "gen")]
    pub generation: i32,
    nbf: i64,
    exp: i64,
}

/// The key that verifies.
#[derive(Clone)]
pub struct Keys(Arc<DecodingKey>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    pub fn read(seed: &[u8; 32]) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(SigningKey::from_seed(seed)?.decoding)))
    }
}

/// The tokens of a worker.
#[derive(Debug)]
pub struct Tokens {
    keys: Keys,
    known: RefCell<HashMap<String, Rc<Claims>>>,
}

impl Tokens {
    pub fn new(keys: Keys) -> Self {
        Self { keys, known: RefCell::default() }
    }

    /// The claims of the request's token, if it is ours and valid now.
    pub fn check(&self, request: &HttpRequest) -> Result<Rc<Claims>, Fault> {
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|text| text.strip_prefix("Bearer ")).ok_or(Fault::Unauthenticated)?;
        let known = self.known.borrow().get(token).cloned();
        let claims = known.map_or_else(|| self.verify(token), Ok)?;
        let now = SystemClock.now().timestamp();
        if claims.nbf <= now + 5 && now < claims.exp { Ok(claims) } else { Err(Fault::Unauthenticated) }
    }

    fn verify(&self, token: &str) -> Result<Rc<Claims>, Fault> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&["jiqiao"]);
        validation.set_audience(&["jiqiao"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &self.keys.0, &validation);
        let claims = Rc::new(claims.map_err(|_| Fault::Unauthenticated)?.claims);
        let mut known = self.known.borrow_mut();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(token.to_owned(), claims.clone());
        Ok(claims)
    }
}
