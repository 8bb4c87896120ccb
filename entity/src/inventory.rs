//! The inventory of data: what kind of data every column holds. A column without a class does not compile.
//!
//! | Class | Means | Kept |
//! |---|---|---|
//! | public | is published, or could be | plain |
//! | internal | matters of the office; says nothing of a person by itself | plain |
//! | personal | says something of a person (个人信息), whole documents included | plain, inside the database only |
//! | sensitive | identity and telephone numbers, secrets and what is made of them (敏感个人信息) | sealed, keyed or hashed |

use sea_orm::{EntityTrait, IdenStatic, Iterable};

/// What kind of data a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Public,
    Internal,
    Personal,
    Sensitive,
}

/// One column with its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub table: &'static str,
    pub column: String,
    pub class: Class,
}

fn items<E: EntityTrait>(class: fn(&E::Column) -> Class) -> impl Iterator<Item = Item> {
    let item = move |column: E::Column| Item {
        table: E::default().as_str(),
        column: column.as_str().to_owned(),
        class: class(&column),
    };
    E::Column::iter().map(item)
}

/// Names every column once, by class.
macro_rules! inventory {
    ($($table:ident { $($class:ident: $($column:ident),+;)+ })+) => {
        /// Every column of every table.
        pub fn inventory() -> Vec<Item> {
            let mut all = Vec::new();
            $(all.extend(items::<crate::$table::Entity>(|column| match column {
                $($(crate::$table::Column::$column)|+ => Class::$class,)+
            }));)+
            all
        }
    };
}

