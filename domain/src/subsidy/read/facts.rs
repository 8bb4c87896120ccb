//! Facts as they are written in cases and claims.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::condition::flag_name;
use super::get::{Fields, Reading};
use crate::subsidy::document::{Content, Key, Node};
use crate::subsidy::facts::{Approval, Attributes, Facts, Item, Payment, Value};
use crate::subsidy::figure::{Quantity, Unit, money};
use crate::subsidy::model::{Measure, RuleSet, Shape};
use crate::subsidy::problem::ProblemKind;

/// The names that a rule set asks for.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The facts that some clause uses, beside the standard ones.
    used: BTreeSet<String>,
    /// The ones that are words, even when they look like figures.
    words: BTreeSet<String>,
    levels: BTreeSet<String>,
}

/// Most facts that one beneficiary or item states; they are looked through.
const MOST_FACTS: usize = 1_000;

/// Facts that every rule set understands without declaring them.
const STANDARD: &[&str] = &[
    "years_paid",
    "given_amount",
    "licence_years",
    "signed_on",
    "registered_on",
    "received_on",
    "invoiced_on",
    "related_party",
    "other_public_funding",
    "rewarded_before",
    "result_rewarded_before",
    "buyer_in_jurisdiction",
];

/// ... and the ones among them that are words, even when they look like figures.
const STANDARD_WORDS: &[&str] = &[
    "city",
    "legal_form",
    "contract_type",
    "field",
    "project",
    "person",
    "title",
    "grade",
    "chosen_component",
    "contract_registration_no",
    "source",
];

/// Whether a fact needs no declaration.
pub(super) fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name) || STANDARD_WORDS.contains(&name)
}

impl Names {
    pub(super) fn of(set: &RuleSet) -> Self {
        let mut names = Self::default();
        for component in &set.components {
            let conditions = component.gates.iter().chain(&component.filter);
            for condition in conditions.chain(component.add_ons.iter().filter_map(|add_on| add_on.when.as_ref())) {
                names.ask(condition);
            }
            let measures = component.base.measures().into_iter().map(str::to_owned);
            names.used.extend(measures);
            names.used.extend(component.add_ons.iter().filter_map(|add_on| add_on.measure.clone()));
            names.used.extend(component.item_floor.iter().map(|floor| floor.measure.clone()));
            names.used.extend(component.offset.iter().map(|offset| offset.measure.clone()));
            names.used.extend(component.one_per.clone());
            let shapes = std::iter::once(&component.shape).chain(component.add_ons.iter().map(|add_on| &add_on.shape));
            shapes.for_each(|shape| names.ask_shape(shape));
        }
        for exclusivity in &set.exclusivity {
            names.used.insert(exclusivity.key.clone());
            names.words.insert(exclusivity.key.clone());
        }
        names.levels.extend(set.cross_level_cap.iter().flat_map(|cap| cap.levels.iter().cloned()));
        names
    }

    /// The measures among them that are described.
    pub(super) fn measures(&self, described: &BTreeMap<String, Measure>) -> BTreeMap<String, Measure> {
        let described = |name: &String| Some((name.clone(), described.get(name)?.clone()));
        let standard = STANDARD.iter().chain(STANDARD_WORDS).map(|name| (*name).to_owned());
        self.used.iter().cloned().chain(standard).filter_map(|name| described(&name)).collect()
    }

    fn uses(&self, name: &str) -> bool {
        is_standard(name) || self.used.contains(name)
    }

    fn is_word(&self, name: &str) -> bool {
        STANDARD_WORDS.contains(&name) || self.words.contains(name)
    }

