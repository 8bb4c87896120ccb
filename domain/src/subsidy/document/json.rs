//! Strict JSON (RFC 8259) with positions.

use std::str::Chars;

use super::{Budget, Content, Key, Node, Position, twice};
use crate::subsidy::problem::{Problem, ProblemKind};

pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let mut parser = Parser { rest: text.chars(), at: Position { line: 1, column: 1 }, budget: Budget::new() };
    parser.blanks();
    let node = parser.value(0)?;
    parser.blanks();
    if parser.peek().is_some() { Err(parser.wrong("nothing after the value")) } else { Ok(node) }
}

struct Parser<'t> {
    rest: Chars<'t>,
    at: Position,
    budget: Budget,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        if next == '\n' {
            self.at = Position { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
        Some(next)
    }

    fn wrong(&self, expected: &str) -> Problem {
        let found = self.peek().map_or_else(|| "the end".to_owned(), |c| format!("`{}`", c.escape_debug()));
        Problem::new(self.at, ProblemKind::NotReadable, format!("expected {expected}, found {found}"))
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.next();
        }
    }

    fn take(&mut self, wanted: char) -> Result<(), Problem> {
        if self.peek() != Some(wanted) {
            return Err(self.wrong(&format!("`{wanted}`")));
        }
        self.next();
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Node, Problem> {
        let at = self.at;
        self.budget.spend(at, depth)?;
        let content = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Content::Text(self.text()?.into()),
            Some('-' | '0'..='9') => Content::Number(self.number()?.into()),
            Some('t') => self.word("true", Content::Bool(true))?,
            Some('f') => self.word("false", Content::Bool(false))?,
            Some('n') => self.word("null", Content::Null)?,
            _ => return Err(self.wrong("a value")),
        };
        Ok(Node { at, content })
    }

    fn word(&mut self, word: &str, content: Content) -> Result<Content, Problem> {
        let problem = self.wrong(word);
        if !self.rest.as_str().starts_with(word) {
            return Err(problem);
        }
        for _ in word.chars() {
            self.next();
        }
        Ok(content)
    }

    fn object(&mut self, depth: usize) -> Result<Content, Problem> {
        self.take('{')?;
        let mut members = Vec::new();
        self.blanks();
        while self.peek() != Some('}') {
            if !members.is_empty() {
                self.take(',')?;
                self.blanks();
            }
            let at = self.at;
            if self.peek() != Some('"') {
                return Err(self.wrong("a name in quotes"));
            }
            let name = self.text()?.into();
            self.blanks();
            self.take(':')?;
            self.blanks();
            members.push((Key { at, name }, self.value(depth + 1)?));
            self.blanks();
        }
        self.take('}')?;
        twice(&members).map_or(Ok(Content::Map(members.into())), Err)
    }

    fn list(&mut self, depth: usize) -> Result<Content, Problem> {
        self.take('[')?;
        let mut items = Vec::new();
        self.blanks();
        while self.peek() != Some(']') {
            if !items.is_empty() {
                self.take(',')?;
                self.blanks();
            }
            items.push(self.value(depth + 1)?);
            self.blanks();
        }
        self.take(']')?;
        Ok(Content::List(items.into()))
    }

    fn number(&mut self) -> Result<String, Problem> {
        let start = self.wrong("a number without leading zeros");
        let mut text = String::new();
        while let Some(c @ ('-' | '+' | '.' | 'e' | 'E' | '0'..='9')) = self.peek() {
            text.push(c);
            self.next();
        }
        if is_number(&text) { Ok(text) } else { Err(start) }
    }

    fn text(&mut self) -> Result<String, Problem> {
        self.take('"')?;
        let mut text = String::new();
        loop {
            match self.peek() {
                Some('"') => {
                    self.next();
                    return Ok(text);
                }
                Some('\\') => {
                    self.next();
                    text.push(self.escape()?);
                }
                Some(c) if c >= ' ' => {
                    text.push(c);
                    self.next();
                }
                _ => return Err(self.wrong("the end of the text")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let problem = self.wrong("an escape");
        let plain = match self.next().ok_or_else(|| problem.clone())? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode().ok_or(problem),
            _ => return Err(problem),
        };
        Ok(plain)
    }

    fn unicode(&mut self) -> Option<char> {
        let first = self.four()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        if self.next()? != '\\' || self.next()? != 'u' {
            return None;
        }
        let second = self.four().filter(|second| (0xdc00..0xe000).contains(second))?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    fn four(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |sum, _| Some(sum * 16 + self.next()?.to_digit(16)?))
    }
}

/// The grammar of JSON's numbers.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(w, p)| (w, Some(p)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && part.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)))
}
