//! Organisations and their members.
