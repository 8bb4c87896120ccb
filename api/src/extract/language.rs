//! The language of titles, labels and mails; codes never change with it.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT_LANGUAGE;

/// What `Accept-Language` asks for; Chinese unless English is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Zh,
    En,
}

impl Language {
    /// The first known language in the order of the header.
    pub fn of(header: Option<&str>) -> Self {
        let ranked = header.into_iter().flat_map(|text| text.split(',')).filter_map(|range| {
            let mut parts = range.trim().split(';');
            let tag = parts.next()?.trim().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            let language = match tag.split('-').next()? {
                "zh" => Self::Zh,
                "en" => Self::En,
                _ => return None,
            };
            Some((weight, language))
        });
        ranked
            .fold(None, |best: Option<(f32, Self)>, next| match best {
                Some(best) if best.0 >= next.0 => Some(best),
                _ => Some(next),
            })
            .map_or(Self::Zh, |(_, language)| language)
    }

    pub fn of_request(request: &HttpRequest) -> Self {
        Self::of(request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
    }

    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// The message of a field rule. Rules of the rulebook that have no sentence of their own are named as they are.
pub fn rule_message(rule: &str, language: Language) -> String {
    let known = MESSAGES.iter().find(|(known, _, _)| *known == rule);
    match (known, language) {
        (Some((_, zh, _)), Language::Zh) => (*zh).to_owned(),
        (Some((_, _, en)), Language::En) => (*en).to_owned(),
        (None, _) => rule.replace('_', " "),
    }
}

const MESSAGES: &[(&str, &str, &str)] = &[
    ("unknown_field", "不认识的字段", "This field is not known"),
    ("missing_field", "缺少必填字段", "A required field is missing"),
    ("wrong_type", "类型不正确", "The value has the wrong type"),
    ("duplicate_field", "字段重复", "The field occurs twice"),
    ("control_character", "含有控制字符", "Control characters are not allowed"),
    ("text_short", "内容过短", "The text is too short"),
    ("text_long", "内容过长", "The text is too long"),
    ("limit_range", "每页数量须在 1–100 之间", "limit must be between 1 and 100"),
    ("cursor_format", "游标无效", "The cursor is not valid"),
    ("id_format", "证件号码格式不正确", "The identity number has the wrong format"),
    ("id_checksum", "证件号码校验位不正确", "The check digit of the identity number is wrong"),
    ("id_date_invalid", "证件号码中的出生日期不存在", "The identity number contains an impossible date"),
    ("id_sex_mismatch", "性别与证件号码不符", "The sex does not match the identity number"),
    ("id_duplicate", "该证件号码已登记", "This identity number is registered already"),
    ("age_under_18", "未满 18 周岁", "Under 18 years of age"),
    ("uscc_checksum", "统一社会信用代码校验位不正确", "The check character of the credit code is wrong"),
    ("uscc_alphabet", "统一社会信用代码含有非法字符", "The credit code contains a character outside its alphabet"),
    ("uscc_format", "统一社会信用代码格式不正确", "The credit code has the wrong format"),
    ("email_format", "邮箱地址格式不正确", "The e-mail address has the wrong format"),
    ("password_weak", "密码过于简单", "The password is too weak"),
    ("password_wrong", "密码不正确", "The password is wrong"),
    ("code_wrong", "验证码不正确", "The code is wrong or was used before"),
    ("consent_required", "须先同意个人信息处理规则", "Consent to the handling of personal data is required"),
    ("role_not_grantable", "该角色不能授予", "This role cannot be granted"),
    ("role_incompatible", "三员须分设，不能与其他角色兼任", "Administrators hold no other role"),
    ("role_not_delegable", "只能委托本人现有的岗位角色", "Only a role of your own desk can be delegated"),
    ("region_required", "该角色须指定地区", "This role needs a region"),
    ("region_unknown", "地区代码不在本自治区内", "The region is not known"),
    ("region_not_applicable", "该角色不分地区", "This role has no region"),
    ("organisation_required", "该角色须指定单位", "This role needs an organisation"),
    ("organisation_not_applicable", "该角色不属于单位", "This role has no organisation"),
    ("organisation_unknown", "单位不存在", "The organisation is not known"),
    ("account_unknown", "账号不存在或未启用", "The account is not known or not active"),
    ("not_a_colleague", "受托人须为其他在岗工作人员", "The other person must be an active member of staff"),
    ("period_reversed", "结束日期早于开始日期", "The period ends before it begins"),
    ("period_over", "期间已过", "The period is over"),
    (
        "scope_not_grantable",
        "该权限范围不能授予接口客户端",
        "This scope cannot be given to a client, or is named twice",
    ),
    ("return_reason_required", "退回须逐项说明理由", "A return must itemise its reasons"),
    ("panel_too_small", "评审专家人数不足", "The panel has too few experts"),
    ("panel_even", "评审专家人数须为单数", "The panel must be odd"),
    ("expert_conflict", "该专家须回避", "This expert has a conflict of interest"),
    ("one_length", "须且仅须给出 working_days 或 calendar_days 之一", "Give either working_days or calendar_days"),
    ("length_range", "长度超出允许范围", "The length is out of range"),
    ("calendar_year_range", "年份须在 1949–2199 之间", "The year must be between 1949 and 2199"),
    ("calendar_foreign_day", "日期不属于该年度通知", "The date does not belong to the notice of that year"),
    ("calendar_listed_twice", "日期重复", "The date is listed twice"),
    ("calendar_foreign_region", "区域须为自治区本级", "The region must be the autonomous region itself"),
    ("calendar_bad_window", "节日窗口无效", "The festival window is empty or outside its year"),
    ("file_name", "文件名不可用", "The file name cannot be used"),
    (
        "file_type",
        "文件内容、扩展名与声明的类型不一致，或格式不受支持",
        "Content, extension and declared type do not agree, or the format is not taken",
    ),
    ("object_kind_required", "须同时指明对象类别", "An object's id needs its kind beside it"),
    ("file_format", "此类文件不接受该格式", "Files of this purpose do not come in this format"),
    ("photo_unknown", "证件照文件不存在", "The photo is no file of yours"),
    ("photo_purpose", "该文件不是作为证件照上传的", "The file was not added as a photo"),
    ("photo_not_clean", "证件照尚未通过安全检查", "The photo has not passed the scanner"),
    ("file_purpose", "不能由您提交此类文件", "Files of this purpose are not yours to add"),
    ("region_unknown", "未知的行政区划", "The region is not known"),
    ("process_unknown", "未知的办理事项", "The process is not known"),
    ("number_range", "数值超出范围", "The number is out of range"),
    ("not_a_whole_minute", "时间须精确到整分钟", "The time must be a whole minute"),
    ("closes_before_opening", "截止时间须晚于开始时间", "The end must be later than the opening"),
    (
        "recommends_before_closing",
        "推荐截止时间不得早于申报截止时间",
        "Recommendations cannot end before applications do",
    ),
    ("closes_in_the_past", "截止时间已过", "The end has passed"),
    (
        "not_an_extension",
        "新的截止时间须晚于原截止时间和当前时间",
        "The new end must be later than the old one and than now",
    ),
    ("rule_set_unknown", "未知的规则版本", "The rule set is not known"),
    ("rule_set_of_other_process", "规则版本不属于该事项", "The rule set belongs to another process"),
    ("rule_set_not_effective", "规则版本在批次开始时未生效", "The rule set is not in force at the opening"),
    (
        "before_the_present_name",
        "新名称的起始日须晚于现名称的起始日",
        "The new name must begin later than the present one",
    ),
    ("successor_unknown", "承继单位不存在", "The successor is not known"),
    ("successor_cycle", "承继关系形成循环", "The successions form a circle"),
    ("successor_not_verified", "承继单位未核验", "The successor is not verified"),
    ("not_at_this_desk", "对方不在该承办岗位", "That person is not at this desk"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heavier_known_language_wins_and_chinese_is_the_default() {
        assert_eq!(Language::of(None), Language::Zh);
        assert_eq!(Language::of(Some("fr, en;q=0.5")), Language::En);
        assert_eq!(Language::of(Some("en;q=0.4, zh-CN;q=0.8")), Language::Zh);
        assert_eq!(Language::of(Some("xx")), Language::Zh);
    }
}
