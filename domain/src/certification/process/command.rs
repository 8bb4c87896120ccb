//! The verbs of the certification process with their data, and what each changes.

use std::collections::BTreeMap;

use super::words::{CorrectionStage, Verb};
use crate::certification::scoring::Dimension;
use crate::ids::{AccountId, FileId};

/// One defect: which field, which rule, what to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Defect {
    /// JSON pointer into the form or profile, such as `/form/contracts/0/registered_on`.
    #[cfg_attr(
        feature = "schema",
        schema(min_length = 2, max_length = 200, example = "/form/trainings/0/certificate_no")
    )]
    pub field_path: String,
    #[cfg_attr(feature = "schema", schema(min_length = 2, max_length = 60, example = "evidence_illegible"))]
    pub reason_code: String,
    #[cfg_attr(
        feature = "schema",
        schema(min_length = 2, max_length = 1000, example = "培训证书扫描件不清晰，请重新上传")
    )]
    pub text: String,
}

/// The answer to one defect of a correction notice, by its position in the list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DefectAnswer {
    #[cfg_attr(feature = "schema", schema(example = 0))]
    pub item: u32,
    #[cfg_attr(feature = "schema", schema(min_length = 2, max_length = 1000, example = "已重新上传"))]
    pub text: String,
}

/// A signed opinion (意见).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Opinion {
    #[cfg_attr(feature = "schema", schema(min_length = 2, max_length = 2000, example = "情况属实，同意推荐"))]
    pub text: String,
    #[cfg_attr(feature = "schema", schema(min_length = 2, max_length = 50, example = "李四"))]
    pub signer: String,
}

/// A refusal with its reason and the way out (救济途径).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Refusal {
    #[cfg_attr(feature = "schema", schema(min_length = 2, max_length = 60, example = "out_of_scope"))]
    pub reason_code: String,
    #[cfg_attr(feature = "schema", schema(min_length = 2, max_length = 2000, example = "申请人不在本自治区执业"))]
    pub text: String,
    #[cfg_attr(feature = "schema", schema(min_length = 2, max_length = 2000, example = "可在收到通知后申请复核"))]
    pub remedy: String,
}

/// An expert's score sheet (评分表).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScoreSheet {
    /// Points for every dimension of the rule set, from 0 to its highest.
    pub scores: BTreeMap<Dimension, u32>,
    /// Whether the expert votes for certification.
    pub vote: bool,
    #[cfg_attr(feature = "schema", schema(min_length = 2, max_length = 2000, example = "服务业绩突出"))]
    pub comment: String,
}

/// A verb with its data.
#[derive(Debug, Clone)]
pub enum Command {
    Submit,
    SubmitToCity,
    Confirm(Opinion),
    ConfirmOnPaper { opinion: Opinion, file: FileId },
    ReturnToApplicant(Vec<Defect>),
    LapseAtEmployer,
    CheckByCity(Opinion),
    RequestCityCorrection(Vec<Defect>),
    VerifyTraining(Opinion),
    CloseNotice,
    Recommend(Opinion),
    NotRecommend(Refusal),
    Accept,
    AcceptBySilence,
    RequestRegionCorrection(Vec<Defect>),
    RequestFurtherCorrection(Vec<Defect>),
    NotAccept(Refusal),
    AnswerCorrection(Vec<DefectAnswer>),
    ExtendCorrection { reason: String },
    LapseInCorrection,
    StartAssessment,
    NamePanel(Vec<AccountId>),
    PassAssessment(Opinion),
    FailAssessment(Refusal),
    DeclareConflict { reason: String },
    ReplaceExpert { leaves: AccountId, joins: AccountId },
    Score(ScoreSheet),
    PassReview,
    FailReview,
    Publish,
    Refuse(Refusal),
    EndPublicity,
    Issue,
    Withdraw { reason: String },
    ExpireDraft,
}

