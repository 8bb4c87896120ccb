//! The technology broker (技术经纪人): who the person is, and how what is stated about the person is checked.
//!
//! Identifiers are checked by their own arithmetic, never by a list that ages. Every check answers with the rulebook's
//! code; texts are the business of whoever shows them.

mod broken;
pub mod mask;
pub mod mod37;
mod month;
mod profile;
mod profile_check;
#[cfg(test)]
mod properties;
mod resident_id;
mod text;
mod uscc;
mod vocabulary;

pub use broken::{Broken, half_width};
pub use month::{Month, NotAMonth};
pub use profile::{Profile, TransferBreak, VocationalQual, WorkPeriod};
pub use profile_check::Faults;
pub use resident_id::{ResidentId, age_on, check_character as resident_id_check, normalise as normalise_id_number};
pub use text::{email, line, mobile, name, plain};
pub use uscc::{Uscc, check_character as uscc_check};
pub use vocabulary::{
    Degree, EducationLevel, EducationRank, EmployerType, EmploymentMode, IdType, Industry, ServiceLink, Sex,
    TitleLevel, TitleSeries,
};
