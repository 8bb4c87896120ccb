//! Rounds of applications.
