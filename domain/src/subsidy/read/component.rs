//! One component: an award with everything that limits it.

use super::condition::{conditions, filter, floor, item_floor};
use super::get::{Fields, Reading};
use super::limit::cap;
use super::shape::{base, shape};
use crate::subsidy::document::{Content, Node};
use crate::subsidy::figure::Unit;
use crate::subsidy::model::{AddOn, Base, Component, Offset, Shape, UseCondition};
use crate::subsidy::problem::ProblemKind;

pub(super) fn component(node: &Node, reading: &mut Reading) -> Option<Component> {
    let mut fields = reading.open(node)?;
    let id = fields.need_text("id", reading);
    let base = fields.need("base", reading).and_then(|node| base(node, reading));
    let shape = fields.need("calc", reading).and_then(|node| shape(node, false, reading));
    let (base, shape) = (base.unwrap_or(Base::None), shape.map_or(Shape::Given, |(shape, _)| shape));
    if shape.needs_base() && matches!(base, Base::None | Base::Count) {
        let detail = format!("`{}` needs a base that adds up money", shape.kind());
        reading.add(fields.at, ProblemKind::Inconsistent, detail);
    }
    let filter = fields.some("item_filter").map(|node| filter(node, reading)).unwrap_or_default();
    let own_floor = fields.some("item_floor").and_then(|node| item_floor(node, reading));
    let mut made = Component {
        id,
        title: fields.text("title", reading),
        beneficiary: fields.text("beneficiary", reading),
        cited: fields.cited(reading),
        gates: gates(&mut fields, reading),
        filter: filter.conditions,
        one_per: filter.one_per.or_else(|| fields.some("one_per").and_then(|node| reading.text(node))),
        item_floor: own_floor.or(filter.item_floor),
        base,
        floor: fields.some("floor").and_then(|node| floor(node, reading)),
        shape,
        // Absent: no cap. Null: a cap whose figure is not published.
        item_cap: fields
            .take("item_cap")
            .and_then(|node| if node.is_null() { Some(None) } else { reading.money(node).map(Some) }),
        add_ons: Vec::new(),
        caps: fields.items("caps", reading).iter().filter_map(|node| cap(node, reading)).collect(),
        max_years: max_years(&mut fields, reading),
        offset: fields.some("offset").and_then(|node| offset(node, reading)),
        is_ceiling: fields.flag("is_ceiling", false, reading),
        use_conditions: use_conditions(&mut fields, reading),
        reports: fields.texts("reports", reading),
        notes: fields.texts("note", reading),
        at: node.at,
    };
    for node in fields.items("add_ons", reading) {
        made.add_ons.extend(add_on(node, &mut made.notes, reading));
    }
    made.notes.extend(fields.some("ambiguity").and_then(|node| reading.text(node)));
    reading.close(&fields);
    Some(made)
}

fn gates(fields: &mut Fields<'_>, reading: &mut Reading) -> Vec<crate::subsidy::model::Condition> {
    fields
        .any(&["gate", "gates"])
        .filter(|node| !node.is_null())
        .map_or_else(Vec::new, |node| conditions(node, reading))
}

fn max_years(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<u32> {
    let node = fields.some("max_years")?;
    let years = reading.number(node).and_then(|years| u32::try_from(years).ok());
    if years.is_none() {
        reading.add(node.at, ProblemKind::BadFigure, "a number of years is needed");
    }
    years
}

fn offset(node: &Node, reading: &mut Reading) -> Option<Offset> {
    let mut fields = reading.open(node)?;
    let mode = fields.need_text("mode", reading);
    if mode != "top_up_difference" {
        reading.add(node.at, ProblemKind::UnknownWord, format!("`{mode}` is not top_up_difference"));
    }
    let measure = fields.need_text("measure", reading);
    reading.known(node.at, &measure);
    reading.counted_in(node.at, &measure, Unit::Yuan);
    let cited = fields.cited(reading);
    reading.close(&fields);
    Some(Offset { measure, cited })
}

fn add_on(node: &Node, notes: &mut Vec<String>, reading: &mut Reading) -> Option<AddOn> {
    let mut fields = reading.open(node)?;
    let id = fields.need_text("id", reading);
    let when = fields.some("when").map(|node| crate::subsidy::model::Condition::All(conditions(node, reading)));
    let calc = fields.need("calc", reading).and_then(|node| shape(node, true, reading));
    let cap = fields.some("cap").and_then(|node| reading.money(node));
    fields.take("cap");
    let is_inside = fields.flag("inside_component_cap", false, reading);
    let cited = fields.cited(reading);
    notes.extend(fields.some("ambiguity").and_then(|node| reading.text(node)));
    notes.extend(fields.some("note").and_then(|node| reading.text(node)));
    let (shape, named) = calc?;
    if matches!(shape, Shape::Range { .. } | Shape::Given | Shape::Count | Shape::Penalty(_)) {
        reading.add(fields.at, ProblemKind::Inconsistent, format!("`{}` is no shape of an add-on", shape.kind()));
    }
    let own_base = fields.some("base").and_then(|node| base(node, reading));
    let measure = named.or_else(|| own_base.and_then(|base| base.measures().first().map(|name| (*name).to_owned())));
    reading.close(&fields);
    Some(AddOn { id, when, measure, shape, cap, is_inside, cited })
}

/// `<group>_share_max` and `<group>_share_min`, under one of two names.
pub(super) fn use_conditions(fields: &mut Fields<'_>, reading: &mut Reading) -> Vec<UseCondition> {
    let Some(node) = fields.any(&["use_restriction", "use_conditions"]).filter(|node| !node.is_null()) else {
        return Vec::new();
    };
    let Content::Map(members) = &node.content else {
        reading.add(node.at, ProblemKind::WrongType, "an object is needed");
        return Vec::new();
    };
    let mut made = Vec::new();
    for (key, node) in members {
        let most = key.name.strip_suffix("_share_max").map(|group| (group, false));
        let Some((group, is_least)) = most.or_else(|| key.name.strip_suffix("_share_min").map(|group| (group, true)))
        else {
            reading.add(
                key.at,
                ProblemKind::UnknownKey,
                format!("`{}` ends in neither _share_max nor _share_min", key.name),
            );
            continue;
        };
        if let Some(share) = reading.rate(node) {
            made.push(UseCondition { group: group.to_owned(), is_least, share });
        }
    }
    made
}
