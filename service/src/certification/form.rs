//! Saving the form of an application: as a draft, or the parts that a correction asked for.

use domain::access::{Permission, Scope};
use domain::certification::CertificationForm;
use domain::certification::process::{Certification, Defect, State};
use domain::fault::Fault;
use domain::ids::CaseId;
use entity::{case_file, certification};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::document;
use super::draft::place;
use super::view::{CertificationView, view_of};
use crate::audit::Entry;
use crate::broker::by_account;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::crypto::sha256_hex;
use crate::error::{Error, Result};
use crate::process::{For, load};
use crate::transaction::{Tx, Work};

/// Replaces the form. What is missing or wrong is reported with the answer and stops nothing before the submission.
pub async fn save_form(
    context: &Context,
    caller: &Caller,
    id: CaseId,
    version: i32,
    form: CertificationForm,
) -> Result<Outcome<CertificationView>> {
    caller.require(Permission::DraftCertification)?;
    context.write_once(caller, "certification.save_form", &SaveForm { caller, id, version, form: &form }).await
}

struct SaveForm<'a> {
    caller: &'a Caller,
    id: CaseId,
    version: i32,
    form: &'a CertificationForm,
}

impl Work for SaveForm<'_> {
    type Output = CertificationView;

    async fn run(&self, tx: &Tx) -> Result<CertificationView> {
        let own = Scope { account: Some(self.caller.actor.account), ..Scope::default() };
        let loaded = load::<Certification>(tx.connection(), &own, self.caller.account(), self.id, For::Change).await?;
        if loaded.case.version != self.version {
            return Err(Error::Stale);
        }
        self.check(&loaded)?;
        let form = serde_json::to_string(self.form)?;
        let (kind, level) = (self.form.kind, self.form.target_level);
        let mut update = certification::Entity::update_many()
            .col_expr(certification::Column::Form, Expr::value(form.as_str()))
            .filter(certification::Column::CaseId.eq(self.id));
        if let Some(kind) = kind {
            update = update.col_expr(certification::Column::Kind, Expr::value(kind));
        }
        if let Some(level) = level {
            update = update.col_expr(certification::Column::TargetLevel, Expr::value(level));
        }
        update.exec(tx.connection()).await?;
        self.touch(tx, &loaded.row, loaded.case.state == State::Draft).await?;
        tx.audit(
            Entry::new(self.caller, "certification", self.id, "certification.save_form")
                .states(&loaded.row.state, &loaded.row.state)
                .after(&json!({ "form_sha256": sha256_hex(form.as_bytes()) })),
        );
        view_of(tx.context(), tx.connection(), self.caller, self.id).await
    }
}

impl SaveForm<'_> {
    fn check(&self, loaded: &crate::process::Loaded<Certification>) -> Result<()> {
        match loaded.case.state {
            State::Draft => Ok(()),
            State::Correction => {
                let asked = document::correction(&loaded.detail)?.map(|open| open.items).unwrap_or_default();
                let faults = foreign_changes(&document::form(&loaded.detail)?, self.form, &asked)?;
                if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
            }
            State::EmployerReview
            | State::CityReview
            | State::RegionFormal
            | State::Accepted
            | State::Assessment
            | State::ExpertReview
            | State::Decision
            | State::Publicity
            | State::Approved
            | State::Certified
            | State::NotAccepted
            | State::NotRecommended
            | State::NotPassed
            | State::NotApproved
            | State::Withdrawn
            | State::Lapsed => Err(Error::Refused(Code::StateForbids, json!({ "state": loaded.row.state }))),
        }
    }

    /// Raises the version. A draft follows the profile's name, employer and city until it is submitted.
    async fn touch(&self, tx: &Tx, row: &case_file::Model, is_draft: bool) -> Result<()> {
        let mut update = case_file::Entity::update_many()
            .col_expr(case_file::Column::Version, Expr::value(row.version + 1))
            .col_expr(case_file::Column::UpdatedAt, Expr::value(tx.at()))
            .filter(case_file::Column::Id.eq(row.id))
            .filter(case_file::Column::Version.eq(row.version))
            .filter(case_file::Column::State.eq(&row.state));
        if is_draft && let Some(broker) = by_account(tx.connection(), row.applicant_id).await? {
            let (region, organisation) = place(tx.connection(), &broker).await?;
            update = update
                .col_expr(case_file::Column::Region, Expr::value(region))
                .col_expr(case_file::Column::OrganisationId, Expr::value(organisation))
                .col_expr(case_file::Column::ApplicantName, Expr::value(broker.name));
        }
        if update.exec(tx.connection()).await?.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
    }
}

/// Sections that a correction did not ask for must stay as they were submitted.
fn foreign_changes(old: &CertificationForm, new: &CertificationForm, asked: &[Defect]) -> Result<Vec<Fault>> {
    let (old, new) = (serde_json::to_value(old)?, serde_json::to_value(new)?);
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return Ok(Vec::new()) };
    let sections: Vec<&str> =
        asked.iter().filter_map(|item| item.field_path.strip_prefix("/form/")?.split('/').next()).collect();
    Ok(new
        .iter()
        .filter(|(name, value)| old.get(*name) != Some(*value) && !sections.contains(&name.as_str()))
        .map(|(name, _)| Fault::with(format!("/{name}"), "section_frozen", json!({ "asked": sections })))
        .collect())
}
