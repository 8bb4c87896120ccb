//! The reader for an hour: broken texts, broken trees and texts at the bounds, kept when they are answered anew.
//!
//! `JIQIAO_LONG=1 cargo test -p domain --release --test subsidy hour:: -- --nocapture` takes the hour, alone in its process,
//! and holds the process to 64 MiB; every run takes two seconds.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use domain::subsidy::FORMULAS;
use domain::subsidy::read::{TEMPLATE, facts, read, rule_set};
use domain::subsidy::table::Table;
use serde_json::Value;

use crate::generate;
use crate::reader::{PIECES, broken, garbage};
use crate::rng::{Rng, rounds, seed};

/// What the process may hold, in KiB.
const MOST_KIB: u64 = 64 << 10;
/// No text is as slow as this, on a busy machine either.
const HANG: Duration = Duration::from_secs(30);
/// Most texts that are kept to be broken again, and the longest of them.
const MOST_KEPT: usize = 1_000;
const LONGEST_KEPT: usize = 4 << 10;
/// Longest text that is read, and most values: a little more than the reader takes.
const LONGEST: usize = (4 << 20) + 64;
const MOST_VALUES: usize = 100_100;

/// Values that stand where another was.
const VALUES: &[&str] = &[
    "null",
    "true",
    "[]",
    "{}",
    "0",
    "-1",
    "1e999",
    "99999999999999999999",
    "\"999999999999999.99\"",
    "\"9223372036854775807\"",
    "\"0.0000000000001\"",
    "\"1亿元\"",
    "\"1‰\"",
    "\"2026-02-30\"",
    "\"years(99999999999)\"",
    "\"超过500万元，最高5万元\"",
    "[[[[]]]]",
    "{\"all\": [{\"not\": {\"any\": []}}]}",
];

