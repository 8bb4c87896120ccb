//! Certificates: numbers, validity, and the state computed at reading.

mod code;
mod number;
mod state;
mod verification;

pub use code::{NotAVerificationCode, VerificationCode};
pub use number::{CertificateNumber, NotACertificateNumber, next_serial};
pub use state::{
    CertificateFacts, Renewal, Revocation, Suspension, Validity, grace_ends_on, reminders, renewal_opens_on, renewed,
    state_on, valid_until,
};
pub use verification::{Registered, Shown, Verification};

crate::word! {
    /// The state of a certificate on a day, derived at reading (broker.md section 7.5).
    pub enum CertificateState {
        Valid = "valid" / "有效",
        Expired = "expired" / "已过期",
        /// Expired while a renewal submitted in time is undecided.
        ExpiredPending = "expired_pending" / "已过期（续期审核中）",
        Suspended = "suspended" / "暂停",
        Revoked = "revoked" / "已撤销",
        Cancelled = "cancelled" / "已注销",
        Superseded = "superseded" / "已换证",
    }
}
