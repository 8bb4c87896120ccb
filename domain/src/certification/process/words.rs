//! The vocabularies of the certification process (broker.md sections 3.1, 3.2, 3.7).

crate::word! {
    /// Where an application is.
    pub enum State {
        Draft = "draft" / "草稿",
        EmployerReview = "employer_review" / "单位审核",
        CityReview = "city_review" / "市级审核推荐",
        RegionFormal = "region_formal" / "自治区形式审查",
        Correction = "correction" / "补正",
        Accepted = "accepted" / "已受理",
        Assessment = "assessment" / "考核认定",
        ExpertReview = "expert_review" / "专家评审",
        Decision = "decision" / "审定",
        Publicity = "publicity" / "公示",
        Approved = "approved" / "同意认定",
        Certified = "certified" / "已发证",
        NotAccepted = "not_accepted" / "不予受理",
        NotRecommended = "not_recommended" / "不予推荐",
        NotPassed = "not_passed" / "评审/考核未通过",
        NotApproved = "not_approved" / "不予认定",
        Withdrawn = "withdrawn" / "撤回",
        Lapsed = "lapsed" / "逾期终止",
    }
}

crate::word! {
    /// What can be done with an application.
    pub enum Verb {
        Submit = "submit" / "提交单位审核",
        /// For the self-employed, and for employers that are themselves a bureau.
        SubmitToCity = "submit_to_city" / "提交市级审核",
        Confirm = "confirm" / "单位确认",
        /// An employer without an account: the city enters the sealed paper opinion.
        ConfirmOnPaper = "confirm_on_paper" / "录入单位书面意见",
        ReturnToApplicant = "return_to_applicant" / "单位退回",
        LapseAtEmployer = "lapse_at_employer" / "单位逾期终止",
        CheckByCity = "check_by_city" / "市级审核",
        RequestCityCorrection = "request_city_correction" / "市级要求补正",
        /// A clerk holds the training evidence against its source.
        VerifyTraining = "verify_training" / "核验培训证明",
        /// The period for one notice of all defects is over.
        CloseNotice = "close_notice" / "一次性告知期限届满",
        Recommend = "recommend" / "推荐",
        NotRecommend = "not_recommend" / "不予推荐",
        Accept = "accept" / "受理",
        /// No notice within the period counts as acceptance.
        AcceptBySilence = "accept_by_silence" / "逾期视为受理",
        RequestRegionCorrection = "request_region_correction" / "形式审查要求补正",
        RequestFurtherCorrection = "request_further_correction" / "批准再次补正",
        NotAccept = "not_accept" / "不予受理",
        AnswerCorrection = "answer_correction" / "提交补正",
        ExtendCorrection = "extend_correction" / "延长补正期限",
        LapseInCorrection = "lapse_in_correction" / "补正逾期终止",
        StartAssessment = "start_assessment" / "进入考核",
        NamePanel = "name_panel" / "组建评审组",
        PassAssessment = "pass_assessment" / "考核通过",
        FailAssessment = "fail_assessment" / "考核未通过",
        DeclareConflict = "declare_conflict" / "申请回避",
        ReplaceExpert = "replace_expert" / "更换专家",
        Score = "score" / "评分",
        PassReview = "pass_review" / "评审通过",
        FailReview = "fail_review" / "评审未通过",
        Publish = "publish" / "列入公示",
        Refuse = "refuse" / "不予认定",
        EndPublicity = "end_publicity" / "公示无异议",
        Issue = "issue" / "发证",
        Withdraw = "withdraw" / "撤回",
        ExpireDraft = "expire_draft" / "草稿逾期",
    }
}

