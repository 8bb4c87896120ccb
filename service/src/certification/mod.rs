//! Certification: drafts, the driver of its process, and what people see of it.

mod driver;
mod view;

pub use view::CertificationView;
