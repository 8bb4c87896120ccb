//! Before anything is measured: the hand-written server must answer the fields that the program answers.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::load::{Client, Requests};

/// The fields of a server's answer to the first request.
pub async fn fields(op: &str, address: &str, requests: &Requests) -> anyhow::Result<BTreeSet<String>> {
    let request = requests.first().context("no request")?;
    let answer = Client::connect(address).await?.ask(request).await?;
    let body = String::from_utf8_lossy(&answer.body);
    ensure!(answer.is_good(), "{op}: {address} refuses with {}: {body}", answer.status);
    let mut fields = BTreeSet::new();
    collect("", &serde_json::from_slice(&answer.body)?, &mut fields);
    Ok(fields)
}

/// An error unless the second answered every field of the first; values may differ (ids, instants, offered actions).
pub fn compare(op: &str, both: &[BTreeSet<String>]) -> anyhow::Result<()> {
    let [ours, limit] = both else { return Ok(()) };
    let missing: Vec<&String> = ours.difference(limit).collect();
    ensure!(missing.is_empty(), "{op}: the hand-written server does not answer {missing:?}");
    Ok(())
}

/// Paths of all members; the members of a list count as one.
fn collect(path: &str, value: &Value, fields: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = format!("{path}/{name}");
                collect(&path, value, fields);
                fields.insert(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(&format!("{path}/*"), item, fields)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
