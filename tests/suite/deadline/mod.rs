//! Deadlines: reminders, escalation, and what a case's people see.

mod remind;
