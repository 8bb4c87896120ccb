//! Publicity (公示): a frozen, numbered list of a round. A clerk assembles it, the lead approves it; its entries end
//! separately, each with its own case's deadline.

mod draft;
mod publish;
mod read;

pub use draft::{NewPublicity, create, set_cases};
pub use publish::publish;
pub use read::{EntryView, PublicityFilter, PublicityView, list, list_public, read, read_public};
