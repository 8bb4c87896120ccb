//! The same word on every floor.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use openapi::Document;

/// Modules that are no features.
const TOOLS: &[(&str, &[&str])] = &[
    (
        "api",
        &["actions", "app", "describe", "edge", "extract", "health", "lib", "limit", "methods", "problem", "respond"],
    ),
    ("domain", &["access", "fault", "ids", "lib", "time", "word"]),
    ("service", &["access", "caller", "code", "context", "crypto", "database", "error", "lib", "page", "transaction"]),
];

/// Features that one floor alone knows, and why.
const ALONE: &[&str] = &[];

/// Folders and modules of a floor that are features.
fn features(floor: &str) -> BTreeSet<String> {
    let tools = TOOLS.iter().find(|(name, _)| *name == floor).map_or(&[][..], |(_, tools)| *tools);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(floor).join("src");
    let names = std::fs::read_dir(folder).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let is_module = path.join("mod.rs").is_file() || path.extension().is_some_and(|end| end == "rs");
        let name = path.file_stem()?.to_str()?.to_owned();
        (is_module && !tools.contains(&name.as_str())).then_some(name)
    });
    names.collect()
}

/// The features that tables belong to: `account_role` belongs to `account`, `case_file` to the kernel.
fn tables(known: &BTreeSet<String>) -> BTreeSet<String> {
    let tables = features("entity");
    let word = |table: &str| {
        let first = table.split('_').next().unwrap_or(table);
        known.iter().find(|word| *word == table || *word == first).cloned()
    };
    tables.iter().filter_map(|table| word(table)).collect()
}

#[test]
fn no_feature_lives_on_one_floor_only() {
    let mut floors: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for floor in ["api", "domain", "service"] {
        for feature in features(floor) {
            floors.entry(feature).or_default().insert(floor);
        }
    }
    for table in tables(&floors.keys().cloned().collect()) {
        floors.entry(table).or_default().insert("entity");
    }
    for (feature, found) in &floors {
        let is_alone = ALONE.contains(&feature.as_str());
        assert_eq!(found.len() == 1, is_alone, "`{feature}` lives in {found:?}");
    }
}

#[test]
fn every_tag_is_a_feature_of_the_api() {
    let mut features = features("api");
    features.insert("health".to_owned());
    for operation in Document::built().unwrap().operations() {
        let tag = operation.json["tags"][0].as_str().unwrap();
        assert!(features.contains(tag), "{} has the tag `{tag}`", operation.name());
    }
}

/// Runs a check of the supply chain, where its program is at hand; CI has it always.
#[test]
fn what_comes_from_outside_is_allowed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = std::fs::read_to_string(root.join("deny.toml")).unwrap();
    for rule in ["unknown-registry = \"deny\"", "unknown-git = \"deny\"", "wildcards = \"deny\"", "openssl-sys", "allow-registry"] {
        assert!(rules.contains(rule), "deny.toml lost `{rule}`");
    }
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
    let sources: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
    for source in &sources {
        assert_eq!(*source, "\"registry+https://github.com/rust-lang/crates.io-index\"");
    }
    let denied = ["\"openssl\"", "\"openssl-sys\"", "\"native-tls\"", "\"aws-lc-sys\"", "\"actix-governor\""];
    for name in denied {
        assert!(!lock.contains(&format!("name = {name}\n")), "{name} is back");
    }
    let check = Command::new(env!("CARGO"))
        .args(["deny", "--offline", "--all-features", "check", "licenses", "bans", "sources"])
        .current_dir(root)
        .output()
        .expect("cargo can be run");
    let said = String::from_utf8_lossy(&check.stderr);
    let is_there = !said.contains("no such command");
    assert!(check.status.success() || !is_there, "{said}");
    let verdict = if is_there { "licences, bans and sources: 0 denied" } else { "sources and bans: 0 denied; licences by CI" };
    evidence!("T6", "-", "{} crates from the registry only; {verdict}", sources.len());
}

#[test]
fn the_lints_that_keep_requests_from_panicking_are_denied() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for rule in ["unsafe_code = \"forbid\"", "unwrap_used = \"deny\"", "expect_used = \"deny\"", "todo = \"deny\""] {
        assert!(workspace.contains(rule), "the workspace lost `{rule}`");
    }
    let mut members = 0;
    for (member, _) in ALLOWED.iter().filter(|(member, _)| *member != "jiqiao") {
        let manifest = std::fs::read_to_string(root.join(member).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member} keeps no lints");
        members += 1;
    }
    for floor in ["api", "service"] {
        let text = std::fs::read_to_string(root.join(floor).join("src/lib.rs")).unwrap();
        for lint in ["clippy::indexing_slicing", "clippy::panic", "clippy::string_slice"] {
            assert!(text.contains(lint), "{floor} lost `{lint}`");
        }
    }
    evidence!("T7", "-", "{members} crates forbid unsafe and deny unwrap and expect; 2 floors of the request path deny indexing and panics: 0 exceptions");
}
