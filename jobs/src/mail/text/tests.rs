//! Every event in both languages, as snapshots and as properties.

use domain::certification::process::{Certification, Event};
use domain::process::Process;
use service::notification::TITLES;

use super::*;

fn today() -> NaiveDate {
    "2026-11-24".parse().unwrap()
}

fn all() -> impl Iterator<Item = (&'static str, Locale, Rendered)> {
    TEMPLATES.iter().flat_map(|template| {
        Locale::ALL.map(|locale| {
            let rendered = preview(template, locale, today());
            (template.event, locale, rendered.unwrap_or_else(|error| panic!("{}: {error}", template.event)))
        })
    })
}

#[test]
fn every_event_has_one_title_and_one_template() {
    let mut titles: Vec<_> = TITLES.iter().map(|title| title.event).collect();
    let mut templates: Vec<_> = TEMPLATES.iter().map(|template| template.event).collect();
    titles.sort_unstable();
    templates.sort_unstable();
    assert_eq!(titles, templates);
    for event in <Event as domain::word::Word>::ALL {
        let word = format!("{}.{event}", Certification::NAME);
        assert!(templates.contains(&word.as_str()), "{word} has no template");
    }
}

#[test]
fn the_words_of_every_mail() {
    for locale in Locale::ALL {
        let mails = all()
            .filter(|(_, of, _)| *of == locale)
            .map(|(event, _, mail)| format!("===== {event}\nSubject: {}\n\n{}", mail.subject, mail.text));
        insta::assert_snapshot!(format!("text_{}", locale.tag()), mails.collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn the_layout_in_html() {
    let correction = TEMPLATES.iter().find(|template| template.event == "certification.correction_requested").unwrap();
    insta::assert_snapshot!(preview(correction, Locale::Zh, today()).unwrap().html);
}

#[test]
fn nothing_that_people_typed_works_in_a_mail() {
    for (event, _, mail) in all() {
        assert!(!mail.html.contains("<script"), "{event}");
        assert!(!mail.html.contains("<img"), "{event} loads a picture");
        assert!(!mail.subject.contains(['\r', '\n']), "{event}");
        for body in [&mail.text, &mail.html] {
            assert!(!body.contains("evil.example"), "{event} shows a foreign link");
            for link in body.split("https://").skip(1) {
                assert!(link.starts_with("jiqiao.example/"), "{event} links to {link}");
            }
        }
    }
}

#[test]
fn no_length_of_a_period_is_written_down() {
    for template in TEMPLATES {
        let mail = preview(template, Locale::Zh, today()).unwrap();
        for unit in ["日内", "天内", "个工作日"] {
            let figure = mail.text.split(unit).next().and_then(|before| before.chars().last());
            let has_unit = mail.text.contains(unit);
            assert!(!(has_unit && figure.is_some_and(|c| c.is_ascii_digit())), "{} names a period", template.event);
        }
    }
}

#[test]
fn a_missing_variable_is_an_error() {
    for template in TEMPLATES.iter().filter(|template| !template.event.starts_with("account.")) {
        let full = (template.sample)();
        for name in full.as_object().unwrap().keys() {
            let optional = [
                "state",
                "due_at",
                "stage",
                "is_overdue",
                "before",
                "error",
                "name",
                "organisation",
                "reason",
                "expires_at",
                "secret",
                "number",
                "title",
                "case_id",
            ];
            let is_case = template.event.starts_with("certification.");
            let is_optional = if is_case { name == "due_at" } else { optional.contains(&name.as_str()) };
            if is_optional {
                continue;
            }
            let mut less = full.clone();
            less.as_object_mut().unwrap().remove(name);
            let given = Given { params: &less, ..given(template.event, &full) };
            assert!(matches!(render(&given), Err(RenderError::Params { .. })), "{} without {name}", template.event);
        }
    }
}

fn given<'a>(event: &'a str, params: &'a Value) -> Given<'a> {
    Given { event, locale: Locale::Zh, params, public_url: samples::PUBLIC_URL, today: today(), remedy_until: None }
}

#[test]
fn a_link_to_elsewhere_is_refused() {
    for link in [
        "https://evil.example/confirm",
        "https://jiqiao.example.evil.example/",
        "https://jiqiao.example@evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "https://jiqiao.example/a\r\nBcc: a@b.example",
    ] {
        let params = serde_json::json!({ "name": "王明", "secret": { "link": link } });
        let outcome = render(&given("account.reset_password", &params));
        // A path keeps to our own host whatever follows.
        match outcome {
            Err(RenderError::ForeignLink { .. }) => {}
            Ok(mail) => assert!(mail.text.contains("https://jiqiao.example//evil.example"), "{link}"),
            Err(error) => panic!("{link}: {error}"),
        }
    }
    let params = serde_json::json!({ "name": "王明" });
    assert!(matches!(render(&given("account.reset_password", &params)), Err(RenderError::Params { .. })));
}

#[test]
fn an_event_of_a_newer_version_still_says_something() {
    let params = serde_json::json!({ "number": "CE-2026-000123-X" });
    let mail = render(&given("certification.of_the_future", &params)).unwrap();
    assert!(mail.text.contains("CE-2026-000123-X"), "{}", mail.text);
    assert_eq!(mail.subject, "[CE-2026-000123-X]");
}
