//! Who depends on whom (see the architecture), read from cargo itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::evidence::evidence;

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

/// Runs a check of the supply chain, where its program is at hand; CI has it always.
#[test]
fn what_comes_from_outside_is_allowed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = std::fs::read_to_string(root.join("deny.toml")).unwrap();
    for rule in [
        "unknown-registry = \"deny\"",
        "unknown-git = \"deny\"",
        "wildcards = \"deny\"",
        "openssl-sys",
        "allow-registry",
    ] {
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
    let verdict =
        if is_there { "licences, bans and sources: 0 denied" } else { "sources and bans: 0 denied; licences by CI" };
    evidence!("T6", "-", "{} crates from the registry only; {verdict}", sources.len());
}

/// Where the program's own sources lie.
const SOURCES: &[&str] = &["api/src", "domain/src", "entity/src", "jobs/src", "migration/src", "service/src", "src"];

/// Lints without which a request might end the program, or worse.
const GUARDS: &[&str] = &[
    "expect_used",
    "get_unwrap",
    "indexing_slicing",
    "panic",
    "string_slice",
    "todo",
    "unimplemented",
    "unsafe_code",
    "unwrap_used",
    "clippy::all",
    "clippy::restriction",
];

const KNOWN_EXCEPTIONS: &[&str] = &["domain/src/certification/sample.rs: expect_used"];

/// Attributes that let one of these through, outside of tests.
fn exceptions(folder: &Path) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_test {
            found.extend(exceptions(&path));
        } else if path.extension().is_some_and(|end| end == "rs") && !is_test {
            let text = std::fs::read_to_string(&path).unwrap();
            let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or(&text);
            let attributes = ["expect(", "allow(", "warn("].iter().flat_map(|kind| {
                own.split("#[").chain(own.split("#![")).filter_map(|rest| rest.split(")]").next()).filter(
                    move |attribute| {
                        attribute.starts_with(kind) || attribute.starts_with("cfg_attr(") && attribute.contains(kind)
                    },
                )
            });
            for attribute in attributes {
                let named = GUARDS.iter().filter(|guard| attribute.contains(**guard));
                let place = path.strip_prefix(root).unwrap().display();
                found.extend(named.map(|guard| format!("{place}: {guard}")));
            }
        }
    }
    found.sort();
    found
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
    let exceptions: Vec<String> = SOURCES.iter().flat_map(|folder| exceptions(&root.join(folder))).collect();
    assert_eq!(exceptions, KNOWN_EXCEPTIONS);
    evidence!(
        "T7",
        "-",
        "{members} crates forbid unsafe and deny unwrap and expect; 2 floors of the request path deny indexing and panics; {} exception, of the invented people of the demo",
        exceptions.len()
    );
}