inventory! {
    account {
        Internal: Id, RightsVersion, CreatedAt, UpdatedAt, Version;
        Personal: Email, EmailConfirmedAt, Name, Locale, State, FailedLogins, LockedUntil, TotpConfirmedAt, TotpLastStep;
        Sensitive: PasswordHash, TotpSecret;
    }
    account_absence {
        Internal: Id, CreatedAt;
        Personal: AccountId, FromOn, ToOn, Reason;
    }
    account_client {
        Internal: Id, OrganisationId, Name, ClientId, Scopes, State, LastUsedAt, CreatedAt, Version;
        Personal: AccountableAccountId;
    }
    account_client_secret {
        Internal: Id, AccountClientId, CreatedAt, ExpiresAt, RevokedAt;
        Sensitive: SecretHash;
    }
    account_consent {
        Internal: Id;
        Personal: AccountId, Kind, DocumentVersion, GivenAt, WithdrawnAt, Address;
    }
    account_delegation {
        Internal: Id, FromOn, ToOn, CreatedAt, RevokedAt;
        Personal: FromAccountId, ToAccountId, Role, Region, Reason;
    }
    account_factor_reset {
        Internal: Id, RequestedAt, DecidedAt, State;
        Personal: AccountId, RequestedBy, Reason, DecidedBy;
    }
    account_login_failure {
        Internal: Failures, LastFailedAt, LockedUntil;
        Personal: Key;
    }
    account_recovery_code {
        Internal: Id;
        Personal: AccountId, UsedAt;
        Sensitive: CodeHash;
    }
    account_role {
        Internal: Id, GrantedAt, RevokedAt;
        Personal: AccountId, Role, Region, OrganisationId, GrantedBy, RevokedBy;
    }
    account_session {
        Internal: Id, SuccessorUsed, Generation, SkippedGeneration, ExpiresAt, RevokedAt, RevokeReason, HasSecondFactor;
        Personal: AccountId, CreatedAt, LastUsedAt, UserAgent, Address;
        Sensitive: RefreshHash, PreviousHash;
    }
    account_token {
        Internal: Id, Purpose, ExpiresAt, UsedAt, CreatedAt;
        Personal: AccountId, Payload;
        Sensitive: TokenHash;
    }
    audit {
        Internal: Id, ObjectKind, Seq, At, ClientId, Action, StateFrom, StateTo, RequestId, Outcome, PreviousHash, Hash, IdempotencyKey;
        Personal: ObjectId, ActorId, ActorRole, OnBehalfOf, Before, After, Reason, Address, IdempotencyScope;
        Sensitive: Fingerprint, Answer;
    }
    audit_head {
        Internal: ObjectKind, Length, Hash;
        Personal: ObjectId;
    }
    audit_refusal {
        Internal: Operation, Minute, Code, Count, RequestId;
        Personal: Actor;
    }
    broker {
        Internal: CreatedAt, UpdatedAt, Version;
        Personal: Id, AccountId, Name, IdType, Profile, EmployerId, ResidenceCity;
        Sensitive: IdNumberCipher, IdNumberIndex, MobileCipher, MobileIndex;
    }
    calendar_version {
        Public: Name, Number, Document, Reason, Source;
        Internal: Id, CreatedAt;
        Personal: CreatedBy;
    }
    case_counter {
        Internal: Prefix, Year, Last;
    }
    case_file {
        Internal: Id, Process, ProcessVersion, Number, State, ResumeState, Version, Region, OrganisationId, RoundId, Title, DeskRole, NextDueAt, RuleSetId, SubmittedAt, ClosedAt, CreatedAt, UpdatedAt;
        Personal: ApplicantId, ApplicantName, AssigneeId, Acts;
    }
    case_participant {
        Internal: CaseId;
        Personal: AccountId;
    }
    certificate {
        Public: Number, Code, HolderName, Level, Region, Specialties, Issuer, IssueVersion, IssuedOn, ValidUntil, IsSpecimen, SuspendedAt, RevokedAt, CancelledAt, SupersededAt;
        Internal: Id, CaseId, RuleSetId, SupersededBy, CreatedAt;
        Personal: BrokerId;
    }
    certificate_counter {
        Internal: Year, Last;
    }
    certification {
        Internal: CaseId, Kind, TargetLevel, IsOpen;
        Personal: BrokerId, Form, Correction, CorrectionRounds, Eligibility, Assessment, EmployerOpinion, CityOpinion, Acceptance, Refusal, Profile, Training, Review, Closing;
    }
    certification_contract {
        Internal: CaseId, RegNo, Level, IsCredited;
        Personal: BrokerId, SharePct;
    }
    certification_expert {
        Internal: Id, CaseId, State, NamedAt, ScoredAt;
        Personal: AccountId, NamedBy, Scores, Vote, Comment, ConflictReason;
    }
    deadline {
        Internal: Id, CaseId, Kind, RoundNo, Party, State, StartedOn, Period, LegalDueAt, CommunicatedDueAt, DueAt, CalendarVersion, Provisional, PausedOn, UsedWorkingDays, Revision, ClosedAt, CreatedAt;
    }
    deadline_reminder {
        Internal: Id, DeadlineId, Stage, Revision, SendAt, State, SkipReason, SentAt;
    }
    file {
        Internal: Id, CaseId, Purpose, ScanState, ScanDetail, CreatedAt, DeletedAt;
        Personal: Name, MediaType, SizeBytes, Sha256, ObjectKey, UploadedBy;
    }
    notification {
        Internal: Id, Category, CaseId, UniqueKey, CreatedAt;
        Personal: AccountId, Event, Params, ReadAt;
    }
    notification_delivery {
        Internal: Id, NotificationId, CaseId, Template, Locale, MessageId, ReferencesId, UniqueKey, State, Attempts, NextAttemptAt, ExpiresAt, SentAt, CreatedAt;
        Personal: LastError;
        Sensitive: AddressCipher, ParamsCipher;
    }
    organisation {
        Public: Uscc, Name, Kind, Region, Address;
        Internal: Id, State, VerifiedAt, RefusalReason, SuccessorId, CreatedAt, UpdatedAt, Version;
        Personal: LegalRepresentative, ContactEmail, RegisteredBy, VerifiedBy;
    }
    organisation_member {
        Internal: Id, OrganisationId, State, CreatedAt, UpdatedAt;
        Personal: AccountId, Email, Role, InvitedBy;
    }
    organisation_name {
        Public: Name, FromOn, ToOn;
        Internal: Id, OrganisationId, Evidence;
    }
    publicity {
        Public: Number, RoundId, Region, Title, State, OpensOn, EndsAt, CalendarVersion, Provisional, List, ListSha256, PublishedAt;
        Internal: Id, CreatedAt, UpdatedAt, Version;
        Personal: CreatedBy, PublishedBy;
    }
    publicity_entry {
        Public: Position, Name, Employer, Level, State, EndsAt;
        Internal: Id, PublicityId, CaseId;
    }
    queue_job {
        Internal: Id, Name, UniqueKey, State, RunAt, Attempt, MaxAttempts, LeasedUntil, LeasedBy, CreatedAt, FinishedAt;
        Personal: Payload, LastError;
    }
    queue_tick {
        Internal: Schedule, DueAt;
    }
    region {
        Public: Code, NameZh, NameEn, Parent;
    }
    round {
        Public: Process, Region, Number, Title, OpensAt, ClosesAt, RecommendUntil, RuleSetId, State, MaxFileBytes, MaxFiles, CloseReason, PublishedAt;
        Internal: Id, CreatedAt, UpdatedAt, Version;
        Personal: CreatedBy;
    }
    rule_set {
        Public: Name, RuleVersion, Process, Status, EffectiveFrom, EffectiveTo, Document, Sha256;
        Internal: Id, CreatedAt;
    }
}
