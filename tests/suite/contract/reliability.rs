//! `docs/reliability.md`: a line per numbered requirement, with the test that shows it and the figure it reached.
//!
//! The requirements stand in `tests/requirements/*.toml`; the figures come from the tests themselves
//! (`harness::evidence`). `JIQIAO_RECORD=1` writes the page after a run of all tests; without it, the page is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::evidence;

/// Every requirement that applies to what is built.
const IDS: &[&str] = &[
    "A1", "A2", "A3", "A4", "A5", "A7", "A8", "A9", "A11", "B1", "B2", "B4", "B5", "B6", "B7", "B9", "B10", "B12",
    "B13", "B14", "B15", "B16", "B18", "M7", "U1", "U2", "U3", "U4", "U5", "U7", "U8", "P1", "P2", "P3", "P5", "P6",
    "P7", "S1", "S2", "S3", "S4", "S5", "S10", "S11", "S12", "F1", "F2", "F4", "F5", "F6", "F7", "F8", "F9", "I1",
    "I2", "I3", "I7", "I9", "L1", "L2", "L3", "L4", "L6", "L7", "L8", "L9", "J1", "J2", "J3", "J4", "J5", "J6", "J7",
    "J8", "J10", "J11", "T1", "T2", "T3", "T6", "T7", "T9",
];

const HEAD: &str = "# Reliability and security, line by line

Each line is a numbered requirement, the tests that show it and the figure that they reached. The table is written from
`tests/requirements/` and from what the tests counted themselves; a figure without a test cannot stand here.

    CI=1 cargo test --workspace                                       # every test, the short versions
    JIQIAO_RECORD=1 cargo test --test suite contract::reliability     # writes this page from what they reached

`JIQIAO_LONG=1` before the first command runs the long versions; `JIQIAO_SEED=<number>` repeats a random test.
*Planted* names the fault that was put in by hand and was seen to fail the test.
";

#[derive(Debug)]
struct Requirement {
    id: String,
    asks: String,
    shown_by: Vec<String>,
    /// Measured outside of the tests, by a command that the note names.
    figure: Option<String>,
    planted: Option<String>,
    note: Option<String>,
}

impl Requirement {
    /// Two areas may show one requirement, each in its way.
    fn with(mut self, other: Self) -> Self {
        let joined = |one: Option<String>, two: Option<String>| match (one, two) {
            (Some(one), Some(two)) => Some(format!("{one}; {two}")),
            (one, two) => one.or(two),
        };
        self.shown_by.extend(other.shown_by);
        self.figure = joined(self.figure, other.figure);
        self.planted = joined(self.planted, other.planted);
        self.note = joined(self.note, other.note);
        self
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn requirements() -> Vec<Requirement> {
    let mut all = Vec::new();
    let mut paths: Vec<_> =
        fs::read_dir(root().join("tests/requirements")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let table: Value = serde_json::to_value(table).unwrap();
        all.extend(table["requirement"].as_array().unwrap().iter().map(requirement));
    }
    let place = |id: &str| IDS.iter().position(|known| *known == id).unwrap_or_else(|| panic!("{id} is not asked for"));
    all.sort_by_key(|requirement: &Requirement| place(&requirement.id));
    let mut joined: Vec<Requirement> = Vec::new();
    for requirement in all {
        match joined.pop() {
            Some(last) if last.id == requirement.id => joined.push(last.with(requirement)),
            last => joined.extend(last.into_iter().chain([requirement])),
        }
    }
    joined
}

fn requirement(value: &Value) -> Requirement {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let needed = |name: &str| text(name).unwrap_or_else(|| panic!("{value} lacks `{name}`"));
    let tests = value["shown_by"].as_array().unwrap_or_else(|| panic!("{value} lacks `shown_by`"));
    Requirement {
        id: needed("id"),
        asks: needed("asks"),
        shown_by: tests.iter().map(|test| test.as_str().unwrap().to_owned()).collect(),
        figure: text("figure"),
        planted: text("planted"),
        note: text("note"),
    }
}

/// The page of these figures.
fn page(requirements: &[Requirement], figures: &BTreeMap<String, String>) -> String {
    let mut page = String::from(HEAD);
    let mut group = "";
    for requirement in requirements {
        let letter = &requirement.id[..1];
        if letter != group {
            group = letter;
            write!(page, "\n## {}\n", title(letter)).unwrap();
        }
        let figure = requirement.figure.as_ref().or_else(|| figures.get(&requirement.id)).map_or("", String::as_str);
        write!(page, "\n**{}** {}\n", requirement.id, requirement.asks).unwrap();
        writeln!(page, "- reached: {figure}").unwrap();
        let tests: Vec<String> = requirement.shown_by.iter().map(|test| format!("`{test}`")).collect();
        writeln!(page, "- shown by: {}", tests.join(", ")).unwrap();
        for (name, text) in [("planted", &requirement.planted), ("narrower", &requirement.note)] {
            if let Some(text) = text {
                writeln!(page, "- {name}: {text}").unwrap();
            }
        }
    }
    page
}

fn title(letter: &str) -> &'static str {
    match letter {
        "A" => "Rights",
        "B" => "Faults and durability",
        "M" => "State machines",
        "U" => "Audit trail",
        "P" => "Privacy",
        "S" => "Sessions and authentication",
        "F" => "Uploads",
        "I" => "Injection",
        "L" => "Limits",
        "J" => "HTTP contract",
        "T" => "Secrets and supply chain",
        other => panic!("no group {other}"),
    }
}

/// What the tests of this machine reached, joined per requirement.
fn reached() -> BTreeMap<String, String> {
    let mut figures: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for evidence in evidence::all() {
        let engine = if evidence.engine == "-" { String::new() } else { format!("{}: ", evidence.engine) };
        figures.entry(evidence.requirement).or_default().push(format!("{engine}{}", evidence.figure));
    }
    figures.into_iter().map(|(id, lines)| (id, lines.join("; "))).collect()
}

/// The figures that the page has.
fn recorded(page: &str) -> BTreeMap<String, String> {
    let mut figures = BTreeMap::new();
    let mut id = None;
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("**") {
            id = rest.split_once("**").map(|(id, _)| id.to_owned());
        } else if let (Some(figure), Some(id)) = (line.strip_prefix("- reached: "), &id) {
            figures.insert(id.clone(), figure.to_owned());
        }
    }
    figures
}

