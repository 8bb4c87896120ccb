//! The rule sets of the build, stored once.

use domain::rule::{GX_BROKER_2026_1, RuleSet};
use domain::word::Word;
use entity::rule_set;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::audit::Entry;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// The documents of the build.
const DOCUMENTS: &[&str] = &[GX_BROKER_2026_1];

/// Stores the rule sets of the build that are missing. Harmless when run twice; a stored one is never changed.
pub async fn seed(context: &Context) -> Result<()> {
    for document in DOCUMENTS {
        let set = RuleSet::read(document).map_err(|problems| {
            let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Error::internal(format!("a rule set of the build is unsound: {}", words.join("; ")))
        })?;
        match context.write("rule.seed", &Seed { document, set: &set }).await {
            // Another replica was first.
            Ok(()) | Err(Error::Refused(crate::code::Code::AlreadyExists, _)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct Seed<'a> {
    document: &'a str,
    set: &'a RuleSet,
}

impl Work for Seed<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let stored = rule_set::Entity::find()
            .filter(rule_set::Column::Name.eq(&self.set.id))
            .filter(rule_set::Column::RuleVersion.eq(&self.set.version))
            .one(tx.connection())
            .await?;
        if let Some(stored) = stored {
            if stored.sha256 != self.set.hash() {
                tracing::error!(name = %stored.name, version = %stored.rule_version,
                    "the stored rule set differs from the build's; the stored one stays in force");
            }
            return Ok(());
        }
        let id: domain::ids::RuleSetId = tx.context().new_id();
        let row = rule_set::ActiveModel {
            id: Set(id),
            name: Set(self.set.id.clone()),
            rule_version: Set(self.set.version.clone()),
            process: Set(self.set.process.clone()),
            status: Set(self.set.status().as_str().to_owned()),
            effective_from: Set(self.set.effective_from),
            effective_to: Set(self.set.effective_to),
            document: Set(self.document.to_owned()),
            sha256: Set(self.set.hash()),
            created_at: Set(tx.at()),
        };
        rule_set::Entity::insert(row).exec_without_returning(tx.connection()).await?;
        tx.audit(Entry::new(&Caller::system("rule.seed"), "rule_set", id, "rule.seed").after(
            &serde_json::json!({ "name": self.set.id, "version": self.set.version, "sha256": self.set.hash() }),
        ));
        Ok(())
    }
}
