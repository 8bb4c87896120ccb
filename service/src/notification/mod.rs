//! Notifications: pointers that something happened, in the app and by mail.

mod place;

pub use place::{Deliver, Message, place};
