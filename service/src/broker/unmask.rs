//! Reading an unmasked number: an operation of its own, with a purpose, in the audit trail.

use domain::access::Permission;
use domain::ids::BrokerId;
use serde_json::json;

use super::profile::visible;
use super::seal::full_profile;
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// The numbers in full.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Unmasked {
    pub id: BrokerId,
    pub id_number: Option<String>,
    pub mobile: Option<String>,
}

impl std::fmt::Debug for Unmasked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Unmasked({})", self.id)
    }
}

/// Reads the numbers for a stated purpose.
pub async fn unmask(context: &Context, caller: &Caller, id: BrokerId, purpose: &str) -> Result<Outcome<Unmasked>> {
    caller.require(Permission::UnmaskIdentity)?;
    if purpose.trim().chars().count() < 4 {
        return Err(Error::invalid("/purpose", "text_short"));
    }
    let row = visible(context, caller, id, Permission::UnmaskIdentity).await?;
    // The entry commits before the numbers leave. They are opened outside of what is stored as the answer.
    context.write_once(caller, "broker.unmask", &Record { caller, id, purpose }).await.and_then(|outcome| {
        let full = full_profile(context, &row)?;
        let value = Unmasked { id, id_number: full.id_number, mobile: full.mobile };
        Ok(Outcome { value, replayed: outcome.replayed })
    })
}

struct Record<'a> {
    caller: &'a Caller,
    id: BrokerId,
    purpose: &'a str,
}

impl Work for Record<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        tx.audit(
            Entry::new(self.caller, "broker", self.id, "broker.unmask")
                .after(&json!({ "fields": ["id_number", "mobile"] }))
                .reason(self.purpose),
        );
        Ok(())
    }
}
