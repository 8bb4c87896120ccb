//! The broker's profile.