crate::word! {
    /// What must hold before a verb.
    pub enum Guard {
        WindowOpen = "window_open" / "在申报期内",
        FormComplete = "form_complete" / "材料齐全",
        ConsentsGiven = "consents_given" / "已授权个人信息处理",
        Eligible = "eligible" / "符合条件",
        EmployerMustConfirm = "employer_must_confirm" / "须单位确认",
        EmployerIsSkipped = "employer_is_skipped" / "无须单位确认",
        EmployerHasNoAccount = "employer_has_no_account" / "单位未注册账号",
        EvidenceAttached = "evidence_attached" / "已附书面意见",
        CityHasChecked = "city_has_checked" / "市级已审核",
        CityNoticeOpen = "city_notice_open" / "在一次性告知期限内",
        CompletenessOpen = "completeness_open" / "在形式审查期限内",
        CityCorrectionLeft = "city_correction_left" / "市级未要求过补正",
        RegionCorrectionLeft = "region_correction_left" / "形式审查未要求过补正",
        RegionCorrectionUsed = "region_correction_used" / "已要求过补正",
        ExtensionLeft = "extension_left" / "未延长过",
        ByAssessment = "by_assessment" / "考核认定",
        ByReview = "by_review" / "专家评审认定",
        ConditionsMet = "conditions_met" / "条件经核实符合",
        TrainingVerified = "training_verified" / "培训证明已核验",
        IsPanelMember = "is_panel_member" / "本人为评审专家",
        HasNotScored = "has_not_scored" / "尚未评分",
        AllScored = "all_scored" / "全部评分完毕",
        ReviewPasses = "review_passes" / "达到评审通过标准",
        ReviewFails = "review_fails" / "未达到评审通过标准",
    }
}

crate::word! {
    /// The deadlines of the process; their periods are `deadline.<word>` in the rule set.
    pub enum ClockKind {
        DraftIdle = "draft_idle" / "草稿保留期",
        EmployerReview = "employer_review" / "单位审核期限",
        EmployerLapse = "employer_lapse" / "单位审核终止期限",
        CityReview = "city_review" / "市级审核期限",
        /// All defects at once, within this period.
        CityNotice = "city_notice" / "市级一次性告知期限",
        Completeness = "completeness" / "形式审查期限",
        Correction = "correction" / "补正期限",
        CorrectionExtension = "correction_extension" / "补正延长期",
        Panel = "panel" / "组建评审组期限",
        Assessment = "assessment" / "考核期限",
        ExpertReview = "expert_review" / "评审期限",
        Decision = "decision" / "审定期限",
        /// From acceptance to decision, less corrections, expert review and publicity.
        Overall = "overall" / "办理总期限",
        Publicity = "publicity" / "公示期",
        Issue = "issue" / "发证期限",
    }
}

crate::word! {
    /// What people are told (N01–N24).
    pub enum Event {
        Submitted = "submitted" / "已提交",
        EmployerConfirmed = "employer_confirmed" / "单位已确认",
        EmployerReturned = "employer_returned" / "单位已退回",
        Lapsed = "lapsed" / "逾期终止",
        Recommended = "recommended" / "已推荐",
        CorrectionRequested = "correction_requested" / "补正通知",
        CorrectionExtended = "correction_extended" / "补正期限已延长",
        CorrectionAnswered = "correction_answered" / "补正已提交",
        NotRecommended = "not_recommended" / "不予推荐",
        Accepted = "accepted" / "已受理",
        NotAccepted = "not_accepted" / "不予受理",
        ReviewTask = "review_task" / "评审任务",
        ConflictDeclared = "conflict_declared" / "专家回避",
        ReviewPassed = "review_passed" / "评审/考核通过",
        NotPassed = "not_passed" / "评审/考核未通过",
        NotApproved = "not_approved" / "不予认定",
        PublicityOpened = "publicity_opened" / "公示开始",
        PublicityClean = "publicity_clean" / "公示无异议",
        Certified = "certified" / "已发证",
        Withdrawn = "withdrawn" / "已撤回",
        DraftExpired = "draft_expired" / "草稿已失效",
    }
}

crate::word! {
    /// The desk that asked for a correction.
    pub enum CorrectionStage {
        City = "city" / "市级",
        Region = "region" / "自治区",
    }
}
