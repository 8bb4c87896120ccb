//! Mails about certification (N02 to N24).

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use domain::certification::process::{Certification, Correction, Defect, Event, Refusal, State};
use domain::ids::CaseId;
use domain::process::Process;
use domain::word::Word;
use serde::Deserialize;
use service::notification::Locale;

use super::case::{date, desk, due, link};
use super::inert::inert;
use super::{Content, Given, RenderError, event, missing, params};

/// As the follow-up of a decision writes them (`service::process`).
#[derive(Deserialize)]
struct Params {
    number: String,
    title: String,
    applicant: String,
    state: String,
    due_at: Option<DateTime<Utc>>,
    case_id: CaseId,
    tale: Tale,
}

/// As certification tells it (`service::certification`).
#[derive(Deserialize)]
struct Tale {
    correction: Option<Correction>,
    refusal: Option<Refusal>,
    closing: Option<Closing>,
    review: Option<Review>,
    acceptance: Option<Acceptance>,
    certificate: Option<Certificate>,
}

#[derive(Deserialize)]
struct Closing {
    #[serde(default)]
    returned: Vec<Defect>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Review {
    mean_hundredths: Option<i64>,
    experts: Option<u32>,
    votes_yes: Option<u32>,
}

#[derive(Deserialize)]
struct Acceptance {
    #[serde(default)]
    by_silence: bool,
}

#[derive(Deserialize)]
struct Certificate {
    number: String,
    code: String,
    valid_until: NaiveDate,
}

/// What the templates see; everything that people typed is inert.
struct Shown {
    event: Event,
    number: String,
    title: String,
    applicant: String,
    owner: Option<String>,
    due: Option<String>,
    items: Vec<String>,
    answers: Vec<String>,
    returned: Vec<String>,
    reason: Option<String>,
    remedy: Option<String>,
    remedy_until: Option<String>,
    is_by_silence: bool,
    score: Option<String>,
    certificate: Option<ShownCertificate>,
}

struct ShownCertificate {
    number: String,
    code: String,
    valid_until: String,
}

#[derive(Template)]
#[template(path = "certification.zh.txt")]
struct Zh<'a> {
    c: &'a Shown,
}

#[derive(Template)]
#[template(path = "certification.en.txt")]
struct En<'a> {
    c: &'a Shown,
}

pub fn content(given: &Given<'_>) -> Result<Content, RenderError> {
    let params: Params = params(given)?;
    let event: Event = event(given)?;
    check(given, event, &params.tale)?;
    let link = link(given, params.case_id);
    let shown = &shown(given, event, params);
    let body = match given.locale {
        Locale::Zh => Zh { c: shown }.render()?,
        Locale::En => En { c: shown }.render()?,
    };
    Ok(Content { body, link: Some(link) })
}

/// What an event cannot be told without.
fn check(given: &Given<'_>, event: Event, tale: &Tale) -> Result<(), RenderError> {
    let is_there = match event {
        Event::CorrectionRequested | Event::CorrectionAnswered => tale.correction.is_some(),
        Event::NotRecommended | Event::NotAccepted | Event::NotApproved => tale.refusal.is_some(),
        Event::EmployerReturned => tale.closing.as_ref().is_some_and(|closing| !closing.returned.is_empty()),
        Event::Certified => tale.certificate.is_some(),
        Event::Submitted
        | Event::EmployerConfirmed
        | Event::Lapsed
        | Event::Recommended
        | Event::CorrectionExtended
        | Event::Accepted
        | Event::ReviewTask
        | Event::ConflictDeclared
        | Event::ReviewPassed
        | Event::NotPassed
        | Event::PublicityOpened
        | Event::PublicityClean
        | Event::Withdrawn
        | Event::DraftExpired => true,
    };
    if is_there { Ok(()) } else { Err(missing(given, "the tale lacks what this event is about")) }
}

fn shown(given: &Given<'_>, event: Event, params: Params) -> Shown {
    let Params { number, title, applicant, state, due_at, tale, .. } = params;
    let is_refusal =
        matches!(event, Event::NotRecommended | Event::NotAccepted | Event::NotPassed | Event::NotApproved);
    let refusal = tale.refusal.filter(|_| is_refusal);
    let closing = tale.closing.as_ref();
    let withdrawal = || closing.filter(|_| event == Event::Withdrawn).and_then(|closing| closing.reason.clone());
    let owner = State::parse(&state).and_then(Certification::desk).filter(|_| event != Event::ReviewTask);
    let has_review = matches!(event, Event::ReviewPassed | Event::NotPassed);
    Shown {
        event,
        number: inert(&number),
        title: inert(&title),
        applicant: inert(&applicant),
        owner: owner.map(|role| desk(role, given.locale)),
        due: due_at.map(|at| due(at, given)),
        items: tale.correction.iter().flat_map(|correction| &correction.items).map(item).collect(),
        answers: tale
            .correction
            .iter()
            .flat_map(|correction| correction.answers.iter().map(|answer| (answer, &correction.items)))
            .map(|(answer, items)| {
                let asked = usize::try_from(answer.item).ok().and_then(|position| items.get(position));
                let asked = asked.map(|defect| inert(&defect.text)).unwrap_or_default();
                format!("{asked} → {}", inert(&answer.text))
            })
            .collect(),
        returned: closing.iter().flat_map(|closing| &closing.returned).map(item).collect(),
        reason: refusal.as_ref().map(|refusal| inert(&refusal.text)).or_else(|| withdrawal().map(|text| inert(&text))),
        remedy: refusal.as_ref().map(|refusal| inert(&refusal.remedy)),
        remedy_until: given.remedy_until.filter(|_| is_refusal).map(|day| date(day, given.locale)),
        is_by_silence: tale.acceptance.is_some_and(|acceptance| acceptance.by_silence),
        score: tale.review.filter(|_| has_review).and_then(|review| score(&review, given.locale)),
        certificate: tale.certificate.map(|certificate| ShownCertificate {
            number: inert(&certificate.number),
            code: inert(&certificate.code),
            valid_until: date(certificate.valid_until, given.locale),
        }),
    }
}

fn item(defect: &Defect) -> String {
    inert(&defect.text)
}

fn score(review: &Review, locale: Locale) -> Option<String> {
    let (mean, experts, yes) = (review.mean_hundredths?, review.experts?, review.votes_yes?);
    let mean = format!("{}.{:02}", mean / 100, mean % 100);
    Some(match locale {
        Locale::Zh => format!("平均{mean}分，{experts}名专家中{yes}名同意。"),
        Locale::En => format!("mean {mean} points, {yes} of {experts} experts in favour."),
    })
}
