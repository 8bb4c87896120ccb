//! Employers, agencies' legal persons, bureaus and bases.

crate::word! {
    pub enum OrganisationKind {
        University = "university" / "高校",
        ResearchInstitute = "research_institute" / "科研院所",
        Enterprise = "enterprise" / "企业",
        Intermediary = "intermediary" / "中介机构",
        Association = "association" / "社会团体",
        Government = "government" / "机关",
        Other = "other" / "其他",
    }
}

crate::word! {
    pub enum OrganisationState {
        Pending = "pending" / "待核验",
        Verified = "verified" / "已核验",
        Refused = "refused" / "核验不通过",
        /// Its credit code was cancelled; a successor may be named.
        Dissolved = "dissolved" / "已注销",
    }
}

crate::word! {
    pub enum MemberState {
        Invited = "invited" / "已邀请",
        Active = "active" / "在册",
        Left = "left" / "已离开",
    }
}
