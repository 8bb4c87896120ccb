//! Secrets have no `Debug` that shows them: read from the source, because a log line needs only one.

use std::path::{Path, PathBuf};

use crate::harness::evidence::evidence;

/// Members that hold a secret or a number.
const SECRET: &[&str] = &[
    "password",
    "current_password",
    "new_password",
    "password_hash",
    "token",
    "access_token",
    "refresh_token",
    "secret",
    "client_secret",
    "totp",
    "recovery_code",
    "recovery_codes",
    "otpauth_url",
    "id_number",
    "mobile",
    "seed",
    "key",
];
/// Members of that name that are none: keys of idempotency, of sorting, of objects.
const HARMLESS: &[&str] = &["key"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// `struct X { … }` with what is derived above it.
fn structs(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut derives = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.starts_with("#[derive") {
            derives.push_str(line);
        } else if let Some(rest) = line.split_once("struct ").filter(|_| line.ends_with('{')).map(|(_, rest)| rest) {
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            let body: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "}").collect();
            found.push((name, std::mem::take(&mut derives), body.join("\n")));
        } else if !line.starts_with("#[") && !line.starts_with("///") {
            derives.clear();
        }
    }
    found
}

fn secret_of(body: &str) -> Option<&str> {
    let members = body.lines().filter_map(|line| {
        let (name, kind) = line.trim().trim_start_matches("pub ").split_once(':')?;
        let is_text = kind.contains("String") || kind.contains("str") || kind.contains("[u8");
        is_text.then_some(name.trim_start_matches("pub(super) ").trim_start_matches("pub(crate) "))
    });
    members.into_iter().find(|name| SECRET.contains(name) && !HARMLESS.contains(name))
}

#[test]
fn no_secret_has_a_debug_that_shows_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut files, mut shown, mut with_secrets) = (Vec::new(), Vec::new(), 0);
    for floor in ["api/src", "service/src", "jobs/src", "src"] {
        sources(&root.join(floor), &mut files);
    }
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (name, derives, body) in structs(&text) {
            let Some(secret) = secret_of(&body) else { continue };
            with_secrets += 1;
            if derives.contains("Debug") {
                shown.push(format!("{}: {name}.{secret}", file.strip_prefix(root).unwrap().display()));
            }
        }
    }
    assert!(with_secrets >= 10, "the source is read");
    assert_eq!(shown, Vec::<String>::new());
    evidence!("T1", "-", "{with_secrets} structs with secrets: 0 with a derived Debug");
}
