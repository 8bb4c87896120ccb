//! Notifications: pointers that something happened, in the app and by mail.

mod deliver;
mod delivery_list;
mod list;
mod mask;
mod place;
mod titles;

pub use deliver::{Outgoing, Standing, defer, give_up, mark_sent, standing};
pub use delivery_list::{DeliveryView, deliveries};
pub use list::{NotificationView, ReadUpTo, list, mark_all_read, mark_read, unread_count};
pub use mask::{masked, masked_error};
pub use place::{Deliver, Message, place};
pub use titles::{Locale, TITLES, Title, clock, heading, one_line, subject, title};
