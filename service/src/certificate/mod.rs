//! Certificates (证书): minting, what a person holds, and the lists of holders and staff.

mod mint;
mod read;
mod register;

pub use mint::mint;
pub use read::{CertificateView, list, read};
pub(crate) use register::held_of;
pub use register::{Held, held_on, registered};
