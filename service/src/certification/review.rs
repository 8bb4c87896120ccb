//! Counting the scores of a panel.

use domain::certification::process::{ExpertState, Review, ScoreSheet};
use domain::certification::scoring::{self, PanelMember, Refusal};
use domain::rule::CertificationRules;
use domain::word::Word;
use entity::certification_expert;
use serde_json::json;

use crate::error::{Error, Result};

/// What an expert handed in, as stored.
pub(super) fn sheet(seat: &certification_expert::Model) -> Result<Option<ScoreSheet>> {
    seat.scores
        .as_deref()
        .map(|text| {
            serde_json::from_str(text).map_err(|_| Error::unreadable("certification_expert", "scores", seat.id))
        })
        .transpose()
}

/// The result of the scores that are in; none without a panel.
pub(super) fn outcome(seats: &[certification_expert::Model], rules: &CertificationRules) -> Result<Option<Review>> {
    let live: Vec<_> = seats
        .iter()
        .filter(|seat| matches!(ExpertState::parse(&seat.state), Some(ExpertState::Assigned | ExpertState::Scored)))
        .collect();
    if live.is_empty() {
        return Ok(None);
    }
    let panel: Vec<PanelMember> =
        live.iter().map(|seat| PanelMember { expert: seat.account_id, has_conflict: false }).collect();
    let mut sheets = Vec::new();
    for seat in &live {
        if let Some(sheet) = sheet(seat)? {
            sheets.push(scoring::ScoreSheet { expert: seat.account_id, scores: sheet.scores, votes_yes: sheet.vote });
        }
    }
    let all_scored = sheets.len() == live.len();
    Ok(Some(match scoring::outcome(&panel, &sheets, &rules.scoring) {
        Ok(outcome) => Review {
            all_scored,
            passes: outcome.passed,
            is_valid: true,
            summary: json!({
                "mean_hundredths": outcome.mean_hundredths(),
                "experts": outcome.experts,
                "votes_yes": outcome.votes_yes,
                "mean_reached": outcome.mean_reached,
                "votes_reached": outcome.votes_reached,
                "passed": outcome.passed,
            }),
        },
        Err(refusal) => void(all_scored, &refusal),
    }))
}

/// Too few votes, or a panel that no longer fits: the review does not count as it stands.
fn void(all_scored: bool, refusal: &Refusal) -> Review {
    Review { all_scored, passes: false, is_valid: false, summary: json!({ "void": refusal.rule() }) }
}
