//! The same path over HTTP, as clients walk it: every answer on it is judged by the document.

use chrono::TimeDelta;
use domain::access::Role;
use domain::certification::{Level, sample};
use domain::file::FilePurpose;
use domain::ids::OrganisationId;
use domain::word::Word;
use serde_json::{Value, json};

use crate::file::sample::png;
use crate::harness::account::{Login, Seat};
use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

fn opinion() -> Value {
    json!({ "text": "情况属实，同意", "signer": "李四" })
}

fn id(answer: &Answer) -> String {
    answer.json["id"].as_str().expect("an id").to_owned()
}

/// Acts with the version last seen, and gives the answer.
async fn act(app: &TestApp, who: &Login, case: &str, verb: &str, body: Value) -> Answer {
    let seen = app.get(format!("/api/v1/certifications/{case}")).as_(&who.token).send().await.expect(200);
    let path = format!("/api/v1/certifications/{case}/actions/{verb}");
    app.post(path).as_(&who.token).if_match(seen.etag()).json(&body).send().await
}

/// A verified employer with a confirmer.
async fn employer(app: &TestApp, clerk: &Login) -> Login {
    let body = json!({
        "uscc": sample::guangxi_uscc(), "name": "广西示例技术转移有限公司", "kind": "enterprise", "region": "450100"
    });
    let made = app.post("/api/v1/organisations").as_(&clerk.token).json(&body).send().await.expect(201);
    let path = format!("/api/v1/organisations/{}/actions/verify", id(&made));
    app.post(path).as_(&clerk.token).if_match(made.etag()).json(&json!({})).send().await.expect(200);
    let organisation: OrganisationId = id(&made).parse().unwrap();
    let seat = Seat { role: Role::EmployerConfirmer, region: None, organisation: Some(organisation) };
    let confirmer = app.account(seat).await;
    super::cast::member(app, organisation, confirmer.id).await;
    confirmer
}

/// A published round.
async fn round(app: &TestApp, clerk: &Login) -> String {
    let rules = app.get("/api/v1/rule-sets").send().await.expect(200);
    let body = json!({
        "process": "certification", "title": "2026年第一批", "rule_set_id": rules.json["items"][0]["id"],
        "opens_at": "2026-07-06T00:00:00+08:00", "closes_at": "2026-09-30T17:30:00+08:00",
        "max_file_bytes": 20_971_520, "max_files": 50
    });
    let made = app.post("/api/v1/rounds").as_(&clerk.token).json(&body).send().await.expect(201);
    let path = format!("/api/v1/rounds/{}/actions/publish", id(&made));
    app.post(path).as_(&clerk.token).if_match(made.etag()).json(&json!({})).send().await.expect(200);
    id(&made)
}

/// A complete draft.
async fn draft(app: &TestApp, broker: &Login, round: &str) -> String {
    for kind in domain::account::ConsentKind::ALL {
        let body = json!({ "kind": kind, "version": "2026-01" });
        app.post("/api/v1/me/consents").as_(&broker.token).json(&body).send().await.expect(201);
    }
    let mut profile = serde_json::to_value(sample::sample_person(3)).unwrap();
    let unknown = app.post("/api/v1/brokers").as_(&broker.token).json(&profile).send().await.expect(422);
    assert_eq!(
        (&unknown.json["errors"][0]["pointer"], &unknown.json["errors"][0]["rule"]),
        (&json!("/photo"), &json!("photo_unknown"))
    );
    profile["photo"] = Value::Null;
    let made = app.post("/api/v1/brokers").as_(&broker.token).json(&profile).send().await.expect(201);
    assert!(!made.json.to_string().contains("459999198808080"), "numbers leave masked");
    let own = app.get("/api/v1/brokers/me").as_(&broker.token).send().await.expect(200);
    let body = json!({ "rule_set_id": round, "form": { "target_level": "L1" } });
    let path = "/api/v1/certifications/eligibility-previews";
    let unknown = app.post(path).as_(&broker.token).json(&body).send().await.expect(422);
    assert_eq!(
        (&unknown.json["errors"][0]["pointer"], &unknown.json["errors"][0]["rule"]),
        (&json!("/rule_set_id"), &json!("rule_set_unknown"))
    );
    let body = json!({ "round_id": round, "kind": "initial", "target_level": "L1" });
    let opened = app.post("/api/v1/certifications").as_(&broker.token).json(&body).send().await.expect(201);
    let case = id(&opened);
    let again = app.post("/api/v1/certifications").as_(&broker.token).json(&body).send().await.expect(409);
    assert_eq!(again.code(), "active_application_exists");
    for purpose in [
        FilePurpose::IdentityDocument,
        FilePurpose::EducationCertificate,
        FilePurpose::EmploymentProof,
        FilePurpose::TrainingCertificate,
    ] {
        let path = format!("/api/v1/cases/{case}/files?purpose={purpose}&name={purpose}.pdf");
        app.post(path).as_(&broker.token).bytes("application/pdf", PDF).send().await.expect(201);
    }
    let path = format!("/api/v1/cases/{case}/files?purpose=photo&name=photo.png");
    let photo = app.post(path).as_(&broker.token).bytes("image/png", png()).send().await.expect(201);
    profile["photo"] = photo.json["id"].clone();
    let path = format!("/api/v1/brokers/{}", id(&own));
    app.put(path).as_(&broker.token).if_match(own.etag()).json(&profile).send().await.expect(200);
    let day = domain::time::civil_day(app.ctx.now());
    let form = serde_json::to_value(sample::sample_form_on(Level::L1, day, 3)).unwrap();
    let path = format!("/api/v1/certifications/{case}/form");
    let blind = app.put(path.clone()).as_(&broker.token).json(&form).send().await.expect(428);
    assert_eq!(blind.code(), "precondition_missing");
    let saved = app.put(path.clone()).as_(&broker.token).if_match(opened.etag()).json(&form).send().await.expect(200);
    assert_eq!(saved.json["faults"], json!([]));
    let stale = app.put(path).as_(&broker.token).if_match(opened.etag()).json(&form).send().await.expect(412);
    assert_eq!(stale.code(), "stale");
    case
}

