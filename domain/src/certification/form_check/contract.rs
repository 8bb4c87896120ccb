//! The contracts of an application: rows 31a–31n, and rules X2 and X8.

use std::collections::BTreeSet;

use serde_json::json;

use super::Context;
use crate::broker::{Faults, Month, Profile, Uscc};
use crate::certification::{
    CertificationForm, ContractEntry, ContractParty, EvidenceKind, Level, PartyRelation,
};
use crate::rule::{CertificationRules, Fen};

pub(super) fn check(
    form: &CertificationForm,
    profile: &Profile,
    rules: &CertificationRules,
    context: &Context,
    faults: &mut Faults,
) {
    if form.contracts.is_empty() && form.target_level > Some(Level::L1) {
        faults.add("/contracts", "required");
    }
    let mut seen = BTreeSet::new();
    for (at, contract) in form.contracts.iter().enumerate() {
        let pointer = format!("/contracts/{at}");
        number(contract, &pointer, rules, context, &mut seen, faults);
        facts(contract, &pointer, context, faults);
        money(contract, &pointer, context, faults);
        role(contract, &pointer, faults);
    }
    // X2: work in the field began before its first fruit.
    let first = form
        .contracts
        .iter()
        .filter_map(|contract| contract.signed_on)
        .min();
    if let (Some(since), Some(first)) = (profile.transfer_since, first)
        && since > Month::of(first)
    {
        faults.with(
            "/profile/transfer_since",
            "transfer_after_contract",
            json!({ "signed_on": first }),
        );
    }
}

fn number(
    contract: &ContractEntry,
    pointer: &str,
    rules: &CertificationRules,
    context: &Context,
    seen: &mut BTreeSet<String>,
    faults: &mut Faults,
) {
    let reg_no = contract.registration();
    let is_number = reg_no.bytes().all(|b| b.is_ascii_digit())
        && rules.contract.reg_no_digits.contains(&reg_no.len());
    let at = format!("{pointer}/reg_no");
    if reg_no.is_empty() {
        faults.add(at, "required");
    } else if !is_number {
        faults.with(
            at,
            "contract_not_registered",
            json!({ "digits": rules.contract.reg_no_digits }),
        );
    } else if !seen.insert(reg_no.clone()) {
        faults.add(at, "contract_duplicate");
    }
    // X8: all brokers' shares of one contract.
    match contract.share_pct {
        None => faults.add(format!("{pointer}/share_pct"), "required"),
        Some(share) if !(1..=100).contains(&share) => {
            faults.with(
                format!("{pointer}/share_pct"),
                "number_range",
                json!({ "min": 1, "max": 100 }),
            );
        }
        Some(share) => {
            let (others, most) = (context.others_of(&reg_no), rules.contract.share_total_pct);
            if others.saturating_add(share) > most {
                let params = json!({ "others": others, "share": share, "max": most });
                faults.with(
                    format!("{pointer}/share_pct"),
                    "contract_share_overflow",
                    params,
                );
            }
        }
    }
}

fn facts(contract: &ContractEntry, pointer: &str, context: &Context, faults: &mut Faults) {
    faults.required_text(
        &format!("{pointer}/contract_name"),
        contract.contract_name.as_ref(),
        300,
    );
    faults.required(
        &format!("{pointer}/contract_kind"),
        contract.contract_kind.as_ref(),
    );
    party(
        contract.seller.as_ref(),
        &format!("{pointer}/seller"),
        faults,
    );
    party(contract.buyer.as_ref(), &format!("{pointer}/buyer"), faults);
    faults.past_date(
        &format!("{pointer}/signed_on"),
        contract.signed_on,
        context.submitted_on,
    );
    faults.required(&format!("{pointer}/valid_to"), contract.valid_to.as_ref());
    if let (Some(signed), Some(valid_to)) = (contract.signed_on, contract.valid_to)
        && valid_to < signed
    {
        faults.add(format!("{pointer}/valid_to"), "period_reversed");
    }
    faults.past_date(
        &format!("{pointer}/registered_on"),
        contract.registered_on,
        context.submitted_on,
    );
    if let (Some(signed), Some(registered)) = (contract.signed_on, contract.registered_on)
        && registered < signed
    {
        faults.with(
            format!("{pointer}/registered_on"),
            "registered_before_signed",
            json!({ "signed_on": signed }),
        );
    }
    faults.required_text(
        &format!("{pointer}/registry_office"),
        contract.registry_office.as_ref(),
        200,
    );
}

