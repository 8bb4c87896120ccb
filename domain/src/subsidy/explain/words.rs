//! Figures, names and conditions in the words of a reader.

use crate::rule::Fen;
use crate::subsidy::exact::{Exact, Rate};
use crate::subsidy::facts::Value;
use crate::subsidy::figure::Quantity;
use crate::subsidy::model::{Condition, Period, RuleSet};
use crate::word::Word;

crate::word! {
    /// The language of an explanation.
    pub enum Language {
        Zh = "zh-CN" / "中文",
        En = "en" / "英文",
    }
}

/// Speaks of one rule set in one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speaker<'a> {
    pub set: &'a RuleSet,
    pub language: Language,
}

/// `say!(speaker, "中文 {x}", "English {x}")`: one of two sentences over the same names.
macro_rules! say {
    ($speaker:expr, $zh:literal, $en:literal) => {
        match $speaker.language {
            $crate::subsidy::explain::Language::Zh => format!($zh),
            $crate::subsidy::explain::Language::En => format!($en),
        }
    };
}
pub(super) use say;

/// `1234567.5` as `1,234,567.5`.
fn grouped(plain: &str) -> String {
    let (sign, plain) = plain.strip_prefix('-').map_or(("", plain), |rest| ("-", rest));
    let (whole, part) =
        plain.split_once('.').map_or((plain, String::new()), |(whole, part)| (whole, format!(".{part}")));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}{part}")
}

