//! Writing and reading profiles.

use domain::access::Permission;
use domain::broker::Profile;
use domain::ids::{BrokerId, OrganisationId};
use domain::time::civil_day;
use entity::{broker, case_file, certification, organisation};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::seal::{by_account, seal};
use super::view::{BrokerSummary, BrokerView, view};
use crate::access::visible_cases;
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::crypto::sha256_hex;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// Creates the caller's own profile; a person has one.
pub async fn create(context: &Context, caller: &Caller, profile: Profile) -> Result<Outcome<BrokerView>> {
    caller.require(Permission::OwnBroker)?;
    context.write_once(caller, "broker.create", &Save { caller, existing: None, profile: &profile }).await
}

/// Replaces the caller's own profile. A sensitive field left out is kept as it is.
pub async fn save(
    context: &Context,
    caller: &Caller,
    id: BrokerId,
    version: i32,
    profile: Profile,
) -> Result<Outcome<BrokerView>> {
    caller.require(Permission::OwnBroker)?;
    context.write_once(caller, "broker.save", &Save { caller, existing: Some((id, version)), profile: &profile }).await
}

struct Save<'a> {
    caller: &'a Caller,
    existing: Option<(BrokerId, i32)>,
    profile: &'a Profile,
}

impl Work for Save<'_> {
    type Output = BrokerView;

    async fn run(&self, tx: &Tx) -> Result<BrokerView> {
        let context = tx.context();
        let row = by_account(tx.connection(), self.caller.actor.account).await?;
        let id = match (&row, self.existing) {
            (None, None) => context.new_id(),
            (Some(row), Some((id, version))) if row.id == id => {
                if row.version != version {
                    return Err(Error::Stale);
                }
                id
            }
            (Some(row), None) => return Err(Error::Refused(Code::AlreadyExists, json!({ "id": row.id }))),
            (None | Some(_), Some(_)) => return Err(Error::NotFound),
        };
        if let Some(photo) = self.profile.photo {
            super::photo::check(tx, self.caller.actor.account, photo).await?;
        }
        let sealed = seal(context, id, self.profile, civil_day(tx.at()))?;
        if belongs_to_another(tx, id, &sealed.other_indexes).await? {
            return Err(Error::invalid("/id_number", "id_duplicate"));
        }
        let employer = employer(tx.connection(), self.profile).await?;
        let mut open = self.profile.clone();
        (open.id_number, open.mobile) = (None, None);
        let document = serde_json::to_string(&open)?;
        let name = self.profile.name.clone().unwrap_or_default();
        let old = row.as_ref();
        let next = broker::Model {
            id,
            account_id: self.caller.actor.account,
            name,
            id_type: sealed.id_type,
            id_number_cipher: sealed.id_number_cipher.or_else(|| old.and_then(|row| row.id_number_cipher.clone())),
            id_number_index: sealed.id_number_index.or_else(|| old.and_then(|row| row.id_number_index.clone())),
            mobile_cipher: sealed.mobile_cipher.or_else(|| old.and_then(|row| row.mobile_cipher.clone())),
            mobile_index: sealed.mobile_index.or_else(|| old.and_then(|row| row.mobile_index.clone())),
            profile: document,
            employer_id: employer,
            residence_city: self.profile.residence_city.clone(),
            created_at: old.map_or(tx.at(), |row| row.created_at),
            updated_at: tx.at(),
            version: old.map_or(1, |row| row.version + 1),
        };
        write(tx, old, &next).await?;
        // The trail keeps what changed as a hash: a profile is personal data.
        tx.audit(
            Entry::new(self.caller, "broker", id, if old.is_some() { "broker.save" } else { "broker.create" })
                .after(&json!({ "profile_sha256": sha256_hex(next.profile.as_bytes()), "version": next.version })),
        );
        view(context, &next)
    }
}

async fn write(tx: &Tx, old: Option<&broker::Model>, next: &broker::Model) -> Result<()> {
    let outcome = match old {
        None => broker::Entity::insert(active(next)).exec_without_returning(tx.connection()).await.map(|_| 1),
        Some(old) => broker::Entity::update_many()
            .set(changed(old, next))
            .filter(broker::Column::Id.eq(old.id))
            .filter(broker::Column::Version.eq(old.version))
            .exec(tx.connection())
            .await
            .map(|done| done.rows_affected),
    };
    match outcome.map_err(Error::from) {
        Ok(1) => Ok(()),
        Ok(_) => Err(Error::Stale),
        // One identity, one person: the number belongs to another profile.
        Err(Error::Refused(Code::AlreadyExists, _)) => Err(Error::invalid("/id_number", "id_duplicate")),
        Err(error) => Err(error),
    }
}

