//! Gates, triggers and filters, in their general form and in the short keys of a filter.

use chrono::NaiveDate;

use super::get::{Fields, Reading};
use crate::subsidy::document::{Content, Key, Node};
use crate::subsidy::figure::Unit;
use crate::subsidy::model::{Comparison, Condition, Floor, ItemFloor};
use crate::subsidy::problem::ProblemKind;
use crate::word::Word;

/// What a filter says of items.
#[derive(Debug, Default)]
pub(super) struct Filter {
    pub conditions: Vec<Condition>,
    pub one_per: Option<String>,
    pub item_floor: Option<ItemFloor>,
}

/// A list of conditions, or one.
pub(super) fn conditions(node: &Node, reading: &mut Reading) -> Vec<Condition> {
    match node.items() {
        Some(items) => items.iter().filter_map(|item| condition(item, reading)).collect(),
        None => condition(node, reading).into_iter().collect(),
    }
}

fn condition(node: &Node, reading: &mut Reading) -> Option<Condition> {
    if node.items().is_some() {
        return Some(Condition::All(conditions(node, reading)));
    }
    let mut fields = reading.open(node)?;
    fields.text("note", reading);
    let made = general(&mut fields, reading);
    reading.close(&fields);
    made
}

fn general(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Condition> {
    if let Some(node) = fields.take("all") {
        return Some(Condition::All(conditions(node, reading)));
    }
    if let Some(node) = fields.take("any") {
        return Some(Condition::Any(conditions(node, reading)));
    }
    if let Some(node) = fields.take("not") {
        return Some(Condition::Not(Box::new(Condition::All(conditions(node, reading)))));
    }
    if let Some(node) = fields.take("measure") {
        return compared(node, fields, reading);
    }
    if let Some(node) = fields.take("word") {
        let name = reading.text(node)?;
        let words = fields.need("in", reading).map(|node| reading.texts(node)).unwrap_or_default();
        return Some(Condition::Words { name, words });
    }
    if let Some(node) = fields.take("flag") {
        let name = reading.text(node)?;
        return Some(Condition::Flag { name, expected: fields.flag("is", true, reading) });
    }
    let Some(node) = fields.any(&["date", "event"]) else {
        reading.add(fields.at, ProblemKind::MissingKey, "a condition names all, any, not, measure, word, flag or date");
        return None;
    };
    let event = reading.text(node)?;
    if let Some(node) = fields.take("year_in") {
        return Some(Condition::Years { event, years: years(node, reading) });
    }
    let (from, to) = (fields.date("from", reading), fields.date("to", reading));
    window_runs_forward(fields, from, to, reading);
    Some(Condition::Window { event, from, to })
}

pub(super) fn window_runs_forward(
    fields: &Fields<'_>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    reading: &mut Reading,
) {
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        reading.add(
            fields.at,
            ProblemKind::Inconsistent,
            format!("the window ends on {to}, before it begins on {from}"),
        );
    }
}

