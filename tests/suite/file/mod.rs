//! Files: what is taken, what is refused, who sees it, and how it stands with the scanner.

mod content;
mod http;
mod limit;
mod photo;
pub mod sample;
mod scan;
mod sweep;

use bytes::Bytes;
use chrono::TimeDelta;
use domain::access::Role;
use domain::file::{FilePurpose, ScanState};
use domain::ids::{CaseId, FileId};
use entity::{audit, case_file};
use futures_util::{StreamExt, stream};
use object_store::ObjectStore;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use service::file::{self, FileView, NewFile};
use service::page::PageRequest;
use service::{Caller, Code, Context, Error, Outcome, Result};

use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::people::{at, grant, grant_in, grant_of, keyed};

/// Sends a file as a handler would, in pieces of 1,000 bytes.
pub async fn send(
    ctx: &Context,
    caller: &Caller,
    case: CaseId,
    new: NewFile,
    content: &[u8],
) -> Result<Outcome<FileView>> {
    let pieces: Vec<Result<Bytes>> = content.chunks(1_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let slot = file::prepare(ctx, caller, case, new).await?;
    let received = file::receive(ctx, &slot, stream::iter(pieces)).await?;
    let mut caller = caller.clone();
    if let Some(idempotency) = &mut caller.meta.idempotency {
        idempotency.fingerprint.clone_from(&received.sha256);
    }
    file::attach(ctx, &caller, &slot, received).await
}

pub fn named(name: &str) -> NewFile {
    NewFile { name: name.to_owned(), purpose: FilePurpose::RegistrationProof, declared: None, length: None }
}

pub async fn broker(test: &TestContext) -> Caller {
    test.person("broker@example.org", vec![grant(Role::Broker)]).await
}

/// How many objects the store holds.
pub async fn objects(ctx: &Context) -> usize {
    ctx.files().list(None).count().await
}

async fn bytes_of(ctx: &Context, caller: &Caller, id: FileId) -> Result<Vec<u8>> {
    let mut download = file::open(ctx, caller, id).await?;
    let mut all = Vec::new();
    while let Some(chunk) = download.bytes.next().await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

async fn ids(ctx: &Context, caller: &Caller, case: CaseId) -> Vec<FileId> {
    let page = file::list(ctx, caller, case, &PageRequest::default()).await.unwrap();
    page.items.into_iter().map(|file| file.id).collect()
}

async fn move_case(test: &TestContext, case: CaseId, state: &'static str, desk: Role) {
    let mut row = case_file::Entity::find_by_id(case).one(test.connection()).await.unwrap().unwrap();
    at(state, desk)(&mut row);
    let change = case_file::ActiveModel {
        id: Set(row.id),
        state: Set(row.state),
        desk_role: Set(row.desk_role),
        submitted_at: Set(row.submitted_at),
        ..Default::default()
    };
    change.update(test.connection()).await.unwrap();
}

db_tests! {
    async fn a_file_goes_in_and_comes_out_as_it_was(test: TestContext) {
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        let content = sample::pdf();
        let view = send(&test.ctx, &broker, case, named("../登记证明.pdf"), &content).await.unwrap().value;
        assert_eq!((view.name.as_str(), view.media_type.as_str()), ("登记证明.pdf", "application/pdf"));
        assert_eq!((usize::try_from(view.size_bytes), view.scan_state), (Ok(content.len()), ScanState::Skipped));
        assert_eq!(view.sha256, service::crypto::sha256_hex(&content));
        assert_eq!(bytes_of(&test.ctx, &broker, view.id).await.unwrap(), content);
        let trail = audit::Entity::find().filter(audit::Column::ObjectId.eq(view.id.to_string())).all(test.connection()).await.unwrap();
        let actions: Vec<&str> = trail.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["file.upload", "file.read"]);
        assert!(service::audit::verify(&test.ctx).await.unwrap().breaks.is_empty());
    }

    async fn a_repetition_keeps_one_row_and_one_object(test: TestContext) {
        let broker = keyed(&broker(&test).await, "key-1", "");
        let case = test.case(&broker, None, |_| {}).await;
        let first = send(&test.ctx, &broker, case, named("a.pdf"), &sample::pdf()).await.unwrap();
        // Even when the case has moved on meanwhile.
        move_case(&test, case, "city_review", Role::CityClerk).await;
        let second = send(&test.ctx, &broker, case, named("a.pdf"), &sample::pdf()).await.unwrap();
        assert!(second.replayed && first.value.id == second.value.id);
        assert_eq!(objects(&test.ctx).await, 1);
        let other = send(&test.ctx, &broker, case, named("a.png"), &sample::png()).await.unwrap_err();
        assert!(matches!(other, Error::Refused(Code::IdempotencyKeyReused, _)), "{other:?}");
        assert_eq!(objects(&test.ctx).await, 1);
    }

    async fn applicants_add_in_draft_and_correction_only(test: TestContext) {
        let broker = broker(&test).await;
        let stranger = test.person("other@example.org", vec![grant(Role::Broker)]).await;
        let case = test.case(&broker, None, |_| {}).await;
        assert!(matches!(send(&test.ctx, &stranger, case, named("a.pdf"), &sample::pdf()).await, Err(Error::NotFound)));
        let id = send(&test.ctx, &broker, case, named("a.pdf"), &sample::pdf()).await.unwrap().value.id;
        move_case(&test, case, "city_review", Role::CityClerk).await;
        let late = send(&test.ctx, &broker, case, named("b.pdf"), &sample::pdf()).await.unwrap_err();
        assert!(matches!(late, Error::Refused(Code::StateForbids, _)), "{late:?}");
        let kept = file::remove(&test.ctx, &broker, id).await.unwrap_err();
        assert!(matches!(kept, Error::Refused(Code::StateForbids, _)), "{kept:?}");
        move_case(&test, case, "correction", Role::Broker).await;
        send(&test.ctx, &broker, case, named("b.pdf"), &sample::pdf()).await.unwrap();
        file::remove(&test.ctx, &broker, id).await.unwrap();
        assert!(matches!(file::remove(&test.ctx, &broker, id).await, Err(Error::NotFound)));
        assert!(matches!(file::open(&test.ctx, &broker, id).await, Err(Error::NotFound)));
        assert_eq!(ids(&test.ctx, &broker, case).await.len(), 1);
        assert_eq!(file::of_case(test.connection(), case).await.unwrap().len(), 1);
    }

    async fn desks_add_the_papers_of_their_desk(test: TestContext) {
        let broker = broker(&test).await;
        let organisation = test.ctx.new_id();
        let case = test.case(&broker, None, |row| row.organisation_id = Some(organisation)).await;
        let opinion = NewFile { purpose: FilePurpose::EmployerOpinion, ..named("意见.pdf") };
        let clerk = test.person("clerk@example.org", vec![grant_in(Role::CityClerk, "450100")]).await;
        let draft = send(&test.ctx, &clerk, case, opinion.clone(), &sample::pdf()).await.unwrap_err();
        assert!(matches!(draft, Error::NotFound), "{draft:?}");
        move_case(&test, case, "employer_review", Role::EmployerConfirmer).await;
        let id = send(&test.ctx, &clerk, case, opinion.clone(), &sample::pdf()).await.unwrap().value.id;
        let wrong = send(&test.ctx, &clerk, case, named("a.pdf"), &sample::pdf()).await.unwrap_err();
        assert!(matches!(wrong, Error::Invalid(_)), "{wrong:?}");
        let confirmer = test.person("confirmer@example.org", vec![grant_of(Role::EmployerConfirmer, organisation)]).await;
        send(&test.ctx, &confirmer, case, opinion.clone(), &sample::pdf()).await.unwrap();
        assert!(matches!(file::remove(&test.ctx, &confirmer, id).await, Err(Error::Forbidden)));
        file::remove(&test.ctx, &clerk, id).await.unwrap();
        let foreign = test.person("liuzhou@example.org", vec![grant_in(Role::CityClerk, "450200")]).await;
        assert!(matches!(send(&test.ctx, &foreign, case, opinion, &sample::pdf()).await, Err(Error::NotFound)));
    }

    async fn readers_see_what_their_case_shows_them(test: TestContext) {
        let broker = broker(&test).await;
        let organisation = test.ctx.new_id();
        let case = test.case(&broker, None, |row| row.organisation_id = Some(organisation)).await;
        let proof = send(&test.ctx, &broker, case, named("a.pdf"), &sample::pdf()).await.unwrap().value.id;
        test.clock.advance(TimeDelta::seconds(1));
        let identity = NewFile { purpose: FilePurpose::IdentityDocument, ..named("身份证.png") };
        let identity = send(&test.ctx, &broker, case, identity, &sample::png()).await.unwrap().value.id;
        let clerk = test.person("clerk@example.org", vec![grant_in(Role::CityClerk, "450100")]).await;
        assert!(matches!(file::open(&test.ctx, &clerk, proof).await, Err(Error::NotFound)), "a draft is its applicant's own");
        move_case(&test, case, "employer_review", Role::EmployerConfirmer).await;
        let confirmer = test.person("confirmer@example.org", vec![grant_of(Role::EmployerConfirmer, organisation)]).await;
        let foreign = test.person("liuzhou@example.org", vec![grant_in(Role::CityClerk, "450200")]).await;
        let stranger = test.person("other@example.org", vec![grant(Role::Broker)]).await;
        assert_eq!(ids(&test.ctx, &broker, case).await, [identity, proof]);
        assert_eq!(ids(&test.ctx, &clerk, case).await, [identity, proof]);
        assert_eq!(ids(&test.ctx, &confirmer, case).await, [proof]);
        assert!(file::open(&test.ctx, &clerk, identity).await.is_ok());
        assert!(matches!(file::open(&test.ctx, &confirmer, identity).await, Err(Error::NotFound)));
        for caller in [&foreign, &stranger] {
            assert!(matches!(file::open(&test.ctx, caller, proof).await, Err(Error::NotFound)));
            assert!(matches!(file::list(&test.ctx, caller, case, &PageRequest::default()).await, Err(Error::NotFound)));
        }
    }
}