fn party(party: Option<&ContractParty>, pointer: &str, faults: &mut Faults) {
    let Some(party) = party else {
        faults.add(pointer, "required");
        return;
    };
    faults.required_text(&format!("{pointer}/name"), party.name.as_ref(), 200);
    match &party.uscc {
        None => faults.add(format!("{pointer}/uscc"), "required"),
        Some(code) => {
            faults.take(&format!("{pointer}/uscc"), Uscc::parse(code));
        }
    }
    match party.region.as_deref() {
        None => faults.add(format!("{pointer}/region"), "required"),
        Some(code) if matches!(code.len(), 4 | 6) && code.bytes().all(|b| b.is_ascii_digit()) => {}
        Some(_) => faults.add(format!("{pointer}/region"), "region_format"),
    }
}

fn money(contract: &ContractEntry, pointer: &str, context: &Context, faults: &mut Faults) {
    match contract.contract_amount {
        None => faults.add(format!("{pointer}/contract_amount"), "required"),
        Some(Fen(..=0)) => faults.add(format!("{pointer}/contract_amount"), "number_range"),
        Some(_) => {}
    }
    faults.required(
        &format!("{pointer}/technical_amount"),
        contract.technical_amount.as_ref(),
    );
    for (name, part) in [
        ("technical_amount", contract.technical_amount),
        ("arrived_amount", contract.arrived_amount),
    ] {
        if let (Some(part), Some(whole)) = (part, contract.contract_amount)
            && part > whole
        {
            faults.with(
                format!("{pointer}/{name}"),
                "amount_above_contract",
                json!({ "max": whole }),
            );
        }
    }
    if contract.arrived_amount.is_some() {
        faults.past_date(
            &format!("{pointer}/arrived_on"),
            contract.arrived_on,
            context.submitted_on,
        );
        if !contract.shows(EvidenceKind::BankSlip) {
            faults.add(format!("{pointer}/evidence"), "bank_slip_missing");
        }
    }
    let is_claimed =
        contract.commission_amount.is_some() || contract.shows(EvidenceKind::CommissionInvoice);
    if is_claimed {
        faults.required(
            &format!("{pointer}/commission_amount"),
            contract.commission_amount.as_ref(),
        );
        faults.past_date(
            &format!("{pointer}/invoice_on"),
            contract.invoice_on,
            context.submitted_on,
        );
        match contract.invoice_no.as_deref() {
            None => faults.add(format!("{pointer}/invoice_no"), "required"),
            Some(number)
                if matches!(number.len(), 8 | 20) && number.bytes().all(|b| b.is_ascii_digit()) => {
            }
            Some(_) => faults.add(format!("{pointer}/invoice_no"), "invoice_format"),
        }
    }
}

fn role(contract: &ContractEntry, pointer: &str, faults: &mut Faults) {
    faults.required(&format!("{pointer}/role"), contract.role.as_ref());
    faults.required(
        &format!("{pointer}/broker_party_relation"),
        contract.broker_party_relation.as_ref(),
    );
    if contract.broker_party_relation == Some(PartyRelation::Shareholder) {
        faults.required(
            &format!("{pointer}/party_stake_pct"),
            contract.party_stake_pct.as_ref(),
        );
    }
    if contract.party_stake_pct.is_some_and(|stake| stake > 100) {
        faults.with(
            format!("{pointer}/party_stake_pct"),
            "number_range",
            json!({ "max": 100 }),
        );
    }
    if !contract.shows(EvidenceKind::RegistrationProof) {
        faults.add(format!("{pointer}/evidence"), "registration_proof_missing");
    }
}