    fn ask(&mut self, condition: &crate::subsidy::model::Condition) {
        use crate::subsidy::model::Condition;
        condition.names(&mut |name| {
            self.used.insert(name.to_owned());
        });
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| self.ask(part)),
            Condition::Not(part) => self.ask(part),
            Condition::Words { name, .. } => {
                self.words.insert(name.clone());
            }
            Condition::Figure { .. }
            | Condition::Measures { .. }
            | Condition::Flag { .. }
            | Condition::Window { .. }
            | Condition::Years { .. } => {}
        }
    }

    fn ask_shape(&mut self, shape: &Shape) {
        match shape {
            Shape::GradeTable { key, .. } | Shape::GradeRate { key, .. } => {
                self.used.insert(key.clone());
                self.words.insert(key.clone());
            }
            Shape::MinOf { terms } => self.used.extend(terms.iter().map(|term| term.measure.clone())),
            _ => {}
        }
    }

    fn level_of(&self, name: &str) -> Option<String> {
        let mut parts = name.split('_').filter(|part| !part.is_empty());
        if !parts.clone().any(|part| part == "paid") {
            return None;
        }
        parts.find(|part| self.levels.contains(*part) || *part == "other").map(str::to_owned)
    }
}

/// Everything that is left of the object.
pub(super) fn facts(fields: &mut Fields<'_>, names: &Names, reading: &mut Reading) -> Facts {
    let mut facts = Facts {
        beneficiary: fields.text("beneficiary", reading),
        group: fields.text("group", reading),
        year: fields.some("year").and_then(|node| reading.number(node)).and_then(|year| i32::try_from(year).ok()),
        officer: fields.some("officer").and_then(|node| approval(node, reading)),
        finance: fields.some("finance").and_then(|node| approval(node, reading)),
        ..Facts::default()
    };
    if let Some(node) = fields.some("items") {
        let items = reading.list(node);
        facts.items = Some(reading.each(items, |node, at, reading| item(node, at + 1, names, reading)));
    }
    let payments = fields.items("payments", reading);
    facts.payments = reading.each(payments, |node, _, reading| payment(node, reading));
    for (key, node) in few(fields, reading) {
        match paid_before(&key.name, node, names, reading) {
            Some(payment) => facts.payments.push(payment),
            None => put(&mut facts.own, key, node, names, reading),
        }
    }
    facts
}

/// What nobody took, when it is no more than facts can be.
fn few<'n>(fields: &Fields<'n>, reading: &mut Reading) -> impl Iterator<Item = &'n (Key, Node)> + use<'n> {
    let most = if fields.rest().count() > MOST_FACTS { 0 } else { MOST_FACTS };
    if most == 0 {
        reading.add(
            fields.at,
            ProblemKind::TooLarge,
            format!("more than {MOST_FACTS} facts of one beneficiary or item"),
        );
    }
    fields.rest().take(most)
}

fn item(node: &Node, at: usize, names: &Names, reading: &mut Reading) -> Option<Item> {
    let mut fields = reading.open(node)?;
    let id = fields.some("id").and_then(|node| reading.text(node)).unwrap_or_else(|| at.to_string());
    let mut item = Item { id, attributes: Attributes::default() };
    for (key, node) in few(&fields, reading) {
        put(&mut item.attributes, key, node, names, reading);
    }
    Some(item)
}

fn approval(node: &Node, reading: &mut Reading) -> Option<Approval> {
    let mut fields = reading.open(node)?;
    let (amount, reason) = (fields.money("amount", reading), fields.need_text("reason", reading));
    reading.close(&fields);
    Some(Approval { amount: amount?, reason })
}

fn payment(node: &Node, reading: &mut Reading) -> Option<Payment> {
    let mut fields = reading.open(node)?;
    let made = Payment {
        component: fields.some("component").and_then(|node| reading.text(node)),
        level: fields.some("level").and_then(|node| reading.text(node)),
        project: fields.some("project").and_then(|node| reading.text(node)),
        beneficiary: fields.some("beneficiary").and_then(|node| reading.text(node)),
        person: fields.some("person").and_then(|node| reading.text(node)),
        year: fields.some("year").and_then(|node| reading.number(node)).and_then(|year| i32::try_from(year).ok()),
        amount: fields.money("amount", reading)?,
    };
    reading.close(&fields);
    Some(made)
}

/// What the person of a claim got through others.
pub(in crate::subsidy) const PAID_ELSEWHERE: &str = "person_paid_elsewhere";

