//! Text to a tree in which every value knows its line and column; numbers stay as they are written.
//!
//! JSON is read strictly, YAML as its core schema without anchors, aliases and tags. Size, depth and number of values
//! are bounded, so that no text, however made, costs more than a few dozen megabytes.

mod json;
mod yaml;

use sha2::{Digest, Sha256};

use super::problem::{Problem, ProblemKind};
use crate::rule::hex;

/// Longest text in bytes.
pub const MOST_BYTES: usize = 4 << 20;
/// Most values of a document.
pub const MOST_VALUES: usize = 100_000;
/// Deepest nesting.
pub const MOST_DEPTH: usize = 48;

/// Where a value begins: line and column, both from one; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub at: Position,
    pub content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Null,
    Bool(bool),
    /// The digits as written, so that no binary float comes between.
    Number(Box<str>),
    Text(Box<str>),
    List(Box<[Node]>),
    Map(Box<[(Key, Node)]>),
}

/// A member's name and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub at: Position,
    pub name: Box<str>,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Json,
    Yaml,
}

impl Syntax {
    /// JSON when the first character opens an object or a list; everything else is YAML.
    pub fn of(text: &str) -> Self {
        let first = text.trim_start_matches('\u{feff}').trim_start().chars().next();
        if matches!(first, Some('{' | '[')) { Self::Json } else { Self::Yaml }
    }
}

impl Node {
    /// Reads a text of either syntax.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text.len() > MOST_BYTES {
            return Err(Problem::new(Position { line: 1, column: 1 }, ProblemKind::TooLarge, "more than 4 MiB"));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match Syntax::of(text) {
            Syntax::Json => json::parse(text),
            Syntax::Yaml => yaml::parse(text),
        }
    }

    /// The member of an object.
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Content::Map(members) = &self.content else { return None };
        members.iter().find(|(key, _)| *key.name == *name).map(|(_, value)| value)
    }

    /// The text of a text or number.
    pub fn scalar(&self) -> Option<&str> {
        match &self.content {
            Content::Number(text) | Content::Text(text) => Some(text),
            Content::Null | Content::Bool(_) | Content::List(_) | Content::Map(_) => None,
        }
    }

    pub fn items(&self) -> Option<&[Self]> {
        if let Content::List(items) = &self.content { Some(items) } else { None }
    }

    pub fn is_null(&self) -> bool {
        self.content == Content::Null
    }

    /// SHA-256 of the canonical form in lower-case hex: members by name, no blanks, numbers as texts; the same for both
    /// syntaxes, and never held as a whole.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        self.write_canonical(&mut |piece| hasher.update(piece));
        hex(&hasher.finalize())
    }

    fn write_canonical(&self, out: &mut dyn FnMut(&str)) {
        match &self.content {
            Content::Null => out("null"),
            Content::Bool(flag) => out(if *flag { "true" } else { "false" }),
            Content::Number(text) | Content::Text(text) => out(&quoted(text)),
            Content::List(items) => {
                out("[");
                for (at, item) in items.iter().enumerate() {
                    out(if at > 0 { "," } else { "" });
                    item.write_canonical(out);
                }
                out("]");
            }
            Content::Map(members) => {
                let mut sorted: Vec<&(Key, Self)> = members.iter().collect();
                sorted.sort_unstable_by_key(|(key, _)| &*key.name);
                out("{");
                for (at, (key, value)) in sorted.into_iter().enumerate() {
                    out(if at > 0 { "," } else { "" });
                    out(&quoted(&key.name));
                    out(":");
                    value.write_canonical(out);
                }
                out("}");
            }
        }
    }

    /// As JSON, numbers as texts.
    pub fn plain(&self) -> serde_json::Value {
        match &self.content {
            Content::Null => serde_json::Value::Null,
            Content::Bool(flag) => (*flag).into(),
            Content::Number(text) | Content::Text(text) => text.as_ref().into(),
            Content::List(items) => items.iter().map(Self::plain).collect(),
            Content::Map(members) => serde_json::Value::Object(
                members.iter().map(|(key, value)| (key.name.to_string(), value.plain())).collect(),
            ),
        }
    }
}

/// A text as JSON writes it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Counts values against the bounds.
struct Budget {
    values: usize,
}

impl Budget {
    fn new() -> Self {
        Self { values: MOST_VALUES }
    }

    fn spend(&mut self, at: Position, depth: usize) -> Result<(), Problem> {
        if depth > MOST_DEPTH {
            return Err(Problem::new(at, ProblemKind::TooLarge, "nested more than 48 deep"));
        }
        self.values = self
            .values
            .checked_sub(1)
            .ok_or_else(|| Problem::new(at, ProblemKind::TooLarge, format!("more than {MOST_VALUES} values")))?;
        Ok(())
    }
}

/// Refuses a name that the object has already.
fn twice(members: &[(Key, Node)]) -> Option<Problem> {
    let mut seen = std::collections::HashSet::with_capacity(members.len());
    let (key, _) = members.iter().find(|(key, _)| !seen.insert(&*key.name))?;
    Some(Problem::new(key.at, ProblemKind::DuplicateKey, &*key.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_syntaxes_give_the_same_tree_but_for_positions() {
        let json = Node::parse(r#"{"a": [1, "0.10", null, true], "b": {"优秀": "x\n\u4f18"}}"#).unwrap();
        let yaml = Node::parse("a:\n  - 1\n  - \"0.10\"\n  - ~\n  - true\nb:\n  优秀: \"x\\n优\"\n").unwrap();
        assert_eq!(json.hash(), yaml.hash());
        let mut canonical = String::new();
        crate::rule::canonical(&json.plain(), &mut canonical);
        assert_eq!(json.hash(), hex(&Sha256::digest(canonical)));
        assert_eq!(json.member("b").unwrap().at, Position { line: 1, column: 37 });
        assert_eq!(yaml.member("a").unwrap().items().unwrap()[1].at, Position { line: 3, column: 5 });
    }

    #[test]
    fn a_broken_text_names_the_place() {
        for (text, line, column) in [
            ("{\"a\": 1,\n \"a\": 2}", 2, 2),
            ("{\"a\": 01}", 1, 7),
            ("{\"a\": tru}", 1, 7),
            ("{\"a\": 1} x", 1, 10),
            ("{\"a\"", 1, 5),
            ("a: 1\na: 2\n", 2, 1),
            ("a: &x 1\nb: *x\n", 1, 4),
            ("a: !!int 1\n", 1, 4),
            ("a: 1\n---\nb: 2\n", 2, 1),
        ] {
            let problem = Node::parse(text).unwrap_err();
            assert_eq!((problem.at.line, problem.at.column), (line, column), "{text}: {problem}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        assert_eq!(Node::parse(&"[".repeat(100_000)).unwrap_err().kind, ProblemKind::TooLarge);
        assert_eq!(Node::parse(&"- ".repeat(1_000)).unwrap_err().kind, ProblemKind::TooLarge);
        assert_eq!(Node::parse(&format!("[{}0]", "0,".repeat(300_000))).unwrap_err().kind, ProblemKind::TooLarge);
        assert_eq!(Node::parse(&" ".repeat(MOST_BYTES + 1)).unwrap_err().kind, ProblemKind::TooLarge);
    }
}