/// Documents with holes, and what each hole may hold as often as the bounds allow; `#` is its number.
type Frame = (&'static str, &'static [(&'static str, &'static [&'static str])]);

const COMPONENTS: &[&str] = &[
    r#",{"id":"c#","base":{"op":"sum","measure":"m1"},"calc":{"kind":"flat","rate":"1%"}}"#,
    r#",{"id":"c#","base":{"op":"none"},"calc":{"kind":"fixed","amount":#},"gate":[{"measure":"m1","gte":1}]}"#,
    r#",{"id":"c","title":"一二三四五六七八九十最高5万元","base":{"op":"none"},"calc":{"kind":"fixed","amount":#}}"#,
];
const PARTS: &[&str] = &[
    r#","gate":[{"measure":"m1","gte":1}~]"#,
    r#","notes":["一二三四五六七八九十"~]"#,
    r#","caps":[{"scope":"component","period":"year","amount":1}~]"#,
    r#","add_ons":[{"id":"a","calc":{"kind":"fixed","amount":1}}~]"#,
];
const PART: &[&str] = &[
    r#",{"measure":"m1","gte":#}"#,
    r#",{"any":[{"not":{"measure":"m1","gt":#}}]}"#,
    r#","一二三四五六七八九十一""#,
    r#",{"scope":"person","period":"years(#)","amount":#}"#,
    r#",{"id":"a#","calc":{"kind":"flat","measure":"m1","rate":"1‰"},"when":{"measure":"m1","gt":#}}"#,
];
const CALCS: &[&str] = &[
    r#"{"kind":"flat","rate":"1%"~}"#,
    r#"{"kind":"marginal","brackets":[{"upto":"0.5","rate":1}~,{"upto":null,"rate":1}]}"#,
    r#"{"kind":"band_whole","bands":[{"gte":"0","lt":"1","rate":1}~]}"#,
    r#"{"kind":"grade_table","key":"g","table":{"k":1~}}"#,
    r#"{"kind":"min_of","terms":[{"measure":"m1","rate":1}~]}"#,
];
const CALC: &[&str] = &[
    r#",{"upto":#,"rate":"1%"}"#,
    r#",{"upto":null,"rate":"1%"}"#,
    r#",{"gte":#,"lt":#1,"rate":"1%"}"#,
    r#",{"gte":1,"lt":2,"rate":"1%"}"#,
    r#","k#":#"#,
    r#",{"measure":"m1","rate":#}"#,
];
const MEASURES: &[&str] = &[r#","k#":"yuan""#, r#","一二三四五六七八九#":"count""#];
const CASES: &[&str] = &[
    r#",{"id":"g#","given":{"m1":#},"expect":0}"#,
    r#",{"id":"g#","formula":"R","given":{"m1":#},"expect":0}"#,
    r#",{"id":"g","given":{"items":[{"m1":#},{"m1":1},{"m1":1},{"m1":1},{"m1":1},{"m1":1}]},"expect":{"x":0}}"#,
    r#",{"id":"g","given":{"payments":[{"amount":1},{"amount":#}],"officer":{"amount":1,"reason":"x"}},"expect":1}"#,
    r#",{"id":"g","formula":"R","given":{"claims":[["a",#],["b",1],["c",1],["d",1]],"pool":"5"},"expect":{"a":1}}"#,
];
const OVERLAPS: &[&str] =
    &[r#",{"components":["a","c1"],"key":"beneficiary","mode":"forbid"}"#, r#",{"components":["c#"]}"#];
const TEXTS: &[&str] = &["，最高1元", "超过#万元以上", "不超过#亿元", "1元"];
const GIVEN: &[&str] = &[r#","k#":1"#, r#","k#":true"#, r#","k#_on":"2026-01-01""#, r#","k#":"词""#];
const EXPECTED: &[&str] = &[r#","x#":"0""#];
const NOTES: &[&str] = &[r#","abcdefghijklmnopqrstuvwxyzabcdefghijk""#, r#","一""#, ",[]", ",{}", r#",{"a":#}"#];
const FORMULAS_MORE: &[&str] = &[
    r#",{"id":"F#","components":[{"id":"a","base":{"op":"none"},"calc":{"kind":"fixed","amount":1}}]}"#,
    r#",{"id":"F","components":[]}"#,
];

const FRAMES: &[Frame] = &[
    (
        r#"{"id":"R","version":"1","issuer":"t","status":"draft","notes":["x"@0],"measures":{"m1":"yuan"@1},
"components":[{"id":"a","text":"x@7","base":{"op":"sum","measure":"m1"},"calc":@2@3}@4],
"exclusivity":[{"components":["a","c1"],"key":"beneficiary","mode":"highest_only"}@5],
"golden_cases":[{"id":"g","given":{"m1":1@8},"expect":{"x":"0"@9}}@6]}"#,
        &[
            ("", NOTES),
            ("", MEASURES),
            ("calc", CALC),
            ("part", PART),
            ("", COMPONENTS),
            ("", OVERLAPS),
            ("", CASES),
            ("", TEXTS),
            ("", GIVEN),
            ("", EXPECTED),
        ],
    ),
    (
        r#"{"meta":{"measures":{"m1":"x"@1}},"formulas":[{"id":"R","notes":["x"@0],
"components":[{"id":"a","text":"x@7","base":{"op":"sum","measure":"m1"},"calc":@2@3}@4]}@5],
"examples":[{"id":"g","formula":"R","given":{"m1":1@8},"expect":{"x":"0"@9}}@6]}"#,
        &[
            ("", NOTES),
            ("", MEASURES),
            ("calc", CALC),
            ("part", PART),
            ("", COMPONENTS),
            ("", FORMULAS_MORE),
            ("", CASES),
            ("", TEXTS),
            ("", GIVEN),
            ("", EXPECTED),
        ],
    ),
    (
        "id: R\nversion: 1\nnotes:\n- x@0\nmeasures:\n  m1: yuan@1\ngolden_cases:\n- x@2\n",
        &[
            ("", &["\n- 一二三四五六七八九十一", "\n- [a, {b: c}]"]),
            ("", &["\n  k#: yuan"]),
            ("", &["\n- {id: g#, given: {m1: 1}, expect: 0}", "\n- id: g#\n  given:\n    m1: 1\n  expect: 1"]),
        ],
    ),
];

/// A frame in which one to three holes are filled up to the bounds of length and number.
fn heavy(rng: &mut Rng) -> String {
    let (frame, holes) = rng.pick(FRAMES);
    let mut full: Vec<usize> = (0..=rng.below(3)).map(|_| rng.size(holes.len() as u64)).collect();
    full.sort_unstable();
    full.dedup();
    let most = if rng.one_in(4) { rng.size(MOST_VALUES as u64) } else { MOST_VALUES } / full.len();
    let longest = (LONGEST - frame.len() - 400) / full.len();
    let mut text = String::with_capacity(LONGEST);
    let mut parts = frame.split('@');
    text.push_str(parts.next().unwrap());
    for part in parts {
        let (hole, after) = part.split_at(1);
        let hole: usize = hole.parse().unwrap();
        let (kind, pieces) = holes[hole];
        let around = match kind {
            "calc" => *rng.pick(CALCS),
            "part" => *rng.pick(PARTS),
            _ => "~",
        };
        let (open, close) = around.split_once('~').unwrap();
        text.push_str(open);
        if full.contains(&hole) {
            fill(&mut text, rng.pick::<&str>(pieces), most, longest);
        }
        text.push_str(close);
        text.push_str(after);
    }
    text
}

fn fill(text: &mut String, piece: &str, most: usize, longest: usize) {
    let values = piece.matches([':', ',']).count().max(1);
    let end = text.len() + longest;
    for number in 1..=most / values {
        if text.len() + piece.len() + 24 > end {
            break;
        }
        let mut parts = piece.split('#');
        text.push_str(parts.next().unwrap());
        for part in parts {
            text.push_str(&number.to_string());
            text.push_str(part);
        }
    }
}

/// One or two pieces over and over, up to the longest text.
fn repeated(rng: &mut Rng) -> String {
    let piece = format!("{}{}", rng.pick(PIECES), if rng.one_in(2) { rng.pick(PIECES) } else { "" });
    let most = if rng.one_in(2) { LONGEST } else { rng.size(LONGEST as u64) };
    let mut text = String::with_capacity(LONGEST);
    if rng.one_in(3) {
        text.push_str(rng.pick::<&str>(&["{\"formulas\": [", "id: ", "a:\n- ", "{\"id\": \""]));
    }
    while text.len() + piece.len() <= most {
        text.push_str(&piece);
    }
    text
}

/// One to four values of the tree are others, gone, or stand twice.
fn other_tree(mut tree: Value, rng: &mut Rng) -> String {
    (0..=rng.below(4)).for_each(|_| change(&mut tree, rng));
    tree.to_string()
}

fn change(node: &mut Value, rng: &mut Rng) {
    let is_here = rng.one_in(4);
    match node {
        Value::Array(items) if !items.is_empty() => {
            let at = rng.size(items.len() as u64);
            match (is_here, rng.one_in(2)) {
                (true, true) => drop(items.remove(at)),
                (true, false) => items.push(items[at].clone()),
                (false, _) => change(&mut items[at], rng),
            }
        }
        Value::Object(members) if !members.is_empty() => {
            let at = rng.size(members.len() as u64);
            let name = members.keys().nth(at).unwrap().clone();
            if !is_here {
                return change(&mut members[&name], rng);
            }
            let value = members.remove(&name).unwrap();
            if rng.one_in(3) {
                members.insert((*rng.pick(PIECES)).to_owned(), value);
            }
        }
        other => *other = serde_json::from_str(rng.pick::<&str>(VALUES)).unwrap_or(Value::Null),
    }
}

fn next(kept: &[String], round: u64, rng: &mut Rng) -> String {
    if round % 400 == 7 {
        return if rng.one_in(2) { heavy(rng) } else { repeated(rng) };
    }
    match rng.below(8) {
        0 => garbage(rng),
        1 => broken(TEMPLATE, rng),
        2 if round.is_multiple_of(5) => broken(FORMULAS, rng),
        3 if round % 40 == 1 => other_tree(serde_json::from_str(FORMULAS).unwrap(), rng),
        4 | 5 if !kept.is_empty() => broken(rng.pick(kept).as_str(), rng),
        6 => generate::rule_set(rng).to_string(),
        _ => {
            let tree = generate::rule_set(rng);
            other_tree(tree, rng)
        }
    }
}

/// The kinds and words of the first answers, without what they name and count.
fn sketch(problems: &[domain::subsidy::Problem]) -> String {
    let told = problems.iter().take(3).map(|problem| format!("{} {}; ", problem.kind, problem.detail));
    let told: String = told.collect();
    told.split('`').step_by(2).flat_map(str::chars).filter(|c| !c.is_ascii_digit()).take(200).collect()
}

fn hashed(answer: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    answer.hash(&mut hasher);
    hasher.finish()
}

/// Reads it in every way there is; the kind of answer.
fn all_ways(text: &str, round: u64, known: &domain::subsidy::model::RuleSet) -> (bool, String) {
    let answer = read(text);
    if round.is_multiple_of(10) || text.len() > LONGEST_KEPT * 20 {
        drop(rule_set(text));
        drop(facts(text, known));
    }
    if round % 50 == 3
        && let Ok(mut table) = Table::new(known, &["beneficiary", "year", "paid_before", "m1", "n1", "received_on"])
    {
        for (line, row) in (2..).zip(text.lines().take(2_000)) {
            table.row(line, &row.split([',', ':']).collect::<Vec<_>>());
        }
        drop(table.finish());
    }
    match answer {
        Ok(_) => (true, String::new()),
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            assert!(problems.iter().all(|problem| problem.at.line > 0 && problem.at.column > 0), "{problems:#?}");
            (false, sketch(&problems))
        }
    }
}

/// Peak of the process's own memory in KiB; zero where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

#[test]
fn an_hour_of_texts_is_read_or_refused() {
    let seed = seed();
    let most = Duration::from_secs(rounds(2, 3_600));
    let known = crate::engine::rule_set(&generate::rule_set(&mut Rng::new(1)));
    let (mut kept, mut answers) = (Vec::new(), HashSet::new());
    let (mut round, mut read_well, mut bytes) = (0_u64, 0_u64, 0_u64);
    let mut slowest = (Duration::ZERO, String::new());
    let start = Instant::now();
    while start.elapsed() < most {
        let mut rng = Rng::new(seed.wrapping_mul(15_485_863).wrapping_add(round));
        let text = next(&kept, round, &mut rng);
        let begun = Instant::now();
        let (is_read, answer) =
            catch_unwind(AssertUnwindSafe(|| all_ways(&text, round, &known))).unwrap_or_else(|panic| {
                let shown: String = text.chars().take(20_000).collect();
                println!("round {round}: {shown}");
                resume_unwind(panic)
            });
        let took = begun.elapsed();
        let head = || text.chars().take(80).collect::<String>();
        assert!(took < HANG, "round {round}: {took:?} for {} bytes {:?}", text.len(), head());
        if took > slowest.0 {
            slowest = (took, format!("round {round}, {} bytes {:?}…: {answer}", text.len(), head()));
        }
        read_well += u64::from(is_read);
        bytes += text.len() as u64;
        if answers.insert(hashed(&answer)) && kept.len() < MOST_KEPT && text.len() < LONGEST_KEPT {
            kept.push(text);
        }
        round += 1;
        if round.is_multiple_of(100_000) {
            println!("{:?}: {round} texts, {} kinds of answer, peak {} KiB", start.elapsed(), answers.len(), peak());
        }
    }
    println!(
        "{round} texts of {bytes} bytes in {:?}, {read_well} read, {} kinds of answer",
        start.elapsed(),
        answers.len()
    );
    println!("slowest: {:?}, {}", slowest.0, slowest.1);
    println!("peak {} KiB", peak());
    // With other tests beside it the process is not the reader's alone.
    assert!(rounds(0, 1) == 0 || peak() <= MOST_KIB, "{} KiB", peak());
}
