//! What a document must be beyond its form: words and figures agree, bands are whole, golden cases come out.

mod golden;
mod words;

pub use golden::{Compared, MOST_RESULTS, compare, failing_cases};

use super::document::Position;
use super::figure::Unit;
use super::model::{Component, RuleSet};
use super::problem::{ProblemKind, Report};

/// Checks everything that needs the whole set.
pub(super) fn set(set: &RuleSet, at: Position, report: &mut Report) {
    for component in &set.components {
        words::component(component, report);
        units(set, component, report);
    }
    if set.components.is_empty() {
        report.add(at, ProblemKind::MissingKey, "a rule set has at least one component");
    }
}

/// Add-ons and terms count money too.
fn units(set: &RuleSet, component: &Component, report: &mut Report) {
    for measure in component.add_ons.iter().filter_map(|add_on| add_on.measure.as_deref()) {
        if set.unit(measure) != Unit::Yuan {
            report.add(component.at, ProblemKind::WrongUnit, format!("`{measure}` is not counted in yuan"));
        }
    }
}
