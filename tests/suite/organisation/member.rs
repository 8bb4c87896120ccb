//! Members: invited by mail, joined, removed; the last confirmer stays while cases wait.

use chrono::TimeDelta;
use domain::access::Role;
use domain::ids::{AccountId, OrganisationId};
use domain::organisation::MemberState;
use entity::{account, account_role, notification_delivery, organisation_member};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use service::account::Acceptance;
use service::crypto::Place;
use service::organisation::{self, Membership};
use service::page::PageRequest;
use service::{Caller, Code, Error, RequestMeta, Result};
use uuid::Uuid;

use super::{CODES, clerk, verified};
use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::people::{at, grant, grant_of};

/// An active membership with its grant.
pub async fn join(test: &TestContext, organisation: OrganisationId, who: &Caller, role: Role) -> Uuid {
    let id: Uuid = test.ctx.new_id();
    let member = organisation_member::Model {
        id,
        organisation_id: organisation,
        account_id: Some(who.actor.account),
        email: None,
        role,
        state: MemberState::Active,
        invited_by: None,
        created_at: test.ctx.now(),
        updated_at: test.ctx.now(),
    };
    member.into_active_model().reset_all().insert(test.connection()).await.unwrap();
    let granted = account_role::Model {
        id: test.ctx.new_id(),
        account_id: who.actor.account,
        role,
        region: None,
        organisation_id: Some(organisation),
        granted_by: None,
        granted_at: test.ctx.now(),
        revoked_by: None,
        revoked_at: None,
    };
    granted.into_active_model().reset_all().insert(test.connection()).await.unwrap();
    id
}

/// The token in the newest mail of an invitation.
async fn token_in_mail(test: &TestContext) -> String {
    let mail = notification_delivery::Entity::find()
        .filter(notification_delivery::Column::Template.eq("organisation.confirmer_invited"))
        .order_by_desc(notification_delivery::Column::CreatedAt)
        .one(test.connection())
        .await
        .unwrap()
        .unwrap();
    let place = Place { table: "notification_delivery", column: "params_cipher", row: mail.id };
    let body = test.ctx.keys().open(place, mail.params_cipher.as_deref().unwrap()).unwrap();
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    body["params"]["secret"]["token"].as_str().unwrap().to_owned()
}

/// Takes an invitation with an account that exists.
async fn accept(test: &TestContext, token: String) -> Result<AccountId> {
    let acceptance = Acceptance { token, name: None, password: None, locale: None, consents: Vec::new() };
    let accepted = service::account::accept_invitation(&test.ctx, RequestMeta::default(), &acceptance).await?;
    Ok(accepted.value.account_id)
}

fn confirmer(email: &str) -> Membership {
    Membership { email: email.to_owned(), role: Role::EmployerConfirmer }
}

db_tests! {
    async fn an_invitation_goes_by_mail_and_makes_a_member(test: TestContext) {
        let clerk = clerk(&test).await;
        let id = verified(&test, &clerk, CODES[0]).await.id;
        let connection = test.ctx.database().read();
        assert!(!organisation::has_confirmer(connection, id).await.unwrap());
        let invited = organisation::invite(&test.ctx, &clerk, id, confirmer("Confirmer@Example.org")).await.unwrap().value;
        assert_eq!((invited.state, invited.email.as_deref()), (MemberState::Invited, Some("confirmer@example.org")));

        test.clock.advance(TimeDelta::minutes(1));
        let again = organisation::invite(&test.ctx, &clerk, id, confirmer("confirmer@example.org")).await.unwrap().value;
        assert_eq!(again.id, invited.id, "a second invitation is a new link to the same seat");
        let person = test.person("confirmer@example.org", Vec::new()).await;
        let token = token_in_mail(&test).await;
        assert_eq!(accept(&test, token.clone()).await.unwrap(), person.actor.account);
        assert_eq!(organisation::confirmers(connection, id).await.unwrap(), [person.actor.account]);
        let granted = account_role::Entity::find().all(test.connection()).await.unwrap();
        assert_eq!(granted.iter().map(|grant| (grant.role, grant.organisation_id)).collect::<Vec<_>>(), [(Role::EmployerConfirmer, Some(id))]);
        let spent = accept(&test, token).await.unwrap_err();
        assert!(matches!(spent, Error::Refused(Code::TokenSpent, _)), "{spent:?}");
        let known = organisation::invite(&test.ctx, &clerk, id, confirmer("confirmer@example.org")).await.unwrap_err();
        assert!(matches!(known, Error::Refused(Code::AlreadyExists, _)), "{known:?}");
    }

    async fn confirmers_invite_confirmers_of_their_own_only(test: TestContext) {
        let clerk = clerk(&test).await;
        let (own, other) = (verified(&test, &clerk, CODES[0]).await.id, verified(&test, &clerk, CODES[1]).await.id);
        let member = test.person("member@example.org", vec![grant_of(Role::EmployerConfirmer, own)]).await;
        organisation::invite(&test.ctx, &member, own, confirmer("a@example.org")).await.unwrap();
        assert!(matches!(organisation::invite(&test.ctx, &member, other, confirmer("a@example.org")).await, Err(Error::NotFound)));
        let head = Membership { email: "b@example.org".to_owned(), role: Role::AgencyHead };
        assert!(matches!(organisation::invite(&test.ctx, &member, own, head).await, Err(Error::Forbidden)));
        let staff = Membership { email: "b@example.org".to_owned(), role: Role::CityClerk };
        assert!(matches!(organisation::invite(&test.ctx, &clerk, own, staff).await, Err(Error::Invalid(_))));
        let members = organisation::members(&test.ctx, &member, own, &PageRequest::default()).await.unwrap();
        assert_eq!(members.items.len(), 1);
    }

    async fn the_last_confirmer_stays_while_cases_wait(test: TestContext) {
        let clerk = clerk(&test).await;
        let id = verified(&test, &clerk, CODES[0]).await.id;
        let broker = test.person("broker@example.org", vec![grant(Role::Broker)]).await;
        let first = test.person("first@example.org", Vec::new()).await;
        let second = test.person("second@example.org", Vec::new()).await;
        let (first_member, second_member) = (join(&test, id, &first, Role::EmployerConfirmer).await, join(&test, id, &second, Role::EmployerConfirmer).await);
        test.case(&broker, None, |row| {
            at("employer_review", Role::EmployerConfirmer)(row);
            row.organisation_id = Some(id);
        })
        .await;
        let left = organisation::remove(&test.ctx, &clerk, id, first_member, 2).await.unwrap().value;
        assert_eq!(left.state, MemberState::Left);
        let account = account::Entity::find_by_id(first.actor.account).one(test.connection()).await.unwrap().unwrap();
        assert_eq!(account.rights_version, 2);
        let grants = account_role::Entity::find().all(test.connection()).await.unwrap();
        assert_eq!(grants.iter().filter(|grant| grant.revoked_at.is_some()).count(), 1);

        let stale = organisation::remove(&test.ctx, &clerk, id, second_member, 2).await.unwrap_err();
        assert!(matches!(stale, Error::Stale), "{stale:?}");
        let last = organisation::remove(&test.ctx, &clerk, id, second_member, 3).await.unwrap_err();
        assert!(matches!(last, Error::Refused(Code::InUse, _)), "{last:?}");
    }
}
