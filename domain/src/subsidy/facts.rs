//! Facts: what is known of a beneficiary and of the items that it claims for.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::figure::Quantity;
use crate::rule::Fen;

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    Figure(Quantity),
    Word(Arc<str>),
    Flag(bool),
    Date(NaiveDate),
    /// Of an event of which only the year is known.
    Year(i32),
}

/// Facts by name. There are few of them, so they are looked through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attributes(Vec<(Arc<str>, Value)>);

impl Attributes {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known.as_ref() == name).map(|(_, value)| value)
    }

    pub fn set(&mut self, name: Arc<str>, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => self.0.push((name, value)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    pub fn figure(&self, name: &str) -> Option<Quantity> {
        if let Some(Value::Figure(figure)) = self.get(name) { Some(*figure) } else { None }
    }

    pub fn word(&self, name: &str) -> Option<&str> {
        if let Some(Value::Word(word)) = self.get(name) { Some(word) } else { None }
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        if let Some(Value::Flag(flag)) = self.get(name) { Some(*flag) } else { None }
    }

    fn of_event(&self, event: &str, ending: &str) -> Option<&Value> {
        let is_it = |name: &str| name.strip_prefix(event) == Some(ending);
        self.0.iter().find(|(name, _)| is_it(name)).map(|(_, value)| value)
    }

    /// The day of an event, stored as `<event>_on`.
    pub fn day(&self, event: &str) -> Option<NaiveDate> {
        if let Some(Value::Date(day)) = self.of_event(event, "_on") { Some(*day) } else { None }
    }

    /// The year of an event: of its day, or stored as `<event>_year`.
    pub fn year(&self, event: &str) -> Option<i32> {
        let by_day = self.day(event).map(|day| day.year());
        by_day.or_else(|| match self.of_event(event, "_year") {
            Some(Value::Year(year)) => Some(*year),
            _ => None,
        })
    }
}

/// A contract or project that is claimed for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Item {
    pub id: String,
    pub attributes: Attributes,
}

/// Money that was paid before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The award it was paid for; without one it counts for every award.
    pub component: Option<String>,
    /// The level that paid it; without one it was paid under these rules.
    pub level: Option<String>,
    pub project: Option<String>,
    /// Through whom it was paid, when that is not the claim's own beneficiary; it then counts for the person alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beneficiary: Option<String>,
    /// The person it was paid for; without one, whomever the claim is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The year it counts for; without one it counts for every period.
    pub year: Option<i32>,
    pub amount: Fen,
}

impl Payment {
    /// A payment of which nothing else is known: it counts for everything.
    pub fn of(amount: Fen) -> Self {
        Self { component: None, level: None, project: None, beneficiary: None, person: None, year: None, amount }
    }

    /// What the person of the claim got through others.
    pub fn elsewhere(amount: Fen) -> Self {
        Self { beneficiary: Some(Self::ELSEWHERE.to_owned()), ..Self::of(amount) }
    }

    /// Stands for a beneficiary that is not named.
    pub const ELSEWHERE: &str = "elsewhere";
}

/// An amount set by a person, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub amount: Fen,
    pub reason: String,
}

/// All facts of one claim.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Who claims. Claims that do not say so share no cap of person or beneficiary.
    pub beneficiary: String,
    /// What a comparison groups by, such as a city.
    pub group: String,
    /// The year that is claimed for.
    pub year: Option<i32>,
    pub own: Attributes,
    /// `None`: only totals are known. An empty list is a claim without items.
    pub items: Option<Vec<Item>>,
    pub payments: Vec<Payment>,
    /// What the officer approves instead of the computed amount.
    pub officer: Option<Approval>,
    /// What finance pays instead.
    pub finance: Option<Approval>,
}

/// The fact that says for whom the beneficiary claims.
pub(super) const PERSON: &str = "person";

impl Facts {
    /// One claim's facts for each person that the items name, by name; items that name nobody are the beneficiary's own.
    /// Empty when there is nothing to part. Figures that are stated in total are repeated in every part.
    pub fn by_person(&self) -> Vec<Self> {
        let mut parts: BTreeMap<Option<&str>, Vec<Item>> = BTreeMap::new();
        for item in self.items.iter().flatten() {
            let person = item.attributes.word(PERSON).or_else(|| self.own.word(PERSON));
            parts.entry(person).or_default().push(item.clone());
        }
        if parts.len() < 2 {
            return Vec::new();
        }
        let part = |(person, items): (Option<&str>, Vec<Item>)| {
            let mut own = self.own.clone();
            own.0.retain(|(name, _)| name.as_ref() != PERSON);
            if let Some(person) = person {
                own.set(PERSON.into(), Value::Word(person.into()));
            }
            Self { own, items: Some(items), ..self.clone() }
        };
        parts.into_iter().map(part).collect()
    }
}
