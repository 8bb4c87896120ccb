//! Sealing an entry: its hash covers every field and the hash before it.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::word::Word;
use sha2::{Digest, Sha256};

use super::Entry;

/// An entry in its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub entry: Entry,
    /// 1 for the first entry of an object, without gaps.
    pub seq: i64,
    pub at: DateTime<Utc>,
    /// Empty for the first.
    pub previous: String,
    /// SHA-256 in hex.
    pub hash: String,
}

/// Computes the hash of an entry at this place.
pub fn seal(entry: Entry, seq: i64, at: DateTime<Utc>, previous: String) -> Sealed {
    let mut digest = Sha256::new();
    let mut field = |text: Option<&str>| match text {
        // Length before content: no two different entries feed the same bytes.
        Some(text) => {
            digest.update((text.len() as u64 + 1).to_be_bytes());
            digest.update(text.as_bytes());
        }
        None => digest.update(0u64.to_be_bytes()),
    };
    let at_text = at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let actor = entry.actor_id.map(|id| id.to_string());
    let principal = entry.on_behalf_of.map(|id| id.to_string());
    let client = entry.client_id.map(|id| id.to_string());
    field(Some(&previous));
    field(Some(&entry.object_kind));
    field(Some(&entry.object_id));
    field(Some(&seq.to_string()));
    field(Some(&at_text));
    field(actor.as_deref());
    field(entry.actor_role.map(Word::as_str));
    field(principal.as_deref());
    field(client.as_deref());
    field(Some(&entry.action));
    field(entry.state_from.as_deref());
    field(entry.state_to.as_deref());
    field(entry.before.as_deref());
    field(entry.after.as_deref());
    field(entry.reason.as_deref());
    field(entry.request_id.as_deref());
    field(entry.address.as_deref());
    field(Some(entry.outcome.as_str()));
    let hash = data_encoding::HEXLOWER.encode(&digest.finalize());
    Sealed { entry, seq, at, previous, hash }
}