impl Speaker<'_> {
    /// The plain figure, and 万元 beside it from ten thousand on.
    pub fn exact(self, amount: Exact) -> String {
        let plain = grouped(&amount.yuan());
        let Some(wan) = amount.fen().filter(|fen| fen.0.abs() >= 1_000_000) else {
            return say!(self, "{plain} 元", "{plain} yuan");
        };
        let wan = Rate::decimal(i128::from(wan.0), 6).map(Rate::plain).unwrap_or_default();
        say!(self, "{plain} 元（{wan} 万元）", "{plain} yuan ({wan} wan)")
    }

    pub fn money(self, amount: Fen) -> String {
        self.exact(Exact::of(amount))
    }

    /// As a notice writes it, and the plain figure beside it.
    pub fn rate(self, rate: Rate) -> String {
        let (written, plain) = (rate.written(), rate.plain());
        say!(self, "{written}（{plain}）", "{written} ({plain})")
    }

    pub fn quantity(self, figure: Quantity) -> String {
        match figure {
            Quantity::Money(amount) => self.money(amount),
            Quantity::Rate(rate) => self.rate(rate),
            Quantity::Count(number) => number.to_string(),
            Quantity::Years(number) => say!(self, "{number} 年", "{number} years"),
        }
    }

    /// A measure's Chinese term, or its name with blanks.
    pub fn name(self, name: &str) -> String {
        let title = self.set.measures.get(name).map(|measure| measure.title.as_str()).unwrap_or_default();
        let term = title.split([':', '：']).next().unwrap_or_default().trim();
        let is_chinese = term.chars().any(|c| c > '\u{2e7f}');
        if self.language == Language::Zh && is_chinese {
            return format!("{term}（{name}）");
        }
        let plain = name.replace('_', " ");
        let term = known(name).filter(|_| self.language == Language::Zh);
        term.map_or(plain, str::to_owned)
    }

    pub fn value(self, value: Option<&Value>) -> String {
        match value {
            None => say!(self, "未填报", "not stated"),
            Some(Value::Figure(figure)) => self.quantity(*figure),
            Some(Value::Word(word)) => word.to_string(),
            Some(Value::Flag(true)) => say!(self, "是", "yes"),
            Some(Value::Flag(false)) => say!(self, "否", "no"),
            Some(Value::Date(day)) => day.to_string(),
            Some(Value::Year(year)) => year.to_string(),
        }
    }

    pub fn found(self, found: &[(String, Option<Value>)]) -> String {
        let parts: Vec<_> = found
            .iter()
            .map(|(name, value)| {
                let (name, value) = (self.name(name), self.value(value.as_ref()));
                say!(self, "{name}为{value}", "{name} is {value}")
            })
            .collect();
        parts.join(&say!(self, "，", ", "))
    }

    pub fn period(self, period: Period) -> String {
        match period {
            Period::Once => say!(self, "一次性", "once only"),
            Period::Year => say!(self, "每年度", "per year"),
            Period::Years(years) => say!(self, "每 {years} 年", "per {years} years"),
            Period::Project => say!(self, "每个项目", "per project"),
        }
    }

    /// A word of a vocabulary: its Chinese term, or the word itself with blanks.
    pub fn word<W: Word>(self, word: W) -> String {
        match self.language {
            Language::Zh => word.zh().to_owned(),
            Language::En => word.as_str().replace('_', " "),
        }
    }

    pub fn comparison(self, comparison: crate::subsidy::model::Comparison) -> String {
        use crate::subsidy::model::Comparison;
        match (self.language, comparison) {
            (Language::Zh, comparison) => comparison.zh().to_owned(),
            (Language::En, Comparison::AtLeast) => "at least".to_owned(),
            (Language::En, Comparison::Above) => "more than".to_owned(),
            (Language::En, Comparison::AtMost) => "at most".to_owned(),
            (Language::En, Comparison::Below) => "less than".to_owned(),
            (Language::En, Comparison::Equal) => "exactly".to_owned(),
        }
    }

    /// What a condition asks.
    pub fn condition(self, condition: &Condition) -> String {
        match condition {
            Condition::All(parts) => self.parts(parts, &say!(self, "，且", " and ")),
            Condition::Any(parts) => self.parts(parts, &say!(self, "，或者", " or ")),
            Condition::Not(part) => {
                let part = self.condition(part);
                say!(self, "不符合「{part}」", "not ({part})")
            }
            Condition::Figure { name, comparison, figure } => {
                let (name, comparison) = (self.name(name), self.comparison(*comparison));
                let figure =
                    figure.map_or_else(|| say!(self, "未公布的数额", "an unpublished figure"), |f| self.quantity(f));
                say!(self, "{name}{comparison} {figure}", "{name} is {comparison} {figure}")
            }
            Condition::Measures { name, comparison, other } => {
                let (name, comparison, other) = (self.name(name), self.comparison(*comparison), self.name(other));
                say!(self, "{name}{comparison}{other}", "{name} is {comparison} {other}")
            }
            Condition::Words { name, words } => {
                let (name, words) = (self.name(name), words.join(&say!(self, "、", ", ")));
                say!(self, "{name}为{words}之一", "{name} is one of {words}")
            }
            Condition::Flag { name, expected } => {
                let (name, value) = (self.name(name), self.value(Some(&Value::Flag(*expected))));
                say!(self, "{name}为「{value}」", "{name} is {value}")
            }
            Condition::Window { event, from, to } => self.window(event, *from, *to),
            Condition::Years { event, years } => {
                let event = self.name(&format!("{event}_on"));
                let years: Vec<_> = years.iter().map(i32::to_string).collect();
                let years = years.join(&say!(self, "、", ", "));
                say!(self, "{event}在 {years} 年", "{event} is in {years}")
            }
        }
    }

    fn parts(self, parts: &[Condition], between: &str) -> String {
        let parts: Vec<_> = parts.iter().map(|part| self.condition(part)).collect();
        parts.join(between)
    }

    fn window(self, event: &str, from: Option<chrono::NaiveDate>, to: Option<chrono::NaiveDate>) -> String {
        let event = self.name(&format!("{event}_on"));
        match (from, to) {
            (Some(from), Some(to)) => say!(self, "{event}在 {from} 至 {to} 之间", "{event} is from {from} to {to}"),
            (Some(from), None) => say!(self, "{event}不早于 {from}", "{event} is not before {from}"),
            (None, Some(to)) => say!(self, "{event}不晚于 {to}", "{event} is not after {to}"),
            (None, None) => say!(self, "{event}不限", "{event} is any day"),
        }
    }
}

/// Chinese terms of the names that every rule set understands.
fn known(name: &str) -> Option<&'static str> {
    const TERMS: &[(&str, &str)] = &[
        ("signed_on", "签订日期"),
        ("registered_on", "登记日期"),
        ("received_on", "到账日期"),
        ("invoiced_on", "开票日期"),
        ("signed", "签订日期"),
        ("registered", "登记日期"),
        ("received", "到账日期"),
        ("invoiced", "开票日期"),
        ("contract_type", "合同类型"),
        ("related_party", "关联交易"),
        ("other_public_funding", "已获其他财政资金支持"),
        ("result_rewarded_before", "成果已获奖补"),
        ("rewarded_before", "已获奖补"),
        ("buyer_in_jurisdiction", "受让方在本辖区"),
        ("licence_years", "许可年限"),
        ("grade", "评价等次"),
        ("title_level", "资质级别"),
        ("legal_form", "主体类型"),
        ("city", "所在市"),
        ("field", "技术领域"),
        ("project", "项目"),
        ("follow_up_rd", "后续研发投入"),
        ("contract_registration_no", "合同登记编号"),
    ];
    TERMS.iter().find(|(known, _)| *known == name).map(|(_, term)| *term)
}
