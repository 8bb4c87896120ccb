//! `base` and `calc`.

use std::collections::BTreeMap;

use super::get::{Fields, Reading};
use crate::subsidy::document::{Content, Node, Position};
use crate::subsidy::figure::Unit;
use crate::subsidy::model::{Band, Base, Bracket, MissingPrior, Penalty, Shape, Term};
use crate::subsidy::problem::ProblemKind;

pub(super) fn base(node: &Node, reading: &mut Reading) -> Option<Base> {
    let mut fields = reading.open(node)?;
    fields.text("note", reading);
    let op = fields.need_text("op", reading);
    let made = match op.as_str() {
        "sum" => Some(Base::Sum { measure: money_measure(&mut fields, "measure", reading) }),
        "min" => Some(minimum(&mut fields, reading)),
        "increment" => Some(Base::Increment {
            measure: money_measure(&mut fields, "measure", reading),
            prior: money_measure(&mut fields, "prior", reading),
            missing_prior: fields
                .some("missing_prior")
                .and_then(|node| reading.word(node))
                .unwrap_or(MissingPrior::Refuse),
        }),
        "count" => Some(Base::Count),
        "none" => Some(Base::None),
        _ => {
            reading.add(
                fields.at,
                ProblemKind::UnknownWord,
                format!("`{op}` is none of sum, min, increment, count, none"),
            );
            return None;
        }
    };
    reading.close(&fields);
    made
}

fn minimum(fields: &mut Fields<'_>, reading: &mut Reading) -> Base {
    let at = fields.at;
    let measures = fields.need("measures", reading).map(|node| reading.texts(node)).unwrap_or_default();
    for measure in &measures {
        reading.known(at, measure);
        reading.counted_in(at, measure, Unit::Yuan);
    }
    if measures.is_empty() {
        reading.add(at, ProblemKind::MissingKey, "a minimum needs measures");
    }
    Base::Min { measures, as_measure: fields.text("as_measure", reading) }
}

fn money_measure(fields: &mut Fields<'_>, name: &str, reading: &mut Reading) -> String {
    let at = fields.at;
    let measure = fields.need_text(name, reading);
    reading.known(at, &measure);
    reading.counted_in(at, &measure, Unit::Yuan);
    measure
}

/// The shape and, in an add-on, the measure that it names.
pub(super) fn shape(node: &Node, in_add_on: bool, reading: &mut Reading) -> Option<(Shape, Option<String>)> {
    let mut fields = reading.open(node)?;
    let measure = (in_add_on && fields.has("measure")).then(|| money_measure(&mut fields, "measure", reading));
    fields.text("note", reading);
    let kind = fields.need_text("kind", reading);
    let made = by_kind(&kind, &mut fields, reading);
    if made.is_none() {
        reading.add(fields.at, ProblemKind::UnknownWord, format!("`{kind}` is no shape"));
        return None;
    }
    reading.close(&fields);
    made.map(|shape| (shape, measure))
}

fn by_kind(kind: &str, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Shape> {
    let shape = match kind {
        "flat" => Shape::Flat { rate: fields.rate("rate", reading) },
        "marginal" => Shape::Marginal { brackets: brackets(fields, reading) },
        "band_whole" => Shape::BandWhole { bands: bands(fields, reading) },
        "fixed" => Shape::Fixed { amount: fields.money("amount", reading) },
        "fixed_plus_excess" => Shape::FixedPlusExcess {
            threshold: fields.money("threshold", reading),
            fixed: fields.money("fixed", reading),
            excess_rate: fields.rate("excess_rate", reading),
        },
        "step" => step(fields, reading),
        "grade_table" => {
            let (key, table) = table(fields, reading, Reading::money);
            Shape::GradeTable { key, table }
        }
        "grade_rate" => {
            let (key, table) = table(fields, reading, Reading::rate);
            Shape::GradeRate { key, table }
        }
        "match" => Shape::Match { ratio: fields.rate("ratio", reading) },
        "min_of" => Shape::MinOf { terms: terms(fields, reading) },
        "fixed_range" | "range" => range(fields, reading),
        "given" => Shape::Given,
        "count" => Shape::Count,
        "penalty_range" => Shape::Penalty(penalty(fields, reading)),
        _ => return None,
    };
    Some(shape)
}

fn brackets(fields: &mut Fields<'_>, reading: &mut Reading) -> Vec<Bracket> {
    let at = fields.at;
    let mut brackets: Vec<Bracket> = Vec::new();
    for node in fields.items("brackets", reading) {
        let Some(mut fields) = reading.open(node) else { continue };
        let upto = fields.money("upto", reading);
        let previous = brackets.last();
        if previous
            .is_some_and(|previous| previous.upto.is_none() || upto.is_some_and(|upto| Some(upto) <= previous.upto))
        {
            reading.add(node.at, ProblemKind::Bands, "a bracket begins where the one before has not ended");
        }
        brackets.push(Bracket { upto, rate: fields.rate("rate", reading) });
        reading.close(&fields);
    }
    if brackets.last().is_none_or(|last| last.upto.is_some()) {
        reading.add(at, ProblemKind::Bands, "no bracket says what holds above the last one: `upto: null` is missing");
    }
    brackets
}

fn bands(fields: &mut Fields<'_>, reading: &mut Reading) -> Vec<Band> {
    let at = fields.at;
    let mut bands: Vec<Band> = Vec::new();
    for node in fields.items("bands", reading) {
        let Some(band) = band(node, reading) else { continue };
        if let Some(problem) = bands.last().and_then(|previous| meeting(previous, &band)) {
            reading.add(node.at, ProblemKind::Bands, problem);
        }
        if band.to.is_some_and(|to| to < band.from) {
            reading.add(node.at, ProblemKind::Bands, "the band ends before it begins");
        }
        bands.push(band);
    }
    if bands.is_empty() {
        reading.add(at, ProblemKind::MissingKey, "`bands` is missing");
    }
    bands
}

/// What is wrong between two bands.
fn meeting(previous: &Band, next: &Band) -> Option<&'static str> {
    let Some(end) = previous.to else { return Some("the band before has no end, so this one overlaps it") };
    if next.from < end || (next.from == end && previous.to_inclusive && next.from_inclusive) {
        return Some("the band overlaps the one before");
    }
    let is_gap = next.from > end || (!previous.to_inclusive && !next.from_inclusive);
    is_gap.then_some("amounts between this band and the one before are in neither")
}

