//! Access tokens: signed JWTs of at most fifteen minutes, with exactly one algorithm.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use domain::ids::{AccountId, SessionId};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};

/// RFC 9068.
const TYP: &str = "at+jwt";
/// A token lives no longer, whatever the settings say.
const LONGEST: i64 = 900;
/// Clocks of replicas differ a little; only a token's beginning is forgiven that.
const SKEW: i64 = 5;
/// No token of ours is longer.
const MAX_BYTES: usize = 4_096;

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: AccountId,
    /// The rights version of the account when the token was made.
    pub rv: i32,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    #[serde(flatten)]
    pub holder: Holder,
}

/// By what the token was obtained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Holder {
    Session {
        sid: SessionId,
        /// The refresh generation that the token was made in.
        #[serde(rename = "gen")]
        generation: i32,
    },
    Client {
        client_id: String,
        /// The secret that was shown for it; the token dies with it.
        sec: Uuid,
        scope: String,
    },
}

/// A signed token and its lifetime in seconds.
pub(super) fn issue(
    context: &Context,
    at: DateTime<Utc>,
    account: AccountId,
    rights_version: i32,
    holder: Holder,
) -> Result<(String, i64)> {
    let settings = context.settings();
    let seconds = settings.access_token_seconds.clamp(1, LONGEST);
    let now = at.timestamp();
    let claims = Claims {
        iss: settings.token_issuer.clone(),
        aud: settings.token_issuer.clone(),
        sub: account,
        rv: rights_version,
        iat: now,
        nbf: now,
        exp: now + seconds,
        holder,
    };
    let key = context.keys().signing().first().ok_or_else(|| Error::internal("no signing key"))?;
    let header = Header { typ: Some(TYP.to_owned()), kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    let token = jsonwebtoken::encode(&header, &claims, &key.encoding)
        .map_err(|error| Error::internal(format!("access token: {error}")))?;
    Ok((token, seconds))
}

/// The claims of a token that is ours and valid now; every fault of it answers alike.
pub(super) fn verify(context: &Context, token: &str) -> Result<Arc<Claims>> {
    let unauthenticated = || Error::refused(Code::Unauthenticated);
    if token.len() > MAX_BYTES {
        return Err(unauthenticated());
    }
    let claims = match context.verified_tokens().get(token) {
        Some(known) => known,
        None => {
            let read = Arc::new(read(context, token).ok_or_else(unauthenticated)?);
            context.verified_tokens().put(token, read.clone());
            read
        }
    };
    // On every use, however well the signature is known.
    if is_timely(&claims, context.now().timestamp()) { Ok(claims) } else { Err(unauthenticated()) }
}

fn is_timely(claims: &Claims, now: i64) -> bool {
    claims.nbf <= now + SKEW && now < claims.exp && claims.exp - claims.iat <= LONGEST
}

/// Tokens whose signature was verified in this process, by all their bytes. One check costs as much as a whole read, and
/// a client uses its token for many requests. Nothing about a person's rights is kept: those are read every time.
#[derive(Debug, Default)]
pub(crate) struct VerifiedTokens(Mutex<HashMap<Box<str>, Arc<Claims>>>);

/// More sessions than are active at once in a province; about a kilobyte each.
const TOKENS_KEPT: usize = 8_192;

impl VerifiedTokens {
    fn get(&self, token: &str) -> Option<Arc<Claims>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    fn put(&self, token: &str, claims: Arc<Claims>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TOKENS_KEPT {
            // The newest token is a fair clock; when nothing has expired, all are checked again.
            known.retain(|_, old| old.exp > claims.nbf);
            if known.len() >= TOKENS_KEPT {
                known.clear();
            }
        }
        known.insert(token.into(), claims);
    }
}

fn read(context: &Context, token: &str) -> Option<Claims> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    let kid = header.kid.as_deref()?;
    // Nothing but algorithm, type and key id: no embedded key, no address of one, no critical extension.
    let expected = Header { typ: Some(TYP.to_owned()), kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
    if header != expected {
        return None;
    }
    let key = context.keys().signing().iter().find(|key| key.kid == kid)?;
    let issuer = &context.settings().token_issuer;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[issuer]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    // Times are checked at every use, by the injected clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    Some(jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation).ok()?.claims)
}

/// A public key as published (RFC 8037).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Jwk {
    #[schema(example = "OKP")]
    pub kty: &'static str,
    #[schema(example = "Ed25519")]
    pub crv: &'static str,
    #[schema(example = "EdDSA")]
    pub alg: &'static str,
    #[schema(example = "sig")]
    pub r#use: &'static str,
    pub kid: String,
    pub x: String,
}

/// The key set that verifies our tokens.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Jwks {
    pub keys: Vec<Jwk>,
}

/// Every key that verifies, the signing one first.
pub fn jwks(context: &Context) -> Jwks {
    let keys = context.keys().signing().iter().map(|key| Jwk {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        r#use: "sig",
        kid: key.kid.clone(),
        x: data_encoding::BASE64URL_NOPAD.encode(&key.public),
    });
    Jwks { keys: keys.collect() }
}
