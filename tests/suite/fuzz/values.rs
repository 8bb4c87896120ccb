//! Readers of values: identifiers, addresses, names, cursors, rule sets, templates.

use chrono::NaiveDate;
use domain::broker::{Month, ResidentId, Uscc};
use domain::certificate::{CertificateNumber, VerificationCode};
use domain::region::RegionCode;
use domain::rule::{Fen, RuleSet};
use jobs::mail::{TEMPLATES, compose};
use service::notification::{Locale, Outgoing};
use service::page::{PageRequest, cursor};

use super::driver::{Found, Report, fuzz};
use crate::harness::context::TestContext;
use crate::harness::evidence::evidence;
use crate::harness::{Engine, Fixture};

/// Inputs of a short and of a long run.
const MANY: (u64, u64) = (3_000, 3_000_000);
const FEWER: (u64, u64) = (500, 300_000);

fn shown(target: &str, report: &Report) -> String {
    let Report { inputs, behaviours, corpus, seed } = report;
    format!("{target}: {inputs} inputs from {corpus} kept, {behaviours} behaviours, 0 crashes (seed {seed})")
}

/// A reader of texts, whose result read again is itself.
fn stable<T, E>(
    name: &str,
    text: &str,
    read: impl Fn(&str) -> Result<T, E>,
    write: impl Fn(&T) -> String,
) -> Result<bool, String> {
    let Ok(value) = read(text) else { return Ok(false) };
    let written = write(&value);
    match read(&written) {
        Ok(again) if write(&again) == written => Ok(true),
        Ok(again) => Err(format!("{name}: {written:?} is read as {:?}", write(&again))),
        Err(_) => Err(format!("{name}: {written:?} is not read again")),
    }
}

fn identifiers(text: &str) -> Found {
    let today: NaiveDate = "2026-11-24".parse().expect("a day");
    let taken = [
        stable("resident id", text, |text| ResidentId::parse(text, today), |id| id.as_str().to_owned())?,
        stable(
            "legacy id",
            text,
            |text| if text.len() == 18 { ResidentId::parse(text, today) } else { ResidentId::from_legacy(text, today) },
            |id| id.as_str().to_owned(),
        )?,
        stable("uscc", text, Uscc::parse, |code| code.as_str().to_owned())?,
        stable("month", text, str::parse::<Month>, ToString::to_string)?,
        stable("region", text, str::parse::<RegionCode>, ToString::to_string)?,
        stable("certificate number", text, str::parse::<CertificateNumber>, |number| number.as_str().to_owned())?,
        stable("verification code", text, str::parse::<VerificationCode>, |code| code.as_str().to_owned())?,
        stable("amount", text, str::parse::<Fen>, ToString::to_string)?,
    ];
    let fault = ResidentId::parse(text, today).err().map(|broken| broken.rule).unwrap_or_default();
    Ok(format!("{taken:?} {fault}"))
}

fn addresses(text: &str) -> Found {
    stable("e-mail", text, domain::broker::email, String::clone)?;
    stable("mobile", text, domain::broker::mobile, String::clone)?;
    stable("name", text, domain::broker::name, String::clone)?;
    if let Ok(address) = domain::broker::email(text) {
        let is_plain = address.is_ascii() && address.len() <= 254 && address.matches('@').count() == 1;
        if !is_plain || address.chars().any(|c| c.is_control() || c.is_whitespace() || "<>(),;:\"[]".contains(c)) {
            return Err(format!("{address:?} is an address"));
        }
    }
    Ok(format!(
        "{} {} {}",
        domain::broker::email(text).is_ok(),
        domain::broker::mobile(text).is_ok(),
        domain::broker::name(text).is_ok()
    ))
}

fn file_names(text: &str) -> Found {
    match domain::file::clean_name(text) {
        Ok(name) => {
            let again =
                domain::file::clean_name(&name).map_err(|fault| format!("{name:?} is not clean: {}", fault.rule))?;
            let is_harmless = !name.contains(['/', '\\', '\0', '\r', '\n', ':', '"', '%']) && !name.starts_with('.');
            if again == name && is_harmless {
                Ok(format!("clean {}", name == text))
            } else {
                Err(format!("{name:?}, again {again:?}"))
            }
        }
        Err(fault) => Ok(fault.rule),
    }
}

