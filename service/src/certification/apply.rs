//! What a decision changes in the rows of certification. Runs inside the decision's transaction.

use chrono::{DateTime, Utc};
use domain::certification::process::{Certification, Change, Correction, ExpertState, Opinion, ScoreSheet};
use domain::ids::{AccountId, FileId};
use domain::publicity::{EntryState, PublicityState};
use domain::word::Word;
use entity::{
    case_file, case_participant, certification, certification_contract, certification_expert, publicity,
    publicity_entry,
};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Value};

use super::document::{self, Acceptance, SignedOpinion};
use super::facts::Application;
use super::{facts, review};
use crate::caller::Caller;
use crate::change::{RowChange, difference};
use crate::error::{Error, Result};
use crate::process::Loaded;
use crate::transaction::Tx;

/// Writes a change; gives the certification's row as it then stands.
pub(super) async fn apply(
    tx: &Tx,
    loaded: &Loaded<Certification>,
    application: Option<Application>,
    change: Change,
    caller: &Caller,
) -> Result<certification::Model> {
    let mut after = loaded.detail.clone();
    edit(tx, loaded, &mut after, application, change, caller).await?;
    if let Some(update) = difference::<certification::Entity>(&loaded.detail, &after) {
        let own = certification::Column::CaseId.eq(after.case_id);
        tx.change(RowChange::update(update.filter(own))).await?;
    }
    Ok(after)
}

/// Changes the row, and writes what lies in other tables.
async fn edit(
    tx: &Tx,
    loaded: &Loaded<Certification>,
    after: &mut certification::Model,
    application: Option<Application>,
    change: Change,
    caller: &Caller,
) -> Result<()> {
    let case = &loaded.row;
    match change {
        Change::Nothing => {}
        Change::Submitted => submitted(tx, after, application).await?,
        Change::EmployerOpinion { opinion, file } => {
            after.employer_opinion = document::text(&signed(tx, caller, opinion, file))?;
        }
        Change::ReturnedToApplicant(items) => {
            release_contracts(tx, after).await?;
            after.closing = document::text(&serde_json::json!({ "returned": items }))?;
        }
        Change::CityOpinion(opinion) => after.city_opinion = document::text(&signed(tx, caller, opinion, None))?,
        Change::CorrectionAsked(correction) => ask_correction(after, &correction)?,
        Change::CorrectionAnswered(answers) => {
            let answered = document::correction(after)?.map(|open| Correction { answers, ..open });
            after.correction = document::text(&answered)?;
            submitted(tx, after, application).await?;
        }
        Change::CorrectionExtended => {
            let extended = document::correction(after)?.map(|open| Correction { is_extended: true, ..open });
            after.correction = document::text(&extended)?;
        }
        Change::Accepted { by_silence } => {
            after.acceptance = document::text(&Acceptance { at: tx.at(), by_silence })?;
        }
        Change::Refused(refusal) => {
            after.refusal = document::text(&refusal)?;
            close(tx, after, false).await?;
        }
        Change::PanelNamed(experts) => seat(tx, case, &experts, caller).await?,
        Change::ExpertReplaced { leaves, joins } => {
            update_seat(tx, case, leaves, &[(certification_expert::Column::State, word(ExpertState::Replaced))])
                .await?;
            seat(tx, case, &[joins], caller).await?;
        }
        Change::ConflictDeclared { reason } => {
            let columns = [
                (certification_expert::Column::State, word(ExpertState::Conflict)),
                (certification_expert::Column::ConflictReason, reason.into()),
            ];
            update_seat(tx, case, caller.actor.account, &columns).await?;
        }
        Change::Scored(sheet) => score(tx, case, caller.actor.account, &sheet).await?,
        Change::TrainingVerified(opinion) => after.training = document::text(&signed(tx, caller, opinion, None))?,
        Change::Assessed(opinion) => after.assessment = document::text(&signed(tx, caller, opinion, None))?,
        Change::ReviewClosed { passes } => {
            freeze_review(tx, case, after).await?;
            if !passes {
                close(tx, after, false).await?;
            }
        }
        Change::PublicityEnded => settle_entry(tx, case, EntryState::Clean).await?,
        Change::Issued => issue(tx, case, after, caller).await?,
        Change::Closed { reason } => {
            settle_entry(tx, case, EntryState::Removed).await?;
            after.closing = document::text(&serde_json::json!({ "reason": reason, "at": tx.at() }))?;
            close(tx, after, false).await?;
        }
    }
    Ok(())
}

