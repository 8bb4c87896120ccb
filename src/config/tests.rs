use std::ffi::OsString;
use std::fs;

use super::layers::read;
use super::{Config, LogFormat};

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

#[test]
fn later_layers_win() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    fs::write(&file, "[server]\nlisten = \"127.0.0.1:1\"\nworkers = 3\n[log]\nformat = \"json\"\n").unwrap();
    let config = read(&[file], variables(&[("JIQIAO_SERVER__LISTEN", "127.0.0.1:2")])).unwrap();
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.server.workers, 3);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.rates.general, Config::default().rates.general);
}

#[test]
fn unknown_keys_and_missing_files_are_errors() {
    assert!(read(&[], variables(&[("JIQIAO_SERVER__LISTENN", "127.0.0.1:2")])).is_err());
    assert!(read(&["/nowhere/jiqiao.toml".into()], []).is_err());
}

#[test]
fn our_name_of_the_database_wins_and_nothing_secret_is_shown() {
    let config = read(
        &[],
        variables(&[
            ("JIQIAO_DATABASE__URL", "postgres://a:verysecret@b/c"),
            ("DATABASE_URL", "postgres://other"),
            ("JIQIAO_MAIL__URL", "0123"),
        ]),
    )
    .unwrap();
    assert_eq!(config.database_url(), "postgres://a:verysecret@b/c");
    assert_eq!(config.mail.secret().unwrap().unwrap().reveal(), "0123");
    let shown = format!("{config:?}{}", config.redacted().unwrap());
    assert!(!shown.contains("verysecret") && !shown.contains("0123"), "{shown}");
}

#[test]
fn the_data_folder_is_where_everything_is_by_default() {
    let config = read(&[], variables(&[("JIQIAO_DATA", "/srv/jiqiao")])).unwrap();
    assert!(config.is_sqlite());
    assert_eq!(config.database_url(), "sqlite:///srv/jiqiao/jiqiao.db?mode=rwc");
    assert_eq!(config.keys_folder(), std::path::Path::new("/srv/jiqiao/keys"));
}
