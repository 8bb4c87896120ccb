//! The table of the certification process (broker.md section 3.2; T-numbers refer to it).
//!
//! Objections, appeals and sanctions join as further rows: a hold out of `publicity`, an appeal out of each refusal.

use super::Certification;
use super::words::{ClockKind as C, Event as E, Guard as G, State as S, Verb as V};
use crate::access::Role::{Broker, CityClerk, CityLead, EmployerConfirmer, Expert, RegionClerk, RegionLead, System};
use crate::process::Clock::{Cancel, Extend, Meet, Miss, Pause, Resume, Start};
use crate::process::Next::{Park, Resume as Back, Stay, To};
use crate::process::Recipient::{Applicant, City, Desk, DeskLead, Employer, Experts};
use crate::process::{Row, Tell};

const fn tell(event: E, to: &'static [crate::process::Recipient]) -> Tell<E> {
    Tell { event, to }
}

/// States before the decision, out of which an applicant may withdraw freely (T30), and after it (T31).
const WITHDRAWABLE: &[S] = &[
    S::Draft,
    S::EmployerReview,
    S::CityReview,
    S::RegionFormal,
    S::Correction,
    S::Accepted,
    S::Assessment,
    S::ExpertReview,
    S::Decision,
    S::Publicity,
];

pub(super) const ROWS: &[Row<Certification>] = &[
    // T02, T03
    Row::new(&[S::Draft], V::Submit, &[Broker], To(S::EmployerReview))
        .when(&[G::WindowOpen, G::ConsentsGiven, G::FormComplete, G::Eligible, G::EmployerMustConfirm])
        .clocks(&[Meet(C::DraftIdle), Start(C::EmployerReview), Start(C::EmployerLapse)])
        .tell(&[tell(E::Submitted, &[Applicant, Employer])]),
    Row::new(&[S::Draft], V::SubmitToCity, &[Broker], To(S::CityReview))
        .when(&[G::WindowOpen, G::ConsentsGiven, G::FormComplete, G::Eligible, G::EmployerIsSkipped])
        .clocks(&[Meet(C::DraftIdle), Start(C::CityReview), Start(C::CityNotice)])
        .tell(&[tell(E::Submitted, &[Applicant, Desk])]),
    Row::new(&[S::Draft], V::ExpireDraft, &[System], To(S::Lapsed))
        .after(C::DraftIdle)
        .clocks(&[Miss(C::DraftIdle)])
        .tell(&[tell(E::DraftExpired, &[Applicant])]),
    // T04–T06
    Row::new(&[S::EmployerReview], V::Confirm, &[EmployerConfirmer], To(S::CityReview))
        .clocks(&[Meet(C::EmployerReview), Meet(C::EmployerLapse), Start(C::CityReview), Start(C::CityNotice)])
        .tell(&[tell(E::EmployerConfirmed, &[Applicant, Desk])]),
    Row::new(&[S::EmployerReview], V::ConfirmOnPaper, &[CityClerk], To(S::CityReview))
        .when(&[G::EmployerHasNoAccount, G::EvidenceAttached])
        .clocks(&[Meet(C::EmployerReview), Meet(C::EmployerLapse), Start(C::CityReview), Start(C::CityNotice)])
        .tell(&[tell(E::EmployerConfirmed, &[Applicant])]),
    Row::new(&[S::EmployerReview], V::ReturnToApplicant, &[EmployerConfirmer], To(S::Draft))
        .clocks(&[Meet(C::EmployerReview), Meet(C::EmployerLapse), Start(C::DraftIdle)])
        .tell(&[tell(E::EmployerReturned, &[Applicant])]),
    Row::new(&[S::EmployerReview], V::LapseAtEmployer, &[System], To(S::Lapsed))
        .after(C::EmployerLapse)
        .clocks(&[Miss(C::EmployerReview), Miss(C::EmployerLapse)])
        .tell(&[tell(E::Lapsed, &[Applicant, Employer])]),
    // T07–T09: the clerk checks, the lead signs.
    Row::new(&[S::CityReview], V::CheckByCity, &[CityClerk], Stay),
    Row::new(
        &[S::CityReview, S::RegionFormal, S::Accepted, S::Assessment],
        V::VerifyTraining,
        &[CityClerk, RegionClerk],
        Stay,
    ),
    Row::new(&[S::CityReview], V::RequestCityCorrection, &[CityClerk], Park(S::Correction))
        .when(&[G::CityNoticeOpen, G::CityCorrectionLeft])
        .clocks(&[Meet(C::CityNotice), Pause(C::CityReview), Start(C::Correction)])
        .tell(&[tell(E::CorrectionRequested, &[Applicant])]),
    Row::new(&[S::CityReview], V::CloseNotice, &[System], Stay).after(C::CityNotice).clocks(&[Cancel(C::CityNotice)]),
    Row::new(&[S::CityReview], V::Recommend, &[CityLead], To(S::RegionFormal))
        .when(&[G::CityHasChecked])
        .apart_from(&[V::CheckByCity, V::RequestCityCorrection, V::ConfirmOnPaper])
        .clocks(&[Meet(C::CityReview), Cancel(C::CityNotice), Start(C::Completeness)])
        .tell(&[tell(E::Recommended, &[Applicant, Desk])]),
    Row::new(&[S::CityReview], V::NotRecommend, &[CityLead], To(S::NotRecommended))
        .when(&[G::CityHasChecked])
        .apart_from(&[V::CheckByCity, V::RequestCityCorrection, V::ConfirmOnPaper])
        .clocks(&[Meet(C::CityReview), Cancel(C::CityNotice)])
        .tell(&[tell(E::NotRecommended, &[Applicant])]),
    // T10–T12
    Row::new(&[S::RegionFormal], V::Accept, &[RegionClerk], To(S::Accepted))
        .apart_from(&[V::Recommend, V::CheckByCity])
        .clocks(&[Meet(C::Completeness), Start(C::Overall), Start(C::Panel)])
        .tell(&[tell(E::Accepted, &[Applicant])]),
    Row::new(&[S::RegionFormal], V::AcceptBySilence, &[System], To(S::Accepted))
        .after(C::Completeness)
        .clocks(&[Miss(C::Completeness), Start(C::Overall), Start(C::Panel)])
        .tell(&[tell(E::Accepted, &[Applicant, Desk, DeskLead])]),
    Row::new(&[S::RegionFormal], V::RequestRegionCorrection, &[RegionClerk], Park(S::Correction))
        .when(&[G::CompletenessOpen, G::RegionCorrectionLeft])
        .clocks(&[Pause(C::Completeness), Start(C::Correction)])
        .tell(&[tell(E::CorrectionRequested, &[Applicant])]),
    Row::new(&[S::RegionFormal], V::RequestFurtherCorrection, &[RegionLead], Park(S::Correction))
        .when(&[G::CompletenessOpen, G::RegionCorrectionUsed])
        .clocks(&[Pause(C::Completeness), Start(C::Correction)])
        .tell(&[tell(E::CorrectionRequested, &[Applicant])]),
    Row::new(&[S::RegionFormal], V::NotAccept, &[RegionClerk], To(S::NotAccepted))
        .apart_from(&[V::Recommend, V::CheckByCity])
        .clocks(&[Meet(C::Completeness)])
        .tell(&[tell(E::NotAccepted, &[Applicant])]),
    // T13, T14
    Row::new(&[S::Correction], V::AnswerCorrection, &[Broker], Back(&[S::CityReview, S::RegionFormal]))
        .when(&[G::FormComplete])
        .clocks(&[Meet(C::Correction), Resume(C::CityReview), Resume(C::Completeness)])
        .tell(&[tell(E::CorrectionAnswered, &[Desk])]),
    Row::new(&[S::Correction], V::ExtendCorrection, &[Broker], Stay)
        .when(&[G::ExtensionLeft])
        .clocks(&[Extend(C::Correction, C::CorrectionExtension)])
        .tell(&[tell(E::CorrectionExtended, &[Applicant])]),
    Row::new(&[S::Correction], V::LapseInCorrection, &[System], To(S::Lapsed))
        .after(C::Correction)
        .clocks(&[Miss(C::Correction)])
        .tell(&[tell(E::Lapsed, &[Applicant, Employer])]),
    // T15, T16
    Row::new(&[S::Accepted], V::StartAssessment, &[System], To(S::Assessment))
        .when(&[G::ByAssessment])
        .clocks(&[Cancel(C::Panel), Start(C::Assessment)]),
    Row::new(&[S::Accepted], V::NamePanel, &[RegionClerk], To(S::ExpertReview))
        .when(&[G::ByReview, G::TrainingVerified])
        .clocks(&[Meet(C::Panel), Pause(C::Overall), Start(C::ExpertReview)])
        .tell(&[tell(E::ReviewTask, &[Experts])]),
    // T17
    Row::new(&[S::Assessment], V::PassAssessment, &[RegionClerk], To(S::Decision))
        .when(&[G::ConditionsMet, G::TrainingVerified])
        .apart_from(&[V::Recommend, V::CheckByCity])
        .clocks(&[Meet(C::Assessment), Start(C::Decision)])
        .tell(&[tell(E::ReviewPassed, &[Applicant, Desk])]),
    Row::new(&[S::Assessment], V::FailAssessment, &[RegionClerk], To(S::NotPassed))
        .apart_from(&[V::Recommend, V::CheckByCity])
        .clocks(&[Meet(C::Assessment)])
        .tell(&[tell(E::NotPassed, &[Applicant])]),
    // T18: experts score; the program closes the review when the last score is in.
    Row::new(&[S::ExpertReview], V::Score, &[Expert], Stay).when(&[G::IsPanelMember, G::HasNotScored]).apart_from(&[
        V::NamePanel,
        V::Accept,
        V::Recommend,
        V::CheckByCity,
    ]),
    Row::new(&[S::ExpertReview], V::DeclareConflict, &[Expert], Stay)
        .when(&[G::IsPanelMember, G::HasNotScored])
        .tell(&[tell(E::ConflictDeclared, &[Desk])]),
    Row::new(&[S::ExpertReview], V::ReplaceExpert, &[RegionClerk], Stay).tell(&[tell(E::ReviewTask, &[Experts])]),
    Row::new(&[S::ExpertReview], V::PassReview, &[System], To(S::Decision))
        .when(&[G::AllScored, G::ReviewPasses])
        .clocks(&[Meet(C::ExpertReview), Resume(C::Overall), Start(C::Decision)])
        .tell(&[tell(E::ReviewPassed, &[Applicant, Desk])]),
    Row::new(&[S::ExpertReview], V::FailReview, &[System], To(S::NotPassed))
        .when(&[G::AllScored, G::ReviewFails])
        .clocks(&[Meet(C::ExpertReview)])
        .tell(&[tell(E::NotPassed, &[Applicant])]),
    // T19, T20: the lead approves the numbered list of the round, or refuses one application with reasons.
    Row::new(&[S::Decision], V::Publish, &[RegionLead], To(S::Publicity))
        .apart_from(&[V::Accept, V::NamePanel, V::PassAssessment, V::Score, V::Recommend, V::CheckByCity])
        .through("publicity")
        .clocks(&[Meet(C::Decision), Meet(C::Overall), Start(C::Publicity)])
        .tell(&[tell(E::PublicityOpened, &[Applicant, Employer, City])]),
    Row::new(&[S::Decision], V::Refuse, &[RegionLead], To(S::NotApproved))
        .apart_from(&[V::Accept, V::NamePanel, V::PassAssessment, V::Score, V::Recommend, V::CheckByCity])
        .clocks(&[Meet(C::Decision), Meet(C::Overall)])
        .tell(&[tell(E::NotApproved, &[Applicant])]),
    // T21, T27
    Row::new(&[S::Publicity], V::EndPublicity, &[System], To(S::Approved))
        .after(C::Publicity)
        .clocks(&[Meet(C::Publicity), Start(C::Issue)])
        .tell(&[tell(E::PublicityClean, &[Applicant])]),
    Row::new(&[S::Approved], V::Issue, &[System], To(S::Certified))
        .clocks(&[Meet(C::Issue)])
        .tell(&[tell(E::Certified, &[Applicant, Employer, City])]),
    // T30, T31
    Row::new(WITHDRAWABLE, V::Withdraw, &[Broker], To(S::Withdrawn)).tell(&[tell(E::Withdrawn, &[Applicant, Desk])]),
];
