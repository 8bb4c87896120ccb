//! Experts' scores and votes (broker.md section 3.4): weighted dimensions, mean, votes; exact, without fractions lost.

use std::collections::{BTreeMap, BTreeSet};

use crate::AccountId;
use crate::rule::ScoringRules;

crate::word! {
    /// The five dimensions of the Shaanxi guideline.
    pub enum Dimension {
        Qualification = "qualification" / "资质学历",
        Professional = "professional" / "专业素质",
        Capability = "capability" / "业务能力",
        Experience = "experience" / "从业经历",
        Performance = "performance" / "服务业绩",
    }
}

/// A member of a panel, as nominated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PanelMember {
    pub expert: AccountId,
    /// Whether a conflict (回避) is declared or known for this file.
    pub has_conflict: bool,
}

/// What an expert hands in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScoreSheet {
    pub expert: AccountId,
    /// One score per dimension, from 0 to the rules' highest.
    pub scores: BTreeMap<Dimension, u32>,
    pub votes_yes: bool,
}

/// Why a panel cannot sit or its scores cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a panel has at least {min} experts, not {found}")]
    TooFew { min: u32, found: u32 },
    #[error("a panel has an odd number of experts, not {found}")]
    Even { found: u32 },
    #[error("expert {expert} is named twice")]
    Twice { expert: AccountId },
    #[error("expert {expert} has a conflict")]
    Conflict { expert: AccountId },
    #[error("expert {expert} is not on the panel")]
    NotOnPanel { expert: AccountId },
    /// Fewer sheets than the least panel: the review is void (section 3.4).
    #[error("a review counts from {min} votes, not {found}")]
    Void { min: u32, found: u32 },
    #[error("expert {expert} has no score for {dimension}")]
    NotScored { expert: AccountId, dimension: Dimension },
    #[error("expert {expert} gives {dimension} {score}, above {max}")]
    OutOfRange { expert: AccountId, dimension: Dimension, score: u32, max: u32 },
}

impl Refusal {
    /// The rule's code in lower snake case.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "panel_too_few",
            Self::Even { .. } => "panel_even",
            Self::Twice { .. } => "panel_twice",
            Self::Conflict { .. } => "panel_conflict",
            Self::NotOnPanel { .. } => "panel_not_member",
            Self::Void { .. } => "review_void",
            Self::NotScored { .. } => "score_missing",
            Self::OutOfRange { .. } => "score_range",
        }
    }
}

/// The result of a review.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Outcome {
    pub passed: bool,
    /// Sum over the experts of score × weight in percent; the mean is this by `100 × experts`.
    pub weighted_sum: u64,
    pub experts: u32,
    pub votes_yes: u32,
    pub mean_reached: bool,
    pub votes_reached: bool,
}

impl Outcome {
    /// The mean in hundredths of a point, rounded down; for showing, never for deciding.
    pub fn mean_hundredths(&self) -> u64 {
        self.weighted_sum.checked_div(u64::from(self.experts)).unwrap_or(0)
    }
}

/// Whether these members can sit: enough, odd when the rules say so, distinct, without conflict.
pub fn check_panel(members: &[PanelMember], rules: &ScoringRules) -> Result<(), Refusal> {
    let found = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let mut seen = BTreeSet::new();
    for member in members {
        if !seen.insert(member.expert) {
            return Err(Refusal::Twice { expert: member.expert });
        }
        if member.has_conflict {
            return Err(Refusal::Conflict { expert: member.expert });
        }
    }
    if found < rules.min_experts {
        return Err(Refusal::TooFew { min: rules.min_experts, found });
    }
    if rules.panel_is_odd && found.is_multiple_of(2) {
        return Err(Refusal::Even { found });
    }
    Ok(())
}