fn cursors(text: &str) -> Found {
    let page = PageRequest::new(Some(50), Some(text.to_owned())).map_err(|error| error.to_string())?;
    match page.parts() {
        Ok(Some(parts)) => {
            let again = PageRequest::new(Some(50), Some(cursor(&parts))).and_then(|page| page.parts());
            if again.as_ref().ok() == Some(&Some(parts.clone())) {
                Ok(format!("{} parts", parts.len()))
            } else {
                Err(format!("{parts:?} became {again:?}"))
            }
        }
        Ok(None) => Err("a cursor was lost".to_owned()),
        Err(error) => Ok(error.code().as_str().to_owned()),
    }
}

fn rule_sets(text: &str) -> Found {
    match RuleSet::read(text) {
        Ok(set) => Ok(format!("read {}", set.hash().len())),
        Err(problems) if problems.is_empty() => Err("refused without a reason".to_owned()),
        Err(problems) => Ok(problems[0].kind.to_string()),
    }
}

fn utf8(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

#[tokio::test]
async fn identifiers_read_again_are_themselves() {
    let report = fuzz("identifier", MANY, Vec::new(), async |input| identifiers(&utf8(input))).await;
    evidence!(
        "T9",
        "-",
        "{}",
        shown("identifiers (GB 11643, GB 32100, months, regions, numbers, codes, amounts)", &report)
    );
}

#[tokio::test]
async fn addresses_and_names_are_plain() {
    let report = fuzz("address", MANY, Vec::new(), async |input| addresses(&utf8(input))).await;
    evidence!("T9", "-", "{}", shown("e-mail addresses, mobile numbers, names", &report));
}

#[tokio::test]
async fn file_names_are_harmless() {
    let report = fuzz("file_name", MANY, Vec::new(), async |input| file_names(&utf8(input))).await;
    evidence!("T9", "-", "{}", shown("file names", &report));
}

#[tokio::test]
async fn cursors_are_read_or_refused() {
    let seeds = vec![
        cursor(&["019f0000-0000-7000-8000-000000000000".to_owned()]).into_bytes(),
        cursor(&["a".to_owned(), "b".to_owned()]).into_bytes(),
    ];
    let report = fuzz("cursor", MANY, seeds, async |input| cursors(&utf8(input))).await;
    evidence!("T9", "-", "{}", shown("cursors", &report));
}

#[tokio::test]
async fn rule_sets_are_read_or_explained() {
    let report = fuzz("rule_set", FEWER, Vec::new(), async |input| rule_sets(&utf8(input))).await;
    evidence!("T9", "-", "{}", shown("rule sets", &report));
}

#[tokio::test]
async fn templates_word_any_value_or_none() {
    let test = TestContext::on(Engine::Sqlite).await;
    let seeds: Vec<Vec<u8>> =
        TEMPLATES.iter().map(|template| template.particulars().to_string().into_bytes()).collect();
    let report = fuzz("template", FEWER, seeds, async |input| {
        let Ok(params) = serde_json::from_slice::<serde_json::Value>(input) else { return Ok("no JSON".to_owned()) };
        let mut words = Vec::new();
        for template in TEMPLATES {
            let mail = Outgoing {
                id: test.ctx.new_id(),
                to: "wang@example.org".to_owned(),
                event: template.event.to_owned(),
                locale: Locale::En,
                params: params.clone(),
                message_id: "<one@jiqiao.invalid>".to_owned(),
                references: None,
                case_id: None,
                attempts: 0,
                expires_at: test.ctx.now(),
                remedy_until: None,
            };
            if let Ok(message) = compose(&test.ctx, &mail) {
                let raw = utf8(&message.formatted());
                let head = raw.split("\r\n\r\n").next().unwrap_or("");
                if head.lines().filter(|line| line.starts_with("Subject:")).count() != 1 || head.contains("\nBcc:") {
                    return Err(format!("{}: {head}", template.event));
                }
                words.push(template.event);
            }
        }
        Ok(words.join(" "))
    })
    .await;
    evidence!("T9", "-", "{}", shown("template values", &report));
}
