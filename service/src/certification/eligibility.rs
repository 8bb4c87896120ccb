//! Whether a level is reached, explained condition by condition; also for drafts, before anything is submitted.

use domain::access::Permission;
use domain::broker::Profile;
use domain::certification::eligibility::{Eligibility, Facts, HeldCertificate, evaluate};
use domain::certification::process::{Certification, State};
use domain::certification::{CertificationForm, OtherShare};
use domain::ids::CaseId;
use domain::rule::CertificationRules;
use domain::word::Word;
use entity::{case_file, certification, certification_contract};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::around::Standing;
use super::{document, facts};
use crate::broker::by_account;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::load_visible;

/// The answer for an application that the caller may read: live for a draft, frozen once submitted.
pub async fn preview(context: &Context, caller: &Caller, id: CaseId) -> Result<Eligibility> {
    let loaded = load_visible::<Certification>(context, caller, id).await?;
    let connection = context.database().read();
    if loaded.case.state != State::Draft
        && let Some(frozen) = document::parse(&loaded.detail, "eligibility", loaded.detail.eligibility.as_deref())?
    {
        return Ok(frozen);
    }
    let rules = crate::rule::certification_rules(context, connection, loaded.row.rule_set_id).await?;
    of_case(context, connection, &loaded.row, &loaded.detail, &rules, false).await
}

/// The answer for a form that is nowhere stored (dry run): what would this level need of me?
pub async fn preview_of(
    context: &Context,
    caller: &Caller,
    rule_set: domain::ids::RuleSetId,
    form: CertificationForm,
) -> Result<Eligibility> {
    caller.require(Permission::DraftCertification)?;
    let connection = context.database().read();
    let level = form.target_level.ok_or_else(|| Error::invalid("/target_level", "required"))?;
    let broker = by_account(connection, caller.actor.account).await?.ok_or(Error::NotFound)?;
    let profile = crate::broker::full_profile(context, &broker)?;
    let rules = crate::rule::certification_rules_sent(context, connection, rule_set)
        .await?
        .ok_or_else(|| Error::invalid("/rule_set_id", "rule_set_unknown"))?;
    let day = domain::time::civil_day(context.now());
    Ok(evaluate(level, &profile, &form, &Facts::on(day), &rules))
}

/// Evaluates a stored application on its submission day.
pub(super) async fn of_case(
    context: &Context,
    connection: &impl ConnectionTrait,
    case: &case_file::Model,
    detail: &certification::Model,
    rules: &CertificationRules,
    is_decision: bool,
) -> Result<Eligibility> {
    let form = document::form(detail)?;
    let profile = match document::profile(detail)? {
        // Submitted: the profile of that day, with the person's numbers, which the snapshot does not hold.
        Some(mut frozen) if is_decision => {
            let live = crate::broker::full_profile(context, &facts::broker_of(connection, detail).await?)?;
            (frozen.id_number, frozen.mobile) = (live.id_number, live.mobile);
            frozen
        }
        Some(_) | None => crate::broker::full_profile(context, &facts::broker_of(connection, detail).await?)?,
    };
    let submitted_on = facts::submission_day(context, case);
    let standing = Standing {
        submitted_on,
        held: crate::certificate::held_on(connection, detail.broker_id, submitted_on).await?,
        other_shares: other_shares(connection, detail, &form).await?,
    };
    with(connection, detail, &profile, &form, rules, standing, is_decision).await
}

/// The same for what was read already.
pub(super) async fn with(
    connection: &impl ConnectionTrait,
    detail: &certification::Model,
    profile: &Profile,
    form: &CertificationForm,
    rules: &CertificationRules,
    standing: Standing,
    is_decision: bool,
) -> Result<Eligibility> {
    let held = standing.held.into_iter();
    let asked = Facts {
        held: held.map(|held| HeldCertificate { level: held.level, issued_on: held.issued_on }).collect(),
        is_decision,
        other_shares: standing.other_shares,
        credited_before: if form.contracts.is_empty() {
            Vec::new()
        } else {
            credited_before(connection, detail).await?
        },
        ..Facts::on(standing.submitted_on)
    };
    Ok(evaluate(detail.target_level, profile, form, &asked, rules))
}

/// The conditions that are not met, for people.
pub(super) fn unmet(answer: &Eligibility) -> Vec<Value> {
    answer
        .conditions
        .iter()
        .filter(|condition| !condition.met)
        .map(|condition| {
            json!({
                "rule": condition.rule,
                "condition": condition.key,
                "required": condition.required,
                "found": condition.found,
                "clause": condition.clause,
                "basis": condition.basis,
                "basis_kind": condition.basis_kind.as_str(),
                "text_zh": condition.text_zh,
                "text_en": condition.text_en,
            })
        })
        .collect()
}

/// Other brokers' shares of the contracts on the form: open applications and certificates.
pub(super) async fn other_shares(
    connection: &impl ConnectionTrait,
    detail: &certification::Model,
    form: &CertificationForm,
) -> Result<Vec<OtherShare>> {
    let numbers: Vec<String> = form
        .contracts
        .iter()
        .map(domain::certification::ContractEntry::registration)
        .filter(|number| !number.is_empty())
        .collect();
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let rows = certification_contract::Entity::find()
        .filter(certification_contract::Column::RegNo.is_in(numbers))
        .filter(certification_contract::Column::BrokerId.ne(detail.broker_id))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| OtherShare { reg_no: row.reg_no, share_pct: u32::try_from(row.share_pct).unwrap_or(0) })
        .collect())
}

async fn credited_before(connection: &impl ConnectionTrait, detail: &certification::Model) -> Result<Vec<String>> {
    let rows = certification_contract::Entity::find()
        .filter(certification_contract::Column::BrokerId.eq(detail.broker_id))
        .filter(certification_contract::Column::Level.eq(detail.target_level))
        .filter(certification_contract::Column::IsCredited.eq(true))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| row.reg_no).collect())
}
