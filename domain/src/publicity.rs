//! Publicity (公示): a frozen, numbered list of a round whose entries end separately.

crate::word! {
    pub enum PublicityState {
        Draft = "draft" / "拟稿",
        Open = "open" / "公示中",
        Ended = "ended" / "已结束",
    }
}

crate::word! {
    pub enum EntryState {
        Listed = "listed" / "公示中",
        /// The period ended without an open objection.
        Clean = "clean" / "无异议",
        /// Withdrawn while published.
        Removed = "removed" / "已撤出",
    }
}
