//! The panel's scores: hidden until the review is closed, one's own always visible.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::certification::process::{Certification, ScoreSheet, State};
use domain::ids::{AccountId, CaseId};

use super::facts::seats;
use super::review::sheet;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::load_visible;

/// An expert's seat with what the caller may see of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct ExpertView {
    pub expert: AccountId,
    pub state: String,
    pub scored_at: Option<DateTime<Utc>>,
    /// Absent until the review is closed; an expert always sees his or her own.
    pub sheet: Option<ScoreSheet>,
    pub conflict_reason: Option<String>,
}

/// The seats of a panel: all of them for the region's desks and auditors, one's own for an expert.
pub async fn experts(context: &Context, caller: &Caller, id: CaseId) -> Result<Vec<ExpertView>> {
    let loaded = load_visible::<Certification>(context, caller, id).await?;
    let me = caller.actor.account;
    let sees_all = caller.holds(Permission::ReadScores);
    let is_closed = !matches!(loaded.case.state, State::Accepted | State::ExpertReview);
    let seats = seats(context.database().read(), &loaded.row).await?;
    if !sees_all && !seats.iter().any(|seat| seat.account_id == me) {
        return Err(Error::NotFound);
    }
    seats
        .iter()
        .filter(|seat| sees_all || seat.account_id == me)
        .map(|seat| {
            let may_see = seat.account_id == me || (sees_all && is_closed);
            Ok(ExpertView {
                expert: seat.account_id,
                state: seat.state.clone(),
                scored_at: seat.scored_at,
                sheet: if may_see { sheet(seat)? } else { None },
                conflict_reason: if sees_all { seat.conflict_reason.clone() } else { None },
            })
        })
        .collect()
}
