//! Who depends on whom (see the architecture), read from cargo itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The floors, and the floors that each may use. Tests may use all.
const ALLOWED: &[(&str, &[&str])] = &[
    ("api", &["domain", "service"]),
    ("domain", &[]),
    ("entity", &["domain"]),
    ("jiqiao", &["api", "domain", "jobs", "migration", "service"]),
    ("jobs", &["domain", "service"]),
    ("migration", &[]),
    ("openapi", &["api"]),
    ("service", &["domain", "entity"]),
];

/// Whoever needs these is not pure.
const IMPURE: &[&str] = &["actix-web", "lettre", "sea-orm", "sqlx", "sqlx-core", "tokio"];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

#[test]
fn floors_use_only_what_is_below_them() {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    assert_eq!(names, allowed.keys().copied().collect(), "a floor is missing in the table");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let (other, kind) = (dependency["name"].as_str().unwrap(), dependency["kind"].as_str().unwrap_or("normal"));
            let is_fine = !names.contains(other) || kind == "dev" || allowed[name].contains(&other);
            assert!(is_fine, "{name} may not depend on {other}");
        }
    }
}

#[test]
fn the_domain_is_pure() {
    let tree = cargo(&["tree", "-p", "domain", "-e", "normal", "--prefix", "none", "--format", "{p}", "--offline"]);
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains("chrono"), "the tree is read");
    for name in IMPURE {
        assert!(!crates.contains(name), "domain depends on {name}");
    }
}

#[test]
fn a_migration_names_nothing_of_ours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migration/src");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for name in ["domain::", "entity::", "service::"] {
            assert!(!text.contains(name), "{} names {name}", path.display());
        }
    }
}
