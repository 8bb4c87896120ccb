//! Opening an application.

use domain::access::Permission;
use domain::certification::process::{Certification, ClockKind};
use domain::certification::{ApplicationType, CertificationForm, Level};
use domain::ids::RoundId;
use domain::region::RegionCode;
use domain::round::RoundState;
use entity::{broker, certification, organisation, round};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::view::{CertificationView, view_of};
use crate::broker::by_account;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::{self, NewCase};
use crate::transaction::{Tx, Work};

/// What an application begins with.
#[derive(Debug, Clone)]
pub struct NewCertification {
    pub round: RoundId,
    pub kind: ApplicationType,
    pub target_level: Level,
}

/// Opens a draft in a round (T01). A person has one open application at most (I-1).
pub async fn open(context: &Context, caller: &Caller, new: NewCertification) -> Result<Outcome<CertificationView>> {
    caller.require(Permission::DraftCertification)?;
    context.write_once(caller, "certification.open", &Open { caller, new: &new }).await
}

struct Open<'a> {
    caller: &'a Caller,
    new: &'a NewCertification,
}

impl Work for Open<'_> {
    type Output = CertificationView;

    async fn run(&self, tx: &Tx) -> Result<CertificationView> {
        let connection = tx.connection();
        let broker = by_account(connection, self.caller.actor.account)
            .await?
            .ok_or(Error::Refused(Code::ConditionNotMet, json!({ "condition": "profile_exists" })))?;
        one_open_application(connection, &broker).await?;
        let round = open_round(connection, self.new.round).await?;
        let rules = crate::rule::rule_set(tx.context(), connection, round.rule_set_id).await?;
        let idle = rules
            .period("deadline.draft_idle")
            .ok_or_else(|| Error::internal("rule set has no period deadline.draft_idle"))?;
        let calendar = crate::calendar::current(tx.context(), connection).await?;
        let (region, organisation) = place(connection, &broker).await?;
        let new = NewCase {
            region,
            organisation,
            round: Some(round.id),
            rule_set: round.rule_set_id,
            applicant: self.caller.actor.account,
            applicant_name: broker.name.clone(),
            title: format!("{}技术经纪人认定申请", domain::word::Word::zh(self.new.target_level)),
        };
        let id =
            process::open::<Certification>(tx, self.caller, new, Some((ClockKind::DraftIdle, idle)), &calendar).await?;
        let form = CertificationForm {
            kind: Some(self.new.kind),
            target_level: Some(self.new.target_level),
            ..CertificationForm::default()
        };
        certification::Entity::insert(certification::ActiveModel {
            case_id: Set(id),
            broker_id: Set(broker.id),
            kind: Set(self.new.kind),
            target_level: Set(self.new.target_level),
            form: Set(serde_json::to_string(&form)?),
            correction: Set(None),
            correction_rounds: Set(None),
            eligibility: Set(None),
            assessment: Set(None),
            employer_opinion: Set(None),
            city_opinion: Set(None),
            acceptance: Set(None),
            refusal: Set(None),
            profile: Set(None),
            training: Set(None),
            review: Set(None),
            closing: Set(None),
            is_open: Set(true),
        })
        .exec_without_returning(connection)
        .await?;
        view_of(tx.context(), connection, self.caller, id).await
    }
}

/// I-1; the partial unique index behind it decides a race.
async fn one_open_application(connection: &impl ConnectionTrait, broker: &broker::Model) -> Result<()> {
    let open = certification::Entity::find()
        .filter(certification::Column::BrokerId.eq(broker.id))
        .filter(certification::Column::IsOpen.eq(true))
        .one(connection)
        .await?;
    match open {
        Some(row) => Err(Error::Refused(Code::ActiveApplicationExists, json!({ "id": row.case_id }))),
        None => Ok(()),
    }
}

/// A published round of this process; it may open later than the draft.
async fn open_round(connection: &impl ConnectionTrait, id: RoundId) -> Result<round::Model> {
    round::Entity::find_by_id(id)
        .filter(round::Column::Process.eq("certification"))
        .filter(round::Column::State.eq(RoundState::Published))
        .one(connection)
        .await?
        .ok_or_else(|| Error::invalid("/round_id", "round_unknown"))
}

/// The recommending city and the employer: the employer's city, or the place of residence.
pub(super) async fn place(
    connection: &impl ConnectionTrait,
    broker: &broker::Model,
) -> Result<(RegionCode, Option<domain::ids::OrganisationId>)> {
    let employer = match broker.employer_id {
        Some(id) => organisation::Entity::find_by_id(id).one(connection).await?,
        None => None,
    };
    let region = employer
        .as_ref()
        .map(|employer| employer.region.clone())
        .or_else(|| broker.residence_city.clone())
        .filter(RegionCode::is_in_guangxi)
        .unwrap_or_else(RegionCode::whole);
    Ok((region, employer.map(|employer| employer.id)))
}
