//! Files over HTTP: the body is the file, the answer an attachment.

use domain::access::Role;
use domain::ids::CaseId;
use serde_json::json;

use super::sample::pdf;
use crate::harness::account::{Login, Seat};
use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::evidence;
use crate::harness::people::caller_as;

async fn broker_with_case(app: &TestApp) -> (Login, CaseId) {
    let broker = app.account(Seat::of(Role::Broker)).await;
    let case = app.case(&caller_as(broker.id, Vec::new()), None, |_| {}).await;
    (broker, case)
}

db_tests! {
    async fn a_file_goes_up_and_comes_down_as_an_attachment(app: TestApp) {
        let (broker, case) = broker_with_case(&app).await;
        let path = format!("/api/v1/cases/{case}/files?name=%E8%AF%81%E6%98%8E.pdf&purpose=registration_proof");
        let send = || app.post(&*path).as_(&broker.token).key("upload-1").bytes("application/pdf", pdf());
        let made = send().send().await.expect(201);
        let location = made.header("location").to_owned();
        assert_eq!(made.json["name"], "证明.pdf");
        let again = send().send().await.expect(201);
        assert_eq!((again.header("idempotency-replayed"), &again.json["id"]), ("true", &made.json["id"]));
        let other = app.post(&*path).as_(&broker.token).key("upload-1").bytes("application/octet-stream", pdf());
        assert_eq!(other.send().await.expect(422).code(), "idempotency_key_reused");

        let down = app.get(&*location).as_(&broker.token).send().await.expect(200);
        assert_eq!(down.bytes, pdf());
        assert_eq!(down.header("content-type"), "application/pdf");
        assert_eq!(down.header("content-disposition"), "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E8%AF%81%E6%98%8E.pdf");
        assert_eq!(down.header("cache-control"), "no-store");
        assert_eq!(down.header("x-content-type-options"), "nosniff");
        assert!(down.header("content-security-policy").starts_with("sandbox"));
        let list = app.get(format!("/api/v1/cases/{case}/files")).as_(&broker.token).send().await.expect(200);
        assert_eq!(list.json["items"].as_array().unwrap().len(), 1);

        let stranger = app.account(Seat::of(Role::Broker)).await;
        app.get(&*location).as_(&stranger.token).send().await.expect(404);
        app.get(&*location).send().await.expect(401);
        let ranged = app.get(&*location).as_(&broker.token).header("range", "bytes=0-3").send().await;
        assert_eq!(ranged.expect(200).bytes, pdf());
        app.delete(&*location).as_(&broker.token).send().await.expect(204);
        app.get(&*location).as_(&broker.token).send().await.expect(404);
        evidence!("F7", app.engine().as_str(), "attachment, nosniff, sandbox and no-store on the download; stranger 404, anonymous 401, removed 404");
    }

    /// What a name becomes in `Content-Disposition`: two forms, neither of which leaves its quotes.
    async fn names_stay_inside_their_header(app: TestApp) {
        let (broker, case) = broker_with_case(&app).await;
        let names = [
            "a.pdf", "a b.pdf", "证明.pdf", "a;b.pdf", "a,b.pdf", "a'b.pdf", "a\"b.pdf", "a\\b.pdf", "a=b.pdf", "a&b.pdf", "a#b.pdf",
            "a+b.pdf", "100%.pdf", "é.pdf", "🙂.pdf", "a\r\nSet-Cookie: x=1.pdf", "a\u{202e}fdp.pdf", "a\u{2028}b.pdf", "filename*=x.pdf",
            "a\tb.pdf", "[a].pdf", "(a).pdf", "{a}.pdf", "<a>.pdf", "a?b.pdf", "a*b.pdf", "a|b.pdf", "a:b.pdf", "\u{2066}a.pdf", "a\u{0}.pdf",
        ];
        for name in names {
            let mut query = String::new();
            for byte in name.bytes() {
                query.push_str(&format!("%{byte:02X}"));
            }
            let path = format!("/api/v1/cases/{case}/files?name={query}&purpose=registration_proof");
            let made = app.post(path).as_(&broker.token).bytes("application/pdf", pdf()).send().await.expect(201);
            let down = app.get(made.header("location")).as_(&broker.token).send().await.expect(200);
            let header = down.header("content-disposition");
            let rest = header.strip_prefix("attachment; filename=\"").unwrap_or_else(|| panic!("{name:?}: {header}"));
            let (plain, extended) = rest.split_once("\"; filename*=UTF-8''").unwrap_or_else(|| panic!("{name:?}: {header}"));
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._- ".contains(&b);
            // RFC 8187 attr-char, and percent signs of its own only.
            let is_extended = |b: u8| b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&b);
            assert!(plain.bytes().all(is_plain) && extended.bytes().all(is_extended), "{name:?}: {header}");
            assert_eq!(down.headers.get_all("set-cookie").iter().count(), 0, "{name:?}");
        }
        evidence!("F5", app.engine().as_str(), "{} names in Content-Disposition, RFC 6266 and RFC 8187 each", names.len());
    }

    async fn what_is_no_file_is_refused(app: TestApp) {
        let (broker, case) = broker_with_case(&app).await;
        let path = |name: &str| format!("/api/v1/cases/{case}/files?name={name}&purpose=other");
        let send = |name: &str, bytes: Vec<u8>| app.post(path(name)).as_(&broker.token).bytes("application/octet-stream", bytes);
        let html = send("a.pdf", b"<html></html>".to_vec()).send().await.expect(422);
        assert_eq!(html.json["errors"][0]["rule"], "file_type");
        assert_eq!(send("..", pdf()).send().await.expect(422).json["errors"][0]["pointer"], "/name");
        send("a.pdf", pdf()).without("idempotency-key").send().await.expect(400);
        send("a.pdf", pdf()).header("content-encoding", "gzip").send().await.expect(415);
        let large = [pdf(), vec![b'\n'; 21 * 1024 * 1024]].concat();
        assert_eq!(send("a.pdf", large).send().await.expect(413).code(), "too_large");
        app.post(path("a.pdf").replace("other", "nothing")).as_(&broker.token).bytes("application/pdf", pdf()).send().await.expect(422);
    }

    async fn rounds_and_organisations_keep_their_promises(app: TestApp) {
        let clerk = app.account(Seat::of(Role::RegionClerk)).await;
        let rules = app.get("/api/v1/rule-sets").send().await.expect(200).json["items"][0]["id"].clone();
        app.get(format!("/api/v1/rule-sets/{}", rules.as_str().unwrap())).send().await.expect(200);
        let round = json!({ "process": "certification", "title": "2026年第一批", "opens_at": "2026-08-01T09:00:00+08:00",
            "closes_at": "2026-08-31T17:30:00+08:00", "rule_set_id": rules, "max_file_bytes": 1000, "max_files": 2 });
        let made = app.post("/api/v1/rounds").as_(&clerk.token).json(&round).send().await.expect(201);
        let location = made.header("location").to_owned();
        let change = json!({ "title": "2026年第二批", "region": null });
        let edited = app.patch(&*location).as_(&clerk.token).if_match(made.header("etag")).json(&change).send().await.expect(200);
        app.patch(&*location).as_(&clerk.token).if_match(made.header("etag")).json(&change).send().await.expect(412);
        let publish = app.post(format!("{location}/actions/publish")).as_(&clerk.token).if_match(edited.header("etag"));
        publish.json(&json!({})).send().await.expect(200);
        app.get(&*location).as_(&clerk.token).send().await.expect(200);
        app.get("/api/v1/rounds?open=true").as_(&clerk.token).send().await.expect(200);

        let city = app.account(Seat::in_region(Role::CityClerk, "450100")).await;
        let organisation = json!({ "uscc": "91350100M000100Y43", "name": "南宁示例公司", "kind": "enterprise", "region": "450100" });
        let made = app.post("/api/v1/organisations").as_(&city.token).json(&organisation).send().await.expect(201);
        let location = made.header("location").to_owned();
        let verify = app.post(format!("{location}/actions/verify")).as_(&city.token).if_match(made.header("etag"));
        let verified = verify.send().await.expect(200);
        let invite = json!({ "email": "confirmer@example.org", "role": "employer_confirmer" });
        let member = app.post(format!("{location}/members")).as_(&city.token).json(&invite).send().await.expect(201);
        app.get(format!("{location}/members")).as_(&city.token).send().await.expect(200);
        app.run_due().await;
        assert!(app.mails().iter().any(|mail| format!("{mail:?}").contains("confirmer")));
        let seat = format!("{location}/members/{}", member.json["id"].as_str().unwrap());
        app.delete(&*seat).as_(&city.token).send().await.expect(428);
        app.delete(&*seat).as_(&city.token).if_match(verified.header("etag")).send().await.expect(204);
        app.get("/api/v1/organisations?uscc=91350100M000100Y43").as_(&clerk.token).send().await.expect(200);
    }

    async fn auditors_read_the_trail_and_administrators_the_queue(app: TestApp) {
        let auditor = app.account(Seat::of(Role::Auditor)).await;
        app.get("/api/v1/audit?object_kind=rule_set").as_(&auditor.token).send().await.expect(200);
        app.get("/api/v1/jobs").as_(&auditor.token).send().await.expect(403);
        let refusals = app.get("/api/v1/audit/refusals?limit=1").as_(&auditor.token).send().await.expect(200);
        assert_eq!(refusals.json["items"][0]["code"], "forbidden");
        let administrator = app.account(Seat::of(Role::SystemAdministrator)).await;
        app.get("/api/v1/jobs?state=dead").as_(&administrator.token).send().await.expect(200);
        let nowhere = "/api/v1/jobs/019f0000-0000-7000-8000-000000000000/actions/requeue";
        app.post(nowhere).as_(&administrator.token).send().await.expect(404);
    }
}
