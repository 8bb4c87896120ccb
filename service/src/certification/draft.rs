//! Opening an application.

use domain::access::Permission;
use domain::certification::process::{Certification, ClockKind};
use domain::certification::{ApplicationType, CertificationForm, Level};
use domain::ids::{BrokerId, CaseId, RoundId};
use domain::region::RegionCode;
use domain::round::RoundState;
use entity::{broker, certification, organisation, round};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;

use super::around::Around;
use super::facts::PROCESS;
use super::view::{CertificationView, compose};
use crate::caller::{Caller, Outcome};
use crate::change::RowChange;
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::{self, NewCase, Opened};
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
        let (connection, account) = (tx.connection(), self.caller.actor.account);
        let (around, open_case) = Around::of_beginner(connection, account, self.new.round)
            .await?
            .ok_or(Error::Refused(Code::ConditionNotMet, json!({ "condition": "profile_exists" })))?;
        if let Some(id) = open_case {
            // I-1; the partial unique index behind it decides a race.
            return Err(Error::Refused(Code::ActiveApplicationExists, json!({ "id": id })));
        }
        let round = open_round(&around)?;
        let rules = crate::rule::rule_set(tx.context(), connection, round.rule_set_id).await?;
        let idle = rules
            .period("deadline.draft_idle")
            .ok_or_else(|| Error::internal("rule set has no period deadline.draft_idle"))?;
        let calendar = crate::calendar::current(tx.context(), connection).await?;
        let (region, organisation) = place_of(&around.broker, around.stored_employer());
        let new = NewCase {
            region,
            organisation,
            round: Some(round.id),
            rule_set: round.rule_set_id,
            applicant: account,
            applicant_name: around.broker.name.clone(),
            title: format!("{}技术经纪人认定申请", domain::word::Word::zh(self.new.target_level)),
        };
        let clock = Some((ClockKind::DraftIdle, idle));
        let Opened { row, deadlines } = process::open::<Certification>(tx, self.caller, new, clock, &calendar).await?;
        let detail = detail_of(row.id, around.broker.id, self.new)?;
        tx.change(RowChange::new_row(detail.clone())).await?;
        let loaded = process::as_it_stands(row, detail, deadlines, around.has_member(account))?;
        compose(tx.context(), connection, self.caller, &loaded, Some(around)).await
    }
}

fn detail_of(case_id: CaseId, broker_id: BrokerId, new: &NewCertification) -> Result<certification::Model> {
    let form = CertificationForm {
        kind: Some(new.kind),
        target_level: Some(new.target_level),
        ..CertificationForm::default()
    };
    Ok(certification::Model {
        case_id,
        broker_id,
        kind: new.kind,
        target_level: new.target_level,
        form: serde_json::to_string(&form)?,
        correction: None,
        correction_rounds: None,
        eligibility: None,
        assessment: None,
        employer_opinion: None,
        city_opinion: None,
        acceptance: None,
        refusal: None,
        profile: None,
        training: None,
        review: None,
        closing: None,
        is_open: true,
    })
}

/// A published round of this process; it may open later than the draft.
fn open_round(around: &Around) -> Result<&round::Model> {
    around
        .stored_round()
        .filter(|round| round.process == PROCESS && round.state == RoundState::Published)
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
    Ok(place_of(broker, employer.as_ref()))
}

fn place_of(
    broker: &broker::Model,
    employer: Option<&organisation::Model>,
) -> (RegionCode, Option<domain::ids::OrganisationId>) {
    let region = employer
        .map(|employer| employer.region.clone())
        .or_else(|| broker.residence_city.clone())
        .filter(RegionCode::is_in_guangxi)
        .unwrap_or_else(RegionCode::whole);
    (region, employer.map(|employer| employer.id))
}
