//! Typed ids, one per kind of thing.

crate::id! {
    AccountId,
    ApiClientId,
    AuditId,
    BrokerId,
    CaseId,
    CertificateId,
    DeadlineId,
    FileId,
    JobId,
    NotificationId,
    OrganisationId,
    PublicityId,
    RoundId,
    RuleSetId,
    SessionId,
}
