//! Gathering what lies around an application, for the warnings that its desks see (broker.md section 6.3).

use std::collections::BTreeMap;

use domain::access::{Permission, Scope};
use domain::broker::Profile;
use domain::certification::{CertificationForm, ContractElsewhere, Surroundings};
use domain::fault::Fault;
use domain::ids::{CaseId, FileId};
use entity::{case_file, certification, certification_contract, file};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::document;
use crate::caller::Caller;
use crate::error::Result;

/// Other applications that are looked at; a paper that is shown on more of them is conspicuous enough.
const MOST: u64 = 20;

/// The warnings of a submitted application, for a caller who may see them.
pub(super) async fn of_case(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    case: &case_file::Model,
    form: &CertificationForm,
    profile: &Profile,
) -> Result<Option<Vec<Fault>>> {
    if case.submitted_at.is_none() || !caller.holds(Permission::ReadWarnings) {
        return Ok(None);
    }
    let scope = caller.require(Permission::ReadWarnings)?;
    let mut around = Surroundings::default();
    if !form.contracts.is_empty() {
        around.hashes = hashes(connection, &[case.id]).await?.into_iter().collect();
        around.elsewhere = elsewhere(connection, &scope, case, form, &around.hashes).await?;
    }
    Ok(Some(form.warnings(profile, &around)))
}

async fn hashes(connection: &impl ConnectionTrait, cases: &[CaseId]) -> Result<Vec<(FileId, String)>> {
    Ok(file::Entity::find()
        .select_only()
        .columns([file::Column::Id, file::Column::Sha256])
        .filter(file::Column::CaseId.is_in(cases.iter().copied()))
        .filter(file::Column::DeletedAt.is_null())
        .into_tuple()
        .all(connection)
        .await?)
}

/// Contracts of other submitted applications with a number or a paper of this one. Cases outside the reader's scope stay
/// nameless.
async fn elsewhere(
    connection: &impl ConnectionTrait,
    scope: &Scope,
    case: &case_file::Model,
    form: &CertificationForm,
    own: &BTreeMap<FileId, String>,
) -> Result<Vec<ContractElsewhere>> {
    let mut cases = sharing_number(connection, case, form).await?;
    cases.extend(sharing_paper(connection, case, own).await?);
    cases.sort_unstable();
    cases.dedup();
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let hashes_of: BTreeMap<FileId, String> = hashes(connection, &cases).await?.into_iter().collect();
    let rows = certification::Entity::find()
        .find_also_related(case_file::Entity)
        .filter(certification::Column::CaseId.is_in(cases))
        .filter(case_file::Column::SubmittedAt.is_not_null())
        .limit(MOST)
        .all(connection)
        .await?;
    let mut found = Vec::new();
    for (detail, row) in rows {
        let Some(row) = row else { continue };
        let is_visible = scope.all || scope.regions.contains(&row.region);
        for contract in document::form(&detail)?.contracts {
            let hashes = contract.evidence.iter().filter_map(|shown| hashes_of.get(&shown.file_id).cloned()).collect();
            found.push(ContractElsewhere { case_number: is_visible.then(|| row.number.clone()), contract, hashes });
        }
    }
    Ok(found)
}

async fn sharing_number(
    connection: &impl ConnectionTrait,
    case: &case_file::Model,
    form: &CertificationForm,
) -> Result<Vec<CaseId>> {
    let numbers = form.contracts.iter().map(domain::certification::ContractEntry::registration);
    Ok(certification_contract::Entity::find()
        .select_only()
        .column(certification_contract::Column::CaseId)
        .filter(certification_contract::Column::RegNo.is_in(numbers))
        .filter(certification_contract::Column::CaseId.ne(case.id))
        .limit(MOST)
        .into_tuple()
        .all(connection)
        .await?)
}

async fn sharing_paper(
    connection: &impl ConnectionTrait,
    case: &case_file::Model,
    own: &BTreeMap<FileId, String>,
) -> Result<Vec<CaseId>> {
    Ok(file::Entity::find()
        .select_only()
        .column(file::Column::CaseId)
        .distinct()
        .filter(file::Column::Sha256.is_in(own.values().cloned()))
        .filter(file::Column::CaseId.ne(case.id))
        .filter(file::Column::DeletedAt.is_null())
        .limit(MOST)
        .into_tuple()
        .all(connection)
        .await?)
}