/// Without what is kept as it was: it may be sealed anew meanwhile.
fn changed(old: &broker::Model, next: &broker::Model) -> broker::ActiveModel {
    let mut set = active(next);
    if old.id_number_cipher == next.id_number_cipher {
        (set.id_number_cipher, set.id_number_index) = (NotSet, NotSet);
    }
    if old.mobile_cipher == next.mobile_cipher {
        (set.mobile_cipher, set.mobile_index) = (NotSet, NotSet);
    }
    set
}

/// Whether an identity number is another profile's, indexed by another key. With one key the unique index tells.
async fn belongs_to_another(tx: &Tx, id: BrokerId, indexes: &[String]) -> Result<bool> {
    if indexes.is_empty() {
        return Ok(false);
    }
    let others = broker::Entity::find()
        .filter(broker::Column::IdNumberIndex.is_in(indexes))
        .filter(broker::Column::Id.ne(id))
        .one(tx.connection())
        .await?;
    Ok(others.is_some())
}

fn active(row: &broker::Model) -> broker::ActiveModel {
    broker::ActiveModel {
        id: Set(row.id),
        account_id: Set(row.account_id),
        name: Set(row.name.clone()),
        id_type: Set(row.id_type.clone()),
        id_number_cipher: Set(row.id_number_cipher.clone()),
        id_number_index: Set(row.id_number_index.clone()),
        mobile_cipher: Set(row.mobile_cipher.clone()),
        mobile_index: Set(row.mobile_index.clone()),
        profile: Set(row.profile.clone()),
        employer_id: Set(row.employer_id),
        residence_city: Set(row.residence_city.clone()),
        created_at: Set(row.created_at),
        updated_at: Set(row.updated_at),
        version: Set(row.version),
    }
}

/// The registered organisation behind the employer's (or attachment unit's) credit code.
async fn employer(connection: &impl ConnectionTrait, profile: &Profile) -> Result<Option<OrganisationId>> {
    let Some(uscc) = profile.attachment_uscc.as_ref().or(profile.employer_uscc.as_ref()) else { return Ok(None) };
    let uscc = domain::broker::half_width(uscc).trim().to_ascii_uppercase();
    let row = organisation::Entity::find().filter(organisation::Column::Uscc.eq(uscc)).one(connection).await?;
    Ok(row.map(|row| row.id))
}

/// The caller's own profile.
pub async fn own(context: &Context, caller: &Caller) -> Result<BrokerView> {
    caller.require(Permission::OwnBroker)?;
    let row = by_account(context.database().read(), caller.actor.account).await?.ok_or(Error::NotFound)?;
    view(context, &row)
}

/// A profile that staff may see: of somebody with a case in their scope.
pub async fn read(context: &Context, caller: &Caller, id: BrokerId) -> Result<BrokerView> {
    let row = visible(context, caller, id, Permission::ReadBrokers).await?;
    view(context, &row)
}

/// Brokers with a case in the caller's scope, newest first.
pub async fn list(context: &Context, caller: &Caller, page: &PageRequest) -> Result<Page<BrokerSummary>> {
    let scope = caller.require(Permission::ReadBrokers)?;
    let query = broker::Entity::find().filter(has_case(&scope));
    let rows = by_id(query, broker::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(BrokerSummary::from))
}

/// Whether a broker has a submitted case in the scope; asked per broker, so that a page looks at no more than its own.
fn has_case(scope: &domain::access::Scope) -> Expr {
    let cases = Query::select()
        .expr(Expr::val(1))
        .from(certification::Entity)
        .inner_join(
            case_file::Entity,
            Expr::col((case_file::Entity, case_file::Column::Id))
                .equals((certification::Entity, certification::Column::CaseId)),
        )
        .and_where(
            Expr::col((certification::Entity, certification::Column::BrokerId))
                .equals((broker::Entity, broker::Column::Id)),
        )
        .cond_where(visible_cases(scope))
        .and_where(Expr::col((case_file::Entity, case_file::Column::SubmittedAt)).is_not_null())
        .to_owned();
    Expr::exists(cases)
}

pub(super) async fn visible(
    context: &Context,
    caller: &Caller,
    id: BrokerId,
    permission: Permission,
) -> Result<broker::Model> {
    let scope = caller.require(permission)?;
    broker::Entity::find_by_id(id).filter(has_case(&scope)).one(context.database().read()).await?.ok_or(Error::NotFound)
}
