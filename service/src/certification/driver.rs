//! How certification reads and writes its own tables.

use domain::access::Permission;
use domain::certification::process::{Certification, Change, Command, Facts, Verb};
use domain::ids::AccountId;
use domain::process::Recipient;
use entity::{case_file, certification};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::Value;

use super::view::CertificationView;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::{Address, Driver, Loaded};
use crate::transaction::Tx;

impl Driver for Certification {
    type Detail = certification::Model;
    type View = CertificationView;

    fn read_permission() -> Permission {
        Permission::ReadCertifications
    }

    async fn detail(connection: &impl ConnectionTrait, case: &case_file::Model) -> Result<certification::Model> {
        certification::Entity::find_by_id(case.id)
            .one(connection)
            .await?
            .ok_or_else(|| Error::unreadable("certification", "case_id", case.id))
    }

    async fn facts(
        _context: &Context,
        _connection: &impl ConnectionTrait,
        _case: &case_file::Model,
        _detail: &certification::Model,
        _command: Option<&Command>,
        _asker: Option<AccountId>,
    ) -> Result<Facts> {
        Err(Error::internal("not yet"))
    }

    async fn apply(
        _tx: &Tx,
        _case: &case_file::Model,
        _detail: certification::Model,
        _change: Change,
        _caller: &Caller,
    ) -> Result<()> {
        Ok(())
    }

    async fn view(
        context: &Context,
        connection: &impl ConnectionTrait,
        caller: &Caller,
        loaded: &Loaded<Self>,
    ) -> Result<CertificationView> {
        let allowed_actions = crate::process::allowed_actions(context, connection, caller, loaded).await?;
        Ok(CertificationView {
            id: loaded.row.id,
            version: loaded.row.version,
            state: loaded.row.state.clone(),
            allowed_actions,
        })
    }

    fn trail(_command: &Command) -> Value {
        Value::Null
    }

    fn automatic(verb: Verb) -> Option<Command> {
        Command::automatic(verb)
    }

    async fn recipients(
        _connection: &impl ConnectionTrait,
        _case: &case_file::Model,
        _recipient: Recipient,
    ) -> Result<Option<Vec<Address>>> {
        Ok(None)
    }

    async fn tale(_connection: &impl ConnectionTrait, _case: &case_file::Model) -> Result<Value> {
        Ok(Value::Null)
    }
}
