//! What a clerk should look at twice (broker.md section 6.3, X5, X7, X9 and X11). A warning never stops an application.

use std::collections::BTreeMap;

use serde_json::json;

use crate::FileId;
use crate::broker::{Faults, Month, Profile};
use crate::certification::{CertificationForm, ContractEntry, ContractParty, PartyRelation};
use crate::fault::Fault;

/// What is known beyond the application itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// SHA-256 of each file of the case, in hexadecimal.
    pub hashes: BTreeMap<FileId, String>,
    /// Contracts on other applications that share a registration number or a file with this one.
    pub elsewhere: Vec<ContractElsewhere>,
}

/// A contract as another application states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractElsewhere {
    /// The other case's number; none where the reader may not see that case and learns only that there is one.
    pub case_number: Option<String>,
    pub contract: ContractEntry,
    /// SHA-256 of its evidence, in hexadecimal.
    pub hashes: Vec<String>,
}

impl CertificationForm {
    /// What does not fit together, or does not fit other applications, with pointers into the form.
    pub fn warnings(&self, profile: &Profile, around: &Surroundings) -> Vec<Fault> {
        let mut found = Faults::default();
        trainings(self, &mut found);
        for (at, contract) in self.contracts.iter().enumerate() {
            let pointer = format!("/contracts/{at}");
            employer(contract, profile, &pointer, &mut found);
            evidence_here(self, at, around, &pointer, &mut found);
            evidence_elsewhere(contract, around, &pointer, &mut found);
            facts_elsewhere(contract, around, &pointer, &mut found);
        }
        found.0
    }
}

/// X5, as far as a form can tell: nobody attends two trainings on one day.
fn trainings(form: &CertificationForm, found: &mut Faults) {
    for (at, training) in form.trainings.iter().enumerate() {
        let overlapped = form.trainings[..at].iter().position(|other| {
            let spans = (training.from.zip(training.to), other.from.zip(other.to));
            matches!(spans, (Some((from, to)), Some((other_from, other_to))) if from <= other_to && other_from <= to)
        });
        if let Some(other) = overlapped {
            found.with(
                format!("/trainings/{at}/from"),
                "training_overlap",
                json!({ "other": format!("/trainings/{other}") }),
            );
        }
    }
}

/// X7: who the broker worked for when the contract was signed, and what the contract's parties say about it.
fn employer(contract: &ContractEntry, profile: &Profile, pointer: &str, found: &mut Faults) {
    let (Some(signed_on), false) = (contract.signed_on, profile.work_history.is_empty()) else { return };
    let month = Month::of(signed_on);
    let units: Vec<&str> = profile
        .work_history
        .iter()
        .filter(|period| period.from.is_some_and(|from| from <= month) && period.to.is_none_or(|to| month <= to))
        .filter_map(|period| period.unit.as_deref().map(str::trim))
        .collect();
    if units.is_empty() {
        found.with(format!("{pointer}/signed_on"), "employer_unknown_then", json!({ "signed_on": signed_on }));
        return;
    }
    let is_unit = |party: &Option<ContractParty>| {
        party.as_ref().and_then(|party| party.name.as_deref()).is_some_and(|name| units.contains(&name.trim()))
    };
    let is_party = is_unit(&contract.seller) || is_unit(&contract.buyer);
    let at = format!("{pointer}/broker_party_relation");
    match contract.broker_party_relation {
        Some(PartyRelation::Employee) if !is_party => {
            found.with(at, "employer_differs", json!({ "employers": units }));
        }
        Some(PartyRelation::None) if is_party => found.with(at, "employer_is_party", json!({ "employers": units })),
        _ => {}
    }
}

fn hashes<'a>(contract: &'a ContractEntry, around: &'a Surroundings) -> impl Iterator<Item = &'a String> {
    contract.evidence.iter().filter_map(|evidence| around.hashes.get(&evidence.file_id))
}

/// X9 within the application: the same content shown for two contracts.
fn evidence_here(form: &CertificationForm, at: usize, around: &Surroundings, pointer: &str, found: &mut Faults) {
    let Some(contract) = form.contracts.get(at) else { return };
    for (evidence_at, evidence) in contract.evidence.iter().enumerate() {
        let Some(hash) = around.hashes.get(&evidence.file_id) else { continue };
        let before = form.contracts.iter().take(at).position(|other| hashes(other, around).any(|seen| seen == hash));
        if let Some(other) = before {
            found.with(
                format!("{pointer}/evidence/{evidence_at}"),
                "evidence_shared",
                json!({ "other": format!("/contracts/{other}"), "sha256": hash }),
            );
        }
    }
}

/// X9 across applications: the same content shown for a contract with another registration number.
fn evidence_elsewhere(contract: &ContractEntry, around: &Surroundings, pointer: &str, found: &mut Faults) {
    for (evidence_at, evidence) in contract.evidence.iter().enumerate() {
        let Some(hash) = around.hashes.get(&evidence.file_id) else { continue };
        let others = around
            .elsewhere
            .iter()
            .filter(|other| other.contract.registration() != contract.registration() && other.hashes.contains(hash));
        for other in others {
            let params = match &other.case_number {
                Some(number) => {
                    json!({ "case_number": number, "reg_no": other.contract.registration(), "sha256": hash })
                }
                None => json!({ "elsewhere": true, "sha256": hash }),
            };
            found.with(format!("{pointer}/evidence/{evidence_at}"), "evidence_shared", params);
        }
    }
}

