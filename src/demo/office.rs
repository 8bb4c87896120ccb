//! What the offices of the demo do besides cases: the employer is registered, and lists are published.

use domain::access::Role;
use domain::certification::sample;
use domain::ids::{CaseId, OrganisationId, RoundId};
use domain::organisation::OrganisationKind;
use service::Context;
use service::organisation::{self, Membership, NewOrganisation};
use service::publicity::{self, NewPublicity};

use super::people::Desks;
use super::story::Stage;

/// Registers and verifies the employer of all applicants. The one who registers never verifies.
pub async fn employer(context: &Context, desks: &Desks) -> anyhow::Result<OrganisationId> {
    let new = NewOrganisation {
        uscc: sample::guangxi_uscc(),
        name: "广西示例技术转移有限公司".to_owned(),
        kind: OrganisationKind::Enterprise,
        region: "450100".parse()?,
        legal_representative: Some("黄建国".to_owned()),
        address: Some("南宁市示例路1号".to_owned()),
        contact_email: Some("office@demo.example".to_owned()),
    };
    let clerk = desks.city_clerk.caller("demo");
    let registered = organisation::register(context, &clerk, new).await?.value;
    let verified = organisation::verify(context, &clerk, registered.id, registered.version).await?;
    Ok(verified.value.id)
}

/// Keeps a seat for the confirmer, who takes it with the account.
pub async fn invite(context: &Context, desks: &Desks, employer: OrganisationId, email: &str) -> anyhow::Result<()> {
    let clerk = desks.city_clerk.caller("demo");
    let membership = Membership { email: email.to_owned(), role: Role::EmployerConfirmer };
    organisation::invite(context, &clerk, employer, membership).await?;
    Ok(())
}

/// Assembles and approves a list, each step by its own desk.
pub async fn publish(stage: &Stage, round: RoundId, cases: Vec<CaseId>) -> anyhow::Result<()> {
    let clerk = stage.desks.region_clerk.caller("demo");
    let lead = stage.desks.region_lead.caller("demo");
    let new = NewPublicity { round, title: "技术经纪人拟认定名单公示".to_owned(), cases };
    let draft = publicity::create(&stage.context, &clerk, new).await?.value;
    publicity::publish(&stage.context, &lead, draft.id, draft.version).await?;
    Ok(())
}