fn page_path() -> PathBuf {
    root().join("docs/reliability.md")
}

#[test]
fn the_page_shows_every_requirement_with_its_figure() {
    let requirements = requirements();
    let ids: Vec<&str> = requirements.iter().map(|requirement| requirement.id.as_str()).collect();
    assert_eq!(ids, IDS, "each requirement stands once in tests/requirements/");
    let old = fs::read_to_string(page_path()).unwrap_or_default();
    let mut figures = recorded(&old);
    if std::env::var("JIQIAO_RECORD").is_ok_and(|value| value == "1") {
        figures.extend(reached());
        fs::write(page_path(), page(&requirements, &figures)).unwrap();
    } else {
        assert_eq!(old, page(&requirements, &figures), "the page is older than tests/requirements/");
    }
    let figures = recorded(&fs::read_to_string(page_path()).unwrap());
    let silent: Vec<&str> =
        IDS.iter().filter(|id| figures.get(**id).is_none_or(|figure| figure.trim().is_empty())).copied().collect();
    assert!(silent.is_empty(), "no figure for {silent:?}");
}

/// The names of all functions and modules under a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        found.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        if path.is_dir() {
            found.extend(names(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let words = text.lines().filter_map(|line| line.split_once("fn ").or_else(|| line.split_once("mod ")));
            let letters = |c: char| !c.is_alphanumeric() && c != '_';
            found.extend(words.filter_map(|(_, rest)| rest.split(letters).next().map(str::to_owned)));
        }
    }
    found
}

#[test]
fn every_test_that_is_named_exists() {
    let mut known: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for requirement in requirements() {
        assert!(!requirement.shown_by.is_empty(), "{} is shown by nothing", requirement.id);
        for test in &requirement.shown_by {
            let (folder, path) = match test.split_once(": ") {
                // The program's own crate is the root.
                Some(("jiqiao", path)) => (root().join("src"), path),
                Some((folder, path)) => (root().join(folder), path),
                None => (root().join("tests/suite").join(test.split("::").next().unwrap_or_default()), test.as_str()),
            };
            let there = known.entry(folder.clone()).or_insert_with(|| names(&folder));
            let name = path.rsplit("::").next().unwrap_or_default();
            assert!(there.contains(name), "{}: there is no test `{test}`", requirement.id);
        }
    }
}
