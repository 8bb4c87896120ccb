use std::collections::BTreeSet;

use api::Problem;
use service::Code;

/// Codes are published and never reused: a change of this table is a change of the contract.
#[test]
fn the_codes_their_statuses_and_titles() {
    let lines: Vec<String> = Code::ALL
        .iter()
        .map(|code| {
            let status = Problem::new(*code).status().as_u16();
            format!("{} {status} {} / {}", code.as_str(), code.zh(), code.en())
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_code_is_one_word_of_its_own() {
    let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(words.len(), Code::ALL.len());
    for word in words {
        assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{word}");
    }
}
