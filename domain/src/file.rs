//! Attachments: what is accepted, and how a file stands with the scanner.

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
