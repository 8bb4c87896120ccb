//! Who may add to the files of a case, take from them, and read them.

use domain::access::{Grant, Role, Scope};
use domain::file::FilePurpose;
use entity::case_file;
use sea_orm::{ColumnTrait, Condition};
use serde_json::json;

use crate::access::visible_cases;
use crate::caller::Caller;
use crate::code::Code;
use crate::error::{Error, Result};

/// The cases of a scope whose files the caller may see: a draft's are its applicant's own until it is submitted.
pub(super) fn readable_cases(caller: &Caller, scope: &Scope) -> Condition {
    let is_out = Condition::any()
        .add(case_file::Column::SubmittedAt.is_not_null())
        .add(case_file::Column::ApplicantId.eq(caller.actor.account));
    Condition::all().add(visible_cases(scope)).add(is_out)
}

/// Whether the caller may read identity documents of the case: the applicant, and staff who check identities.
pub(super) fn reads_identity(caller: &Caller, case: &case_file::Model) -> bool {
    caller.is_system()
        || caller.actor.usable_grants().any(|grant| match grant.role {
            Role::Broker => case.applicant_id == caller.actor.account,
            Role::CityClerk | Role::CityLead => covers(grant, case),
            Role::RegionClerk | Role::RegionLead | Role::IntegrityOfficer | Role::Auditor => true,
            Role::EmployerConfirmer
            | Role::AgencyClerk
            | Role::AgencyHead
            | Role::Expert
            | Role::FinanceReviewer
            | Role::BaseAdministrator
            | Role::Instructor
            | Role::SystemAdministrator
            | Role::SecurityAdministrator
            | Role::System => false,
        })
}

fn covers(grant: &Grant, case: &case_file::Model) -> bool {
    grant.region.as_ref().is_some_and(|region| region.covers(&case.region))
}

fn is_of_employer(grant: &Grant, case: &case_file::Model) -> bool {
    grant.organisation.is_some() && grant.organisation == case.organisation_id
}

/// What staff and employers add: the sealed opinion on paper, and what came by post.
fn is_for_desks(purpose: FilePurpose) -> bool {
    matches!(purpose, FilePurpose::EmployerOpinion | FilePurpose::Other)
}

/// The grant under which the caller may add a file of this purpose now: applicants while the case is in their hands
/// (draft, correction), employers and clerks the papers of their desks.
pub(super) fn uploader<'a>(caller: &'a Caller, case: &case_file::Model, purpose: FilePurpose) -> Result<&'a Grant> {
    let is_under_way = case.submitted_at.is_some() && case.closed_at.is_none();
    let may = |grant: &&Grant| match grant.role {
        Role::Broker => case.applicant_id == caller.actor.account && case.desk_role == Some(Role::Broker),
        Role::EmployerConfirmer => {
            is_of_employer(grant, case)
                && case.desk_role == Some(Role::EmployerConfirmer)
                && purpose == FilePurpose::EmployerOpinion
        }
        Role::CityClerk => is_under_way && covers(grant, case) && is_for_desks(purpose),
        Role::RegionClerk => is_under_way && is_for_desks(purpose),
        _ => false,
    };
    caller.actor.usable_grants().find(may).ok_or_else(|| {
        if case.applicant_id == caller.actor.account || is_for_desks(purpose) {
            Error::Refused(Code::StateForbids, json!({ "state": case.state }))
        } else {
            Error::invalid("/purpose", "file_purpose")
        }
    })
}

/// Whether a file of this purpose may still be taken away by whoever added it: applicants as long as they may add,
/// others until the employer's part is over.
pub(super) fn may_remove(caller: &Caller, case: &case_file::Model, purpose: FilePurpose) -> Result<()> {
    let grant = uploader(caller, case, purpose)?;
    if grant.role == Role::Broker || case.desk_role == Some(Role::EmployerConfirmer) {
        Ok(())
    } else {
        Err(Error::Refused(Code::StateForbids, json!({ "state": case.state })))
    }
}
