//! Organisations (单位): legal persons by their unified social credit code, their names over time, and who acts for them.

mod change;
mod check;
mod invite;
mod member;
mod read;
mod register;
mod succession;
mod verify;

pub use change::{Renaming, rename};
pub(crate) use member::seat;
pub use member::{MemberView, Membership, activate_member, confirmers, has_confirmer, invite, members, remove};
pub use read::{NameView, OrganisationFilter, OrganisationView, get, list};
pub use register::{NewOrganisation, register};
pub use succession::{dissolve, successor_of};
pub use verify::{refuse, verify};
