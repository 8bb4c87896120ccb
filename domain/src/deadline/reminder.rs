//! Reminder plans as data: which stages a kind of deadline has, when they fall, and whom they reach.

use crate::rule::BasisKind;
use std::collections::BTreeSet;

use chrono::NaiveTime;

use super::Party;
use crate::calendar::MAX_LENGTH;

/// The plans known when the program was built.
pub const SEED: &str = include_str!("../../data/reminders.json");

crate::word! {
    /// A point on the way to a deadline or past it, the least urgent first: the order decides when two share a day.
    pub enum Stage {
        TMinus90 = "t_minus_90" / "到期前90日",
        TMinus60 = "t_minus_60" / "到期前60日",
        TMinus30 = "t_minus_30" / "到期前30日",
        Elapsed5 = "elapsed_5" / "已过5个工作日",
        Warn50 = "warn_50" / "时限过半",
        TMinus7 = "t_minus_7" / "到期前7日",
        Elapsed8 = "elapsed_8" / "已过8个工作日",
        WorkingLeft5 = "working_left_5" / "剩余5个工作日",
        Warn80 = "warn_80" / "时限已过八成",
        WorkingLeft2 = "working_left_2" / "剩余2个工作日",
        /// The last working day before the due day.
        TMinus1 = "t_minus_1" / "到期前1个工作日",
        TZero = "t_zero" / "当日到期",
        Red100 = "red_100" / "时限届满",
        Overdue1 = "overdue_1" / "逾期1个工作日",
        SupervisorPlus1 = "supervisor_plus_1" / "逾期1个工作日督办",
        Overdue3 = "overdue_3" / "逾期3个工作日",
        /// Shown on the dashboard of the convenor (召集人).
        ConvenorPlus5 = "convenor_plus_5" / "逾期5个工作日通报",
    }
}

impl Stage {
    /// The due-day reminder goes out at any hour; all others wait for the send window.
    pub fn ignores_send_window(self) -> bool {
        self == Self::TZero
    }
}

crate::word! {
    /// Whom a stage reaches.
    pub enum Recipient {
        Applicant = "applicant" / "申请人",
        /// The role mailbox of the organisation (单位).
        Employer = "employer" / "单位",
        /// The queue of the desk in charge; at a stage of the applicant only while nothing was uploaded.
        Desk = "desk" / "经办岗位",
        DeskLead = "desk_lead" / "岗位负责人",
    }
}

crate::word! {
    /// What becomes of a stage that falls on a rest day.
    pub enum RestDay {
        PreviousWorkingDay = "previous_working_day" / "提前至前一工作日",
        /// Sent on the day itself.
        Keep = "keep" / "当日发送",
    }
}

/// When a stage falls, in days from the effective last day or in parts of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum StageAt {
    /// So many calendar days before the last day; 0 is the last day.
    BeforeCalendarDays(u32),
    /// So many working days before the last day; 1 is the last working day before it.
    BeforeWorkingDays(u32),
    /// The working day on which so many working days of the clock are used, pauses left out.
    ElapsedWorkingDays(u32),
    /// The working day on which this share of the clock's working days is used, in percent, pauses left out.
    PercentElapsed(u32),
    /// So many working days after the last day.
    AfterWorkingDays(u32),
}

/// One stage of a plan.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StageRule {
    pub stage: Stage,
    pub at: StageAt,
    pub recipients: Vec<Recipient>,
}

/// Local hours in which messages go out; outside of them they wait, and are never dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SendWindow {
    /// First local time of day.
    pub from: NaiveTime,
    /// First local time of day after the window.
    pub to: NaiveTime,
    /// Whether the window opens on working days only, as for officers.
    #[serde(default)]
    pub working_days_only: bool,
}

/// How deadlines of some kinds are reminded of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReminderPlan {
    pub stages: Vec<StageRule>,
    /// Local time of day at which each stage is sent.
    pub send_at: NaiveTime,
    pub window: SendWindow,
    /// Hours that must lie between planning and a stage before the end; closer stages are skipped.
    pub min_lead_hours: u32,
    pub rest_day: RestDay,
}

/// A plan with what it applies to and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PlanEntry {
    /// Kinds of deadlines; `*` for every kind that no entry names.
    pub kinds: Vec<String>,
    /// Whose deadlines; everyone's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Party>,
    /// Document, clause or rule set.
    pub basis: String,
    pub basis_kind: BasisKind,
    pub plan: ReminderPlan,
}

/// All plans of one version.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReminderPlans {
    pub version: String,
    pub entries: Vec<PlanEntry>,
}

/// Why a text is no set of reminder plans.
#[derive(Debug, thiserror::Error)]
pub enum ReminderError {
    #[error("not a file of reminder plans")]
    Json(#[from] serde_json::Error),
    #[error("`{0}` has two plans for the same party")]
    KindTwice(String),
    #[error("stage {stage} stands twice in the plan of `{kind}`")]
    StageTwice { kind: String, stage: Stage },
    #[error("stage {stage} of `{kind}` has a number that is too large")]
    OutOfRange { kind: String, stage: Stage },
    #[error("the send window of `{0}` is empty or does not hold its send time")]
    Window(String),
}

impl ReminderPlans {
    /// The plan of a kind: an entry that names it before an entry for `*`; `None` when there are no reminders.
    pub fn plan_for(&self, kind: &str, party: Party) -> Option<&ReminderPlan> {
        let named = |name: &str| {
            let mut entries = self.entries.iter();
            entries.find(|entry| entry.names(name) && entry.party.is_none_or(|known| known == party))
        };
        named(kind).or_else(|| named("*")).map(|entry| &entry.plan)
    }

    /// Whether the plans may be stored.
    pub fn check(&self) -> Result<(), ReminderError> {
        let mut kinds = BTreeSet::new();
        for entry in &self.entries {
            for kind in &entry.kinds {
                if !kinds.insert((kind, entry.party)) {
                    return Err(ReminderError::KindTwice(kind.clone()));
                }
            }
            entry.check()?;
        }
        Ok(())
    }
}

impl PlanEntry {
    fn names(&self, kind: &str) -> bool {
        self.kinds.iter().any(|known| known == kind)
    }

    fn check(&self) -> Result<(), ReminderError> {
        let kind = || self.kinds.join(", ");
        let ReminderPlan { stages, send_at, window, .. } = &self.plan;
        if !(window.from..window.to).contains(send_at) {
            return Err(ReminderError::Window(kind()));
        }
        let mut seen = BTreeSet::new();
        for StageRule { stage, at, .. } in stages {
            if !seen.insert(*stage) {
                return Err(ReminderError::StageTwice { kind: kind(), stage: *stage });
            }
            let (number, most) = match *at {
                StageAt::PercentElapsed(percent) => (percent, 100),
                StageAt::BeforeCalendarDays(days)
                | StageAt::BeforeWorkingDays(days)
                | StageAt::ElapsedWorkingDays(days)
                | StageAt::AfterWorkingDays(days) => (days, MAX_LENGTH),
            };
            if number > most {
                return Err(ReminderError::OutOfRange { kind: kind(), stage: *stage });
            }
        }
        Ok(())
    }
}

/// Reads and checks reminder plans, such as [`SEED`].
pub fn parse_plans(json: &str) -> Result<ReminderPlans, ReminderError> {
    let plans: ReminderPlans = serde_json::from_str(json)?;
    plans.check()?;
    Ok(plans)
}
