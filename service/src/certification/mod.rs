//! Certification (认定): drafts, the driver of its process, and what people see of it.

mod apply;
mod around;
mod document;
mod draft;
mod driver;
mod eligibility;
mod experts;
mod facts;
mod form;
mod list;
mod review;
mod view;
mod warning;

pub use draft::{NewCertification, open};
pub use eligibility::{preview, preview_of};
pub use experts::{ExpertView, experts};
pub use form::save_form;
pub use list::{CertificationFilter, CertificationSummary, list};
pub use view::{CertificationView, PanelSeat, RuleSetLabel, read};
