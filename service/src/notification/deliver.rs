//! One mail on its way: what is to be sent, whether it still should be, and how it ended. Sending itself is not here;
//! no transaction is open while a mail server talks.

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::Role;
use domain::ids::{AccountId, CaseId};
use domain::notification::DeliveryState;
use domain::region::RegionCode;
use domain::time::civil_day;
use entity::{case_file, notification_delivery};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::mask::{masked, masked_error};
use super::place::{Message, place};
use super::titles::Locale;
use crate::context::Context;
use crate::crypto::Place;
use crate::deadline::{Guard, still_applies};
use crate::error::{Error, Result};
use crate::process::{Address, desk};
use crate::transaction::{Tx, Work};

/// A mail that waits to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    pub id: Uuid,
    pub to: String,
    pub event: String,
    pub locale: Locale,
    pub params: Value,
    /// The same at every attempt, angle brackets included.
    pub message_id: String,
    /// The root of the case's thread, angle brackets included.
    pub references: Option<String>,
    pub case_id: Option<CaseId>,
    /// Attempts so far.
    pub attempts: u32,
    pub expires_at: DateTime<Utc>,
    /// Last day on which a review may be asked for, where the mail tells a refusal.
    pub remedy_until: Option<NaiveDate>,
}

/// What becomes of a mail now.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    Send(Box<Outgoing>),
    /// It waited longer than it may.
    Expired(Box<Outgoing>),
    /// Sent, given up, skipped just now, or never there.
    Settled,
}

/// Loads a mail with the present facts. One that no longer applies is skipped here and now.
pub async fn standing(context: &Context, id: Uuid) -> Result<Standing> {
    let connection = context.database().read();
    let Some(row) = notification_delivery::Entity::find_by_id(id).one(connection).await? else {
        return Ok(Standing::Settled);
    };
    if row.state != DeliveryState::Queued {
        return Ok(Standing::Settled);
    }
    let is_expired = context.now() >= row.expires_at;
    let mail = opened(context, connection, row).await?;
    if is_expired {
        return Ok(Standing::Expired(Box::new(mail)));
    }
    if !applies(context, &mail).await? {
        settle(context, &mail, DeliveryState::Skipped, Some("no longer applies".to_owned())).await?;
        return Ok(Standing::Settled);
    }
    Ok(Standing::Send(Box::new(mail)))
}

async fn opened(
    context: &Context,
    connection: &impl ConnectionTrait,
    row: notification_delivery::Model,
) -> Result<Outgoing> {
    let place = |column| Place { table: "notification_delivery", column, row: row.id };
    let unreadable = || Error::unreadable("notification_delivery", "params_cipher", row.id);
    let to = context.keys().open(place("address_cipher"), &row.address_cipher)?;
    let sealed = row.params_cipher.as_deref().ok_or_else(unreadable)?;
    let body: Value = serde_json::from_str(&context.keys().open(place("params_cipher"), sealed)?)?;
    let remedy_until = match row.case_id {
        Some(case) if crate::process::is_refusal(&row.template) => {
            remedy_until(context, connection, case, row.created_at).await?
        }
        _ => None,
    };
    Ok(Outgoing {
        id: row.id,
        to,
        event: row.template,
        locale: Locale::of(&row.locale),
        params: body.get("params").cloned().unwrap_or(Value::Null),
        message_id: row.message_id,
        references: row.references_id,
        case_id: row.case_id,
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        expires_at: row.expires_at,
        remedy_until,
    })
}

/// The last day for asking for a review, by the rules under which the case runs, counted from the day of placing.
async fn remedy_until(
    context: &Context,
    connection: &impl ConnectionTrait,
    case: CaseId,
    placed_at: DateTime<Utc>,
) -> Result<Option<NaiveDate>> {
    let Some(row) = case_file::Entity::find_by_id(case).one(connection).await? else { return Ok(None) };
    let rules = crate::rule::rule_set(context, connection, row.rule_set_id).await?;
    let Some(period) = rules.period("deadline.appeal_filing") else { return Ok(None) };
    let calendar = crate::calendar::current(context, connection).await?;
    Ok(Some(calendar.due(civil_day(placed_at), &period).last_day))
}

/// A mail about a deadline applies only while that deadline stands as it was told.
async fn applies(context: &Context, mail: &Outgoing) -> Result<bool> {
    match mail.params.get("guard") {
        None => Ok(true),
        Some(guard) => still_applies(context, serde_json::from_value::<Guard>(guard.clone())?).await,
    }
}

/// Marks a mail sent. Its particulars are forgotten: links in it are secrets.
pub async fn mark_sent(context: &Context, mail: &Outgoing) -> Result<()> {
    settle(context, mail, DeliveryState::Sent, None).await
}

