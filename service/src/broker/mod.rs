//! The broker's profile (技术经纪人档案): what a person states once for all applications.
//!
//! Identity and telephone numbers are sealed and found by blind index; they leave masked, and every reading of the
//! whole number is an operation of its own with a purpose, in the audit trail.

mod profile;
mod seal;
mod unmask;
mod view;

pub use profile::{create, list, own, read, save};
pub use seal::{by_account, full_profile};
pub(crate) use seal::{index_of_mobile, index_of_number, open_mobile, open_number};
pub use unmask::{Unmasked, unmask};
pub(crate) use view::masked;
pub use view::{BrokerSummary, BrokerView};
