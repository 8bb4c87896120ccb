//! Judging the data of a command; all faults at once.

use super::Certification;
use super::command::{Change, Command, Correction, Defect, DefectAnswer, Opinion, Refusal, ScoreSheet};
use super::facts::{ExpertState, Facts};
use super::words::CorrectionStage;
use crate::fault::Fault;
use crate::ids::AccountId;
use crate::process::{Acting, Case};
use serde_json::json;

pub(super) fn accept(
    _case: &Case<Certification>,
    _acting: &Acting,
    command: &Command,
    facts: &Facts,
) -> Result<Change, Vec<Fault>> {
    let mut faults = Vec::new();
    let change = match command {
        Command::Submit | Command::SubmitToCity => Change::Submitted,
        Command::Confirm(opinion) => {
            opinion_faults(opinion, &mut faults);
            Change::EmployerOpinion { opinion: opinion.clone(), file: None }
        }
        Command::ConfirmOnPaper { opinion, file } => {
            opinion_faults(opinion, &mut faults);
            Change::EmployerOpinion { opinion: opinion.clone(), file: Some(*file) }
        }
        Command::ReturnToApplicant(items) => {
            defect_faults(items, &mut faults);
            Change::ReturnedToApplicant(items.clone())
        }
        Command::CheckByCity(opinion) | Command::Recommend(opinion) => {
            opinion_faults(opinion, &mut faults);
            Change::CityOpinion(opinion.clone())
        }
        Command::VerifyTraining(opinion) => {
            opinion_faults(opinion, &mut faults);
            Change::TrainingVerified(opinion.clone())
        }
        Command::RequestCityCorrection(items) => correction(CorrectionStage::City, items, &mut faults),
        Command::RequestRegionCorrection(items) => correction(CorrectionStage::Region, items, &mut faults),
        Command::RequestFurtherCorrection(items) => {
            only_asked_before(items, facts, &mut faults);
            correction(CorrectionStage::Region, items, &mut faults)
        }
        Command::NotRecommend(refusal)
        | Command::NotAccept(refusal)
        | Command::FailAssessment(refusal)
        | Command::Refuse(refusal) => {
            refusal_faults(refusal, &mut faults);
            Change::Refused(refusal.clone())
        }
        Command::Accept => Change::Accepted { by_silence: false },
        Command::AcceptBySilence => Change::Accepted { by_silence: true },
        Command::AnswerCorrection(answers) => {
            answer_faults(answers, facts, &mut faults);
            Change::CorrectionAnswered(answers.clone())
        }
        Command::ExtendCorrection { reason } => {
            text_fault("/reason", reason, &mut faults);
            Change::CorrectionExtended
        }
        Command::NamePanel(experts) => {
            panel_faults(experts, facts, &mut faults);
            Change::PanelNamed(experts.clone())
        }
        Command::ReplaceExpert { leaves, joins } => {
            replacement_faults(*leaves, *joins, facts, &mut faults);
            Change::ExpertReplaced { leaves: *leaves, joins: *joins }
        }
        Command::DeclareConflict { reason } => {
            text_fault("/reason", reason, &mut faults);
            Change::ConflictDeclared { reason: reason.clone() }
        }
        Command::Score(sheet) => {
            sheet_faults(sheet, facts, &mut faults);
            Change::Scored(sheet.clone())
        }
        Command::PassAssessment(opinion) => {
            opinion_faults(opinion, &mut faults);
            Change::Assessed(opinion.clone())
        }
        Command::PassReview => Change::ReviewClosed { passes: true },
        Command::FailReview => Change::ReviewClosed { passes: false },
        Command::Issue => Change::Issued,
        Command::Withdraw { reason } => {
            text_fault("/reason", reason, &mut faults);
            Change::Closed { reason: Some(reason.clone()) }
        }
        Command::LapseAtEmployer | Command::LapseInCorrection | Command::ExpireDraft => Change::Closed { reason: None },
        Command::EndPublicity => Change::PublicityEnded,
        Command::CloseNotice | Command::StartAssessment | Command::Publish => Change::Nothing,
    };
    if faults.is_empty() { Ok(change) } else { Err(faults) }
}

fn text_fault(pointer: &str, text: &str, faults: &mut Vec<Fault>) {
    if text.trim().chars().count() < 2 {
        faults.push(Fault::with(pointer, "text_short", json!({ "min_length": 2 })));
    }
}

fn opinion_faults(opinion: &Opinion, faults: &mut Vec<Fault>) {
    text_fault("/text", &opinion.text, faults);
    text_fault("/signer", &opinion.signer, faults);
}

fn refusal_faults(refusal: &Refusal, faults: &mut Vec<Fault>) {
    text_fault("/reason_code", &refusal.reason_code, faults);
    text_fault("/text", &refusal.text, faults);
    text_fault("/remedy", &refusal.remedy, faults);
}

