//! Placing notifications: the in-app row and the mail's row, in one transaction, each under a unique key.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::ids::{AccountId, CaseId};
use domain::notification::DeliveryState;
use entity::{account, notification, notification_delivery};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::crypto::Place;
use crate::error::Result;
use crate::process::Address;
use crate::queue::{Job, Payload};
use crate::transaction::Tx;

/// Something to be told to one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Nothing is told twice under one key.
    pub unique_key: String,
    pub to: Address,
    /// Such as `certification.accepted`; also the name of the mail template.
    pub event: String,
    /// Such as `notice.decision` (platform.md section 6.4).
    pub category: String,
    pub case_id: Option<CaseId>,
    /// What the template needs. Never an identity number, never a secret that lives longer than the mail.
    pub params: Value,
}

/// Sends one mail. Harmless when run twice but for the instant between sending and marking; then both copies carry the
/// same Message-ID.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Deliver {
    pub delivery_id: Uuid,
}

impl Payload for Deliver {
    const NAME: &'static str = "notification.deliver";
}

/// Enough attempts to fill the time that a mail is tried with doubling delays.
const MAIL_ATTEMPTS: i32 = 100;

/// Places messages: in-app rows for accounts, mail rows for all, and the jobs that send them.
pub async fn place(tx: &Tx, messages: Vec<Message>) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let people = people(tx, &messages).await?;
    let mut in_app = Vec::new();
    let mut mails = Vec::new();
    for message in messages {
        let (email, locale) = match &message.to {
            Address::Account(account) => match people.get(account) {
                Some((email, locale)) => (email.clone(), locale.clone()),
                None => continue,
            },
            Address::Email(email) => (email.clone(), "zh-CN".to_owned()),
        };
        let notification_id = match &message.to {
            Address::Account(account) => {
                let id: domain::ids::NotificationId = tx.context().new_id();
                in_app.push(in_app_row(tx, id, *account, &message)?);
                Some(id)
            }
            Address::Email(_) => None,
        };
        mails.push(mail_row(tx, notification_id, &email, &locale, &message)?);
    }
    write(tx, in_app, mails).await
}

/// Address and language of everybody concerned, in one query.
async fn people(tx: &Tx, messages: &[Message]) -> Result<HashMap<AccountId, (String, String)>> {
    let ids: Vec<AccountId> = messages
        .iter()
        .filter_map(|message| match message.to {
            Address::Account(account) => Some(account),
            Address::Email(_) => None,
        })
        .collect();
    let rows = account::Entity::find().filter(account::Column::Id.is_in(ids)).all(tx.connection()).await?;
    Ok(rows.into_iter().map(|row| (row.id, (row.email, row.locale))).collect())
}

fn in_app_row(
    tx: &Tx,
    id: domain::ids::NotificationId,
    account: AccountId,
    message: &Message,
) -> Result<notification::ActiveModel> {
    Ok(notification::ActiveModel {
        id: Set(id),
        account_id: Set(account),
        event: Set(message.event.clone()),
        category: Set(message.category.clone()),
        case_id: Set(message.case_id),
        // A link's secret goes by mail only, and only a mail is guarded at its sending.
        params: Set(serde_json::to_string(&shown(&message.params))?),
        unique_key: Set(message.unique_key.clone()),
        created_at: Set(tx.at()),
        read_at: Set(None),
    })
}

fn shown(params: &Value) -> Value {
    match params {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "secret" | "guard"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        other => other.clone(),
    }
}

fn mail_row(
    tx: &Tx,
    notification_id: Option<domain::ids::NotificationId>,
    email: &str,
    locale: &str,
    message: &Message,
) -> Result<notification_delivery::ActiveModel> {
    let context = tx.context();
    let id: Uuid = context.new_id();
    let domain = &context.settings().mail_domain;
    let place = |column| Place { table: "notification_delivery", column, row: id };
    let body = json!({ "event": message.event, "params": message.params }).to_string();
    Ok(notification_delivery::ActiveModel {
        id: Set(id),
        notification_id: Set(notification_id),
        case_id: Set(message.case_id),
        address_cipher: Set(context.keys().seal(context, place("address_cipher"), email)?),
        template: Set(message.event.clone()),
        locale: Set(locale.to_owned()),
        params_cipher: Set(Some(context.keys().seal(context, place("params_cipher"), &body)?)),
        message_id: Set(format!("<m-{id}@{domain}>")),
        references_id: Set(message.case_id.map(|case| format!("<case-{case}@{domain}>"))),
        unique_key: Set(message.unique_key.clone()),
        state: Set(DeliveryState::Queued),
        attempts: Set(0),
        next_attempt_at: Set(Some(tx.at())),
        last_error: Set(None),
        expires_at: Set(tx.at() + TimeDelta::hours(context.settings().periods.mail_hours.into())),
        sent_at: Set(None),
        created_at: Set(tx.at()),
    })
}

async fn write(
    tx: &Tx,
    in_app: Vec<notification::ActiveModel>,
    mails: Vec<notification_delivery::ActiveModel>,
) -> Result<()> {
    if !in_app.is_empty() {
        notification::Entity::insert_many(in_app)
            .on_conflict(OnConflict::column(notification::Column::UniqueKey).do_nothing().to_owned())
            .exec_without_returning(tx.connection())
            .await?;
    }
    for mail in &mails {
        if let (Set(id), Set(key)) = (&mail.id, &mail.unique_key) {
            let mut job = Job::new(&Deliver { delivery_id: *id })?.once(format!("{}:{key}", Deliver::NAME));
            job.max_attempts = MAIL_ATTEMPTS;
            tx.enqueue(job);
        }
    }
    notification_delivery::Entity::insert_many(mails)
        .on_conflict(OnConflict::column(notification_delivery::Column::UniqueKey).do_nothing().to_owned())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}
