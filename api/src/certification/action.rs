//! The verbs of the certification process.

use actix_web::post;
use domain::certification::process::{Certification, Command, Opinion, Refusal, ScoreSheet};
use service::certification::CertificationView;

use super::request::{Answers, Defects, Panel, PaperOpinion, Reason, Replacement};
use crate::actions::actions;
use crate::extract::Empty;

actions! { "certification", "process.certification", Certification => CertificationView;
    submit_certification, "/certifications/{id}/actions/submit",
        "Submit an application to the employer", Empty => |_| Command::Submit;
    submit_certification_to_city, "/certifications/{id}/actions/submit_to_city",
        "Submit an application to the city, where no employer confirms", Empty => |_| Command::SubmitToCity;
    confirm_certification, "/certifications/{id}/actions/confirm",
        "Confirm employment and truth as the employer", Opinion => Command::Confirm;
    confirm_certification_on_paper, "/certifications/{id}/actions/confirm_on_paper",
        "Enter the sealed paper opinion of an employer without an account",
        PaperOpinion => |body| Command::ConfirmOnPaper { opinion: body.opinion, file: body.file_id };
    return_certification, "/certifications/{id}/actions/return_to_applicant",
        "Return an application to the applicant with itemised reasons", Defects => |body| Command::ReturnToApplicant(body.items);
    check_certification, "/certifications/{id}/actions/check_by_city",
        "Check an application at the city's desk", Opinion => Command::CheckByCity;
    verify_certification_training, "/certifications/{id}/actions/verify_training",
        "Verify the training evidence", Opinion => Command::VerifyTraining;
    request_city_correction, "/certifications/{id}/actions/request_city_correction",
        "Ask for a correction at the city's desk, all defects at once", Defects => |body| Command::RequestCityCorrection(body.items);
    recommend_certification, "/certifications/{id}/actions/recommend",
        "Recommend an application", Opinion => Command::Recommend;
    not_recommend_certification, "/certifications/{id}/actions/not_recommend",
        "Refuse a recommendation with reason and remedy", Refusal => Command::NotRecommend;
    accept_certification, "/certifications/{id}/actions/accept",
        "Accept an application as complete", Empty => |_| Command::Accept;
    request_region_correction, "/certifications/{id}/actions/request_region_correction",
        "Ask for a correction at the formal examination, all defects at once", Defects => |body| Command::RequestRegionCorrection(body.items);
    request_further_correction, "/certifications/{id}/actions/request_further_correction",
        "Approve a second correction about items asked before", Defects => |body| Command::RequestFurtherCorrection(body.items);
    not_accept_certification, "/certifications/{id}/actions/not_accept",
        "Refuse acceptance with reason and remedy", Refusal => Command::NotAccept;
    answer_correction, "/certifications/{id}/actions/answer_correction",
        "Answer every item of a correction notice", Answers => |body| Command::AnswerCorrection(body.answers);
    extend_correction, "/certifications/{id}/actions/extend_correction",
        "Lengthen the time for a correction, once", Reason => |body| Command::ExtendCorrection { reason: body.reason };
    name_panel, "/certifications/{id}/actions/name_panel",
        "Name the expert panel", Panel => |body| Command::NamePanel(body.experts);
    pass_assessment, "/certifications/{id}/actions/pass_assessment",
        "Pass the assessment", Opinion => Command::PassAssessment;
    fail_assessment, "/certifications/{id}/actions/fail_assessment",
        "Fail the assessment with reason and remedy", Refusal => Command::FailAssessment;
    declare_conflict, "/certifications/{id}/actions/declare_conflict",
        "Declare a conflict of interest as an expert", Reason => |body| Command::DeclareConflict { reason: body.reason };
    replace_expert, "/certifications/{id}/actions/replace_expert",
        "Replace an expert", Replacement => |body| Command::ReplaceExpert { leaves: body.leaves, joins: body.joins };
    score_certification, "/certifications/{id}/actions/score",
        "Hand in one's scores as an expert", ScoreSheet => Command::Score;
    refuse_certification, "/certifications/{id}/actions/refuse",
        "Refuse certification with reason and remedy", Refusal => Command::Refuse;
    withdraw_certification, "/certifications/{id}/actions/withdraw",
        "Withdraw an application", Reason => |body| Command::Withdraw { reason: body.reason };
}
