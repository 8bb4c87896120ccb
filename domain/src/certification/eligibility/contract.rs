//! Counted contracts (可计合同): which contracts count for a level, and how much of each.

use chrono::NaiveDate;

use super::{Facts, years_before};
use crate::certification::{
    ApplicationType, CertificationForm, ContractEntry, ContractRole, EvidenceKind, Level, PartyRelation,
};
use crate::rule::{CertificationRules, ContractRules, Fen};

crate::word! {
    /// Why a contract does not count; the words are error codes.
    pub enum Exclusion {
        /// No number of the registry's form, no proof, or no registration day.
        NotRegistered = "contract_not_registered" / "未认定登记",
        Deregistered = "contract_deregistered" / "登记已注销",
        TooSmall = "contract_too_small" / "合同金额不足",
        OutOfWindow = "contract_out_of_window" / "不在业绩期间",
        /// Registered on or before the issue of the current certificate.
        BeforeCertificate = "contract_before_certificate" / "登记早于现证书发证",
        RelatedParty = "contract_related_party" / "关联方合同",
        ShareOverflow = "contract_share_overflow" / "贡献占比超额",
        RoleUnproven = "contract_role_unproven" / "未证明中介作用",
        InvoiceOutOfWindow = "contract_invoice_out_of_window" / "发票不在业绩期间",
        CreditedBefore = "contract_credited_before" / "已用于同级别认定",
        Duplicate = "contract_duplicate" / "重复填报",
    }
}

/// What a counted contract is credited with.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Counted {
    /// In half contracts: 2 for a lead, 1 for another from the least share on, 0 below.
    pub halves: u32,
    /// Contract amount × share, in hundredths of a fen.
    pub amount_fen_hundredths: i64,
    /// Arrived amount (到账) × share, in hundredths of a fen.
    pub arrived_fen_hundredths: i64,
}

/// One contract of the form, counted or excluded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ContractCredit {
    /// Position on the form.
    pub index: usize,
    pub reg_no: String,
    /// None when excluded.
    pub counted: Option<Counted>,
    /// Every reason for the exclusion; empty when counted.
    pub excluded: Vec<Exclusion>,
}

/// All contracts, and their sums.
#[derive(Debug)]
pub(super) struct Credit {
    pub contracts: Vec<ContractCredit>,
    pub halves: u32,
    /// In hundredths of a fen; wider than any sum of amounts that a form can hold.
    pub amount_hundredths: i128,
}

impl Credit {
    /// Rounded down to the fen.
    pub fn amount(&self) -> Fen {
        Fen(i64::try_from(self.amount_hundredths.div_euclid(100)).unwrap_or(i64::MAX))
    }

    pub fn counted(&self) -> impl Iterator<Item = (usize, &Counted)> {
        self.contracts.iter().filter_map(|contract| contract.counted.as_ref().map(|counted| (contract.index, counted)))
    }
}

pub(super) fn count(level: Level, form: &CertificationForm, facts: &Facts, rules: &CertificationRules) -> Credit {
    let years = rules.level(level).map_or(0, |level| level.window_years);
    let case = Case {
        from: years_before(facts.submitted_on, years).unwrap_or(facts.submitted_on),
        issued_on: match form.kind {
            Some(ApplicationType::Upgrade) => facts.current().map(|held| held.issued_on),
            Some(ApplicationType::Initial) | None => None,
        },
        facts,
        rules: &rules.contract,
    };
    let mut credit = Credit { contracts: Vec::new(), halves: 0, amount_hundredths: 0 };
    for (index, contract) in form.contracts.iter().enumerate() {
        let reg_no = contract.registration();
        let mut excluded = case.exclusions(contract, &reg_no);
        if !reg_no.is_empty() && credit.contracts.iter().any(|other| other.reg_no == reg_no) {
            excluded.push(Exclusion::Duplicate);
        }
        let counted = excluded.is_empty().then(|| case.counted(contract));
        if let Some(counted) = &counted {
            credit.halves += counted.halves;
            credit.amount_hundredths += i128::from(counted.amount_fen_hundredths);
        }
        credit.contracts.push(ContractCredit { index, reg_no, counted, excluded });
    }
    credit
}

