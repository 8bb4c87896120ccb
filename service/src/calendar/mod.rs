//! The calendar in force: the newest version of the database, seeded from the documents of the build.

use std::sync::Arc;

use domain::calendar::Calendar;
use sea_orm::ConnectionTrait;

use crate::context::Context;
use crate::error::{Error, Result};

/// The name of Guangxi's calendar.
pub const NAME: &str = "GX";

/// The calendar to compute with now.
pub async fn current(context: &Context, connection: &impl ConnectionTrait) -> Result<Arc<Calendar>> {
    if let Some(calendar) = context.cached_calendar() {
        return Ok(calendar);
    }
    let calendar = Arc::new(load(connection).await?);
    context.cache_calendar(Some(calendar.clone()));
    Ok(calendar)
}

async fn load(connection: &impl ConnectionTrait) -> Result<Calendar> {
    use entity::calendar_version::{Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
    let row = Entity::find()
        .filter(Column::Name.eq(NAME))
        .order_by_desc(Column::Number)
        .one(connection)
        .await?
        .ok_or_else(|| Error::internal("no calendar is loaded"))?;
    let documents = domain::calendar::parse_documents(&row.document)
        .map_err(|_| Error::unreadable("calendar_version", "document", row.id))?;
    Ok(Calendar::new(format!("{NAME}-{}", row.number), documents))
}

/// Stores the calendar of the build unless one is there.
pub async fn seed(context: &Context) -> Result<()> {
    use entity::calendar_version::{ActiveModel, Column, Entity};
    use sea_orm::{EntityTrait, Set, TryInsertResult};
    let row = ActiveModel {
        id: Set(context.new_id()),
        name: Set(NAME.to_owned()),
        number: Set(1),
        document: Set(domain::calendar::SEED.to_owned()),
        reason: Set(None),
        source: Set(None),
        created_by: Set(None),
        created_at: Set(context.now()),
    };
    let inserting = Entity::insert(row).on_conflict_do_nothing_on([Column::Name, Column::Number]);
    match inserting.exec(context.database().migrator()).await? {
        TryInsertResult::Empty | TryInsertResult::Conflicted | TryInsertResult::Inserted(_) => Ok(()),
    }
}