/// One or several comparisons of one measure.
fn compared(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Condition> {
    let name = reading.text(node)?;
    reading.known(node.at, &name);
    let unit = reading.unit(&name);
    let mut all = Vec::new();
    for comparison in Comparison::ALL.iter().copied() {
        if let Some(node) = fields.take(comparison.as_str()) {
            let figure = if node.is_null() { None } else { Some(reading.quantity(node, unit)?) };
            all.push(Condition::Figure { name: name.clone(), comparison, figure });
        }
        if let Some(node) = fields.take(&format!("{comparison}_measure")) {
            let other = reading.text(node)?;
            reading.known(node.at, &other);
            reading.counted_in(node.at, &other, unit);
            all.push(Condition::Measures { name: name.clone(), comparison, other });
        }
    }
    if all.is_empty() {
        reading.add(node.at, ProblemKind::MissingKey, format!("`{name}` is compared with nothing"));
    }
    if all.len() == 1 { all.pop() } else { Some(Condition::All(all)) }
}

fn years(node: &Node, reading: &mut Reading) -> Vec<i32> {
    let numbers = reading.list(node).iter().filter_map(|item| reading.number(item)).collect::<Vec<_>>();
    numbers.into_iter().filter_map(|year| i32::try_from(year).ok()).collect()
}

/// `{amount, inclusive}` with its basis.
pub(super) fn floor(node: &Node, reading: &mut Reading) -> Option<Floor> {
    let mut fields = reading.open(node)?;
    let floor = floor_of(&mut fields, reading);
    reading.close(&fields);
    Some(floor)
}

fn floor_of(fields: &mut Fields<'_>, reading: &mut Reading) -> Floor {
    let amount = fields.money("amount", reading);
    let inclusive = fields.need("inclusive", reading).and_then(|node| reading.flag(node)).unwrap_or(true);
    Floor { amount, inclusive, cited: fields.cited(reading) }
}

pub(super) fn item_floor(node: &Node, reading: &mut Reading) -> Option<ItemFloor> {
    let mut fields = reading.open(node)?;
    let measure = fields.need_text("measure", reading);
    reading.known(node.at, &measure);
    reading.counted_in(node.at, &measure, Unit::Yuan);
    let floor = floor_of(&mut fields, reading);
    reading.close(&fields);
    Some(ItemFloor { measure, floor })
}

/// A filter: the general form (a list, or an object with `all`, `any`, `not`, …), or short keys, each made a condition
/// by its own form. The forms are listed in docs/rules.md; none is tied to a rule.
pub(super) fn filter(node: &Node, reading: &mut Reading) -> Filter {
    const GENERAL: &[&str] = &["all", "any", "not", "measure", "word", "flag", "date", "event"];
    let is_general = node.items().is_some() || GENERAL.iter().any(|key| node.member(key).is_some());
    if is_general {
        return Filter { conditions: conditions(node, reading), ..Filter::default() };
    }
    let mut filter = Filter::default();
    let Some(fields) = reading.open(node) else { return filter };
    let mut windows = Vec::new();
    for (key, node) in fields.rest() {
        short(key, node, &mut filter, &mut windows, reading);
    }
    filter.conditions.extend(merged(windows));
    filter
}

/// One end of a window, for everything or for one field.
struct End {
    event: String,
    field: Option<String>,
    day: NaiveDate,
    is_first: bool,
}

fn short(key: &Key, node: &Node, filter: &mut Filter, windows: &mut Vec<End>, reading: &mut Reading) {
    let name = &*key.name;
    if name == "min_item" {
        filter.item_floor = item_floor(node, reading);
    } else if let Some(what) = name.strip_prefix("one_").and_then(|rest| rest.split_once("_per_")) {
        if reading.flag(node) == Some(true) {
            filter.one_per = Some(what.1.to_owned());
        }
    } else if let Some(event) = name.strip_suffix("_year_in") {
        filter.conditions.push(Condition::Years { event: event.to_owned(), years: years(node, reading) });
    } else if let Some((event, field)) = name.split_once("_on_or_after") {
        windows.extend(end(event, field, node, true, reading));
    } else if let Some((event, field)) = name.split_once("_on_or_before") {
        windows.extend(end(event, field, node, false, reading));
    } else if let Some(event) = name.strip_suffix("_window") {
        filter.conditions.extend(window(event, node, reading));
    } else if let Some((measure, comparison)) = bound(name) {
        filter.conditions.extend(bounded(measure, comparison, node, reading));
    } else if let Content::Bool(expected) = node.content {
        filter.conditions.push(flag(name, expected));
    } else if let (Content::List(_), Some(name)) = (&node.content, name.strip_suffix("_in").or(name.strip_suffix('s')))
    {
        filter.conditions.push(Condition::Words { name: name.to_owned(), words: reading.texts(node) });
    } else {
        reading.add(key.at, ProblemKind::UnknownKey, format!("`{name}` is no key of a filter"));
    }
}

fn bound(name: &str) -> Option<(&str, Comparison)> {
    let least = name.strip_prefix("min_").map(|measure| (measure, Comparison::AtLeast));
    least.or_else(|| name.strip_prefix("max_").map(|measure| (measure, Comparison::AtMost)))
}

/// `x_not_y: true` says that `x_y` is false.
pub(super) fn flag_name(name: &str) -> (String, bool) {
    name.split_once("_not_").map_or_else(|| (name.to_owned(), true), |(a, b)| (format!("{a}_{b}"), false))
}

fn flag(name: &str, expected: bool) -> Condition {
    let (name, is_plain) = flag_name(name);
    Condition::Flag { name, expected: expected == is_plain }
}

/// `min_<measure>`; `min_<type>_years` asks only contracts of that type, such as `min_licence_years`.
fn bounded(measure: &str, comparison: Comparison, node: &Node, reading: &mut Reading) -> Option<Condition> {
    const TYPES: &[&str] = &["development", "transfer", "consulting", "service", "licence"];
    let figure = if node.is_null() { None } else { Some(reading.quantity(node, reading.unit(measure))?) };
    reading.known(node.at, measure);
    let compared = Condition::Figure { name: measure.to_owned(), comparison, figure };
    let Some(kind) = measure.strip_suffix("_years").filter(|kind| TYPES.contains(kind)) else { return Some(compared) };
    let is_kind = Condition::Words { name: "contract_type".to_owned(), words: vec![kind.to_owned()] };
    Some(Condition::Any(vec![Condition::Not(Box::new(is_kind)), compared]))
}

fn window(event: &str, node: &Node, reading: &mut Reading) -> Option<Condition> {
    let mut fields = reading.open(node)?;
    let (from, to) = (fields.date("from", reading), fields.date("to", reading));
    window_runs_forward(&fields, from, to, reading);
    reading.close(&fields);
    Some(Condition::Window { event: event.to_owned(), from, to })
}

fn end(event: &str, field: &str, node: &Node, is_first: bool, reading: &mut Reading) -> Option<End> {
    let day = reading.date(node)?;
    let field = field.strip_prefix('_').map(str::to_owned);
    Some(End { event: event.to_owned(), field, day, is_first })
}

/// A window, for everything or for one field.
type OfField = (Option<String>, Condition);

/// One window per event; a field's own window stands beside the general one.
fn merged(ends: Vec<End>) -> Vec<Condition> {
    let mut events: Vec<(String, Vec<OfField>)> = Vec::new();
    for end in ends {
        let at = events.iter().position(|(event, _)| *event == end.event).unwrap_or(events.len());
        if at == events.len() {
            events.push((end.event.clone(), Vec::new()));
        }
        let windows = &mut events[at].1;
        let slot = windows.iter().position(|(field, _)| *field == end.field).unwrap_or(windows.len());
        if slot == windows.len() {
            windows.push((end.field, Condition::Window { event: end.event, from: None, to: None }));
        }
        if let Condition::Window { from, to, .. } = &mut windows[slot].1 {
            *(if end.is_first { from } else { to }) = Some(end.day);
        }
    }
    events.into_iter().map(|(_, windows)| beside(windows)).collect()
}

/// The general window, or the one of the item's field.
pub(super) fn beside(windows: Vec<OfField>) -> Condition {
    let mut any: Vec<Condition> = windows
        .into_iter()
        .map(|(field, window)| match field {
            None => window,
            Some(field) => {
                Condition::All(vec![Condition::Words { name: "field".to_owned(), words: vec![field] }, window])
            }
        })
        .collect();
    if any.len() == 1 { any.remove(0) } else { Condition::Any(any) }
}