fn signed(tx: &Tx, caller: &Caller, opinion: Opinion, file_id: Option<FileId>) -> SignedOpinion {
    SignedOpinion { opinion, by: caller.account(), at: tx.at(), file_id }
}

fn word(state: ExpertState) -> Value {
    state.as_str().into()
}

/// Freezes what was submitted: the profile without its numbers, the answer on every condition, and the shares.
async fn submitted(tx: &Tx, after: &mut certification::Model, application: Option<Application>) -> Result<()> {
    let Application { form, mut profile, eligibility } =
        application.ok_or_else(|| Error::internal("a submission without the application's facts"))?;
    (profile.id_number, profile.mobile) = (None, None);
    if after.profile.is_some() {
        // Submitted before: the contracts may be others now.
        release_contracts(tx, after).await?;
    }
    after.profile = document::text(&profile)?;
    after.eligibility = document::text(&eligibility)?;
    let rows: Vec<_> = form
        .contracts
        .iter()
        .filter(|contract| !contract.registration().is_empty())
        .map(|contract| certification_contract::ActiveModel {
            case_id: Set(after.case_id),
            reg_no: Set(contract.registration()),
            broker_id: Set(after.broker_id),
            level: Set(after.target_level),
            share_pct: Set(contract.share_pct.and_then(|share| i32::try_from(share).ok()).unwrap_or(0)),
            is_credited: Set(false),
        })
        .collect();
    if !rows.is_empty() {
        tx.change(RowChange::insert(certification_contract::Entity::insert_many(rows))).await?;
    }
    Ok(())
}

async fn release_contracts(tx: &Tx, own: &certification::Model) -> Result<()> {
    let held = certification_contract::Column::CaseId.eq(own.case_id);
    tx.change(RowChange::delete(certification_contract::Entity::delete_many().filter(held))).await
}

/// Ends the application: the person may open another; shares stay claimed only behind a certificate.
async fn close(tx: &Tx, after: &mut certification::Model, is_granted: bool) -> Result<()> {
    after.is_open = false;
    if !is_granted {
        return release_contracts(tx, after).await;
    }
    let credit = certification_contract::Entity::update_many()
        .col_expr(certification_contract::Column::IsCredited, Expr::value(true))
        .filter(certification_contract::Column::CaseId.eq(after.case_id));
    tx.change(RowChange::update(credit)).await
}

fn ask_correction(after: &mut certification::Model, correction: &Correction) -> Result<()> {
    let mut rounds = document::corrections(after)?;
    rounds.push(correction.clone());
    after.correction_rounds = document::text(&rounds)?;
    after.correction = document::text(correction)?;
    Ok(())
}

async fn seat(tx: &Tx, case: &case_file::Model, experts: &[AccountId], caller: &Caller) -> Result<()> {
    let seats = experts.iter().map(|expert| certification_expert::ActiveModel {
        id: Set(tx.context().new_id()),
        case_id: Set(case.id),
        account_id: Set(*expert),
        state: Set(ExpertState::Assigned.as_str().to_owned()),
        named_by: Set(caller.actor.account),
        named_at: Set(tx.at()),
        scores: Set(None),
        vote: Set(None),
        comment: Set(None),
        scored_at: Set(None),
        conflict_reason: Set(None),
    });
    certification_expert::Entity::insert_many(seats).exec_without_returning(tx.connection()).await?;
    let participants =
        experts.iter().map(|expert| case_participant::ActiveModel { account_id: Set(*expert), case_id: Set(case.id) });
    let known = OnConflict::columns([case_participant::Column::AccountId, case_participant::Column::CaseId])
        .do_nothing()
        .to_owned();
    case_participant::Entity::insert_many(participants)
        .on_conflict(known)
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}

