//! The speed goals of the subsidy engine: `cargo bench -p domain --bench subsidy`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its figures and stops when it cannot go on"
)]

use std::hint::black_box;
use std::time::Instant;

use domain::subsidy::facts::{Attributes, Facts, Item, Value};
use domain::subsidy::model::{Case, RuleSet};
use domain::subsidy::read::{Book, Document, read};
use domain::subsidy::{FORMULAS, Options, Quantity, evaluate, what_if};

fn main() {
    let Ok(Document::Book(book)) = read(FORMULAS) else { return };
    let peak = peak_megabytes();
    single(&book, Options::CASE, "without explanation, goal 200,000");
    single(&book, Options::CASE.explained(), "with explanation, goal 50,000");
    contracts(&book);
    reading();
    simulation(&book);
    println!("peak memory {} MB ({peak} MB before anything ran); goal 300 MB for the simulation", peak_megabytes());
}

/// Results a second over all examples of one component, on one core.
fn single(book: &Book, options: Options, goal: &str) {
    let of_one = |(set, case): &(usize, usize)| {
        let set = &book.sets[*set];
        let case = &set.cases[*case];
        Some((set, case.component.as_deref()?, &case.given.facts))
    };
    let cases: Vec<(&RuleSet, &str, &Facts)> = book.order.iter().filter_map(of_one).collect();
    let (start, mut results) = (Instant::now(), 0_u32);
    while start.elapsed().as_millis() < 2_000 {
        for (set, component, facts) in &cases {
            drop(black_box(evaluate(set, component, facts, options).unwrap()));
            results += 1;
        }
    }
    println!("{:.0} results a second {goal}", f64::from(results) / start.elapsed().as_secs_f64());
}

/// `F11.registrant` has a filter, a least amount and a cap for each contract.
fn formula<'a>(book: &'a Book, id: &str) -> &'a RuleSet {
    book.sets.iter().find(|set| set.id == id).unwrap()
}

fn facts(at: i64, contracts: i64) -> Facts {
    let item = |number: i64| {
        let mut attributes = Attributes::default();
        let money = |fen: i64| Value::Figure(Quantity::Money(domain::rule::Fen(fen)));
        attributes
            .set("performed_tech_amount".into(), money(10_000_000 + (at * 7_919 + number * 104_729) % 90_000_000));
        attributes.set("registered_tech_amount".into(), money(30_000_000 + number * 1_000_003 % 90_000_000));
        attributes.set("related_party".into(), Value::Flag(number % 17 == 0));
        attributes.set("other_public_funding".into(), Value::Flag(false));
        Item { id: number.to_string(), attributes }
    };
    Facts {
        beneficiary: format!("b{at}"),
        group: format!("city{}", at % 14),
        items: Some((0..contracts).map(item).collect()),
        ..Facts::default()
    }
}

fn contracts(book: &Book) {
    let set = formula(book, "F11");
    let facts = facts(1, 5_000);
    let start = Instant::now();
    for _ in 0..100 {
        drop(black_box(evaluate(set, "registrant", &facts, Options::CASE).unwrap()));
    }
    let each = start.elapsed().as_secs_f64() * 10.0;
    println!("{each:.2} ms for one beneficiary with 5,000 contracts, goal 5 ms");
}

fn simulation(book: &Book) {
    let against = formula(book, "F11");
    let mut draft = against.clone();
    draft.components[0].item_cap = Some(Some(domain::rule::Fen(2_000_000)));
    let everybody: Vec<Facts> = (0..20_000).map(|at| facts(at, 10)).collect();
    let start = Instant::now();
    let comparison = what_if::compare(&draft, against, &everybody).unwrap();
    let (seconds, total) = (start.elapsed().as_secs_f64(), &comparison.total);
    println!(
        "{seconds:.2} s for both versions over 20,000 beneficiaries and 200,000 contracts ({} losers), goal 3 s",
        total.losers
    );
}

/// 200 components of five clauses each.
fn reading() {
    let component = |at: u32| {
        format!(
            r#"{{"id": "c{at}", "base": {{"op": "sum", "measure": "m"}}, "floor": {{"amount": "1000", "inclusive": true}},
               "calc": {{"kind": "flat", "rate": "0.02"}}, "caps": [
               {{"scope": "component", "period": "year", "amount": "50000"}},
               {{"scope": "beneficiary", "period": "once", "amount": "500000"}}]}}"#
        )
    };
    let components: Vec<String> = (0..200).map(component).collect();
    let text = format!(
        r#"{{"id": "R", "version": "1", "issuer": "x", "status": "draft", "measures": {{"m": "yuan"}}, "components": [{}],
            "golden_cases": [{{"id": "g", "component": "c1", "given": {{"m": "1000"}}, "expect": "20"}}]}}"#,
        components.join(",\n")
    );
    let start = Instant::now();
    for _ in 0..20 {
        let read = black_box(read(&text)).unwrap();
        assert!(matches!(read, Document::Set(set) if set.cases.iter().all(|case: &Case| case.id == "g")));
    }
    let each = start.elapsed().as_secs_f64() * 50.0;
    println!("{each:.2} ms to read a rule set of 1,000 clauses ({} kB), goal 20 ms", text.len() / 1024);
}

fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}
