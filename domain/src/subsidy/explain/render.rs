//! Text and HTML of an explanation.

use std::fmt::Write as _;

use super::view::{Explanation, Line};
use super::words::Language;

impl Explanation {
    /// Lines of text, parts indented.
    pub fn text(&self) -> String {
        let mut out = format!("{} {}\n{}\n{}\n", self.rule, self.rule_title, self.subject, self.result);
        self.lines.iter().for_each(|line| line.text(1, &mut out));
        self.remarks.iter().for_each(|remark| {
            let _ = writeln!(out, "* {remark}");
        });
        let (engine, hash) = (&self.engine_version, &self.rule_hash);
        let _ = match self.language {
            Language::Zh => writeln!(out, "规则摘要 {hash}，计算引擎 {engine}"),
            Language::En => writeln!(out, "rule {hash}, engine {engine}"),
        };
        out
    }

    /// A section of HTML without style or script.
    pub fn html(&self) -> String {
        let mut out = format!(
            "<section lang=\"{}\">\n<h2>{}</h2>\n<h3>{}</h3>\n<p><strong>{}</strong></p>\n<ol>\n",
            self.language,
            escaped(&self.rule_title),
            escaped(&self.subject),
            escaped(&self.result)
        );
        self.lines.iter().for_each(|line| line.html(&mut out));
        out.push_str("</ol>\n");
        if !self.remarks.is_empty() {
            out.push_str("<ul>\n");
            self.remarks.iter().for_each(|remark| {
                let _ = writeln!(out, "<li>{}</li>", escaped(remark));
            });
            out.push_str("</ul>\n");
        }
        let _ = writeln!(out, "<footer><code>{}</code> {}</footer>\n</section>", self.rule_hash, self.engine_version);
        out
    }
}

impl Line {
    fn numbers(&self) -> Option<String> {
        (self.before_yuan != self.after_yuan).then(|| format!("{} → {}", self.before_yuan, self.after_yuan))
    }

    fn text(&self, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        let numbers = self.numbers().map(|numbers| format!("  [{numbers}]")).unwrap_or_default();
        let _ = writeln!(out, "{indent}{}: {}{numbers}", self.stage, self.sentence);
        if !self.basis.is_empty() || !self.words.is_empty() {
            let words = if self.words.is_empty() { String::new() } else { format!(" “{}”", self.words) };
            let _ = writeln!(out, "{indent}  ({}; {}{words})", self.clause, self.basis);
        }
        self.remarks.iter().for_each(|remark| {
            let _ = writeln!(out, "{indent}  - {remark}");
        });
        self.parts.iter().for_each(|part| part.text(depth + 1, out));
    }

    fn html(&self, out: &mut String) {
        let numbers = self.numbers().map(|numbers| format!(" <data>{numbers}</data>")).unwrap_or_default();
        let _ = write!(
            out,
            "<li><b>{}</b> {}{numbers} <cite title=\"{}\">{}</cite>",
            escaped(&self.stage),
            escaped(&self.sentence),
            escaped(&self.clause),
            escaped(&self.basis)
        );
        if !self.words.is_empty() {
            let _ = write!(out, "<q>{}</q>", escaped(&self.words));
        }
        self.remarks.iter().for_each(|remark| {
            let _ = write!(out, "<br>{}", escaped(remark));
        });
        if !self.parts.is_empty() {
            out.push_str("<ol>\n");
            self.parts.iter().for_each(|part| part.html(out));
            out.push_str("</ol>");
        }
        out.push_str("</li>\n");
    }
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
        out
    })
}
