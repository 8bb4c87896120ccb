//! The sensitive part of a profile, sealed for its row.

use chrono::NaiveDate;
use domain::broker::{IdType, Profile, ResidentId, mobile, normalise_id_number};
use domain::fault::Fault;
use domain::ids::{AccountId, BrokerId};
use domain::word::Word;
use entity::broker;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::context::Context;
use crate::crypto::Place;
use crate::error::{Error, Result};

fn place(column: &'static str, id: BrokerId) -> Place<'static> {
    Place { table: "broker", column, row: id.0 }
}

/// The columns that hold what is sensitive.
#[derive(Debug, Clone, Default)]
pub(super) struct Sealed {
    pub id_type: Option<String>,
    pub id_number_cipher: Option<String>,
    pub id_number_index: Option<String>,
    pub mobile_cipher: Option<String>,
    pub mobile_index: Option<String>,
    /// What the index of the same number may be elsewhere, while keys change.
    pub other_indexes: Vec<String>,
}

fn number_field(id_type: Option<&str>) -> String {
    format!("id_number:{}", id_type.unwrap_or_default())
}

/// The index of a normalised identity number.
pub(crate) fn index_of_number(context: &Context, id_type: Option<&str>, number: &str) -> String {
    context.keys().blind_index(&number_field(id_type), number)
}

/// The index of a normalised telephone number.
pub(crate) fn index_of_mobile(context: &Context, number: &str) -> String {
    context.keys().blind_index("mobile", number)
}

/// The identity number of a row.
pub(crate) fn open_number(context: &Context, row: &broker::Model) -> Result<Option<String>> {
    open(context, row.id, "id_number_cipher", row.id_number_cipher.as_deref())
}

/// The telephone number of a row.
pub(crate) fn open_mobile(context: &Context, row: &broker::Model) -> Result<Option<String>> {
    open(context, row.id, "mobile_cipher", row.mobile_cipher.as_deref())
}

fn open(context: &Context, id: BrokerId, column: &'static str, sealed: Option<&str>) -> Result<Option<String>> {
    sealed.map(|sealed| context.keys().open(place(column, id), sealed)).transpose()
}

/// Seals identity and telephone number. Malformed ones are refused at once: a wrong number could not be found again.
pub(super) fn seal(context: &Context, id: BrokerId, profile: &Profile, today: NaiveDate) -> Result<Sealed> {
    let mut faults = Vec::new();
    let mut sealed = Sealed { id_type: profile.id_type.map(|kind| kind.as_str().to_owned()), ..Sealed::default() };
    if let Some(text) = &profile.id_number {
        match id_number(profile.id_type, text, today) {
            Ok(number) => {
                sealed.id_number_index = Some(index_of_number(context, sealed.id_type.as_deref(), &number));
                sealed.other_indexes =
                    context.keys().blind_indexes(&number_field(sealed.id_type.as_deref()), &number).split_off(1);
                sealed.id_number_cipher = Some(context.keys().seal(context, place("id_number_cipher", id), &number)?);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if let Some(text) = &profile.mobile {
        match mobile(text) {
            Ok(number) => {
                sealed.mobile_index = Some(index_of_mobile(context, &number));
                sealed.mobile_cipher = Some(context.keys().seal(context, place("mobile_cipher", id), &number)?);
            }
            Err(broken) => faults.push(broken.at("/mobile")),
        }
    }
    if faults.is_empty() { Ok(sealed) } else { Err(Error::Invalid(faults)) }
}

/// The number in the form in which numbers are compared.
fn id_number(kind: Option<IdType>, text: &str, today: NaiveDate) -> Result<String, Fault> {
    let kind = kind.ok_or_else(|| Fault::new("/id_type", "required"))?;
    if kind == IdType::ResidentId {
        ResidentId::parse(text, today).map_err(|broken| broken.at("/id_number"))?;
    }
    let number = normalise_id_number(text);
    let is_plausible = (5..=30).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_plausible { Ok(number) } else { Err(Fault::new("/id_number", "id_format")) }
}

/// The profile with its sensitive fields opened: for checks, never for showing.
pub fn full_profile(context: &Context, row: &broker::Model) -> Result<Profile> {
    let mut profile = stored_profile(row)?;
    profile.id_number = open_number(context, row)?;
    profile.mobile = open_mobile(context, row)?;
    Ok(profile)
}

/// The profile as stored: without identity and telephone number.
pub(super) fn stored_profile(row: &broker::Model) -> Result<Profile> {
    serde_json::from_str(&row.profile).map_err(|_| Error::unreadable("broker", "profile", row.id))
}

/// The broker row of an account.
pub async fn by_account(connection: &impl ConnectionTrait, account: AccountId) -> Result<Option<broker::Model>> {
    Ok(broker::Entity::find().filter(broker::Column::AccountId.eq(account)).one(connection).await?)
}
