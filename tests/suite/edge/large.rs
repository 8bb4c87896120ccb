//! Long texts cost time in proportion to their length, wherever something is searched or taken apart; wildcards of a
//! search are letters.

use std::time::{Duration, Instant};

use domain::access::Role;
use domain::broker::{Month, ResidentId, Uscc};
use domain::certificate::{CertificateNumber, VerificationCode};
use domain::region::RegionCode;
use domain::rule::RuleSet;
use openapi::Document;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::body::schema;
use super::malformed::{Examiner, NOTHING, filled, parameters};
use crate::contract::headers::query;
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::evidence;
use crate::harness::schema::{full, percent, texts};

/// Bytes of a long text.
const LONG: usize = 30_000;
/// What the requirement allows, unoptimised and on a busy machine.
const CEILING: Duration = Duration::from_millis(50 * 10);
/// The same for a whole request, with its connection and its statements.
const REQUEST: Duration = Duration::from_secs(2);

/// Texts that make bad patterns slow.
const SEEDS: [&str; 9] = ["a", "1", "a@", "%_", "..", "(a+)+", "１", "\\", "王"];

fn long(seed: &str) -> String {
    seed.repeat(LONG / seed.len())
}

type Reader = (&'static str, fn(&str));

fn day() -> chrono::NaiveDate {
    "2026-07-06".parse().expect("a day")
}

/// Everything that takes a text of a stranger apart.
fn readers() -> Vec<Reader> {
    vec![
        ("email", |text| drop(domain::broker::email(text))),
        ("mobile", |text| drop(domain::broker::mobile(text))),
        ("name", |text| drop(domain::broker::name(text))),
        ("plain", |text| drop(domain::broker::plain(text, 1, 200))),
        ("resident id", |text| drop(ResidentId::parse(text, day()))),
        ("uscc", |text| drop(Uscc::parse(text))),
        ("month", |text| drop(text.parse::<Month>())),
        ("region", |text| drop(text.parse::<RegionCode>())),
        ("file name", |text| drop(domain::file::clean_name(text))),
        ("certificate number", |text| drop(text.parse::<CertificateNumber>())),
        ("verification code", |text| drop(text.parse::<VerificationCode>())),
        ("one line", |text| drop(service::notification::one_line(text))),
        ("rule set", |text| drop(RuleSet::read(text))),
    ]
}

fn took(reader: fn(&str), text: &str) -> Duration {
    // The best of three: what else the machine does is no property of the reader.
    (0..3)
        .map(|_| {
            let begun = Instant::now();
            reader(text);
            begun.elapsed()
        })
        .min()
        .unwrap_or_default()
}

#[test]
fn readers_of_text_are_linear() {
    let mut slowest = (Duration::ZERO, "", "");
    let mut calls = 0;
    for (name, reader) in readers() {
        for seed in SEEDS {
            let time = took(reader, &long(seed));
            assert!(time < CEILING, "{name} of `{seed}`: {time:?}");
            calls += 1;
            if time > slowest.0 {
                slowest = (time, name, seed);
            }
        }
    }
    let (time, name, seed) = slowest;
    let double = took(readers().into_iter().find(|(known, _)| *known == name).unwrap().1, &long(seed).repeat(2));
    evidence!(
        "L6",
        "-",
        "{calls} readings of {LONG} bytes: slowest {time:.1?} ({name}), twice the length {double:.1?}; 0 regular expressions in the program"
    );
}

db_tests! {
    async fn long_texts_are_answered_at_once(app: TestApp) {
        let document = Document::built().unwrap();
        let mut examiner = Examiner::new(&app);
        let (mut calls, mut slowest) = (0, Duration::ZERO);
        for operation in document.operations() {
            let (name, path) = (operation.name(), filled(operation.path, NOTHING));
            let token = examiner.token(operation).await;
            let base = query(&document, operation);
            let mut requests = Vec::new();
            for parameter in parameters(operation, "query") {
                let pair = format!("{}={}", parameter["name"].as_str().unwrap(), long("%25_a"));
                let kept = base.split('&').filter(|known| known.split('=').next() != pair.split('=').next() && !known.is_empty());
                let all: Vec<&str> = kept.chain([pair.as_str()]).collect();
                requests.push(examiner.call(operation, token.as_deref(), &format!("{path}?{}", all.join("&"))));
            }
            if let Some(schema) = schema(&document, operation) {
                let mut body = full(&document, schema);
                for place in texts(&body) {
                    *body.pointer_mut(&place).unwrap() = json!("%_a".repeat(3_000));
                }
                requests.push(examiner.call(operation, token.as_deref(), &path).json(&body));
            }
            for request in requests {
                let begun = Instant::now();
                let answer = request.send().await;
                let time = begun.elapsed();
                assert!(answer.status < 500 && time < REQUEST, "{name}: {} in {time:?}", answer.status);
                slowest = slowest.max(time);
                calls += 1;
            }
        }
        evidence!("L6", app.engine().as_str(), "{calls} requests with {LONG} bytes in every query parameter and long texts in every body: 0 of 5xx, slowest {slowest:.0?}");
    }

    async fn wildcards_of_a_search_are_letters(app: TestApp) {
        let clerk = app.account(Seat::in_region(Role::CityClerk, "450100")).await.token;
        let names = ["百分%公司", "百分之公司", "下_划公司", "下一划公司", "感叹!公司", "感叹公司", "反\\斜公司"];
        for (number, name) in names.iter().enumerate() {
            let uscc = format!("9135010{number}M000100Y4");
            let check = domain::broker::uscc_check(&uscc).expect("a check character");
            let body = json!({ "uscc": format!("{uscc}{check}"), "name": "南宁示例公司", "kind": "enterprise", "region": "450100" });
            let made = app.post("/api/v1/organisations").as_(&clerk).json(&body).send().await.expect(201);
            let id: domain::ids::OrganisationId = made.json["id"].as_str().unwrap().parse().unwrap();
            let change = entity::organisation::Entity::update_many().col_expr(entity::organisation::Column::Name, Expr::value(*name));
            change.filter(entity::organisation::Column::Id.eq(id)).exec(app.connection()).await.unwrap();
        }
        for (search, found) in [("百分%", 1), ("百分", 2), ("下_", 1), ("下", 2), ("感叹!", 1), ("反\\", 1), ("%", 0), ("_", 0), ("%公司", 0), ("!", 0)] {
            let name = percent(search);
            let list = app.get(format!("/api/v1/organisations?name={name}")).as_(&clerk).send().await.expect(200);
            assert_eq!(list.json["items"].as_array().unwrap().len(), found, "{search}");
        }
        evidence!("L6", app.engine().as_str(), "10 searches with %, _, ! and \\: wildcards are letters");
    }
}
