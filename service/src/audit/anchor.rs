//! Anchors (锚点): signed files that say, outside of the database, how long each chain is and how it ends.
//!
//! Who can rewrite the database can cut a chain and its head alike; what an anchor saw before cannot be made unseen
//! without the key. An anchor holds the chains that grew since the one before, which it names by its hash, so that a
//! missing anchor is noticed by the next. The newest ones are safe only where the program cannot write: operators copy
//! the folder to such a place.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, Signer, SigningKey};
use entity::{audit, audit_head};
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};

use super::verify::Break;
use crate::context::Context;
use crate::crypto::sha256_hex;
use crate::error::{Error, Result};

/// Where anchors lie in the store of files.
const PREFIX: &str = "audit-anchors";
/// An anchor looks this far behind the one before: entries of slow transactions and of other hosts' clocks.
const OVERLAP: TimeDelta = TimeDelta::hours(1);

/// The end of one chain: kind and id of the object, length, last hash.
type End = (String, String, i64, String);

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Body {
    at: DateTime<Utc>,
    /// Chains that grew since then are in it; without, all are.
    since: Option<DateTime<Utc>>,
    previous: Option<Previous>,
    heads: Vec<End>,
}

/// The anchor before: its name and the SHA-256 of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Previous {
    name: String,
    sha256: String,
}

/// An anchor as stored. The body is kept as text: exactly these bytes are signed.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Anchor {
    body: String,
    /// Ed25519, in base64: for verifiers that hold no key of ours.
    public_key: String,
    signature: String,
}

/// Writes an anchor of the present moment.
pub async fn anchor(context: &Context) -> Result<()> {
    let last = names(context.files()).await?.into_iter().next_back();
    let now = context.now();
    let (mut since, mut previous) = (None, None);
    if let Some(name) = last {
        let bytes = read(context.files(), &name).await?;
        match open(context, &bytes) {
            // A clock that went back must not open a gap.
            Some(body) => since = Some(std::cmp::min(body.at, now) - OVERLAP),
            None => tracing::error!(anchor = %name, "the last anchor of the audit trail is none of ours"),
        }
        previous = Some(Previous { name, sha256: sha256_hex(&bytes) });
    }
    let body = Body { at: now, since, previous, heads: heads(context, since).await? };
    let name = format!("{}.json", now.format("%Y%m%dT%H%M%S%6fZ"));
    let bytes = sealed(context, &body)?;
    let put = context.files().put_opts(&path(&name), PutPayload::from(bytes), PutMode::Create.into()).await;
    match put {
        // Another replica made the anchor of this very moment.
        Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
        Err(error) => Err(store_failed(error)),
    }
}

/// The chains that grew since then, as they end now.
async fn heads(context: &Context, since: Option<DateTime<Utc>>) -> Result<Vec<End>> {
    let mut query = audit_head::Entity::find();
    if let Some(since) = since {
        let grown = Query::select()
            .columns([audit::Column::ObjectKind, audit::Column::ObjectId])
            .from(audit::Entity)
            .and_where(Expr::col(audit::Column::At).gte(since))
            .to_owned();
        let key = Expr::tuple([Expr::col(audit_head::Column::ObjectKind), Expr::col(audit_head::Column::ObjectId)]);
        query = query.filter(key.in_subquery(grown));
    }
    let rows = query
        .order_by_asc(audit_head::Column::ObjectKind)
        .order_by_asc(audit_head::Column::ObjectId)
        .all(context.database().read())
        .await?;
    Ok(rows.into_iter().map(|row| (row.object_kind, row.object_id, row.length, row.hash)).collect())
}

/// Chains by object: the longest length that an anchor saw, and the hash at that place.
pub(super) type Anchored = HashMap<(String, String), (i64, String)>;

/// Reads every anchor of a store: how many there are, what they saw, and what is wrong with themselves.
pub(super) async fn read_all(context: &Context, store: &dyn ObjectStore) -> Result<(u64, Anchored, Vec<Break>)> {
    let (mut anchored, mut breaks) = (Anchored::new(), Vec::new());
    let mut hashes: BTreeMap<String, String> = BTreeMap::new();
    let mut named: Vec<(String, Previous)> = Vec::new();
    for name in names(store).await? {
        let bytes = read(store, &name).await?;
        hashes.insert(name.clone(), sha256_hex(&bytes));
        let Some(body) = open(context, &bytes) else {
            breaks.push(broken(name, "anchor_forged"));
            continue;
        };
        named.extend(body.previous.map(|previous| (name, previous)));
        for (kind, id, length, hash) in body.heads {
            let known = anchored.entry((kind, id)).or_insert((length, hash.clone()));
            if known.0 < length {
                *known = (length, hash);
            }
        }
    }
    for (_, previous) in named {
        match hashes.get(&previous.name) {
            Some(hash) if *hash == previous.sha256 => {}
            Some(_) => breaks.push(broken(previous.name, "anchor_forged")),
            None => breaks.push(broken(previous.name, "anchor_missing")),
        }
    }
    breaks.dedup();
    Ok((hashes.len() as u64, anchored, breaks))
}

fn broken(name: String, fault: &str) -> Break {
    Break { object_kind: "audit_anchor".to_owned(), object_id: name, seq: 0, fault: fault.to_owned() }
}

fn sealed(context: &Context, body: &Body) -> Result<Vec<u8>> {
    let key = context.keys().anchors().next().ok_or_else(|| Error::internal("no index key"))?;
    let body = serde_json::to_string(body)?;
    let signature = BASE64URL_NOPAD.encode(&key.sign(body.as_bytes()).to_bytes());
    let public_key = BASE64URL_NOPAD.encode(&key.verifying_key().to_bytes());
    Ok(serde_json::to_vec(&Anchor { body, public_key, signature })?)
}

/// The body, if we signed it.
fn open(context: &Context, bytes: &[u8]) -> Option<Body> {
    let anchor: Anchor = serde_json::from_slice(bytes).ok()?;
    let signature = BASE64URL_NOPAD.decode(anchor.signature.as_bytes()).ok()?;
    let signature = Signature::from_slice(&signature).ok()?;
    let is_ours = |key: SigningKey| key.verifying_key().verify_strict(anchor.body.as_bytes(), &signature).is_ok();
    if !context.keys().anchors().any(is_ours) {
        return None;
    }
    serde_json::from_str(&anchor.body).ok()
}

/// The names of all anchors, oldest first.
async fn names(store: &dyn ObjectStore) -> Result<Vec<String>> {
    let objects: Vec<_> = store.list(Some(&Path::from(PREFIX))).try_collect().await.map_err(store_failed)?;
    let mut names: Vec<String> =
        objects.into_iter().filter_map(|object| object.location.filename().map(str::to_owned)).collect();
    names.sort_unstable();
    Ok(names)
}

async fn read(store: &dyn ObjectStore, name: &str) -> Result<Vec<u8>> {
    let got = store.get(&path(name)).await.map_err(store_failed)?;
    Ok(got.bytes().await.map_err(store_failed)?.to_vec())
}

fn path(name: &str) -> Path {
    Path::from(PREFIX).join(name)
}

fn store_failed(error: object_store::Error) -> Error {
    Error::Internal(Box::new(error))
}
