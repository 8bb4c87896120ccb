//! Takes back what a writing round wrote, so that the next one finds the same.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::deadline::DeadlineState;
use domain::ids::CaseId;
use entity::{case_file, certification, certification_contract, deadline, queue_job};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect};

use crate::ops::Op;
use crate::world::House;

static TURNS: AtomicU32 = AtomicU32::new(1);

/// A number for every writing round.
pub fn turn() -> u32 {
    TURNS.fetch_add(1, Ordering::Relaxed)
}

/// Takes back; audit rows stay, as they must.
pub async fn all(house: &House, op: Op, numbers: &[u32]) -> anyhow::Result<()> {
    match op {
        Op::W1 => drafts(house, numbers).await?,
        Op::W2 => submissions(house, numbers).await?,
        Op::R1 | Op::R2 | Op::R2C | Op::R3 => return Ok(()),
    }
    if house.connection.get_database_backend() == DbBackend::Postgres {
        for table in ["case_file", "certification", "deadline", "queue_job"] {
            house.connection.execute_unprepared(&format!("VACUUM {table}")).await?;
        }
    }
    Ok(())
}

/// The new drafts are gone: left behind, they would stand before the first page of every list.
async fn drafts(house: &House, numbers: &[u32]) -> anyhow::Result<()> {
    let connection = &house.connection;
    let brokers: Vec<_> = numbers.iter().map(|number| house.plan.broker(*number)).collect();
    let cases: Vec<CaseId> = certification::Entity::find()
        .select_only()
        .column(certification::Column::CaseId)
        .filter(certification::Column::IsOpen.eq(true))
        .filter(certification::Column::BrokerId.is_in(brokers))
        .into_tuple()
        .all(connection)
        .await?;
    deadline::Entity::delete_many()
        .filter(deadline::Column::CaseId.is_in(cases.iter().copied()))
        .exec(connection)
        .await?;
    certification::Entity::delete_many()
        .filter(certification::Column::CaseId.is_in(cases.iter().copied()))
        .exec(connection)
        .await?;
    case_file::Entity::delete_many().filter(case_file::Column::Id.is_in(cases)).exec(connection).await?;
    Ok(())
}

/// The submitted drafts are drafts again.
async fn submissions(house: &House, numbers: &[u32]) -> anyhow::Result<()> {
    let cases: Vec<CaseId> = numbers.iter().map(|number| house.plan.case(1, *number)).collect();
    let connection = &house.connection;
    case_file::Entity::update_many()
        .col_expr(case_file::Column::State, Expr::value("draft"))
        .col_expr(case_file::Column::Version, Expr::value(2))
        .col_expr(case_file::Column::DeskRole, Expr::value(Role::Broker))
        .col_expr(case_file::Column::Acts, Expr::value("[]"))
        .col_expr(case_file::Column::SubmittedAt, Expr::value(None::<DateTime<Utc>>))
        .filter(case_file::Column::Id.is_in(cases.clone()))
        .exec(connection)
        .await?;
    certification::Entity::update_many()
        .col_expr(certification::Column::Profile, Expr::value(None::<String>))
        .col_expr(certification::Column::Eligibility, Expr::value(None::<String>))
        .filter(certification::Column::CaseId.is_in(cases.clone()))
        .exec(connection)
        .await?;
    certification_contract::Entity::delete_many()
        .filter(certification_contract::Column::CaseId.is_in(cases.clone()))
        .exec(connection)
        .await?;
    deadlines(house, cases).await?;
    queue_job::Entity::delete_many()
        .filter(Expr::col(queue_job::Column::Name).eq("process.follow_up"))
        .exec(connection)
        .await?;
    Ok(())
}

async fn deadlines(house: &House, cases: Vec<CaseId>) -> anyhow::Result<()> {
    deadline::Entity::delete_many()
        .filter(deadline::Column::CaseId.is_in(cases.clone()))
        .filter(deadline::Column::Kind.ne("draft_idle"))
        .exec(&house.connection)
        .await?;
    deadline::Entity::update_many()
        .col_expr(deadline::Column::State, Expr::value(DeadlineState::Running))
        .col_expr(deadline::Column::ClosedAt, Expr::value(None::<DateTime<Utc>>))
        .filter(deadline::Column::CaseId.is_in(cases))
        .exec(&house.connection)
        .await?;
    Ok(())
}
