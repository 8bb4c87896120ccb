//! The operations, as requests.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use bytes::Bytes;

use crate::data::{self, Broker, CLERK, Plan, State};
use crate::load::{self, Client, Requests};
use crate::world::House;

/// What is measured, by the names of the goals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Op {
    /// One application by id.
    R1,
    /// Fifty applications by state and city, page 1.
    R2,
    /// The same, four fifths down.
    R2C,
    /// Public verification.
    R3,
    /// A draft.
    W1,
    /// A submission.
    W2,
}

impl Op {
    pub const ALL: [Self; 6] = [Self::R1, Self::R2, Self::R2C, Self::R3, Self::W1, Self::W2];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::R2C => "R2C",
            Self::R3 => "R3",
            Self::W1 => "W1",
            Self::W2 => "W2",
        }
    }

    pub fn is_write(self) -> bool {
        matches!(self, Self::W1 | Self::W2)
    }
}

/// Sessions of the clerk who reads.
const SESSIONS: usize = 8;
/// Different things that are read.
const TARGETS: usize = 1_000;
/// State and city of the lists: the fullest.
const LIST: &str = "/api/v1/certifications?state=certified&region=450100&limit=50";
/// How deep the deep page lies, in percent.
const DEPTH: usize = 80;

/// Requests of a reading operation, with fresh tokens.
pub async fn reads(house: &House, op: Op) -> anyhow::Result<Requests> {
    let tokens = house.tokens(&vec![CLERK.to_owned(); SESSIONS]).await?;
    let paths = match op {
        Op::R1 => applications(&house.plan),
        Op::R2 => vec![LIST.to_owned()],
        Op::R2C => vec![deep(&house.plan)?],
        Op::R3 => certificates(&house.plan),
        Op::W1 | Op::W2 => anyhow::bail!("{} is no read", op.as_str()),
    };
    let count = paths.len().max(tokens.len());
    let one = |at: usize| {
        let token = if op == Op::R3 { None } else { tokens.get(at % tokens.len()) };
        load::get(&paths[at % paths.len()], token.map(String::as_str))
    };
    Ok(Arc::new((0..count).map(one).collect()))
}

/// Evenly spread over all, at most so many.
fn spread<T>(all: Vec<T>) -> Vec<T> {
    let step = (all.len() / TARGETS).max(1);
    all.into_iter().step_by(step).take(TARGETS).collect()
}

/// Applications of the first level on the region's desk: with a form of the size that the goals name.
fn applications(plan: &Plan) -> Vec<String> {
    let all = data::applications(plan, 1, 0..plan.brokers);
    let desk = all.iter().filter(|case| case.state == State::RegionFormal);
    spread(desk.map(|case| format!("/api/v1/certifications/{}", case.id)).collect())
}

/// Seven valid ones and a superseded one in eight.
fn certificates(plan: &Plan) -> Vec<String> {
    let numbers = spread(plan.of_kind(Broker::Free).collect());
    let path = |(at, number): (usize, u32)| {
        let place = if at % 8 == 7 { 1 } else { 2 };
        format!("/api/v1/verifications/{}", data::code(place, number))
    };
    numbers.into_iter().enumerate().map(path).collect()
}

/// The page behind a cursor, as the program makes it.
fn deep(plan: &Plan) -> anyhow::Result<String> {
    let places = (0..3).flat_map(|place| data::applications(plan, place, 0..plan.brokers));
    let mut ids: Vec<_> = places
        .filter(|case| case.state == State::Certified && case.region.as_str() == "450100")
        .map(|case| case.id)
        .collect();
    ids.sort_unstable_by_key(|id| std::cmp::Reverse(id.0));
    let last = ids.get(ids.len() * DEPTH / 100).context("no deep page")?;
    Ok(format!("{LIST}&cursor={}", service::page::cursor(&[last.to_string()])))
}

/// The brokers of a writing operation with their tokens.
#[derive(Debug)]
pub struct Writers {
    op: Op,
    numbers: Vec<u32>,
    tokens: Vec<String>,
    plan: Plan,
}

impl Writers {
    /// At most `most` of those who may.
    pub async fn new(house: &House, op: Op, most: u32) -> anyhow::Result<Self> {
        let kind = if op == Op::W1 { Broker::Free } else { Broker::Drafter };
        let numbers: Vec<u32> = house.plan.of_kind(kind).take(most as usize).collect();
        let emails: Vec<String> = numbers.iter().map(|number| data::email(*number)).collect();
        let tokens = house.tokens(&emails).await?;
        Ok(Self { op, numbers, tokens, plan: house.plan })
    }

    /// The same brokers without tokens, for the inserts without token and audit.
    pub fn bare(house: &House, most: u32) -> Self {
        let numbers = house.plan.of_kind(Broker::Free).take(most as usize).collect();
        Self { op: Op::W1, numbers, tokens: Vec::new(), plan: house.plan }
    }

    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// One read each, as everybody reads before writing: what servers remember of a token, they remember now.
    pub async fn warm_up(&self, address: &str) -> anyhow::Result<()> {
        let mut client = Client::connect(address).await?;
        for (number, token) in self.numbers.iter().zip(&self.tokens) {
            let path = format!("/api/v1/certifications/{}", self.plan.case(1, *number));
            let answer = client.ask(&load::get(&path, Some(token))).await?;
            ensure!(answer.is_good(), "{path} answers {}", answer.status);
        }
        Ok(())
    }

    /// One request of everybody; `turn` keeps the idempotency keys of all turns apart.
    pub fn requests(&self, turn: u32) -> Requests {
        if self.tokens.is_empty() {
            return Arc::new(self.numbers.iter().map(|number| self.without_token(*number)).collect());
        }
        let both = self.numbers.iter().zip(&self.tokens);
        Arc::new(both.map(|(number, token)| self.request(turn, *number, token)).collect())
    }

    fn draft(&self) -> String {
        format!(r#"{{"round_id":"{}","kind":"initial","target_level":"L1"}}"#, self.plan.round())
    }

    fn without_token(&self, number: u32) -> Bytes {
        let account = format!("x-account: {}\r\n", self.plan.account(number));
        load::post("/bare/certifications", None, &account, &self.draft())
    }

    fn request(&self, turn: u32, number: u32, token: &str) -> Bytes {
        let key = format!("idempotency-key: turn-{turn}-{number}\r\n");
        if self.op == Op::W1 {
            return load::post("/api/v1/certifications", Some(token), &key, &self.draft());
        }
        let path = format!("/api/v1/certifications/{}/actions/submit", self.plan.case(1, number));
        load::post(&path, Some(token), &format!("{key}if-match: \"2.0\"\r\n"), "{}")
    }
}
