//! The orders in which cases are listed.

crate::word! {
    /// The orders of a worklist.
    #[derive(Default)]
    pub enum WorkSort {
        #[default]
        Newest = "newest" / "最新",
        /// Nearest deadline first; cases without a deadline are left out.
        Due = "due" / "到期",
    }
}
