//! A first pass over every JSON body: depth, duplicate names, control characters. What it lets through, the typed
//! reader may trust.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::problem::Problem;

/// Nesting beyond this is refused.
pub const MAX_DEPTH: usize = 64;
/// Members over all objects of one body.
pub const MAX_MEMBERS: usize = 20_000;

/// Checks a body; the bytes are UTF-8 afterwards.
pub fn check(bytes: &[u8]) -> Result<(), Problem> {
    if std::str::from_utf8(bytes).is_err() {
        return Err(Problem::malformed("the body is not UTF-8"));
    }
    let mut state = State { members: 0, path: Vec::new(), fault: None };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let outcome = Walk { state: &mut state, depth: 0 }.deserialize(&mut reader).and_then(|()| reader.end());
    match (state.fault, outcome) {
        (Some(fault), _) => Err(fault),
        (None, Err(error)) => {
            Err(Problem::malformed(format!("not JSON at line {}, column {}", error.line(), error.column())))
        }
        (None, Ok(())) => Ok(()),
    }
}

struct State {
    members: usize,
    path: Vec<String>,
    fault: Option<Problem>,
}

impl State {
    fn pointer(&self) -> String {
        self.path
            .iter()
            .fold(String::new(), |pointer, part| format!("{pointer}/{}", part.replace('~', "~0").replace('/', "~1")))
    }

    fn refuse(&mut self, problem: Problem) {
        self.fault.get_or_insert(problem);
    }
}

struct Walk<'a> {
    state: &'a mut State,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Walk<'_> {
    fn enter<E: serde::de::Error>(&mut self) -> Result<usize, E> {
        if self.depth >= MAX_DEPTH {
            self.state.refuse(Problem::malformed("nested too deeply"));
            return Err(E::custom("depth"));
        }
        Ok(self.depth + 1)
    }

    fn text<E: serde::de::Error>(&mut self, text: &str) -> Result<(), E> {
        if text.chars().any(is_forbidden) {
            let pointer = self.state.pointer();
            self.state.refuse(Problem::invalid(&pointer, "control_character"));
            return Err(E::custom("control character"));
        }
        Ok(())
    }
}

/// Control characters other than line breaks and tabs, and marks that turn the direction of text.
pub fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let depth = self.enter()?;
        let mut index = 0usize;
        loop {
            self.state.path.push(index.to_string());
            let next = items.next_element_seed(Walk { state: &mut *self.state, depth })?;
            self.state.path.pop();
            if next.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let depth = self.enter()?;
        let mut names = HashSet::new();
        while let Some(Name(name)) = members.next_key()? {
            self.state.path.push(name.clone());
            self.text::<A::Error>(&name)?;
            self.state.members += 1;
            if self.state.members > MAX_MEMBERS {
                self.state.refuse(Problem::malformed("too many members"));
                return Err(A::Error::custom("members"));
            }
            if !names.insert(name) {
                let pointer = self.state.pointer();
                self.state.refuse(Problem::invalid(&pointer, "duplicate_field"));
                return Err(A::Error::custom("duplicate"));
            }
            members.next_value_seed(Walk { state: &mut *self.state, depth })?;
            self.state.path.pop();
        }
        Ok(())
    }
}

/// An object's member name.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<(&'static str, Option<String>)> {
        check(body.as_bytes())
            .err()
            .map(|problem| (problem.code.as_str(), problem.errors.first().map(|fault| fault.pointer.clone())))
    }

    #[test]
    fn a_plain_body_passes() {
        assert_eq!(code(r#"{"a":[1,{"b":"x\ny"}],"c":null}"#), None);
    }

    #[test]
    fn faults_are_named_with_their_place() {
        assert_eq!(code(r#"{"a":{"b":1,"b":2}}"#), Some(("invalid", Some("/a/b".to_owned()))));
        assert_eq!(code("{\"a\":[\"\\u0000\"]}"), Some(("invalid", Some("/a/0".to_owned()))));
        assert_eq!(code("{\"a\":\"\u{202e}\"}"), Some(("invalid", Some("/a".to_owned()))));
        assert_eq!(code("{"), Some(("malformed_request", None)));
        assert_eq!(code(r#"{"a":1}x"#), Some(("malformed_request", None)));
        assert_eq!(code(r#""\ud800""#), Some(("malformed_request", None)));
        assert_eq!(code(&"[".repeat(70)), Some(("malformed_request", None)));
    }
}
