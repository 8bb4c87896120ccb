//! A trail to be tampered with, and what tampering needs: no triggers, and a copy to go back to.

use domain::access::Role;
use entity::{audit, audit_head};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use service::audit::{Entry, Outcome, seal};
use service::{Caller, Tx, Work};

use crate::harness::Engine;
use crate::harness::context::TestContext;
use crate::harness::people::grant;

/// Everything an entry may hold.
struct Note<'a> {
    caller: &'a Caller,
    object: &'a str,
    number: u64,
}

impl Work for Note<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> service::Result<()> {
        let entry = Entry::new(self.caller, "thing", self.object, "test.note")
            .states("old", "new")
            .before(&self.number)
            .after(&(self.number + 1))
            .reason("因工作调动");
        tx.audit(entry);
        Ok(())
    }
}

/// A trail of some objects, and the copy that is restored after each tampering.
pub struct Trail<'a> {
    pub app: &'a TestContext,
    caller: Caller,
}

impl<'a> Trail<'a> {
    pub async fn new(app: &'a TestContext) -> Self {
        let caller = app.person("writer@example.org", vec![grant(Role::RegionClerk)]).await;
        Self { app, caller }
    }

    /// Adds entries to the chain of an object.
    pub async fn grow(&self, object: &str, entries: u64) {
        for number in 0..entries {
            let work = Note { caller: &self.caller, object, number };
            self.app.ctx.write_once(&self.caller, "test.note", &work).await.unwrap();
        }
    }

    pub async fn run(&self, statement: &str) {
        self.app.connection().execute_unprepared(statement).await.unwrap();
    }

    /// As the owner of the tables may: from here on nothing keeps rows and heads together.
    pub async fn drop_triggers(&self) {
        let on = if self.app.engine() == Engine::Postgres { " ON audit" } else { "" };
        for trigger in ["audit_keep_head", "audit_refuse_update", "audit_refuse_delete"] {
            self.run(&format!("DROP TRIGGER {trigger}{on}")).await;
        }
    }

    pub async fn copy(&self) {
        for table in ["audit", "audit_head"] {
            self.run(&format!("CREATE TABLE {table}_copy AS SELECT * FROM {table}")).await;
        }
    }

    pub async fn restore(&self) {
        for table in ["audit", "audit_head"] {
            self.run(&format!("DELETE FROM {table}")).await;
            self.run(&format!("INSERT INTO {table} SELECT * FROM {table}_copy")).await;
        }
    }

    pub async fn rows(&self, object: &str) -> Vec<audit::Model> {
        audit::Entity::find()
            .filter(audit::Column::ObjectKind.eq("thing"))
            .filter(audit::Column::ObjectId.eq(object))
            .order_by_asc(audit::Column::Seq)
            .all(self.app.connection())
            .await
            .unwrap()
    }

    /// Puts a row in place of the one with its id.
    pub async fn replace(&self, row: audit::Model) {
        row.into_active_model().reset_all().update(self.app.connection()).await.unwrap();
    }

    pub async fn insert(&self, mut row: audit::Model) {
        row.id = self.app.ctx.new_id();
        row.into_active_model().reset_all().insert(self.app.connection()).await.unwrap();
    }

    pub async fn delete_from(&self, object: &str, seq: i64) {
        audit::Entity::delete_many()
            .filter(audit::Column::ObjectId.eq(object))
            .filter(audit::Column::Seq.gte(seq))
            .exec(self.app.connection())
            .await
            .unwrap();
    }

    pub async fn delete(&self, row: &audit::Model) {
        audit::Entity::delete_by_id(row.id).exec(self.app.connection()).await.unwrap();
    }

    /// Makes the head say what the rows say, or takes it away with the last row.
    pub async fn mend_head(&self, object: &str) {
        let heads = || audit_head::Column::ObjectId.eq(object);
        let Some(last) = self.rows(object).await.pop() else {
            audit_head::Entity::delete_many().filter(heads()).exec(self.app.connection()).await.unwrap();
            return;
        };
        audit_head::Entity::update_many()
            .col_expr(audit_head::Column::Length, Expr::value(last.seq))
            .col_expr(audit_head::Column::Hash, Expr::value(last.hash))
            .filter(heads())
            .exec(self.app.connection())
            .await
            .unwrap();
    }
}

/// The row with the hash that its content and the hash before it demand: what somebody who knows the program would write.
pub fn resealed(mut row: audit::Model, previous: &str) -> audit::Model {
    let entry = Entry {
        object_kind: row.object_kind.clone(),
        object_id: row.object_id.clone(),
        action: row.action.clone(),
        state_from: row.state_from.clone(),
        state_to: row.state_to.clone(),
        before: row.before.clone(),
        after: row.after.clone(),
        reason: row.reason.clone(),
        actor_id: row.actor_id,
        actor_role: row.actor_role,
        on_behalf_of: row.on_behalf_of,
        client_id: row.client_id,
        request_id: row.request_id.clone(),
        address: row.address.clone(),
        outcome: if row.outcome == "refused" { Outcome::Refused } else { Outcome::Done },
        is_first: row.seq == 1,
    };
    let sealed = seal(entry, row.seq, row.at, previous.to_owned());
    (row.previous_hash, row.hash) = (sealed.previous, sealed.hash);
    row
}

/// The same row as if an earlier or later hand had written it: one field of it changed, by number.
pub fn changed(mut row: audit::Model, field: u64) -> audit::Model {
    let other = || Some("别的".to_owned());
    match field % 15 {
        0 => row.at += chrono::TimeDelta::microseconds(1),
        1 => row.actor_id = None,
        2 => row.actor_role = Some(Role::Auditor),
        3 => row.on_behalf_of = row.actor_id,
        4 => row.client_id = Some(domain::ids::ApiClientId(uuid::Uuid::nil())),
        5 => "test.other".clone_into(&mut row.action),
        6 => row.state_from = None,
        7 => row.state_to = other(),
        8 => row.before = other(),
        9 => row.after = None,
        10 => row.reason = Some(String::new()),
        11 => row.request_id = other(),
        12 => row.address = other(),
        13 => "refused".clone_into(&mut row.outcome),
        _ => row.hash.replace_range(0..1, if row.hash.starts_with('0') { "1" } else { "0" }),
    }
    row
}

/// Numbers from a seed (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)) % sides
    }
}
