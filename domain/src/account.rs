//! People, their logins and the clients of other systems.

crate::word! {
    pub enum AccountState {
        /// Registered, e-mail address not confirmed.
        Pending = "pending" / "待确认",
        Active = "active" / "正常",
        Disabled = "disabled" / "停用",
    }
}

crate::word! {
    /// What a one-time token in a mail is for.
    pub enum TokenPurpose {
        ConfirmEmail = "confirm_email" / "确认邮箱",
        ResetPassword = "reset_password" / "重设密码",
        ChangeEmail = "change_email" / "更换邮箱",
        Invitation = "invitation" / "邀请",
    }
}

crate::word! {
    /// Where a second-factor reset stands; it takes two people.
    pub enum FactorResetState {
        Requested = "requested" / "已申请",
        Approved = "approved" / "已批准",
        Refused = "refused" / "已拒绝",
    }
}

crate::word! {
    /// What a person consents to; each with version and time.
    pub enum ConsentKind {
        /// Handling of personal data (个人信息处理).
        PersonalData = "personal_data" / "个人信息处理",
        /// Handling of sensitive data: identity documents (敏感个人信息, PIPL article 29).
        SensitiveData = "sensitive_data" / "敏感个人信息处理",
        /// Name and employer in public lists (公示).
        Publicity = "publicity" / "公示",
        /// The platform's mailbox is the designated system for service (电子签名法 article 11).
        ElectronicService = "electronic_service" / "电子送达",
    }
}