/// A return without an itemised reason is refused (broker.md section 3.3).
fn defect_faults(items: &[Defect], faults: &mut Vec<Fault>) {
    if items.is_empty() {
        faults.push(Fault::new("/items", "return_reason_required"));
    }
    for (index, item) in items.iter().enumerate() {
        if !item.field_path.starts_with('/') {
            faults.push(Fault::new(format!("/items/{index}/field_path"), "pointer_format"));
        }
        text_fault(&format!("/items/{index}/reason_code"), &item.reason_code, faults);
        text_fault(&format!("/items/{index}/text"), &item.text, faults);
    }
}

fn correction(stage: CorrectionStage, items: &[Defect], faults: &mut Vec<Fault>) -> Change {
    defect_faults(items, faults);
    Change::CorrectionAsked(Correction { stage, items: items.to_vec(), answers: Vec::new(), is_extended: false })
}

/// A second round may only concern the items of the first.
fn only_asked_before(items: &[Defect], facts: &Facts, faults: &mut Vec<Fault>) {
    for (index, item) in items.iter().enumerate() {
        if !facts.region_items_asked.contains(&item.field_path) {
            faults.push(Fault::new(format!("/items/{index}/field_path"), "correction_item_new"));
        }
    }
}

fn answer_faults(answers: &[DefectAnswer], facts: &Facts, faults: &mut Vec<Fault>) {
    let Some(open) = &facts.correction else { return };
    for (index, _) in open.items.iter().enumerate() {
        if !answers.iter().any(|answer| usize::try_from(answer.item) == Ok(index)) {
            faults.push(Fault::with("/answers", "correction_item_unanswered", json!({ "item": index })));
        }
    }
    for (index, answer) in answers.iter().enumerate() {
        if usize::try_from(answer.item).map_or(true, |item| item >= open.items.len()) {
            faults.push(Fault::new(format!("/answers/{index}/item"), "correction_item_unknown"));
        }
        text_fault(&format!("/answers/{index}/text"), &answer.text, faults);
    }
}

fn panel_faults(experts: &[AccountId], facts: &Facts, faults: &mut Vec<Fault>) {
    let count = u32::try_from(experts.len()).unwrap_or(u32::MAX);
    if count < facts.scoring.min_experts {
        faults.push(Fault::with(
            "/experts",
            "panel_too_small",
            json!({ "min": facts.scoring.min_experts, "found": count }),
        ));
    }
    if facts.scoring.panel_is_odd && count.is_multiple_of(2) {
        faults.push(Fault::with("/experts", "panel_even", json!({ "found": count })));
    }
    for (index, expert) in experts.iter().enumerate() {
        if experts[..index].contains(expert) {
            faults.push(Fault::new(format!("/experts/{index}"), "panel_duplicate"));
        }
        candidate_faults(&format!("/experts/{index}"), *expert, facts, faults);
    }
}

fn candidate_faults(pointer: &str, expert: AccountId, facts: &Facts, faults: &mut Vec<Fault>) {
    let candidate = facts.candidates.iter().find(|candidate| candidate.account == expert);
    let rule = match candidate {
        None => Some("expert_unknown"),
        Some(candidate) if !candidate.is_expert => Some("expert_unknown"),
        Some(candidate) if candidate.is_tied => Some("expert_conflict"),
        Some(_) => None,
    };
    let has_declared = facts.panel.iter().any(|seat| seat.account == expert && seat.state == ExpertState::Conflict);
    if let Some(rule) = rule.or(has_declared.then_some("expert_conflict")) {
        faults.push(Fault::new(pointer, rule));
    }
}

fn replacement_faults(leaves: AccountId, joins: AccountId, facts: &Facts, faults: &mut Vec<Fault>) {
    let replaceable = |state| matches!(state, ExpertState::Assigned | ExpertState::Conflict);
    if !facts.panel.iter().any(|seat| seat.account == leaves && replaceable(seat.state)) {
        faults.push(Fault::new("/leaves", "expert_not_on_panel"));
    }
    if facts.panel.iter().any(|seat| seat.account == joins && seat.state != ExpertState::Conflict) {
        faults.push(Fault::new("/joins", "panel_duplicate"));
    }
    candidate_faults("/joins", joins, facts, faults);
}

fn sheet_faults(sheet: &ScoreSheet, facts: &Facts, faults: &mut Vec<Fault>) {
    let max = facts.scoring.max_score;
    for (dimension, _) in &facts.scoring.weights {
        match sheet.scores.get(dimension) {
            None => faults.push(Fault::new(format!("/scores/{dimension}"), "score_missing")),
            Some(score) if *score > max => {
                faults.push(Fault::with(format!("/scores/{dimension}"), "score_range", json!({ "max": max })));
            }
            Some(_) => {}
        }
    }
    text_fault("/comment", &sheet.comment, faults);
}
