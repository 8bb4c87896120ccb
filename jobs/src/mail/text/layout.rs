//! The one layout of all mails: plain text, and the same words as HTML without any picture.

use askama::Template;
use service::notification::Locale;

use super::{Content, RenderError, Rendered};

/// A part of the body.
#[derive(Debug, PartialEq, Eq)]
pub enum Block {
    Paragraph(String),
    List(Vec<String>),
}

#[derive(Template)]
#[template(path = "layout.txt")]
struct Text<'a> {
    greeting: &'a str,
    heading: &'a str,
    body: &'a str,
    link: Option<&'a str>,
    link_label: &'a str,
    footer: &'a str,
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Html<'a> {
    language: &'a str,
    greeting: &'a str,
    heading: &'a str,
    blocks: &'a [Block],
    link: Option<&'a str>,
    link_label: &'a str,
    footer: &'a str,
}

struct Words {
    greeting: &'static str,
    link_label: &'static str,
    footer: &'static str,
}

const ZH: Words = Words {
    greeting: "您好：",
    link_label: "查看或办理：",
    footer: "本邮件由技桥系统自动发出，请勿回复；回复无人查收。如有疑问，请联系办理该事项的主管部门。",
};
const EN: Words = Words {
    greeting: "Hello,",
    link_label: "Open:",
    footer: "This mail was sent automatically by Jiqiao. Please do not reply; nobody reads replies. If you have \
             questions, please contact the authority in charge.",
};

/// Puts content into the layout.
pub fn dress(locale: Locale, subject: String, heading: &str, content: &Content) -> Result<Rendered, RenderError> {
    let Words { greeting, link_label, footer } = match locale {
        Locale::Zh => ZH,
        Locale::En => EN,
    };
    let blocks = blocks(&content.body);
    let body = plain(&blocks);
    let link = content.link.as_deref();
    let text = Text { greeting, heading, body: &body, link, link_label, footer }.render()?;
    let language = locale.tag();
    let html = Html { language, greeting, heading, blocks: &blocks, link, link_label, footer }.render()?;
    Ok(Rendered { subject, text: collapsed(&text), html })
}

/// Paragraphs and lists of a rendered body; what stands between two items of a list does not end it.
fn blocks(body: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for line in body.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match (line.strip_prefix("- "), blocks.last_mut()) {
            (Some(item), Some(Block::List(items))) => items.push(item.to_owned()),
            (Some(item), _) => blocks.push(Block::List(vec![item.to_owned()])),
            (None, _) => blocks.push(Block::Paragraph(line.to_owned())),
        }
    }
    blocks
}

fn plain(blocks: &[Block]) -> String {
    let parts = blocks.iter().map(|block| match block {
        Block::Paragraph(text) => text.clone(),
        Block::List(items) => items.iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n"),
    });
    parts.collect::<Vec<_>>().join("\n\n")
}

/// At most one empty line in a row.
fn collapsed(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    let mut text = lines.join("\n").trim_end().to_owned();
    text.push('\n');
    text
}
