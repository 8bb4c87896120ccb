//! The orders in which cases are listed.

crate::word! {
    /// The orders of a worklist.
    pub enum WorkSort {
        Newest = "newest" / "最新",
        /// Nearest deadline first; cases without a deadline are left out.
        Due = "due" / "到期",
    }
}

impl Default for WorkSort {
    fn default() -> Self {
        Self::Newest
    }
}
