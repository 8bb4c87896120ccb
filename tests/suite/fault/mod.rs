//! The network, the clock, the key folder and the other replicas fail; what was promised holds.

mod answer;
mod clock;
mod database;
mod login;
mod replica;
mod rolling;
mod session;
mod slow;
mod start;
mod twin;
mod walk;

use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

/// An organisation of nobody, another one for every number: what the tests of writes register.
pub fn organisation(number: u64) -> Value {
    let body = format!("91450100{number:09}");
    let check = domain::broker::uscc_check(&body).expect("seventeen characters");
    json!({
        "uscc": format!("{body}{check}"),
        "name": format!("南宁示例技术转移第{number}公司"),
        "kind": "enterprise",
        "region": "450100",
    })
}

/// How many organisations there are with this number: 0 or 1, if all is well.
pub async fn count(connection: &DatabaseConnection, number: u64) -> u64 {
    let uscc = organisation(number)["uscc"].as_str().expect("a code").to_owned();
    let found = entity::organisation::Entity::find()
        .filter(entity::organisation::Column::Name.contains(format!("第{number}公司")));
    let by_code = entity::organisation::Entity::find().filter(entity::organisation::Column::Uscc.eq(uscc));
    let (names, codes) = (found.count(connection).await.unwrap(), by_code.count(connection).await.unwrap());
    names.max(codes)
}