/// A name of these words, one of them `paid`, says what was paid before: `already_paid`, `paid_earlier_this_year`, ….
const PAID_BEFORE: &[&str] =
    &["paid", "before", "already", "previously", "earlier", "so", "far", "this", "in", "the", "same", "year", "amount"];

/// A payment in one key: `paid_before` and the like, `person_paid_elsewhere`, or with a level such as `paid_by_province`, or
/// the name of a level alone.
fn paid_before(name: &str, node: &Node, names: &Names, reading: &mut Reading) -> Option<Payment> {
    // The name of a level alone, such as `city`, is a word elsewhere; with a figure it says what that level paid.
    if names.levels.contains(name) && node.scalar().is_some_and(|text| money(text).is_ok()) {
        return reading.money(node).map(|amount| Payment { level: Some(name.to_owned()), ..Payment::of(amount) });
    }
    let level = names.level_of(name);
    if name == PAID_ELSEWHERE && node.scalar().is_some() {
        return reading.money(node).map(Payment::elsewhere);
    }
    let is_plain =
        name.split('_').any(|part| part == "paid") && name.split('_').all(|part| PAID_BEFORE.contains(&part));
    if names.uses(name) || (level.is_none() && !is_plain) || node.scalar().is_none() {
        return None;
    }
    let amount = reading.money(node)?;
    Some(Payment { level, ..Payment::of(amount) })
}

pub(super) fn put(attributes: &mut Attributes, key: &Key, node: &Node, names: &Names, reading: &mut Reading) {
    let name = alias(&key.name);
    let is_known = is_known(name, names, reading);
    if !is_known && reading.is_book {
        reading.remark(|| format!("{}:{}: `{}` is used by no clause", key.at.line, key.at.column, key.name));
    } else if !is_known {
        reading.add(key.at, ProblemKind::UnknownMeasure, format!("`{}` is used by no clause", key.name));
    }
    if let Some((name, value)) = value(name, node, names, reading) {
        attributes.set(name, value);
    }
}

/// Whether a fact is used or declared, under its own name or as flag or year of the same thing.
pub(super) fn is_known(name: &str, names: &Names, reading: &Reading) -> bool {
    let name = alias(name);
    let (plain, _) = flag_name(name);
    let known = [name, plain.as_str(), &format!("{}_on", name.trim_end_matches("_year"))];
    known.iter().any(|name| names.uses(name) || reading.measures.contains_key(*name))
}

fn alias(name: &str) -> &str {
    if matches!(name, "type" | "kind") { "contract_type" } else { name }
}

/// A day is named `…_on`, a year `…_year`; a flag is true or false; what no clause takes as a word is a figure.
fn value(name: &str, node: &Node, names: &Names, reading: &mut Reading) -> Option<(Arc<str>, Value)> {
    if let Content::Bool(flag) = node.content {
        let (name, is_plain) = flag_name(name);
        return Some((name.into(), Value::Flag(flag == is_plain)));
    }
    let text = reading.text(node)?;
    if names.is_word(name) {
        return Some((name.into(), Value::Word(text.into())));
    }
    if let Some(event) = name.strip_suffix("_on").or_else(|| name.strip_suffix("_date")) {
        return Some((format!("{event}_on").into(), Value::Date(reading.date(node)?)));
    }
    if name.ends_with("_year")
        && let Ok(year @ 1900..=2200) = text.parse()
    {
        return Some((name.into(), Value::Year(year)));
    }
    let unit = if name == "years_paid" { Unit::Count } else { reading.unit(name) };
    match Quantity::read(&text, unit) {
        Ok(figure) => Some((name.into(), Value::Figure(figure))),
        Err(_) if matches!(node.content, Content::Text(_)) && !names.uses(name) => {
            Some((name.into(), Value::Word(text.into())))
        }
        Err(fault) => {
            reading.add(node.at, ProblemKind::BadFigure, format!("{name}: {fault}"));
            None
        }
    }
}