/// X11, against the only register at hand, what other brokers state about the same contract.
fn facts_elsewhere(contract: &ContractEntry, around: &Surroundings, pointer: &str, found: &mut Faults) {
    let same = around.elsewhere.iter().filter(|other| other.contract.registration() == contract.registration());
    for other in same {
        let theirs = &other.contract;
        let mut differ = |name: &str, value: serde_json::Value| {
            let params = match &other.case_number {
                Some(number) => json!({ "case_number": number, "stated_there": value }),
                None => json!({ "elsewhere": true }),
            };
            found.with(format!("{pointer}/{name}"), "contract_stated_differently", params);
        };
        if contract.signed_on != theirs.signed_on {
            differ("signed_on", json!(theirs.signed_on));
        }
        if contract.registered_on != theirs.registered_on {
            differ("registered_on", json!(theirs.registered_on));
        }
        if contract.contract_amount != theirs.contract_amount {
            differ("contract_amount", json!(theirs.contract_amount));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::WorkPeriod;
    use crate::certification::Level;
    use crate::certification::sample::{sample_form, sample_profile};
    use crate::rule::Fen;

    type Change = fn(&mut Profile, &mut CertificationForm, &mut Surroundings);

    /// Pointer and rule of each warning after a change to the sample of level 2.
    fn warnings(change: Change) -> Vec<String> {
        let (mut profile, mut form) = (sample_profile(), sample_form(Level::L2));
        let mut around = Surroundings::default();
        for (at, evidence) in form.contracts.iter().flat_map(|contract| &contract.evidence).enumerate() {
            around.hashes.insert(evidence.file_id, format!("hash {at}"));
        }
        change(&mut profile, &mut form, &mut around);
        form.warnings(&profile, &around).iter().map(|found| format!("{} {}", found.pointer, found.rule)).collect()
    }

    /// The form's first contract as somebody else states it.
    fn elsewhere(form: &CertificationForm, hash: &str) -> ContractElsewhere {
        ContractElsewhere {
            case_number: Some("GX-2026-9".to_owned()),
            contract: form.contracts[0].clone(),
            hashes: vec![hash.to_owned()],
        }
    }

    #[test]
    fn the_sample_warns_of_nothing() {
        assert!(warnings(|_, _, _| {}).is_empty());
    }

    #[test]
    fn two_trainings_on_one_day_are_named() {
        let found = warnings(|_, form, _| {
            let mut second = form.trainings[0].clone();
            second.from = second.to;
            form.trainings.push(second);
        });
        assert_eq!(found, ["/trainings/1/from training_overlap"]);
    }

    #[test]
    fn the_employer_at_the_signing_is_compared() {
        let gap: Change = |profile, form, _| {
            form.contracts.truncate(1);
            profile.work_history[0].from = "2026-06".parse().ok();
        };
        assert_eq!(warnings(gap), ["/contracts/0/signed_on employer_unknown_then"]);
        let stranger: Change = |_, form, _| {
            form.contracts.truncate(1);
            form.contracts[0].broker_party_relation = Some(PartyRelation::Employee);
        };
        assert_eq!(warnings(stranger), ["/contracts/0/broker_party_relation employer_differs"]);
        let hidden: Change = |profile, form, _| {
            form.contracts.truncate(1);
            let seller = form.contracts[0].seller.as_ref().and_then(|party| party.name.clone());
            profile.work_history = vec![WorkPeriod { unit: seller, ..profile.work_history[0].clone() }];
        };
        assert_eq!(warnings(hidden), ["/contracts/0/broker_party_relation employer_is_party"]);
    }

    #[test]
    fn one_paper_for_two_contracts_is_named() {
        let here: Change = |_, form, around| {
            form.contracts.truncate(2);
            let file = form.contracts[1].evidence[1].file_id;
            around.hashes.insert(file, "hash 0".to_owned());
        };
        assert_eq!(warnings(here), ["/contracts/1/evidence/1 evidence_shared"]);
        let there: Change = |_, form, around| {
            form.contracts.truncate(1);
            let mut other = elsewhere(form, "hash 1");
            other.contract.reg_no = Some("45012025000099".to_owned());
            around.elsewhere.push(other);
        };
        assert_eq!(warnings(there), ["/contracts/0/evidence/1 evidence_shared"]);
        // Two brokers of one contract show the same proof.
        let together: Change = |_, form, around| {
            form.contracts.truncate(1);
            around.elsewhere.push(elsewhere(form, "hash 1"));
        };
        assert!(warnings(together).is_empty());
    }

    #[test]
    fn one_contract_stated_in_two_ways_is_named() {
        let found = warnings(|_, form, around| {
            form.contracts.truncate(1);
            let mut other = elsewhere(form, "another");
            other.contract.contract_amount = Some(Fen(1));
            other.contract.signed_on = other.contract.registered_on;
            around.elsewhere.push(other);
        });
        assert_eq!(
            found,
            [
                "/contracts/0/signed_on contract_stated_differently",
                "/contracts/0/contract_amount contract_stated_differently"
            ]
        );
    }
}