/// Whether a sheet scores every dimension within its range.
pub fn check_sheet(sheet: &ScoreSheet, rules: &ScoringRules) -> Result<(), Refusal> {
    for (dimension, _) in &rules.weights {
        let (expert, dimension) = (sheet.expert, *dimension);
        match sheet.scores.get(&dimension) {
            None => return Err(Refusal::NotScored { expert, dimension }),
            Some(&score) if score > rules.max_score => {
                return Err(Refusal::OutOfRange { expert, dimension, score, max: rules.max_score });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// A sheet's weighted score in hundredths of a point: the sum of score × weight in percent.
pub fn weighted(sheet: &ScoreSheet, rules: &ScoringRules) -> u64 {
    rules
        .weights
        .iter()
        .map(|(dimension, weight)| u64::from(*weight) * u64::from(sheet.scores.get(dimension).copied().unwrap_or(0)))
        .sum()
}

/// Counts the sheets of a panel. Nothing is dropped; the file passes when mean and votes both reach the rules' figures.
pub fn outcome(panel: &[PanelMember], sheets: &[ScoreSheet], rules: &ScoringRules) -> Result<Outcome, Refusal> {
    check_panel(panel, rules)?;
    let mut seen = BTreeSet::new();
    for sheet in sheets {
        let expert = sheet.expert;
        if !panel.iter().any(|member| member.expert == expert) {
            return Err(Refusal::NotOnPanel { expert });
        }
        if !seen.insert(expert) {
            return Err(Refusal::Twice { expert });
        }
        check_sheet(sheet, rules)?;
    }
    let experts = u32::try_from(sheets.len()).unwrap_or(u32::MAX);
    if experts < rules.min_experts {
        return Err(Refusal::Void { min: rules.min_experts, found: experts });
    }
    let weighted_sum: u64 = sheets.iter().map(|sheet| weighted(sheet, rules)).sum();
    let votes_yes = u32::try_from(sheets.iter().filter(|sheet| sheet.votes_yes).count()).unwrap_or(u32::MAX);
    let mean_reached = weighted_sum >= u64::from(rules.pass_mean) * 100 * u64::from(experts);
    let needed = u64::from(rules.pass_votes.numerator) * u64::from(experts);
    let votes_reached = u64::from(votes_yes) * u64::from(rules.pass_votes.denominator) >= needed;
    Ok(Outcome { passed: mean_reached && votes_reached, weighted_sum, experts, votes_yes, mean_reached, votes_reached })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certification::sample::rules;
    use crate::word::Word;

    fn expert(at: u128) -> AccountId {
        AccountId(uuid::Uuid::from_u128(at))
    }

    fn panel(size: u128) -> Vec<PanelMember> {
        (1..=size).map(|at| PanelMember { expert: expert(at), has_conflict: false }).collect()
    }

    fn sheet(at: u128, scores: [u32; 5], votes_yes: bool) -> ScoreSheet {
        ScoreSheet { expert: expert(at), scores: Dimension::ALL.iter().copied().zip(scores).collect(), votes_yes }
    }

    #[test]
    fn weights_are_the_rule_sets() {
        let rules = rules().scoring;
        // 15 × 100 + 20 × 80 + 20 × 60 + 15 × 40 + 30 × 71 = 7030 hundredths
        assert_eq!(weighted(&sheet(1, [100, 80, 60, 40, 71], true), &rules), 7030);
    }

    #[test]
    fn the_mean_decides_to_the_hundredth() {
        let rules = rules().scoring;
        let sheets =
            |last| vec![sheet(1, [70; 5], true), sheet(2, [70; 5], true), sheet(3, [70, 70, 70, last, 70], true)];
        assert!(outcome(&panel(3), &sheets(70), &rules).unwrap().passed);
        let short = outcome(&panel(3), &sheets(69), &rules).unwrap();
        assert_eq!(
            (short.passed, short.mean_reached, short.votes_reached, short.mean_hundredths()),
            (false, false, true, 6995)
        );
    }

    #[test]
    fn two_thirds_of_the_votes_are_needed() {
        let rules = rules().scoring;
        let passed = |size: u128, yes: u128| {
            let sheets: Vec<_> = (1..=size).map(|at| sheet(at, [90; 5], at <= yes)).collect();
            outcome(&panel(size), &sheets, &rules).unwrap().passed
        };
        assert!(passed(3, 2) && !passed(3, 1) && passed(5, 4) && !passed(5, 3) && passed(9, 6) && !passed(9, 5));
    }

    #[test]
    fn panels_and_sheets_are_refused_with_reason() {
        let rules = rules().scoring;
        assert_eq!(check_panel(&panel(1), &rules), Err(Refusal::TooFew { min: 3, found: 1 }));
        assert_eq!(check_panel(&panel(4), &rules), Err(Refusal::Even { found: 4 }));
        let mut members = panel(3);
        members[2].expert = expert(1);
        assert_eq!(check_panel(&members, &rules), Err(Refusal::Twice { expert: expert(1) }));
        let mut members = panel(3);
        members[1].has_conflict = true;
        assert_eq!(check_panel(&members, &rules), Err(Refusal::Conflict { expert: expert(2) }));
        let two = [sheet(1, [90; 5], true), sheet(2, [90; 5], true)];
        assert_eq!(outcome(&panel(3), &two, &rules), Err(Refusal::Void { min: 3, found: 2 }));
        assert_eq!(
            outcome(&panel(3), &[sheet(9, [90; 5], true)], &rules),
            Err(Refusal::NotOnPanel { expert: expert(9) })
        );
        let wrong = sheet(1, [101, 0, 0, 0, 0], true);
        assert_eq!(check_sheet(&wrong, &rules).unwrap_err().rule(), "score_range");
        let mut missing = sheet(1, [1; 5], true);
        missing.scores.remove(&Dimension::Performance);
        assert_eq!(check_sheet(&missing, &rules).unwrap_err().rule(), "score_missing");
    }
}
