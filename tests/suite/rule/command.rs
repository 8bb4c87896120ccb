//! `jiqiao rule` as a policy author meets it: lines, positions, exit codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use domain::subsidy::FORMULAS;
use domain::subsidy::read::{SCHEMA, TEMPLATE, plain};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_jiqiao");

fn jiqiao(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(PROGRAM).current_dir(folder).arg("rule").args(arguments).output().unwrap()
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_catalogue_and_the_template_pass() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "formulas.json", FORMULAS);
    let output = jiqiao(folder.path(), &["check", "formulas.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("ok   E19 F05.seller: expected 50000; computed 50000\n"), "{}", said(&output));
    assert!(said(&output).contains("45 examples, 0 differ"));
    assert_eq!(jiqiao(folder.path(), &["new", "mine.yaml"]).status.code(), Some(0));
    assert_eq!(jiqiao(folder.path(), &["new", "mine.yaml"]).status.code(), Some(2), "nothing is overwritten");
    assert_eq!(jiqiao(folder.path(), &["check", "mine.yaml", "formulas.json"]).status.code(), Some(0));
}

#[test]
fn a_difference_is_one_and_an_unreadable_file_is_two() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "differs.yaml", &TEMPLATE.replace("expect: 5500", "expect: 5501"));
    let output = jiqiao(folder.path(), &["check", "differs.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("DIFF G2 XX-JS.seller: expected 5501; computed 5500"), "{}", said(&output));
    file(folder.path(), "broken.json", &FORMULAS.replacen("\"rate\"", "\"rat\"", 1));
    let output = jiqiao(folder.path(), &["check", "broken.json", "differs.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let complaint = complained(&output);
    assert!(
        complaint.contains("broken.json:") && complaint.contains("unknown_key: `rat` is not known here"),
        "{complaint}"
    );
    assert_eq!(jiqiao(folder.path(), &["check", "nowhere.yaml"]).status.code(), Some(2));
    std::fs::write(folder.path().join("bytes.yaml"), b"id: R\ntitle: \xe4\xb8\x89\xff\n").unwrap();
    let output = jiqiao(folder.path(), &["check", "bytes.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(complained(&output).contains("bytes.yaml:2:9: not_readable"), "{}", complained(&output));
}

#[test]
fn an_example_is_explained_in_two_languages_and_three_forms() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "formulas.json", FORMULAS);
    let explain = |more: &[&str]| {
        let output = jiqiao(folder.path(), &[&["explain", "formulas.json"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
        said(&output)
    };
    assert!(explain(&["E19"]).contains("金额：50,000 元（5 万元）。"));
    assert!(explain(&["E19", "--lang", "en"]).contains("The amount is 50,000 yuan (5 wan)."));
    assert!(explain(&["E19", "--format", "html"]).starts_with("<section lang=\"zh-CN\">"));
    let json: Value = serde_json::from_str(&explain(&["E19", "--format", "json", "--lang", "en"])).unwrap();
    assert_eq!(json["outcome"]["amount"], "50000.00");
    let shares: Value = serde_json::from_str(&explain(&["M03", "--format", "json"])).unwrap();
    assert_eq!((shares[1]["claim"].as_str(), shares[1]["outcome"]["amount"].as_str()), (Some("b"), Some("160000.00")));
    assert!(explain(&["M10", "--format", "html"]).contains("即 90,000 元（9 万元）"));
    assert_eq!(jiqiao(folder.path(), &["explain", "formulas.json", "E00"]).status.code(), Some(2));
}

#[test]
fn a_draft_is_compared_with_the_rules_in_force() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "old.yaml", TEMPLATE);
    file(folder.path(), "new.yaml", &TEMPLATE.replace("rate: 0.5%", "rate: 0.6%"));
    let facts = "beneficiary,group,received_tech_amount\n甲,南宁,1000000\n乙,柳州,50000\n";
    file(folder.path(), "facts.csv", facts);
    let run = |draft: &str, facts: &str| {
        jiqiao(folder.path(), &["what-if", "--draft", draft, "--against", "old.yaml", "--facts", facts])
    };
    assert!(said(&run("old.yaml", "facts.csv")).contains("no difference"));
    let changed = said(&run("new.yaml", "facts.csv"));
    assert!(changed.contains("2 claims: 1 winners, 0 losers, 1 unchanged"), "{changed}");
    assert!(changed.contains("甲 seller: 5500.00 -> 6400.00 yuan"), "{changed}");
    file(folder.path(), "wrong.csv", "beneficiary,received_tech_amount\n甲,12万5\n");
    let output = run("new.yaml", "wrong.csv");
    assert_eq!(output.status.code(), Some(2));
    assert!(complained(&output).contains("wrong.csv:2:2"), "{}", complained(&output));
    file(folder.path(), "short.csv", "beneficiary,received_tech_amount\n甲,1\n乙\n");
    let output = run("new.yaml", "short.csv");
    assert_eq!(output.status.code(), Some(2));
    assert!(complained(&output).contains("short.csv:3:1: "), "{}", complained(&output));
    file(folder.path(), "more.csv", "beneficiary,received_tech_amount,recieved\n甲,1,2\n");
    let output = run("new.yaml", "more.csv");
    assert_eq!(output.status.code(), Some(0));
    assert!(
        complained(&output).contains("more.csv:1:3: note: `recieved` is used by no clause"),
        "{}",
        complained(&output)
    );
}

#[test]
fn the_published_schema_holds_for_what_the_reader_takes() {
    let folder = tempfile::tempdir().unwrap();
    let published: Value = serde_json::from_slice(&jiqiao(folder.path(), &["schema"]).stdout).unwrap();
    assert_eq!(published, serde_json::from_str::<Value>(SCHEMA).unwrap());
    let schema = jsonschema::validator_for(&published).unwrap();
    let template = plain(TEMPLATE).unwrap();
    let faults: Vec<String> = schema.iter_errors(&template).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let mut wrong = template.clone();
    wrong["components"][0]["caps"][0]["scop"] = "item".into();
    assert!(!schema.is_valid(&wrong));
    // Every component of the catalogue is a component of the schema.
    let part = serde_json::json!({"$ref": "#/$defs/component", "$defs": published["$defs"]});
    let part = jsonschema::validator_for(&part).unwrap();
    let catalogue: Value = serde_json::from_str(FORMULAS).unwrap();
    for component in catalogue["formulas"].as_array().unwrap().iter().flat_map(|f| f["components"].as_array().unwrap())
    {
        let faults: Vec<String> = part.iter_errors(component).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{component:#}: {faults:#?}");
    }
}
