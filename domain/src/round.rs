//! Rounds (申报批次): when applications of a kind are taken, and under which rule version.

use chrono::{DateTime, Utc};

crate::word! {
    pub enum RoundState {
        Draft = "draft" / "拟定",
        Published = "published" / "已发布",
        Closed = "closed" / "已关闭",
    }
}

/// The window of a round as the guards of a process see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundFacts {
    pub is_published: bool,
    pub opens_at: DateTime<Utc>,
    /// The last instant at which a submission is in time, by server clock.
    pub closes_at: DateTime<Utc>,
}
