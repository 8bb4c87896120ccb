//! A list is walked page by page while rows come and go: each row that stays is met once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::access::Role;
use domain::ids::{AccountId, OrganisationId};
use domain::organisation::{OrganisationKind, OrganisationState};
use entity::organisation;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::context::SeededRandom;
use crate::harness::db_tests;
use crate::harness::evidence::{evidence, rounds, seed};
use service::Random;

const PAGE: usize = 100;
const PATH: &str = "/api/v1/organisations";

fn row(app: &TestApp, number: u64, by: AccountId) -> organisation::Model {
    organisation::Model {
        id: app.ctx.new_id(),
        uscc: format!("{number:018}"),
        name: format!("第{number}公司"),
        kind: OrganisationKind::Enterprise,
        region: "450100".parse().unwrap(),
        state: OrganisationState::Verified,
        legal_representative: None,
        address: None,
        contact_email: None,
        registered_by: by,
        verified_by: None,
        verified_at: None,
        refusal_reason: None,
        successor_id: None,
        created_at: app.ctx.now(),
        updated_at: app.ctx.now(),
        version: 1,
    }
}

/// Rows of a walk, some of which other people remove and add.
struct Rows<'a> {
    app: &'a TestApp,
    by: AccountId,
    random: SeededRandom,
    alive: Vec<OrganisationId>,
    next: u64,
}

impl Rows<'_> {
    async fn add(&mut self, count: u64) {
        let mut rows = Vec::new();
        for _ in 0..count {
            // Ids carry the time in milliseconds.
            self.app.clock.advance(TimeDelta::milliseconds(1));
            rows.push(row(self.app, self.next, self.by));
            self.next += 1;
        }
        self.alive.extend(rows.iter().map(|row| row.id));
        let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
        organisation::Entity::insert_many(rows).exec_without_returning(self.app.connection()).await.unwrap();
    }

    async fn remove(&mut self, count: u64) {
        for _ in 0..count {
            let mut bytes = [0; 8];
            self.random.fill(&mut bytes);
            let place = u64::from_le_bytes(bytes) % self.alive.len() as u64;
            let id = self.alive.swap_remove(usize::try_from(place).unwrap());
            organisation::Entity::delete_by_id(id).exec(self.app.connection()).await.unwrap();
        }
    }
}

db_tests! {
    async fn a_walk_meets_what_stays_once(app: TestApp) {
        let clerk = app.account(Seat::in_region(Role::CityClerk, "450100")).await;
        let seed = seed();
        println!("JIQIAO_SEED={seed}");
        let mut rows = Rows { app: &app, by: clerk.id, random: SeededRandom::new(seed), alive: Vec::new(), next: 0 };
        let total = rounds(1_000, 10_000);
        for _ in 0..total / 200 {
            rows.add(200).await;
        }
        let at_first: BTreeSet<OrganisationId> = rows.alive.iter().copied().collect();
        let mut met: BTreeMap<OrganisationId, u32> = BTreeMap::new();
        let (mut path, mut pages) = (format!("{PATH}?limit={PAGE}"), 0);
        loop {
            let page = app.get(&path).as_(&clerk.token).send().await.expect(200);
            let items = page.json["items"].as_array().unwrap();
            assert!(items.len() <= PAGE);
            for item in items {
                *met.entry(item["id"].as_str().unwrap().parse().unwrap()).or_default() += 1;
            }
            pages += 1;
            let Some(next) = page.json["next"].as_str() else { break };
            path = format!("{PATH}?limit={PAGE}&cursor={next}");
            rows.add(7).await;
            rows.remove(5).await;
        }
        let alive: BTreeSet<OrganisationId> = rows.alive.iter().copied().collect();
        let twice = met.values().filter(|times| **times > 1).count();
        let missing = at_first.intersection(&alive).filter(|id| !met.contains_key(id)).count();
        assert_eq!((twice, missing), (0, 0));
        // What came while walking is newer than where the walk began.
        assert!(met.keys().all(|id| at_first.contains(id)));
        let too_much = app.get(format!("{PATH}?limit={}", PAGE + 1)).as_(&clerk.token).send().await.expect(422);
        assert_eq!(too_much.json["errors"][0]["pointer"], "/limit");
        let engine = app.engine().as_str();
        evidence!("L3", engine, "{total} rows in {pages} pages with 7 inserts and 5 deletes between any two: {twice} twice, {missing} missing; 101 a page refused");
    }
}
