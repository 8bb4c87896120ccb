//! What happens by itself.

mod mail;
