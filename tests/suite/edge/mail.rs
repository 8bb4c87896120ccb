//! Nothing that people typed adds a header or a recipient to a mail: payloads in every text that reaches one, through
//! to the bytes that a mail server gets.

use jobs::mail::{MailConfig, Mailer, TEMPLATES, compose};
use serde_json::{Value, json};
use service::notification::{Locale, Outgoing};

use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::evidence::evidence;
use crate::harness::schema::texts;
use crate::harness::smtp::Sink;

/// What ends a header, a message or a command, or names another recipient.
const PAYLOADS: [&str; 20] = [
    "a\r\nBcc: evil@example.net",
    "a\nBcc: evil@example.net",
    "a\rBcc: evil@example.net",
    "a\r\n\r\n<html>evil</html>",
    "a\r\n.\r\nMAIL FROM:<evil@example.net>\r\nRCPT TO:<evil@example.net>\r\nDATA\r\n",
    "a\u{2028}Bcc: evil@example.net",
    "a\u{2029}Bcc: evil@example.net",
    "a\u{85}Bcc: evil@example.net",
    "a\u{b}Bcc: evil@example.net",
    "a\u{c}Bcc: evil@example.net",
    "a\0\r\nBcc: evil@example.net",
    "a\r\n Bcc: evil@example.net",
    "a%0d%0aBcc: evil@example.net",
    "=?utf-8?q?a=0d=0aBcc:=20evil@example.net?=",
    "evil@example.net, other@example.net",
    "<evil@example.net>",
    "a\r\nSubject: evil\r\nReply-To: evil@example.net",
    "a\r\nContent-Type: text/html\r\n\r\nevil",
    "a\r\nMessage-ID: <evil@example.net>",
    "王明\r\n密送: evil@example.net\r\nBcc: evil@example.net",
];

/// The headers that a mail of ours has.
const HEADERS: [&str; 11] = [
    "From",
    "To",
    "Date",
    "Message-ID",
    "Subject",
    "Auto-Submitted",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

fn outgoing(test: &TestContext, event: &str, to: &str, params: Value) -> Outgoing {
    Outgoing {
        id: test.ctx.new_id(),
        to: to.to_owned(),
        event: event.to_owned(),
        locale: Locale::Zh,
        params,
        message_id: "<one@jiqiao.invalid>".to_owned(),
        references: Some("<root@jiqiao.invalid>".to_owned()),
        case_id: None,
        attempts: 0,
        expires_at: test.ctx.now(),
        remedy_until: None,
    }
}

/// The names of the headers, continued lines left out.
fn names(raw: &str) -> Vec<String> {
    let head = raw.split("\r\n\r\n").next().unwrap();
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

/// What is wrong with a message, if anything.
fn fault(raw: &str) -> Option<String> {
    let names = names(raw);
    let foreign = names.iter().find(|name| !HEADERS.contains(&name.as_str()));
    let twice = names.iter().find(|name| names.iter().filter(|other| other == name).count() > 1);
    let bare = raw.replace("\r\n", "").contains(['\r', '\n', '\0']);
    foreign.or(twice).cloned().or_else(|| bare.then(|| "a bare line break or NUL".to_owned()))
}

db_tests! {
    async fn no_text_adds_a_header_or_a_recipient(test: TestContext) {
        let (mut mails, mut refused, mut wrong) = (0, 0, Vec::new());
        for template in TEMPLATES {
            let particulars = template.particulars();
            for place in texts(&particulars) {
                for payload in PAYLOADS {
                    let mut params = particulars.clone();
                    *params.pointer_mut(&place).unwrap() = json!(payload);
                    // A text of a closed vocabulary, an id or a link refuses what is none.
                    let Ok(message) = compose(&test.ctx, &outgoing(&test, template.event, "wang@example.org", params)) else {
                        refused += 1;
                        continue;
                    };
                    mails += 1;
                    let recipients: Vec<String> = message.envelope().to().iter().map(ToString::to_string).collect();
                    let raw = String::from_utf8(message.formatted()).unwrap();
                    if recipients != ["wang@example.org"] {
                        wrong.push(format!("{} {place} {payload:?}: to {recipients:?}", template.event));
                    }
                    if let Some(fault) = fault(&raw) {
                        wrong.push(format!("{} {place} {payload:?}: {fault}", template.event));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {mails}:\n{}", wrong.len(), wrong.join("\n"));
        // In the address itself.
        for payload in PAYLOADS {
            for to in [payload.to_owned(), format!("wang@example.org{payload}"), format!("wang{payload}@example.org")] {
                let made = compose(&test.ctx, &outgoing(&test, "account.password_changed", &to, json!({ "name": "王明" })));
                if let Ok(message) = made {
                    let envelope = message.envelope().to();
                    assert!(envelope.len() == 1 && envelope[0].to_string() == to && !to.contains(['\r', '\n', ',', ' ']), "{to:?} became {envelope:?}");
                }
            }
        }
        assert!(mails > 500, "{mails}");
        evidence!("I3", test.engine().as_str(), "{} payloads in every text of {} templates: {mails} mails, 0 extra headers, 0 extra recipients ({refused} refused before)", PAYLOADS.len(), TEMPLATES.len());
    }

    async fn what_a_mail_server_gets_is_one_mail_to_one_recipient(test: TestContext) {
        let sink = Sink::start().await;
        let mailer = Mailer::from_config(&MailConfig::Smtp { url: sink.url() }).unwrap();
        let template = TEMPLATES.iter().find(|template| template.event == "certification.correction_requested").unwrap();
        for payload in PAYLOADS {
            let mut params = template.particulars();
            for place in ["/applicant", "/title", "/number", "/tale/correction/items/0/text"] {
                *params.pointer_mut(place).unwrap() = json!(payload);
            }
            let mail = outgoing(&test, template.event, "wang@example.org", params);
            let message = compose(&test.ctx, &mail).unwrap();
            mailer.send(test.ctx.now(), &mail.message_id, &message).await.unwrap();
        }
        let taken = sink.taken();
        assert_eq!(taken.len(), PAYLOADS.len(), "one mail per sending");
        for mail in &taken {
            assert_eq!(mail.to, "wang@example.org");
            let raw = mail.data.replace('\n', "\r\n");
            assert_eq!(fault(&raw), None, "{raw}");
        }
        evidence!("I3", test.engine().as_str(), "{} mails through SMTP: 1 recipient each, 0 extra commands", taken.len());
    }
}
