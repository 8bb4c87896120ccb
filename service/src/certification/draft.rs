//! Opening an application.

use domain::access::Permission;
use domain::certification::process::{Certification, ClockKind};
use domain::certification::{ApplicationType, CertificationForm, Level};
use domain::ids::{AccountId, CaseId, RoundId};
use domain::region::RegionCode;
use domain::round::RoundState;
use entity::{broker, certification, organisation, round};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    QueryTrait, RelationTrait,
};
use serde_json::json;

use super::view::{CertificationView, view_of};
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::database::rows_as_json;
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
        let Start { broker, open_case, employer } = start(connection, self.caller.actor.account).await?;
        if let Some(id) = open_case {
            // I-1; the partial unique index behind it decides a race.
            return Err(Error::Refused(Code::ActiveApplicationExists, json!({ "id": id })));
        }
        let round = open_round(connection, self.new.round).await?;
        let rules = crate::rule::rule_set(tx.context(), connection, round.rule_set_id).await?;
        let idle = rules
            .period("deadline.draft_idle")
            .ok_or_else(|| Error::internal("rule set has no period deadline.draft_idle"))?;
        let calendar = crate::calendar::current(tx.context(), connection).await?;
        let (region, organisation) = place_of(&broker, employer.as_ref());
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

/// Who begins: the person, an application that is open already, and the employer.
struct Start {
    broker: broker::Model,
    open_case: Option<CaseId>,
    employer: Option<organisation::Model>,
}

async fn start(connection: &impl ConnectionTrait, account: AccountId) -> Result<Start> {
    let engine = connection.get_database_backend();
    let employers = rows_as_json::<organisation::Entity>(
        engine,
        organisation::Column::Id,
        r#""broker"."employer_id""#,
        &[organisation::Column::Id],
    );
    let query = broker::Entity::find()
        .column_as(employers, "employers")
        .column_as(certification::Column::CaseId, "open_case")
        .join(
            JoinType::LeftJoin,
            certification::Relation::Broker
                .def()
                .rev()
                .on_condition(|_, right| Expr::col((right, certification::Column::IsOpen)).eq(true).into_condition()),
        )
        .filter(broker::Column::AccountId.eq(account));
    let row = connection
        .query_one(query.as_query())
        .await?
        .ok_or(Error::Refused(Code::ConditionNotMet, json!({ "condition": "profile_exists" })))?;
    let broker = broker::Model::from_query_result(&row, "")?;
    let employers: Vec<organisation::Model> = serde_json::from_str(&row.try_get::<String>("", "employers")?)
        .map_err(|_| Error::unreadable("broker", "employer_id", broker.id))?;
    Ok(Start { open_case: row.try_get("", "open_case")?, employer: employers.into_iter().next(), broker })
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