struct Case<'a> {
    /// First day of the window.
    from: NaiveDate,
    /// Issue of the certificate that is upgraded.
    issued_on: Option<NaiveDate>,
    facts: &'a Facts,
    rules: &'a ContractRules,
}

impl Case<'_> {
    fn exclusions(&self, contract: &ContractEntry, reg_no: &str) -> Vec<Exclusion> {
        let rules = self.rules;
        let share = contract.share_pct.unwrap_or(0);
        let others: u32 =
            self.facts.other_shares.iter().filter(|other| other.reg_no == reg_no).map(|other| other.share_pct).sum();
        let is_related = match contract.broker_party_relation {
            Some(PartyRelation::Party) => true,
            // A stake that is not stated may be of any size.
            Some(PartyRelation::Shareholder) => {
                contract.party_stake_pct.is_none_or(|stake| stake >= rules.party_stake_pct)
            }
            Some(PartyRelation::None | PartyRelation::Employee | PartyRelation::Family) | None => false,
        };
        let is_number = reg_no.bytes().all(|b| b.is_ascii_digit()) && rules.reg_no_digits.contains(&reg_no.len());
        let is_registered =
            is_number && contract.registered_on.is_some() && contract.shows(EvidenceKind::RegistrationProof);
        let registered = |test: &dyn Fn(NaiveDate) -> bool| contract.registered_on.is_some_and(test);
        let role = self.role(contract);
        [
            (!is_registered, Exclusion::NotRegistered),
            (self.facts.deregistered.iter().any(|other| other == reg_no), Exclusion::Deregistered),
            (contract.contract_amount.is_none_or(|amount| amount < rules.min_amount), Exclusion::TooSmall),
            (registered(&|day| !self.is_inside(day)), Exclusion::OutOfWindow),
            (registered(&|day| self.issued_on.is_some_and(|issued| day <= issued)), Exclusion::BeforeCertificate),
            (is_related, Exclusion::RelatedParty),
            (share > 100 || others.saturating_add(share) > rules.share_total_pct, Exclusion::ShareOverflow),
            (role == Role::Unproven, Exclusion::RoleUnproven),
            (role == Role::InvoiceOutside, Exclusion::InvoiceOutOfWindow),
            (self.facts.credited_before.iter().any(|other| other == reg_no), Exclusion::CreditedBefore),
        ]
        .into_iter()
        .filter_map(|(is_so, why)| is_so.then_some(why))
        .collect()
    }

    fn is_inside(&self, day: NaiveDate) -> bool {
        (self.from..=self.facts.submitted_on).contains(&day)
    }

    fn role(&self, contract: &ContractEntry) -> Role {
        let is_shown =
            [EvidenceKind::IntermediaryContract, EvidenceKind::BrokerClause, EvidenceKind::InstitutionConfirmation]
                .into_iter()
                .any(|kind| contract.shows(kind));
        let is_paid = contract.shows(EvidenceKind::CommissionInvoice) && contract.shows(EvidenceKind::BankSlip);
        match contract.invoice_on {
            _ if is_shown => Role::Shown,
            Some(day) if is_paid && self.is_inside(day) => Role::Shown,
            Some(_) if is_paid => Role::InvoiceOutside,
            Some(_) | None => Role::Unproven,
        }
    }

    fn counted(&self, contract: &ContractEntry) -> Counted {
        let rules = self.rules;
        let share = contract.share_pct.unwrap_or(0);
        let halves = match contract.role {
            Some(ContractRole::Lead) if share >= rules.lead_share_pct => rules.lead_halves,
            Some(_) if share >= rules.assist_share_pct => rules.assist_halves,
            Some(_) | None => 0,
        };
        // An amount has at most fifteen digits and a share three, so the product fits.
        let part = |amount: Option<Fen>| amount.map_or(0, |amount| amount.0.saturating_mul(i64::from(share)));
        Counted {
            halves,
            amount_fen_hundredths: part(contract.contract_amount),
            arrived_fen_hundredths: part(contract.arrived_amount),
        }
    }
}

#[derive(PartialEq, Eq)]
enum Role {
    Shown,
    /// Shown by an invoice only, and that lies outside the window.
    InvoiceOutside,
    Unproven,
}