fn band(node: &Node, reading: &mut Reading) -> Option<Band> {
    let mut fields = reading.open(node)?;
    let (gte, gt) = (fields.take("gte"), fields.take("gt"));
    let (lt, lte) = (fields.take("lt"), fields.take("lte"));
    if gte.is_some() == gt.is_some() || (lt.is_some() && lte.is_some()) {
        reading.add(node.at, ProblemKind::Threshold, "a band begins with `gte` or `gt` and ends with `lt` or `lte`");
    }
    if lt.is_none() && lte.is_none() {
        reading.add(node.at, ProblemKind::Bands, "the band's end is missing: an open band says `lt: null`");
    }
    let from = gte.or(gt).and_then(|node| reading.money(node)).unwrap_or_default();
    let to = lt.or(lte).filter(|node| !node.is_null()).and_then(|node| reading.money(node));
    let rate = fields.rate("rate", reading);
    let cap = fields.some("cap").and_then(|node| reading.money(node));
    reading.close(&fields);
    Some(Band { from, from_inclusive: gte.is_some(), to, to_inclusive: lte.is_some(), rate, cap })
}

fn step(fields: &mut Fields<'_>, reading: &mut Reading) -> Shape {
    let at = fields.at;
    let step = fields.money("step", reading);
    if step.is_some_and(|step| step.0 == 0) {
        reading.add(at, ProblemKind::BadFigure, "a step of nothing never ends");
    }
    Shape::Step {
        threshold: fields.money("threshold", reading),
        fixed: fields.money("fixed", reading),
        step: step.filter(|step| step.0 > 0),
        step_amount: fields.money("step_amount", reading),
    }
}

type ReadFigure<T> = fn(&mut Reading, &Node) -> Option<T>;

fn table<T>(
    fields: &mut Fields<'_>,
    reading: &mut Reading,
    read: ReadFigure<T>,
) -> (String, BTreeMap<String, Option<T>>) {
    let key = fields.need_text("key", reading);
    let mut table = BTreeMap::new();
    if let Some(node) = fields.need("table", reading) {
        let Content::Map(members) = &node.content else {
            reading.add(node.at, ProblemKind::WrongType, "an object is needed");
            return (key, table);
        };
        for (word, node) in members {
            let figure = if node.is_null() { None } else { read(reading, node) };
            table.insert(word.name.to_string(), figure);
        }
    }
    (key, table)
}

fn terms(fields: &mut Fields<'_>, reading: &mut Reading) -> Vec<Term> {
    let at = fields.at;
    let mut terms = Vec::new();
    for node in fields.items("terms", reading) {
        let Some(mut fields) = reading.open(node) else { continue };
        let measure = money_measure(&mut fields, "measure", reading);
        terms.push(Term { measure, rate: fields.rate("rate", reading) });
        reading.close(&fields);
    }
    if terms.is_empty() {
        reading.add(at, ProblemKind::MissingKey, "a minimum needs terms");
    }
    terms
}

fn range(fields: &mut Fields<'_>, reading: &mut Reading) -> Shape {
    let at = fields.at;
    let (min, max) = (fields.money("min", reading), fields.money("max", reading));
    runs_forward(at, min, max, reading);
    Shape::Range { min, max }
}

fn runs_forward<T: Ord + Copy>(at: Position, min: Option<T>, max: Option<T>, reading: &mut Reading) {
    if min.is_some() && max.is_some() && max < min {
        reading.add(at, ProblemKind::Inconsistent, "the range ends below its beginning");
    }
}

fn penalty(fields: &mut Fields<'_>, reading: &mut Reading) -> Penalty {
    let at = fields.at;
    let made = Penalty {
        recover_rate: fields.rate("recover_rate", reading),
        fine_min_rate: fields.rate("fine_min_rate", reading),
        fine_max_rate: fields.rate("fine_max_rate", reading),
        person_min: fields.money("person_min", reading),
        person_max: fields.money("person_max", reading),
    };
    runs_forward(at, made.fine_min_rate, made.fine_max_rate, reading);
    runs_forward(at, made.person_min, made.person_max, reading);
    made
}
