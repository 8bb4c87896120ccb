//! Secrets of the installation: never shown, and refused when they are none.

use std::path::Path;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};

use super::program::{Program, said};
use crate::harness::evidence::evidence;

/// Good keys, as a first start makes them.
fn with_keys(data: &Path) {
    drop(Program::start(data, &[]));
}

/// What is planted, the command, and its variables.
type Start = (&'static str, Vec<&'static str>, Vec<(&'static str, String)>);

/// Passwords in addresses of databases and mail servers, planted where they are read from, in starts that fail and in
/// such as tell the configuration.
fn starts(data: &Path) -> Vec<Start> {
    let file = data.join("mail-url");
    std::fs::write(&file, "smtp://mailer:canary-mail-file@mail.invalid:587\n").unwrap();
    let toml = |name: &str, text: &str| {
        let path = data.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let env = |name: &'static str, value: &str| (name, value.to_owned());
    let mail = env("JIQIAO_MAIL__URL", "smtps://mailer:canary-mail-url@127.0.0.1:1");
    vec![
        (
            "canary-db-down",
            vec!["serve"],
            vec![env("DATABASE_URL", "postgres://u:canary-db-down@127.0.0.1:1/x"), mail.clone()],
        ),
        (
            "canary-db-host",
            vec!["verify"],
            vec![env("JIQIAO_DATABASE__URL", "postgres://u:canary-db-host@nowhere.invalid/x"), mail.clone()],
        ),
        (
            "canary-db-port",
            vec!["migrate"],
            vec![env("JIQIAO_DATABASE__URL", "postgres://u:canary-db-port@127.0.0.1:port/x"), mail.clone()],
        ),
        (
            "canary-db-kind",
            vec!["migrate"],
            vec![env("JIQIAO_DATABASE__URL", "mysql://u:canary-db-kind@127.0.0.1/x"), mail.clone()],
        ),
        (
            "canary-db-query",
            vec!["migrate"],
            vec![env("JIQIAO_DATABASE__URL", "postgres://127.0.0.1:1/x?password=canary-db-query"), mail.clone()],
        ),
        (
            "canary-db-shown",
            vec!["config"],
            vec![env("JIQIAO_DATABASE__URL", "postgres://u:canary-db-shown@127.0.0.1/x")],
        ),
        ("canary-mail-url", vec!["config"], vec![mail.clone()]),
        (
            "canary-mail-scheme",
            vec!["serve"],
            vec![env("JIQIAO_MAIL__URL", "http://mailer:canary-mail-scheme@127.0.0.1:1")],
        ),
        (
            "canary-mail-port",
            vec!["serve"],
            vec![env("JIQIAO_MAIL__URL", "smtps://mailer:canary-mail-port@127.0.0.1:port")],
        ),
        ("canary-mail-plain", vec!["serve"], vec![env("JIQIAO_MAIL__URL", "canary-mail-plain")]),
        ("canary-mail-file", vec!["config"], vec![env("JIQIAO_MAIL__URL_FILE", &file.display().to_string())]),
        (
            "canary-mail-both",
            vec!["serve"],
            vec![
                env("JIQIAO_MAIL__URL_FILE", &file.display().to_string()),
                env("JIQIAO_MAIL__URL", "smtps://m:canary-mail-both@127.0.0.1:1"),
            ],
        ),
        (
            "canary-toml-list",
            vec!["config"],
            vec![env("JIQIAO_CONFIG", &toml("a.toml", "[mail]\nurl = [\"canary-toml-list\"]\n"))],
        ),
        ("4711471147", vec!["config"], vec![env("JIQIAO_CONFIG", &toml("b.toml", "[mail]\nurl = 4711471147\n"))]),
        (
            "canary-toml-key",
            vec!["config"],
            vec![env("JIQIAO_CONFIG", &toml("c.toml", "[mail]\npassword = \"canary-toml-key\"\n"))],
        ),
        (
            "canary-toml-syntax",
            vec!["config"],
            vec![env("JIQIAO_CONFIG", &toml("d.toml", "[mail]\nurl = \"canary-toml-syntax\n"))],
        ),
        ("canary-env-key", vec!["config"], vec![env("JIQIAO_MAIL__PASSWORD", "canary-env-key")]),
    ]
}

#[test]
fn secrets_of_the_installation_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    with_keys(data);
    let mut shown = Vec::new();
    let mut canaries = 0;
    for (canary, arguments, variables) in starts(data) {
        let mut variables = variables;
        variables.push(("JIQIAO_LOG__FILTER", "trace".to_owned()));
        let (_, text) = said(data, &arguments, &variables);
        assert!(!text.is_empty(), "{canary}: nothing was said");
        canaries += 1;
        if text.contains(canary) {
            let line = text.lines().find(|line| line.contains(canary)).unwrap_or_default().to_owned();
            shown.push(format!("{canary}: {line}"));
        }
    }
    let program = Program::start(data, &[]);
    let log = program.log();
    drop(program);
    for name in ["field.1.key", "index.key", "signing.1.key"] {
        let key = std::fs::read(data.join("keys").join(name)).unwrap();
        canaries += 1;
        for text in [HEXLOWER.encode(&key), BASE64.encode(&key), BASE64URL_NOPAD.encode(&key), format!("{key:?}")] {
            if log.contains(&text) {
                shown.push(format!("{name} in the log"));
            }
        }
    }
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    evidence!("T1", "-", "{canaries} secrets of the installation in failing starts, configuration and log: 0 shown");
}

#[test]
fn weak_secrets_do_not_start() {
    let counted: Vec<u8> = (0..32).collect();
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("one byte short", "field.1.key", vec![7; 31]),
        ("one byte long", "index.key", vec![7; 33]),
        ("empty", "signing.1.key", Vec::new()),
        ("zeros", "index.key", vec![0; 32]),
        ("a pattern", "field.1.key", b"\x01\xfe\x80\x33".repeat(8)),
        ("counted", "signing.1.key", counted),
        ("a text", "field.1.key", b"correct horse battery staple 123".to_vec()),
    ];
    let mut started = Vec::new();
    let all = cases.len() + 3;
    for (what, name, bytes) in cases {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        std::fs::write(folder.path().join("keys").join(name), bytes).unwrap();
        let (is_fine, text) = said(folder.path(), &["verify"], &[]);
        if is_fine || !text.contains(name) {
            started.push(format!("{what}: {text}"));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    with_keys(folder.path());
    let keys = folder.path().join("keys");
    std::fs::copy(keys.join("index.key"), keys.join("field.2.key")).unwrap();
    let remote = |name: &'static str, url: &str| {
        let mut variables = vec![("JIQIAO_MAIL__URL", "smtps://m:Zu6eeyah3ohD@mail.invalid".to_owned())];
        variables.push(("JIQIAO_DATABASE__URL", "postgres://u:aiPh0eiVoh9u@db.invalid/x".to_owned()));
        variables.retain(|(known, _)| *known != name);
        variables.push((name, url.to_owned()));
        variables
    };
    for (what, variables, word) in [
        ("one key twice", Vec::new(), "are the same"),
        (
            "a password of the manual",
            remote("JIQIAO_DATABASE__URL", "postgres://jiqiao:postgres@db.invalid/jiqiao"),
            "placeholder",
        ),
        ("a password to be changed", remote("JIQIAO_MAIL__URL", "smtps://mailer:changeme@mail.invalid"), "placeholder"),
    ] {
        let (is_fine, text) = said(folder.path(), &["serve", "--listen", "127.0.0.1:0"], &variables);
        if is_fine || !text.contains(word) {
            started.push(format!("{what}: {text}"));
        }
        let _ = std::fs::remove_file(keys.join("field.2.key"));
    }
    assert!(started.is_empty(), "{}", started.join("\n"));
    evidence!("T2", "-", "{all} weak or placeholder secrets: {all} refused at the start");
}
