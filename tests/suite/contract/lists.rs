//! Lists, counts, exports and attachments show what may be read one by one, and nothing else.

use std::collections::BTreeSet;

use domain::access::{Permission, Role};
use domain::certification::Level;
use domain::ids::CaseId;
use entity::{case_file, certificate};
use openapi::Operation;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::Value;

use super::stage::{Person, Stage};
use crate::certification::cast::{grant, person};
use crate::harness::evidence::{evidence, rounds};
use crate::harness::{Engine, TestDb, db_tests};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// More cases: a draft that only its applicant may see, and one that was submitted in another city, with a certificate.
async fn more_cases(stage: &Stage) -> (CaseId, CaseId) {
    let app = &stage.cast.app;
    let mut made = Vec::new();
    for number in [5, 7] {
        let broker = person(app, &format!("broker{number}"), &[grant(Role::Broker, None, None)]).await;
        made.push(stage.cast.draft_of(&broker, number, Level::L1).await.id);
    }
    let mut row = stage.cast.row(made[1]).await;
    row.region = "450300".parse().unwrap();
    row.organisation_id = None;
    (row.submitted_at, row.state) = (Some(app.ctx.now()), "city_review".to_owned());
    row.desk_role = Some(Role::CityClerk);
    row.into_active_model().reset_all().update(app.connection()).await.unwrap();
    let mut paper = certificate::Entity::find().one(app.connection()).await.unwrap().unwrap();
    paper.id = app.ctx.new_id();
    "GXTB-2026-L1-00002".clone_into(&mut paper.number);
    "FEDCBA9876543210".clone_into(&mut paper.code);
    paper.case_id = made[1];
    paper.region = "450300".parse().unwrap();
    paper.into_active_model().reset_all().insert(app.connection()).await.unwrap();
    (made[0], made[1])
}

