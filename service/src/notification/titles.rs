//! What every event is called: titles of the in-app list, headings and subjects of mails. One table for all of them.

use serde_json::Value;

/// The language in which somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    #[default]
    Zh,
    En,
}

impl Locale {
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// Of a language tag; Chinese unless it is English.
    pub fn of(tag: &str) -> Self {
        match tag.split('-').next() {
            Some("en") => Self::En,
            _ => Self::Zh,
        }
    }

    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// An event with its title in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Title {
    pub event: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

macro_rules! titles {
    ($($event:literal = $zh:literal / $en:literal;)+) => {
        /// Every event that people are told.
        pub const TITLES: &[Title] = &[$(Title { event: $event, zh: $zh, en: $en }),+];
    };
}

titles! {
    "certification.submitted" = "认定申请已提交" / "Application submitted";
    "certification.employer_confirmed" = "单位已确认认定申请" / "Employer confirmed the application";
    "certification.employer_returned" = "单位已退回认定申请" / "Employer returned the application";
    "certification.lapsed" = "认定申请逾期终止" / "Application lapsed";
    "certification.recommended" = "认定申请已获市级推荐" / "Application recommended by the city";
    "certification.correction_requested" = "认定申请需要补正" / "Corrections requested";
    "certification.correction_extended" = "补正期限已延长" / "Correction period extended";
    "certification.correction_answered" = "申请人已提交补正材料" / "Corrections received";
    "certification.not_recommended" = "认定申请不予推荐" / "Application not recommended";
    "certification.accepted" = "认定申请已受理" / "Application accepted for processing";
    "certification.not_accepted" = "认定申请不予受理" / "Application not accepted";
    "certification.review_task" = "新的评审任务" / "New review task";
    "certification.conflict_declared" = "评审专家申请回避" / "An expert declared a conflict of interest";
    "certification.review_passed" = "认定申请通过评审（考核）" / "Review passed";
    "certification.not_passed" = "认定申请未通过评审（考核）" / "Review not passed";
    "certification.not_approved" = "认定申请不予认定" / "Certification refused";
    "certification.publicity_opened" = "拟认定名单开始公示" / "Public notice period opened";
    "certification.publicity_clean" = "公示期满无异议" / "Public notice period ended without objection";
    "certification.certified" = "认定证书已签发" / "Certificate issued";
    "certification.withdrawn" = "认定申请已撤回" / "Application withdrawn";
    "certification.draft_expired" = "申请草稿已失效" / "Draft expired";
    "deadline.reminder" = "期限提醒" / "Deadline reminder";
    "deadline.moved" = "期限调整通知" / "Deadline moved";
    "deadline.escalation" = "办理事项已逾期" / "Task overdue";
    "notification.undeliverable" = "通知未能送达，请另行联系" / "A notification could not be delivered";
    "account.confirm_email" = "请确认您的邮箱地址" / "Confirm your e-mail address";
    "account.already_registered" = "您已注册过账号" / "You already have an account";
    "account.reset_password" = "重置密码" / "Reset your password";
    "account.password_changed" = "您的密码已修改" / "Your password was changed";
    "account.email_change_confirm" = "请确认新的邮箱地址" / "Confirm your new e-mail address";
    "account.email_changed" = "您的邮箱地址已变更" / "Your e-mail address was changed";
    "account.invitation" = "邀请您使用技桥" / "Invitation to Jiqiao";
    "account.role_changed" = "您的角色权限已调整" / "Your roles were changed";
    "account.factor_changed" = "您的双因素验证设置已变更" / "Your second factor was changed";
    "organisation.confirmer_invited" = "邀请您担任单位确认人" / "Invitation to confirm for your organisation";
    "organisation.verified" = "单位登记已核验通过" / "Organisation verified";
    "organisation.dissolved" = "单位已注销" / "Organisation dissolved";
    "organisation.refused" = "单位登记未通过核验" / "Organisation not verified";
}

/// The title of an event without its particulars; an event of a newer version is called a notification.
pub fn heading(event: &str, locale: Locale) -> &'static str {
    let known = TITLES.iter().find(|title| title.event == event);
    match (known, locale) {
        (Some(title), Locale::Zh) => title.zh,
        (Some(title), Locale::En) => title.en,
        (None, Locale::Zh) => "业务通知",
        (None, Locale::En) => "Notification",
    }
}

/// The title as the in-app list shows it: what happened, which clock, which case.
pub fn title(event: &str, locale: Locale, params: &Value) -> String {
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let heading = heading(event, locale);
    let what = match (text("kind").map(|kind| clock(kind, locale)), locale) {
        (Some(clock), Locale::Zh) => format!("{heading}：{clock}"),
        (Some(clock), Locale::En) => format!("{heading}: {clock}"),
        (None, _) => heading.to_owned(),
    };
    match (text("number"), locale) {
        (Some(number), Locale::Zh) => format!("{what}（{number}）"),
        (Some(number), Locale::En) => format!("{what} ({number})"),
        (None, _) => what,
    }
}

/// The subject of a mail: the same for all mails of a case, so that they stand in one thread; else the title.
pub fn subject(event: &str, locale: Locale, params: &Value) -> String {
    let text = |name: &str| params.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let subject = match (text("number"), text("title")) {
        (Some(number), Some(title)) => format!("[{number}] {title}"),
        (Some(number), None) => format!("[{number}]"),
        (None, _) => heading(event, locale).to_owned(),
    };
    one_line(&subject)
}

/// What a clock is called.
pub fn clock(kind: &str, locale: Locale) -> String {
    match (locale, crate::process::clock_zh(kind)) {
        (Locale::Zh, Some(known)) => known.to_owned(),
        (Locale::Zh | Locale::En, _) => kind.replace('_', " "),
    }
}

/// The text without line breaks and other control characters: nothing that could begin a header of its own.
pub fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c });
    spaced.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use domain::certification::process::{Certification, Event};
    use domain::process::Process;
    use domain::word::Word;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_event_of_every_process_has_a_title_and_none_has_two() {
        for event in Event::ALL {
            let word = format!("{}.{event}", Certification::NAME);
            assert_eq!(TITLES.iter().filter(|title| title.event == word).count(), 1, "{word}");
        }
        let mut words: Vec<_> = TITLES.iter().map(|title| title.event).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), TITLES.len());
    }

    #[test]
    fn all_mails_of_a_case_have_one_subject_in_one_line() {
        let params = json!({ "number": "CE-2026-000001-A", "title": "初级\r\nBcc: a@b.example" });
        let subjects = ["certification.accepted", "deadline.reminder"].map(|event| subject(event, Locale::Zh, &params));
        assert_eq!(subjects[0], "[CE-2026-000001-A] 初级 Bcc: a@b.example");
        assert_eq!(subjects[0], subjects[1]);
    }

    #[test]
    fn a_title_says_which_clock_and_which_case() {
        let params = json!({ "number": "CE-2026-000001-A", "kind": "correction" });
        assert_eq!(title("deadline.reminder", Locale::Zh, &params), "期限提醒：补正期限（CE-2026-000001-A）");
        assert_eq!(title("deadline.reminder", Locale::En, &params), "Deadline reminder: correction (CE-2026-000001-A)");
    }
}
