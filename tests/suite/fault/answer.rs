//! The commit is done and its answer is lost between client and program: the retry gives the same result.

use domain::access::Role;
use reqwest::{Client, Response};

use super::{count, organisation};
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::{evidence, rounds};
use crate::harness::proxy::{Mode, Proxy};

async fn register(client: &Client, address: &str, token: &str, number: u64) -> reqwest::Result<Response> {
    client
        .post(format!("http://{address}/api/v1/organisations"))
        .bearer_auth(token)
        .header("idempotency-key", format!("cut-{number}"))
        .json(&organisation(number))
        .send()
        .await
}

db_tests! {
    async fn a_lost_answer_is_given_again(app: TestApp) {
        let token = app.account(Seat::of(Role::Broker)).await.token;
        let proxy = Proxy::before(app.address()).await;
        let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let cuts = rounds(12, 50);
        for number in 0..cuts {
            proxy.set(Mode::LoseAnswer);
            assert!(register(&client, &proxy.address(), &token, number).await.is_err(), "the answer got through");
            assert_eq!(count(app.connection(), number).await, 1, "the write was not done");
            proxy.set(Mode::Pass);
            let again = register(&client, &proxy.address(), &token, number).await.unwrap();
            assert_eq!((again.status().as_u16(), &again.headers()["idempotency-replayed"]), (201, &"true".parse().unwrap()));
            let third = register(&client, app.address(), &token, number).await.unwrap();
            for header in ["location", "etag"] {
                assert_eq!(again.headers()[header], third.headers()[header]);
            }
            assert_eq!(again.bytes().await.unwrap(), third.bytes().await.unwrap());
            assert_eq!(count(app.connection(), number).await, 1, "{number} is there twice");
        }
        assert_eq!(proxy.cuts(), cuts);
        let engine = app.engine().as_str();
        evidence!("B5", engine, "{cuts} answers cut after the commit: 0 written twice, {cuts} given again");
    }

    async fn a_changed_password_is_not_refused_by_its_own_repetition(app: TestApp) {
        use crate::account::scene::{OTHER_PASSWORD, PASSWORD, Session, broker, login, refresh};
        use serde_json::json;
        let person = broker(&app).await;
        let session = login(&app, &person).await;
        let body = json!({ "current_password": PASSWORD, "new_password": OTHER_PASSWORD });
        let path = "/api/v1/me/actions/change_password";
        let change = |token: &str| app.post(path).key("changed-once").as_(token).json(&body);
        change(&session.access).send().await.expect(204);
        // The token died with the old rights; the session goes on.
        let next = Session::of(&refresh(&app, &session.refresh).await.expect(200));
        change(&next.access).send().await.expect(204);
    }
}
