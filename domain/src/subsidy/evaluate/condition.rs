//! Whether a condition holds, and whether that can be known.

use crate::subsidy::facts::{Attributes, Value};
use crate::subsidy::figure::Quantity;
use crate::subsidy::model::{Comparison, Condition};

use super::Refusal;

/// What is known of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    /// A fact is not stated; whether a simulation may assume it.
    Unknown {
        name: String,
        is_assumable: bool,
    },
    /// A figure of the rule is not published.
    NoFigure {
        name: String,
    },
}

/// Where a condition looks for measures.
pub(super) trait Known {
    fn attributes(&self) -> &Attributes;
    fn figure(&self, name: &str) -> Result<Option<Quantity>, Refusal>;
}

impl Known for Attributes {
    fn attributes(&self) -> &Attributes {
        self
    }

    fn figure(&self, name: &str) -> Result<Option<Quantity>, Refusal> {
        Ok(Attributes::figure(self, name))
    }
}

pub(super) fn truth(condition: &Condition, known: &dyn Known) -> Result<Truth, Refusal> {
    let attributes = known.attributes();
    match condition {
        Condition::All(parts) => all(parts, known),
        Condition::Any(parts) => any(parts, known),
        Condition::Not(part) => Ok(match truth(part, known)? {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            unknown => unknown,
        }),
        Condition::Figure { name, comparison, figure } => {
            let Some(figure) = figure else { return Ok(Truth::NoFigure { name: name.clone() }) };
            compared(name, known.figure(name)?, *comparison, Some(*figure), name)
        }
        Condition::Measures { name, comparison, other } => {
            compared(name, known.figure(name)?, *comparison, known.figure(other)?, other)
        }
        Condition::Words { name, words } => {
            Ok(known_or(name, attributes.word(name).map(|found| words.iter().any(|word| word == found))))
        }
        Condition::Flag { name, expected } => Ok(known_or(name, attributes.flag(name).map(|flag| flag == *expected))),
        Condition::Window { event, from, to } => {
            let inside = |day| from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to);
            Ok(known_or(event, attributes.day(event).map(inside)))
        }
        Condition::Years { event, years } => {
            Ok(known_or(event, attributes.year(event).map(|year| years.contains(&year))))
        }
    }
}

fn known_or(name: &str, holds: Option<bool>) -> Truth {
    match holds {
        Some(true) => Truth::Yes,
        Some(false) => Truth::No,
        None => Truth::Unknown { name: name.to_owned(), is_assumable: true },
    }
}

/// Figures of different units never compare.
fn compared(
    name: &str,
    left: Option<Quantity>,
    comparison: Comparison,
    right: Option<Quantity>,
    right_name: &str,
) -> Result<Truth, Refusal> {
    let (Some(left), Some(right)) = (left, right) else {
        let name = if left.is_none() { name } else { right_name };
        return Ok(Truth::Unknown { name: name.to_owned(), is_assumable: true });
    };
    if left.unit() != right.unit() {
        return Err(Refusal::WrongUnit { name: name.to_owned(), unit: right.unit() });
    }
    Ok(if comparison.holds(left, right) { Truth::Yes } else { Truth::No })
}

/// No beats what is unknown, which beats yes.
fn all(parts: &[Condition], known: &dyn Known) -> Result<Truth, Refusal> {
    let mut result = Truth::Yes;
    for part in parts {
        match truth(part, known)? {
            Truth::No => return Ok(Truth::No),
            Truth::Yes => {}
            unknown => {
                let is_worse = matches!(unknown, Truth::NoFigure { .. } | Truth::Unknown { is_assumable: false, .. });
                if result == Truth::Yes || is_worse {
                    result = unknown;
                }
            }
        }
    }
    Ok(result)
}

/// Yes beats what is unknown, which beats no; beside a plain no nothing may be assumed.
fn any(parts: &[Condition], known: &dyn Known) -> Result<Truth, Refusal> {
    let (mut result, mut has_no) = (Truth::No, false);
    for part in parts {
        match truth(part, known)? {
            Truth::Yes => return Ok(Truth::Yes),
            Truth::No => has_no = true,
            unknown if result == Truth::No => result = unknown,
            _ => {}
        }
    }
    if let Truth::Unknown { is_assumable, .. } = &mut result
        && has_no
    {
        *is_assumable = false;
    }
    Ok(result)
}

/// What the facts say of everything that a condition asks for.
pub(super) fn found(condition: &Condition, known: &dyn Known) -> Result<Vec<(String, Option<Value>)>, Refusal> {
    let mut names = Vec::new();
    condition.names(&mut |name| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    });
    let value = |name: &str| {
        let stated = known.attributes().get(name).cloned();
        let of_year = || name.strip_suffix("_on").and_then(|event| known.attributes().year(event)).map(Value::Year);
        stated.or_else(of_year)
    };
    names
        .into_iter()
        .map(|name| {
            let found = match value(&name) {
                Some(value) => Some(value),
                None => known.figure(&name)?.map(Value::Figure),
            };
            Ok((name, found))
        })
        .collect()
}
