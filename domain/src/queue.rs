//! Jobs: their states and how long a failed one waits.

crate::word! {
    pub enum JobState {
        Ready = "ready" / "待执行",
        Running = "running" / "执行中",
        Done = "done" / "完成",
        /// Out of attempts, or failed for good; an administrator may requeue it.
        Dead = "dead" / "失败",
    }
}

/// Seconds to wait before attempt `attempt + 1`: doubling from 5 s, capped at one hour, with ±20 % jitter from
/// `jitter` in 0..1.
pub fn backoff_seconds(attempt: u32, jitter: f64) -> u64 {
    let base = 5u64.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(3_600);
    let spread = base / 5;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 3,600 seconds, jitter in 0..1"
    )]
    let offset = (spread as f64 * 2.0 * jitter.clamp(0.0, 1.0)) as u64;
    base - spread + offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_an_hour() {
        assert_eq!(backoff_seconds(1, 0.5), 5);
        assert_eq!(backoff_seconds(4, 0.5), 40);
        assert_eq!(backoff_seconds(60, 0.5), 3_600);
        assert!(backoff_seconds(4, 0.0) >= 32 && backoff_seconds(4, 1.0) <= 48);
    }
}