/// Notes a failed attempt; the mail stays queued for `next`.
pub async fn defer(context: &Context, mail: &Outgoing, error: &str, next: DateTime<Utc>) -> Result<()> {
    let work = Settle { mail, state: DeliveryState::Queued, error: Some(masked_error(error)), next: Some(next) };
    context.write("notification.defer", &work).await
}

/// Gives a mail up (failed or expired) and tells a clerk, who must find another way.
pub async fn give_up(context: &Context, mail: &Outgoing, state: DeliveryState, error: &str) -> Result<()> {
    settle(context, mail, state, Some(masked_error(error))).await
}

async fn settle(context: &Context, mail: &Outgoing, state: DeliveryState, error: Option<String>) -> Result<()> {
    context.write("notification.settle", &Settle { mail, state, error, next: None }).await
}

struct Settle<'a> {
    mail: &'a Outgoing,
    state: DeliveryState,
    error: Option<String>,
    next: Option<DateTime<Utc>>,
}

impl Work for Settle<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        use notification_delivery::Column;
        let was_tried = self.state != DeliveryState::Skipped && self.state != DeliveryState::Expired;
        let mut update = notification_delivery::Entity::update_many()
            .col_expr(Column::State, Expr::value(self.state))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(i32::from(was_tried)))
            .col_expr(Column::NextAttemptAt, Expr::value(self.next))
            .filter(Column::Id.eq(self.mail.id))
            .filter(Column::State.eq(DeliveryState::Queued));
        if let Some(error) = &self.error {
            update = update.col_expr(Column::LastError, Expr::value(error.as_str()));
        }
        if self.state == DeliveryState::Sent {
            update = update
                .col_expr(Column::SentAt, Expr::value(tx.at()))
                .col_expr(Column::LastError, Expr::value(None::<String>));
        }
        if matches!(self.state, DeliveryState::Sent | DeliveryState::Skipped) {
            update = update.col_expr(Column::ParamsCipher, Expr::value(None::<String>));
        }
        let is_ours = update.exec(tx.connection()).await?.rows_affected == 1;
        let is_lost = matches!(self.state, DeliveryState::Failed | DeliveryState::Expired);
        if is_ours && is_lost {
            self.tell_a_clerk(tx).await?;
        }
        Ok(())
    }
}

/// The event that tells of a lost mail; one that is lost itself tells nobody more.
const UNDELIVERABLE: &str = "notification.undeliverable";

impl Settle<'_> {
    async fn tell_a_clerk(&self, tx: &Tx) -> Result<()> {
        if self.mail.event == UNDELIVERABLE {
            tracing::error!(delivery.id = %self.mail.id, "nobody could be told of a lost mail");
            return Ok(());
        }
        let case = match self.mail.case_id {
            Some(case) => case_file::Entity::find_by_id(case).one(tx.connection()).await?,
            None => None,
        };
        let clerks = clerks(tx, case.as_ref()).await?;
        let messages = clerks.into_iter().map(|clerk| Message {
            unique_key: format!("{UNDELIVERABLE}:{}:{clerk}", self.mail.id),
            to: Address::Account(clerk),
            event: UNDELIVERABLE.to_owned(),
            category: "work.queue".to_owned(),
            case_id: self.mail.case_id,
            params: self.params(case.as_ref()),
        });
        place(tx, messages.collect()).await
    }

    fn params(&self, case: Option<&case_file::Model>) -> Value {
        let mut params = json!({
            "event": self.mail.event,
            "address": masked(&self.mail.to),
            "outcome": self.state,
            "error": self.error,
        });
        if let (Some(case), Some(members)) = (case, params.as_object_mut()) {
            members.insert("number".to_owned(), json!(case.number));
            members.insert("title".to_owned(), json!(case.title));
            members.insert("case_id".to_owned(), json!(case.id));
        }
        params
    }
}

/// The clerks of the case's desk, or of its city when the desk is a party or an expert; administrators without a case.
async fn clerks(tx: &Tx, case: Option<&case_file::Model>) -> Result<Vec<AccountId>> {
    let today = civil_day(tx.at());
    let whole = RegionCode::whole();
    let mut desks: Vec<(Role, &RegionCode)> = Vec::new();
    if let Some(case) = case {
        desks.extend(case.desk_role.filter(|role| is_clerk(*role)).map(|role| (role, &case.region)));
        desks.extend([(Role::CityClerk, &case.region), (Role::RegionClerk, &case.region)]);
    }
    desks.push((Role::SystemAdministrator, &whole));
    for (role, region) in desks {
        let people = desk(tx.connection(), role, region, today).await?;
        if !people.is_empty() {
            return Ok(people);
        }
    }
    tracing::error!("a mail was lost and nobody is there to be told");
    Ok(Vec::new())
}

fn is_clerk(role: Role) -> bool {
    matches!(role, Role::CityClerk | Role::CityLead | Role::RegionClerk | Role::RegionLead)
}
