//! People, their logins and rights, and the clients of other systems, as the world sees them.

mod client;
mod forged;
mod guess;
mod invite;
mod lend;
mod login;
mod people;
mod recover;
mod refresh;
pub mod scene;
mod totp;
