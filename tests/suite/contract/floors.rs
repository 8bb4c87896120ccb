//! The same word on every floor.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use openapi::Document;

/// Modules that are no features.
const TOOLS: &[(&str, &[&str])] = &[
    (
        "api",
        &[
            "actions", "app", "describe", "edge", "extract", "health", "lib", "limit", "line", "methods", "problem",
            "respond",
        ],
    ),
    ("domain", &["access", "fault", "ids", "lib", "time", "word"]),
    (
        "service",
        &[
            "access",
            "caller",
            "code",
            "context",
            "crypto",
            "database",
            "change",
            "door",
            "error",
            "flight",
            "lane",
            "lib",
            "page",
            "patience",
            "rows",
            "settings",
            "transaction",
        ],
    ),
];

/// Features that one floor alone knows, and why: the rules of subsidies stand before the process of claims that will
/// use them; the command line reaches them without a service.
const ALONE: &[&str] = &["subsidy"];

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
