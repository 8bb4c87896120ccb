//! What happens by itself.

mod mail;
mod server;
