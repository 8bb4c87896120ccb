//! What one case may hold: the round's figures where it has one, no more than its rule set allows by kind.

use domain::file::{FileFormat, FilePurpose};
use domain::rule::FileRules;
use entity::{case_file, round};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::context::Context;
use crate::error::Result;

/// The limits of a case.
#[derive(Debug)]
pub(super) struct CaseLimits {
    /// Bytes of a file of any kind.
    any_bytes: u64,
    pub(super) case_files: u64,
    pub(super) case_bytes: u64,
    rules: FileRules,
}

impl CaseLimits {
    pub(super) async fn of(
        context: &Context,
        connection: &impl ConnectionTrait,
        case: &case_file::Model,
    ) -> Result<Self> {
        let general = &context.settings().files;
        let round = match case.round_id {
            Some(round) => round::Entity::find_by_id(round).one(connection).await?,
            None => None,
        };
        let own = round.map(|round| {
            (u64::try_from(round.max_file_bytes).unwrap_or(0), u64::try_from(round.max_files).unwrap_or(0))
        });
        let (any_bytes, case_files) = own.unwrap_or((general.file_bytes, u64::from(general.case_files)));
        let rules = FileRules::of(&*crate::rule::rule_set(context, connection, case.rule_set_id).await?);
        let case_bytes = rules.total_bytes.map_or(general.case_bytes, |total| total.min(general.case_bytes));
        Ok(Self { any_bytes, case_files, case_bytes, rules })
    }

    /// Most bytes of a file of this purpose; the format is the one that its name promises.
    pub(super) fn file_bytes(&self, purpose: FilePurpose, format: Option<FileFormat>) -> u64 {
        let of_kind = format.and_then(|format| self.rules.bytes(purpose, format));
        of_kind.map_or(self.any_bytes, |bytes| bytes.min(self.any_bytes))
    }
}