impl Command {
    pub(super) fn verb(&self) -> Verb {
        match self {
            Self::Submit => Verb::Submit,
            Self::SubmitToCity => Verb::SubmitToCity,
            Self::Confirm(_) => Verb::Confirm,
            Self::ConfirmOnPaper { .. } => Verb::ConfirmOnPaper,
            Self::ReturnToApplicant(_) => Verb::ReturnToApplicant,
            Self::LapseAtEmployer => Verb::LapseAtEmployer,
            Self::CheckByCity(_) => Verb::CheckByCity,
            Self::RequestCityCorrection(_) => Verb::RequestCityCorrection,
            Self::VerifyTraining(_) => Verb::VerifyTraining,
            Self::CloseNotice => Verb::CloseNotice,
            Self::Recommend(_) => Verb::Recommend,
            Self::NotRecommend(_) => Verb::NotRecommend,
            Self::Accept => Verb::Accept,
            Self::AcceptBySilence => Verb::AcceptBySilence,
            Self::RequestRegionCorrection(_) => Verb::RequestRegionCorrection,
            Self::RequestFurtherCorrection(_) => Verb::RequestFurtherCorrection,
            Self::NotAccept(_) => Verb::NotAccept,
            Self::AnswerCorrection(_) => Verb::AnswerCorrection,
            Self::ExtendCorrection { .. } => Verb::ExtendCorrection,
            Self::LapseInCorrection => Verb::LapseInCorrection,
            Self::StartAssessment => Verb::StartAssessment,
            Self::NamePanel(_) => Verb::NamePanel,
            Self::PassAssessment(_) => Verb::PassAssessment,
            Self::FailAssessment(_) => Verb::FailAssessment,
            Self::DeclareConflict { .. } => Verb::DeclareConflict,
            Self::ReplaceExpert { .. } => Verb::ReplaceExpert,
            Self::Score(_) => Verb::Score,
            Self::PassReview => Verb::PassReview,
            Self::FailReview => Verb::FailReview,
            Self::Publish => Verb::Publish,
            Self::Refuse(_) => Verb::Refuse,
            Self::EndPublicity => Verb::EndPublicity,
            Self::Issue => Verb::Issue,
            Self::Withdraw { .. } => Verb::Withdraw,
            Self::ExpireDraft => Verb::ExpireDraft,
        }
    }

    /// The command of a verb that the program runs by itself.
    pub fn automatic(verb: Verb) -> Option<Self> {
        match verb {
            Verb::LapseAtEmployer => Some(Self::LapseAtEmployer),
            Verb::AcceptBySilence => Some(Self::AcceptBySilence),
            Verb::CloseNotice => Some(Self::CloseNotice),
            Verb::LapseInCorrection => Some(Self::LapseInCorrection),
            Verb::StartAssessment => Some(Self::StartAssessment),
            Verb::PassReview => Some(Self::PassReview),
            Verb::FailReview => Some(Self::FailReview),
            Verb::EndPublicity => Some(Self::EndPublicity),
            Verb::Issue => Some(Self::Issue),
            Verb::ExpireDraft => Some(Self::ExpireDraft),
            Verb::Submit
            | Verb::SubmitToCity
            | Verb::Confirm
            | Verb::ConfirmOnPaper
            | Verb::ReturnToApplicant
            | Verb::CheckByCity
            | Verb::RequestCityCorrection
            | Verb::VerifyTraining
            | Verb::Recommend
            | Verb::NotRecommend
            | Verb::Accept
            | Verb::RequestRegionCorrection
            | Verb::RequestFurtherCorrection
            | Verb::NotAccept
            | Verb::AnswerCorrection
            | Verb::ExtendCorrection
            | Verb::NamePanel
            | Verb::PassAssessment
            | Verb::FailAssessment
            | Verb::DeclareConflict
            | Verb::ReplaceExpert
            | Verb::Score
            | Verb::Publish
            | Verb::Refuse
            | Verb::Withdraw => None,
        }
    }
}

/// A correction notice (补正通知) as it stands on the case.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Correction {
    pub stage: CorrectionStage,
    pub items: Vec<Defect>,
    /// Present once answered.
    #[serde(default)]
    pub answers: Vec<DefectAnswer>,
    /// Whether its period was lengthened; once only.
    #[serde(default)]
    pub is_extended: bool,
}

/// What an accepted command changes in the rows of the certification.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Nothing,
    /// Freezes the form and the eligibility it was submitted with.
    Submitted,
    EmployerOpinion {
        opinion: Opinion,
        file: Option<FileId>,
    },
    ReturnedToApplicant(Vec<Defect>),
    CityOpinion(Opinion),
    CorrectionAsked(Correction),
    CorrectionAnswered(Vec<DefectAnswer>),
    CorrectionExtended,
    Accepted {
        by_silence: bool,
    },
    Refused(Refusal),
    PanelNamed(Vec<AccountId>),
    ExpertReplaced {
        leaves: AccountId,
        joins: AccountId,
    },
    ConflictDeclared {
        reason: String,
    },
    Scored(ScoreSheet),
    TrainingVerified(Opinion),
    Assessed(Opinion),
    /// The review closed; mean and votes are frozen with the case.
    ReviewClosed {
        passes: bool,
    },
    /// The publicity ended without an open objection.
    PublicityEnded,
    Issued,
    Closed {
        reason: Option<String>,
    },
}
