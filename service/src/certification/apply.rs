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
use crate::change::RowChange;
use crate::error::{Error, Result};
use crate::process::Loaded;
use crate::transaction::Tx;

/// Writes a change.
pub(super) async fn apply(
    tx: &Tx,
    loaded: &Loaded<Certification>,
    application: Option<Application>,
    change: Change,
    caller: &Caller,
) -> Result<()> {
    use certification::Column;
    let (case, detail) = (&loaded.row, &loaded.detail);
    match change {
        Change::Nothing => Ok(()),
        Change::Submitted => submitted(tx, loaded, application).await,
        Change::EmployerOpinion { opinion, file } => {
            set(tx, case, Column::EmployerOpinion, &signed(tx, caller, opinion, file)).await
        }
        Change::ReturnedToApplicant(items) => {
            release_contracts(tx, case).await?;
            set(tx, case, Column::Closing, &serde_json::json!({ "returned": items })).await
        }
        Change::CityOpinion(opinion) => set(tx, case, Column::CityOpinion, &signed(tx, caller, opinion, None)).await,
        Change::CorrectionAsked(correction) => ask_correction(tx, case, detail, correction).await,
        Change::CorrectionAnswered(answers) => {
            let answered = document::correction(detail)?.map(|open| Correction { answers, ..open });
            set(tx, case, Column::Correction, &answered).await?;
            submitted(tx, loaded, application).await
        }
        Change::CorrectionExtended => {
            let extended = document::correction(detail)?.map(|open| Correction { is_extended: true, ..open });
            set(tx, case, Column::Correction, &extended).await
        }
        Change::Accepted { by_silence } => {
            set(tx, case, Column::Acceptance, &Acceptance { at: tx.at(), by_silence }).await
        }
        Change::Refused(refusal) => {
            set(tx, case, Column::Refusal, &refusal).await?;
            close(tx, case, false).await
        }
        Change::PanelNamed(experts) => seat(tx, case, &experts, caller).await,
        Change::ExpertReplaced { leaves, joins } => {
            update_seat(tx, case, leaves, &[(certification_expert::Column::State, word(ExpertState::Replaced))])
                .await?;
            seat(tx, case, &[joins], caller).await
        }
        Change::ConflictDeclared { reason } => {
            let columns = [
                (certification_expert::Column::State, word(ExpertState::Conflict)),
                (certification_expert::Column::ConflictReason, reason.into()),
            ];
            update_seat(tx, case, caller.actor.account, &columns).await
        }
        Change::Scored(sheet) => score(tx, case, caller.actor.account, &sheet).await,
        Change::TrainingVerified(opinion) => set(tx, case, Column::Training, &signed(tx, caller, opinion, None)).await,
        Change::Assessed(opinion) => set(tx, case, Column::Assessment, &signed(tx, caller, opinion, None)).await,
        Change::ReviewClosed { passes } => {
            freeze_review(tx, case).await?;
            if passes { Ok(()) } else { close(tx, case, false).await }
        }
        Change::PublicityEnded => settle_entry(tx, case, EntryState::Clean).await,
        Change::Issued => issue(tx, case, detail, caller).await,
        Change::Closed { reason } => {
            settle_entry(tx, case, EntryState::Removed).await?;
            set(tx, case, Column::Closing, &serde_json::json!({ "reason": reason, "at": tx.at() })).await?;
            close(tx, case, false).await
        }
    }
}

fn signed(tx: &Tx, caller: &Caller, opinion: Opinion, file_id: Option<FileId>) -> SignedOpinion {
    SignedOpinion { opinion, by: caller.account(), at: tx.at(), file_id }
}

fn word(state: ExpertState) -> Value {
    state.as_str().into()
}

async fn set<T: serde::Serialize>(
    tx: &Tx,
    case: &case_file::Model,
    column: certification::Column,
    value: &T,
) -> Result<()> {
    let update = certification::Entity::update_many()
        .col_expr(column, Expr::value(document::text(value)?))
        .filter(certification::Column::CaseId.eq(case.id));
    tx.change(RowChange::update(update)).await
}