async fn update_seat(
    tx: &Tx,
    case: &case_file::Model,
    expert: AccountId,
    columns: &[(certification_expert::Column, Value)],
) -> Result<()> {
    let mut update = certification_expert::Entity::update_many()
        .filter(certification_expert::Column::CaseId.eq(case.id))
        .filter(certification_expert::Column::AccountId.eq(expert));
    for (column, value) in columns {
        update = update.col_expr(*column, Expr::value(value.clone()));
    }
    if update.exec(tx.connection()).await?.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

async fn score(tx: &Tx, case: &case_file::Model, expert: AccountId, sheet: &ScoreSheet) -> Result<()> {
    let at: Option<DateTime<Utc>> = Some(tx.at());
    let columns = [
        (certification_expert::Column::State, word(ExpertState::Scored)),
        (certification_expert::Column::Scores, serde_json::to_string(sheet)?.into()),
        (certification_expert::Column::Vote, Some(sheet.vote).into()),
        (certification_expert::Column::Comment, sheet.comment.clone().into()),
        (certification_expert::Column::ScoredAt, at.into()),
    ];
    update_seat(tx, case, expert, &columns).await
}

async fn freeze_review(tx: &Tx, case: &case_file::Model, after: &mut certification::Model) -> Result<()> {
    let rules = crate::rule::certification_rules(tx.context(), tx.connection(), case.rule_set_id).await?;
    let seats = facts::seats(tx.connection(), case).await?;
    let summary = review::outcome(&seats, &rules)?.map(|review| review.summary);
    after.review = document::text(&summary)?;
    Ok(())
}

/// Ends the case's entry on its list; a list whose last entry ended is ended.
async fn settle_entry(tx: &Tx, case: &case_file::Model, state: EntryState) -> Result<()> {
    let open = publicity_entry::Entity::find()
        .filter(publicity_entry::Column::CaseId.eq(case.id))
        .filter(publicity_entry::Column::State.eq(EntryState::Listed))
        .one(tx.connection())
        .await?;
    let Some(entry) = open else { return Ok(()) };
    publicity_entry::Entity::update_many()
        .col_expr(publicity_entry::Column::State, Expr::value(state))
        .filter(publicity_entry::Column::Id.eq(entry.id))
        .exec(tx.connection())
        .await?;
    let left = publicity_entry::Entity::find()
        .filter(publicity_entry::Column::PublicityId.eq(entry.publicity_id))
        .filter(publicity_entry::Column::State.eq(EntryState::Listed))
        .count(tx.connection())
        .await?;
    if left == 0 {
        publicity::Entity::update_many()
            .col_expr(publicity::Column::State, Expr::value(PublicityState::Ended))
            .col_expr(publicity::Column::UpdatedAt, Expr::value(tx.at()))
            .filter(publicity::Column::Id.eq(entry.publicity_id))
            .filter(publicity::Column::State.eq(PublicityState::Open))
            .exec(tx.connection())
            .await?;
    }
    Ok(())
}

async fn issue(tx: &Tx, case: &case_file::Model, after: &mut certification::Model, caller: &Caller) -> Result<()> {
    let profile = document::profile(after)?.unwrap_or_default();
    let rules = crate::rule::certification_rules(tx.context(), tx.connection(), case.rule_set_id).await?;
    crate::certificate::mint(tx, caller, case, after, &profile, &rules).await?;
    close(tx, after, true).await
}
