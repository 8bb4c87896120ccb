//! YAML 1.2, core schema, from the events of the parser.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::json::is_number;
use super::{Budget, Content, Key, Node, Position, twice};
use crate::subsidy::problem::{Problem, ProblemKind};

/// A list or object that is still open; an object holds the name that waits for its value.
enum Open {
    List(Position, Vec<Node>),
    Map(Position, Vec<(Key, Node)>, Option<Key>),
}

struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    budget: Budget,
}

pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let mut builder = Builder { open: Vec::new(), root: None, budget: Budget::new() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let marker = error.marker();
            let at = position(marker.line(), marker.col());
            Problem::new(at, ProblemKind::NotReadable, error.info().to_owned())
        })?;
        builder.take(event, span)?;
    }
    let empty = || Problem::new(Position { line: 1, column: 1 }, ProblemKind::NotReadable, "the document is empty");
    builder.root.ok_or_else(empty)
}

fn position(line: usize, column: usize) -> Position {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Position { line: number(line), column: number(column).saturating_add(1) }
}

fn refused(at: Position, what: &str) -> Problem {
    Problem::new(at, ProblemKind::NotReadable, what)
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let at = position(span.start.line(), span.start.col());
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err(refused(at, "only one document is read")),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
            Event::Alias(_) => Err(refused(at, "aliases are not read")),
            Event::Scalar(_, _, 1.., _) | Event::SequenceStart(1.., _) | Event::MappingStart(1.., _) => {
                Err(refused(at, "anchors are not read"))
            }
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                Err(refused(at, "tags are not read"))
            }
            Event::Scalar(text, style, ..) => self.scalar(at, text.into_owned(), style),
            Event::SequenceStart(..) => self.start(at, Open::List(at, Vec::new())),
            Event::MappingStart(..) => self.start(at, Open::Map(at, Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    fn start(&mut self, at: Position, open: Open) -> Result<(), Problem> {
        self.budget.spend(at, self.open.len())?;
        if let Some(Open::Map(_, _, None)) = self.open.last() {
            return Err(refused(at, "a name is a text"));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let node = match self.open.pop() {
            Some(Open::List(at, items)) => Node { at, content: Content::List(items.into()) },
            Some(Open::Map(at, members, _)) => match twice(&members) {
                Some(problem) => return Err(problem),
                None => Node { at, content: Content::Map(members.into()) },
            },
            None => return Ok(()),
        };
        self.put(node);
        Ok(())
    }

    fn scalar(&mut self, at: Position, text: String, style: ScalarStyle) -> Result<(), Problem> {
        if let Some(Open::Map(_, _, name @ None)) = self.open.last_mut() {
            *name = Some(Key { at, name: text.into() });
            return Ok(());
        }
        self.budget.spend(at, self.open.len())?;
        let content = if style == ScalarStyle::Plain { plain(text) } else { Content::Text(text.into()) };
        self.put(Node { at, content });
        Ok(())
    }

    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, members, name)) => {
                if let Some(name) = name.take() {
                    members.push((name, node));
                }
            }
        }
    }
}

fn plain(text: String) -> Content {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        _ if is_number(&text) => Content::Number(text.into()),
        _ => Content::Text(text.into()),
    }
}
