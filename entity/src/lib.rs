//! Tables as types: columns and relations, one module per table, named as the table. No rules.
//!
//! Ids and closed vocabularies are the types of `domain`; documents are JSON text, read and written by `service`; the
//! state of a case is a plain word, because each process has its own.

pub mod account;
pub mod account_absence;
pub mod account_client;
pub mod account_client_secret;
pub mod account_consent;
pub mod account_delegation;
pub mod account_factor_reset;
pub mod account_login_failure;
pub mod account_recovery_code;
pub mod account_role;
pub mod account_session;
pub mod account_token;
pub mod audit;
pub mod audit_head;
pub mod audit_refusal;
pub mod broker;
pub mod calendar_version;
pub mod case_counter;
pub mod case_file;
pub mod case_participant;
pub mod certificate;
pub mod certificate_counter;
pub mod certification;
pub mod certification_contract;
pub mod certification_expert;
pub mod deadline;
pub mod deadline_reminder;
pub mod file;
pub mod inventory;
pub mod notification;
pub mod notification_delivery;
pub mod organisation;
pub mod organisation_member;
pub mod organisation_name;
pub mod publicity;
pub mod publicity_entry;
pub mod queue_job;
pub mod queue_tick;
pub mod region;
pub mod round;
pub mod rule_set;
