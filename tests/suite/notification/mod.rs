//! What people are told, and how they read it.

mod list;
