//! The calendar in force: the newest version of the database, seeded from the documents of the build.
//!
//! A version never changes. A correction makes the next one, and a job brings every open deadline to it.

mod answer;
mod correct;
mod replan;

pub use answer::{AddView, Addition, CalendarView, DayView, RegionalState, YearView, add, day, show, year};
pub use correct::{Correction, CorrectionView, correct};
pub use replan::{Replan, replan};

use std::sync::Arc;

use domain::calendar::{Calendar, YearDocument};
use entity::calendar_version::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// The name of Guangxi's calendar.
pub const NAME: &str = "GX";

/// The calendar to compute with now.
pub async fn current(context: &Context, connection: &impl ConnectionTrait) -> Result<Arc<Calendar>> {
    if let Some(calendar) = context.cached_calendar() {
        return Ok(calendar);
    }
    let calendar = Arc::new(load(connection).await?.1);
    context.cache_calendar(Some(calendar.clone()));
    Ok(calendar)
}

/// The newest version with its number, past the cache.
async fn load(connection: &impl ConnectionTrait) -> Result<(i32, Calendar)> {
    let row = newest(connection).await?.ok_or_else(|| Error::internal("no calendar is loaded"))?;
    let documents =
        serde_json::from_str(&row.document).map_err(|_| Error::unreadable("calendar_version", "document", row.id))?;
    Ok((row.number, Calendar::new(version(row.number), documents)))
}

async fn newest(connection: &impl ConnectionTrait) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Name.eq(NAME)).order_by_desc(Column::Number).one(connection).await?)
}

/// A version's name, such as `GX-3`.
fn version(number: i32) -> String {
    format!("{NAME}-{number}")
}

/// Stores the documents of the build as version 1, unless a version is there. Called at every start.
pub async fn seed(context: &Context) -> Result<()> {
    if newest(context.database().read()).await?.is_some() {
        return Ok(());
    }
    let documents = Calendar::seed().map_err(|error| Error::internal(format!("calendar of the build: {error}")))?;
    match context.write("calendar.seed", &Seed { documents }).await {
        // Another replica was first.
        Ok(()) | Err(Error::Refused(Code::AlreadyExists, _)) => {}
        Err(error) => return Err(error),
    }
    context.cache_calendar(None);
    Ok(())
}

struct Seed {
    documents: Vec<YearDocument>,
}

impl Work for Seed {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        if newest(tx.connection()).await?.is_some() {
            return Ok(());
        }
        correct::insert(tx, 1, &self.documents, None, None).await
    }
}
