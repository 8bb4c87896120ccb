//! Attachments: what is accepted, and how a file stands with the scanner.

mod name;

use crate::word::Word;

pub use name::{clean_name, extension};

crate::word! {
    pub enum ScanState {
        Pending = "pending" / "待检",
        Clean = "clean" / "安全",
        Infected = "infected" / "有毒",
        /// The scanner could not say; never served.
        Failed = "failed" / "检查失败",
        /// No scanner is configured.
        Skipped = "skipped" / "未检",
    }
}

crate::word! {
    /// What a file proves (broker.md section 6.1, row 42).
    pub enum FilePurpose {
        IdentityDocument = "identity_document" / "身份证件",
        Photo = "photo" / "证件照",
        EducationCertificate = "education_certificate" / "学历学位证书",
        EmploymentProof = "employment_proof" / "在职证明",
        TrainingCertificate = "training_certificate" / "培训证书",
        RegistrationProof = "registration_proof" / "技术合同登记证明",
        RoleEvidence = "role_evidence" / "中介服务佐证",
        ConsentLetter = "consent_letter" / "主要单位同意函",
        TitleCertificate = "title_certificate" / "职称证书",
        EmployerOpinion = "employer_opinion" / "单位意见",
        Other = "other" / "其他",
    }
}

impl FilePurpose {
    /// Whether only the applicant and the staff who check identities may read it (PIPL article 6, least data).
    pub fn is_identity(self) -> bool {
        self == Self::IdentityDocument
    }

    /// Whether a file of this format can prove it: a photo is a picture (row 10).
    pub fn takes(self, format: FileFormat) -> bool {
        self != Self::Photo || matches!(format, FileFormat::Png | FileFormat::Jpeg)
    }
}

crate::word! {
    /// The formats that are taken (broker.md section 6.1, row 42; GB/T 33190 for OFD).
    pub enum FileFormat {
        Pdf = "pdf" / "PDF文件",
        Png = "png" / "PNG图片",
        Jpeg = "jpeg" / "JPEG图片",
        Docx = "docx" / "Word文档",
        Xlsx = "xlsx" / "Excel工作簿",
        Ofd = "ofd" / "OFD版式文件",
    }
}

impl FileFormat {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ofd => "application/ofd",
        }
    }

    /// Extensions that agree with it, in lower case.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Ofd => &["ofd"],
        }
    }

    /// The format that a name promises.
    pub fn of_name(name: &str) -> Option<Self> {
        let end = extension(name)?;
        Self::ALL.iter().copied().find(|format| format.extensions().contains(&end.as_str()))
    }

    /// Whether name and declared media type agree with the content's format. A declaration of "some bytes" or none
    /// claims nothing.
    pub fn agrees(self, name: &str, declared: Option<&str>) -> bool {
        let is_named = Self::of_name(name) == Some(self);
        let is_declared = match declared.map(essence) {
            None => true,
            Some(media_type) => media_type == "application/octet-stream" || media_type == self.media_type(),
        };
        is_named && is_declared
    }
}

/// The media type without parameters, in lower case.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}
