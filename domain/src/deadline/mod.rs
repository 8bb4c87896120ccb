//! Deadlines: clocks that a process starts, pauses and stops.

crate::word! {
    pub enum DeadlineState {
        Running = "running" / "计时中",
        Paused = "paused" / "暂停",
        Met = "met" / "已办结",
        Missed = "missed" / "已逾期",
        Cancelled = "cancelled" / "已取消",
    }
}

crate::word! {
    /// Whose duty a deadline is.
    pub enum Party {
        /// The applicant or the applicant's employer: the date never gets earlier.
        Applicant = "applicant" / "申请方",
        Authority = "authority" / "主管部门",
        Public = "public" / "公众",
    }
}