db_tests! {
    async fn from_the_draft_to_the_verified_certificate(app: TestApp) {
        let clerk = app.account(Seat::of(Role::CityClerk)).await;
        let lead = app.account(Seat::of(Role::CityLead)).await;
        let region = app.account(Seat::of(Role::RegionClerk)).await;
        let decider = app.account(Seat::of(Role::RegionLead)).await;
        let broker = app.account(Seat::of(Role::Broker)).await;
        let stranger = app.account(Seat::in_region(Role::CityClerk, "450200")).await;
        let confirmer = employer(&app, &clerk).await;
        let round = round(&app, &region).await;
        let case = draft(&app, &broker, &round).await;
        app.get(format!("/api/v1/certifications/{case}/eligibility")).as_(&broker.token).send().await.expect(200);

        act(&app, &broker, &case, "submit", json!({})).await.expect(200);
        assert_eq!(act(&app, &broker, &case, "submit", json!({})).await.expect(409).code(), "state_forbids");
        let foreign = app.get(format!("/api/v1/certifications/{case}")).as_(&stranger.token).send().await;
        assert_eq!(foreign.expect(404).code(), "not_found");
        act(&app, &confirmer, &case, "confirm", opinion()).await.expect(200);
        let list = app.get("/api/v1/cases?at_my_desk=true&sort=due&count=true").as_(&clerk.token).send().await.expect(200);
        assert_eq!((&list.json["count"], &list.json["items"][0]["id"]), (&json!(1), &json!(case)));
        let item = app.get("/api/v1/certifications?state=city_review").as_(&clerk.token).send().await.expect(200);
        assert_eq!(item.json["items"][0]["id"], json!(case));
        let sheet = app.get("/api/v1/cases").as_(&clerk.token).header("accept", "text/csv").send().await.expect(200);
        assert!(String::from_utf8_lossy(&sheet.bytes).contains("city_review"));
        act(&app, &clerk, &case, "check_by_city", opinion()).await.expect(200);
        act(&app, &clerk, &case, "verify_training", opinion()).await.expect(200);
        act(&app, &lead, &case, "recommend", opinion()).await.expect(200);
        act(&app, &region, &case, "accept", json!({})).await.expect(200);
        app.run_due().await;
        act(&app, &region, &case, "pass_assessment", opinion()).await.expect(200);

        let body = json!({ "round_id": round, "title": "拟认定名单公示", "case_ids": [case] });
        let made = app.post("/api/v1/publicities").as_(&region.token).json(&body).send().await.expect(201);
        let path = format!("/api/v1/publicities/{}/actions/publish", id(&made));
        app.get(format!("/api/v1/public/publicities/{}", id(&made))).send().await.expect(404);
        app.post(path).as_(&decider.token).if_match(made.etag()).json(&json!({})).send().await.expect(200);
        let public = app.get(format!("/api/v1/public/publicities/{}", id(&made))).send().await.expect(200);
        assert_eq!(public.json["entries"][0]["name"], json!("韦海燕"));
        assert!(public.json["entries"][0].get("case_id").is_none());
        app.clock.advance(TimeDelta::days(8));
        app.run_due().await;

        let token = service::account::admin::open_session(&app.ctx, &broker.email).await.unwrap().access_token;
        let seen = app.get(format!("/api/v1/certifications/{case}")).as_(&token).send().await.expect(200);
        assert_eq!(seen.json["state"], json!("certified"));
        let certificates = app.get("/api/v1/certificates").as_(&token).send().await.expect(200);
        let certificate = &certificates.json["items"][0];
        let code = certificate["verification_code"].as_str().unwrap();
        let answer = app.get(format!("/api/v1/verifications/{code}")).send().await.expect(200);
        assert_eq!(answer.json["answer"], json!("valid"));
        let body = json!({ "number": certificate["number"], "name": certificate["holder_name"], "on": "2026-07-14" });
        let by_name = app.post("/api/v1/verifications").without("idempotency-key").json(&body).send().await.expect(200);
        assert_eq!(by_name.json["answer"], json!("valid"));
        let early = app.get(format!("/api/v1/verifications/{code}?on=2026-07-13")).send().await.expect(200);
        let nobody = app.get("/api/v1/verifications/0123456789ABCDEF?on=2026-07-13").send().await.expect(200);
        assert_eq!(early.json, nobody.json, "a day before the issue tells nothing");
        let mails = app.mails();
        let certified = mails.iter().filter(|mail| mail.raw.contains("Subject")).count();
        assert!(certified >= 8, "each step is told by mail");
        assert!(!mails.iter().any(|mail| mail.raw.contains("459999198808080")));
    }
}