/// Freezes what was submitted: the profile without its numbers, the answer on every condition, and the shares.
async fn submitted(tx: &Tx, loaded: &Loaded<Certification>, application: Option<Application>) -> Result<()> {
    let (case, detail) = (&loaded.row, &loaded.detail);
    let Application { form, mut profile, eligibility } =
        application.ok_or_else(|| Error::internal("a submission without the application's facts"))?;
    (profile.id_number, profile.mobile) = (None, None);
    let update = certification::Entity::update_many()
        .col_expr(certification::Column::Profile, Expr::value(document::text(&profile)?))
        .col_expr(certification::Column::Eligibility, Expr::value(document::text(&eligibility)?))
        .filter(certification::Column::CaseId.eq(case.id));
    tx.change(RowChange::update(update)).await?;
    if detail.profile.is_some() {
        // Submitted before: the contracts may be others now.
        release_contracts(tx, case).await?;
    }
    let rows: Vec<_> = form
        .contracts
        .iter()
        .filter(|contract| !contract.registration().is_empty())
        .map(|contract| certification_contract::ActiveModel {
            case_id: Set(case.id),
            reg_no: Set(contract.registration()),
            broker_id: Set(detail.broker_id),
            level: Set(detail.target_level),
            share_pct: Set(contract.share_pct.and_then(|share| i32::try_from(share).ok()).unwrap_or(0)),
            is_credited: Set(false),
        })
        .collect();
    if !rows.is_empty() {
        tx.change(RowChange::insert(certification_contract::Entity::insert_many(rows))).await?;
    }
    Ok(())
}

async fn release_contracts(tx: &Tx, case: &case_file::Model) -> Result<()> {
    let held = certification_contract::Column::CaseId.eq(case.id);
    tx.change(RowChange::delete(certification_contract::Entity::delete_many().filter(held))).await
}

/// Ends the application: the person may open another; shares stay claimed only behind a certificate.
async fn close(tx: &Tx, case: &case_file::Model, is_granted: bool) -> Result<()> {
    let update = certification::Entity::update_many()
        .col_expr(certification::Column::IsOpen, Expr::value(false))
        .filter(certification::Column::CaseId.eq(case.id));
    tx.change(RowChange::update(update)).await?;
    if !is_granted {
        return release_contracts(tx, case).await;
    }
    let credit = certification_contract::Entity::update_many()
        .col_expr(certification_contract::Column::IsCredited, Expr::value(true))
        .filter(certification_contract::Column::CaseId.eq(case.id));
    tx.change(RowChange::update(credit)).await
}

async fn ask_correction(
    tx: &Tx,
    case: &case_file::Model,
    detail: &certification::Model,
    correction: Correction,
) -> Result<()> {
    let mut rounds = document::corrections(detail)?;
    rounds.push(correction.clone());
    set(tx, case, certification::Column::CorrectionRounds, &rounds).await?;
    set(tx, case, certification::Column::Correction, &correction).await
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

async fn freeze_review(tx: &Tx, case: &case_file::Model) -> Result<()> {
    let rules = crate::rule::certification_rules(tx.context(), tx.connection(), case.rule_set_id).await?;
    let seats = facts::seats(tx.connection(), case).await?;
    let summary = review::outcome(&seats, &rules)?.map(|review| review.summary);
    set(tx, case, certification::Column::Review, &summary).await
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

async fn issue(tx: &Tx, case: &case_file::Model, detail: &certification::Model, caller: &Caller) -> Result<()> {
    let profile = document::profile(detail)?.unwrap_or_default();
    let rules = crate::rule::certification_rules(tx.context(), tx.connection(), case.rule_set_id).await?;
    crate::certificate::mint(tx, caller, case, detail, &profile, &rules).await?;
    close(tx, case, true).await
}
