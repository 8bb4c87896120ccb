//! Pointers that something happened: kinds of events and what a reader may switch off.

crate::word! {
    /// How a mail fares.
    pub enum DeliveryState {
        Queued = "queued" / "待发",
        Sent = "sent" / "已发",
        /// Refused for good (5xx): a clerk must find another way.
        Failed = "failed" / "失败",
        /// No longer applied when it was due.
        Skipped = "skipped" / "已略过",
        /// Not sent within the time allowed.
        Expired = "expired" / "已过期",
    }
}