fn ids(json: &Value) -> BTreeSet<String> {
    json["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
}

/// Whether a person reads one thing of a list.
async fn reads(stage: &Stage, person: &Person, path: &str, id: &str) -> bool {
    let path = match path {
        // The worklist's cases are read where they belong.
        "/api/v1/cases" => format!("/api/v1/certifications/{id}"),
        path => format!("{path}/{id}"),
    };
    let answer = stage.app.get(path).as_(&person.token).send().await;
    answer.status == 200
}

/// Lists of things that have an address of their own, and whose things one may read by it.
fn has_single(stage: &Stage, operation: Operation<'_>) -> bool {
    let single = format!("{}/{{id}}", operation.path);
    let found = stage.document().operations().into_iter().any(|other| other.method == "get" && other.path == single);
    found || operation.path == "/api/v1/cases"
}

db_tests! {
    async fn a_list_shows_what_one_may_read_and_nothing_else(db: TestDb) {
        let stage = Stage::on(&db).await;
        let (draft, elsewhere) = more_cases(&stage).await;
        let (mut lists, mut rows, mut foreign) = (0, 0, Vec::new());
        let operations = stage.document().operations();
        let listing = operations.iter().filter(|operation| operation.method == "get" && !operation.path.contains('{') && operation.permissions().is_some());
        for operation in listing {
            for person in &stage.people {
                let answer = stage.app.get(format!("{}?limit=100", operation.path)).as_(&person.token).send().await;
                if !answer.json["items"].is_array() {
                    continue;
                }
                lists += 1;
                let found = ids(&answer.json);
                rows += found.len();
                let theirs = stage.people.iter().filter(|other| other.account != person.account).flat_map(|other| &other.own);
                foreign.extend(theirs.filter(|(_, id)| found.contains(id)).map(|(path, id)| format!("{path} {id} shown to {}", person.name())));
                if found.contains(&draft.to_string()) {
                    foreign.push(format!("a draft in {} to {}", operation.path, person.name()));
                }
                if has_single(&stage, *operation) {
                    for id in &found {
                        if !reads(&stage, person, operation.path, id).await {
                            foreign.push(format!("{} {id} is listed and not read by {}", operation.path, person.name()));
                        }
                    }
                }
            }
        }
        assert!(foreign.is_empty(), "{}", foreign.join("\n"));
        assert!(!reads(&stage, stage.named("city_clerk"), "/api/v1/certifications", &elsewhere.to_string()).await);
        evidence!("A7", db.engine().as_str(), "{lists} lists of all roles with {rows} rows: 0 foreign");
    }

    async fn a_draft_of_a_round_is_nowhere_for_who_does_not_manage_rounds(db: TestDb) {
        let stage = Stage::on(&db).await;
        let draft = super::things::draft_round(&stage).await;
        let nothing = super::authorisation::NOTHING;
        let mut compared = 0;
        for person in stage.people.iter().filter(|person| Permission::ReadRounds.roles().contains(&person.role)) {
            let manages = Permission::ManageRounds.roles().contains(&person.role);
            let get = |id: String| stage.app.get(format!("/api/v1/rounds/{id}")).as_(&person.token).send();
            let (here, nowhere) = (get(draft.to_string()).await, get(nothing.to_owned()).await);
            assert_eq!(here.status == 200, manages, "{}", person.name());
            assert!(manages || (here.status, &here.json["title"]) == (nowhere.status, &nowhere.json["title"]), "{}", person.name());
            let list = stage.app.get("/api/v1/rounds?limit=100").as_(&person.token).send().await.expect(200);
            assert_eq!(ids(&list.json).contains(&draft.to_string()), manages, "{}", person.name());
            compared += 1;
        }
        evidence!("A3", db.engine().as_str(), "a draft round to {compared} readers: shown to its managers, a missing one to the others");
    }

    async fn counts_and_exports_follow_the_list(db: TestDb) {
        let stage = Stage::on(&db).await;
        let (draft, elsewhere) = more_cases(&stage).await;
        let names: Vec<(String, String)> = case_file::Entity::find().all(db.connection()).await.unwrap().into_iter().map(|row| (row.id.to_string(), row.number)).collect();
        let (mut exports, mut wrong) = (0, Vec::new());
        // Every third person on PostgreSQL, where the filter is the same text.
        let step = if db.engine() == Engine::Sqlite { 1 } else { usize::try_from(rounds(3, 1)).unwrap() };
        for person in stage.people.iter().step_by(step) {
            for query in ["", "?sort=due", "?region=450300", "?state=city_review", "?at_my_desk=true", "?overdue=true"] {
                let joined = if query.is_empty() { "?" } else { "&" };
                let list = stage.app.get(format!("/api/v1/cases{query}{joined}count=true")).as_(&person.token).send().await;
                if list.status != 200 {
                    continue;
                }
                let found = ids(&list.json);
                if list.json["count"].as_u64() != Some(found.len() as u64) && query != "?sort=due" {
                    wrong.push(format!("{} counts {} and lists {}", person.name(), list.json["count"], found.len()));
                }
                let csv = stage.app.get(format!("/api/v1/cases{query}")).as_(&person.token).header("accept", "text/csv").send().await.expect(200);
                let text = String::from_utf8(csv.bytes).unwrap();
                exports += 2;
                for (id, number) in &names {
                    if text.contains(number.as_str()) != found.contains(id) {
                        wrong.push(format!("{} {query}: {number} in CSV {}", person.name(), text.contains(number.as_str())));
                    }
                }
                let sheet = stage.app.get(format!("/api/v1/cases{query}")).as_(&person.token).header("accept", XLSX).send().await.expect(200);
                let cells = strings(&sheet.bytes);
                if cells.iter().filter(|cell| names.iter().any(|(_, number)| number == *cell)).count() != found.len() {
                    wrong.push(format!("{} {query}: XLSX {cells:?}", person.name()));
                }
            }
            for (what, case) in [("draft", draft), ("elsewhere", elsewhere)] {
                let is_theirs = !person.is_foreign && what == "elsewhere" && matches!(person.role, Role::RegionClerk | Role::RegionLead | Role::IntegrityOfficer | Role::Auditor);
                for part in ["files", "deadlines", "deliveries"] {
                    let answer = stage.app.get(format!("/api/v1/cases/{case}/{part}")).as_(&person.token).send().await;
                    if answer.status == 200 && !is_theirs {
                        wrong.push(format!("{part} of {what} shown to {}", person.name()));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(exports > 0);
        evidence!("A7", db.engine().as_str(), "{exports} exports in CSV and XLSX equal their lists; files, deadlines and mails of foreign cases: 0 shown");
    }
}

/// The texts of a spreadsheet: a ZIP archive whose shared strings are deflated.
fn strings(sheet: &[u8]) -> Vec<String> {
    let xml = crate::contract::unzip::entry(sheet, "xl/sharedStrings.xml").unwrap_or_default();
    xml.split("<t")
        .skip(1)
        .filter_map(|part| part.split_once('>')?.1.split_once("</t>").map(|(text, _)| text.to_owned()))
        .collect()
}
