//! An explanation in three views (JSON, text, HTML) and two languages.

use serde::Serialize;

use super::input::{Input, Inputs};
use super::nearest::{Nearest, nearest};
use super::step::{Detail, Step};
use super::words::{Language, Speaker, say};
use crate::rule::Fen;
use crate::subsidy::ENGINE_VERSION;
use crate::subsidy::evaluate::{Missing, Options, Outcome, Settlement, use_amount};
use crate::subsidy::exact::{Exact, TooLarge};
use crate::subsidy::facts::Facts;
use crate::subsidy::model::{RuleSet, UseCondition};

/// One line: a sentence with the number before and after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub stage: String,
    pub sentence: String,
    /// Place of the clause in the rule set.
    pub clause: String,
    /// Document and article.
    pub basis: String,
    /// The words of the notice.
    pub words: String,
    pub before_yuan: Exact,
    pub after_yuan: Exact,
    pub change_yuan: Exact,
    pub detail: Detail,
    /// The figures that it was made from, where they are first used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Items that do not count, facts that were assumed, and the first inputs.
    pub remarks: Vec<String>,
    pub parts: Vec<Line>,
}

/// The whole explanation of one result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub rule: String,
    pub rule_version: String,
    pub rule_title: String,
    pub rule_hash: String,
    pub engine_version: String,
    pub component: String,
    /// The claim among those that were settled together; empty when it stands alone.
    pub claim: String,
    /// The award and the claim in words.
    pub subject: String,
    pub beneficiary: String,
    pub is_eligible: bool,
    pub outcome: Outcome,
    /// The result in one sentence.
    pub result: String,
    pub lines: Vec<Line>,
    pub nearest: Option<Nearest>,
    /// What the source leaves open, the nearest threshold, conditions of use and duties to report.
    pub remarks: Vec<String>,
    pub language: Language,
}

/// Most inputs that text and HTML list at one line; the JSON view has all.
const MOST_INPUTS: usize = 20;

/// What a step changes: its own difference, or that of its parts.
pub fn leaves(steps: &[Step]) -> Result<Exact, TooLarge> {
    steps.iter().try_fold(Exact::ZERO, |sum, step| {
        let change = if step.parts.is_empty() { step.after.minus(step.before)? } else { leaves(&step.parts)? };
        sum.plus(change)
    })
}

/// Explains a settled claim.
pub fn explain(
    set: &RuleSet,
    settled: &Settlement,
    facts: &Facts,
    options: Options,
    language: Language,
) -> Explanation {
    let speaker = Speaker { set, language };
    let component = set.component(&settled.component);
    let nearest = component.and_then(|component| nearest(set, component, facts, options));
    let mut remarks: Vec<String> = nearest.iter().map(|nearest| speaker.nearest(nearest)).collect();
    if let Some(component) = component {
        if component.is_ceiling {
            remarks.push(speaker.ceiling());
        }
        let award = settled.outcome.amount();
        remarks.extend(component.use_conditions.iter().map(|condition| speaker.use_condition(condition, award)));
        remarks.extend(component.reports.iter().chain(&component.notes).map(|note| speaker.note(note)));
    }
    let inputs = component.map(|component| Inputs::of(component, facts, &settled.steps)).unwrap_or_default();
    Explanation {
        rule: set.id.clone(),
        rule_version: set.version.clone(),
        rule_title: set.title.clone(),
        rule_hash: set.hash(),
        engine_version: ENGINE_VERSION.to_owned(),
        component: settled.component.clone(),
        claim: settled.id.clone(),
        subject: speaker.subject(settled),
        beneficiary: component.map(|component| component.beneficiary.clone()).unwrap_or_default(),
        is_eligible: settled.is_eligible,
        outcome: settled.outcome.clone(),
        result: speaker.outcome(&settled.outcome, settled.is_eligible),
        lines: settled.steps.iter().map(|step| speaker.line(step, &inputs)).collect(),
        nearest,
        remarks,
        language,
    }
}

impl Speaker<'_> {
    fn line(self, step: &Step, inputs: &Inputs) -> Line {
        let inputs_here = inputs.at(step);
        let mut remarks: Vec<String> = if let Detail::Items { not_counted, assumed, .. } = &step.detail {
            let assumed = assumed.iter().map(|(item, name)| {
                let name = self.name(name);
                say!(
                    self,
                    "「{item}」未填报{name}，按符合处理。",
                    "Item {item} does not state {name}; it was taken as met."
                )
            });
            not_counted.iter().map(|item| self.not_counted(item)).chain(assumed).collect()
        } else {
            Vec::new()
        };
        remarks.extend(inputs_here.iter().take(MOST_INPUTS).map(|input| self.input(input)));
        if let Some(more) = inputs_here.len().checked_sub(MOST_INPUTS).filter(|more| *more > 0) {
            remarks.push(say!(self, "另有 {more} 项。", "And {more} more."));
        }
        let basis = step.cited.basis.as_ref();
        let basis = basis.map(|basis| format!("{} {}", basis.document, basis.article).trim().to_owned());
        Line {
            stage: self.word(step.stage),
            sentence: self.sentence(&step.detail),
            clause: step.clause.clone(),
            basis: basis.unwrap_or_else(|| self.document()),
            words: step.cited.text.clone(),
            before_yuan: step.before,
            after_yuan: step.after,
            change_yuan: step.after.minus(step.before).unwrap_or_default(),
            detail: step.detail.clone(),
            inputs: inputs_here,
            remarks,
            parts: step.parts.iter().map(|part| self.line(part, inputs)).collect(),
        }
    }

    fn input(self, input: &Input) -> String {
        let (measure, figure) = (self.name(&input.measure), self.quantity(input.figure));
        let item = input.item.as_deref().map_or_else(
            || say!(self, "按合计填报", "stated in total"),
            |item| say!(self, "第「{item}」项", "item {item}"),
        );
        let source = input.source.as_deref().map_or_else(
            || say!(self, "申报填报，未注明凭证", "as claimed, without a proof named"),
            |source| say!(self, "凭证：{source}", "proof: {source}"),
        );
        say!(self, "{measure} {figure}（{item}，{source}）", "{measure} {figure} ({item}; {source})")
    }

    fn subject(self, settled: &Settlement) -> String {
        let (id, claim) = (&settled.component, &settled.id);
        let title = self.set.component(id).map(|component| component.title.as_str()).unwrap_or_default();
        let award = match (id.is_empty(), title.is_empty()) {
            (true, _) => String::new(),
            (_, true) => say!(self, "奖项 {id}", "Award {id}"),
            (_, false) => say!(self, "奖项 {title}（{id}）", "Award {id}, {title}"),
        };
        let claim = if claim.is_empty() { String::new() } else { say!(self, "申报 {claim}", "claim {claim}") };
        let between = if award.is_empty() || claim.is_empty() { String::new() } else { say!(self, "，", ", ") };
        format!("{award}{between}{claim}")
    }

    /// The document that a clause without its own basis rests on.
    fn document(self) -> String {
        if self.set.doc_no.is_empty() { self.set.sources.join(", ") } else { self.set.doc_no.clone() }
    }

    fn outcome(self, outcome: &Outcome, is_eligible: bool) -> String {
        match outcome {
            Outcome::Amount(amount) if !is_eligible => {
                let amount = self.money(*amount);
                say!(self, "不符合申报条件：{amount}。", "Not eligible: {amount}.")
            }
            Outcome::Amount(amount) => {
                let amount = self.money(*amount);
                say!(self, "金额：{amount}。", "The amount is {amount}.")
            }
            Outcome::Count(number) => say!(self, "数量：{number}。", "The count is {number}."),
            Outcome::Range { min, max } => {
                let (min, max) = (self.money(*min), self.money(*max));
                say!(self, "由经办部门在 {min} 至 {max} 之间核定。", "An officer decides between {min} and {max}.")
            }
            Outcome::Penalty(fines) => {
                let (back, least, most) =
                    (self.money(fines.recover), self.money(fines.fine_min), self.money(fines.fine_max));
                let (from, to) = (self.money(fines.person_min), self.money(fines.person_max));
                say!(
                    self,
                    "追回 {back}，罚款 {least} 至 {most}；责任人员 {from} 至 {to}。",
                    "{back} are recovered, the fine is {least} to {most}; persons responsible pay {from} to {to}."
                )
            }
            Outcome::NotComputable(missing) => self.missing(missing),
        }
    }

    fn missing(self, missing: &Missing) -> String {
        match missing {
            Missing::Figure(clause) => say!(
                self,
                "无法计算：文件未公布 {clause} 的数额（不是零）。",
                "Not computable, which is not zero: the document does not publish {clause}."
            ),
            Missing::Fact(name) => {
                let name = self.name(name);
                say!(self, "无法计算：未填报{name}。", "Not computable: {name} is not stated.")
            }
            Missing::Decision => say!(self, "无法计算：尚未核定。", "Not computable: nobody has decided yet."),
        }
    }

    fn nearest(self, nearest: &Nearest) -> String {
        let (more, amount) = (self.quantity(nearest.more), self.money(nearest.amount));
        let (measure, threshold) = (self.name(&nearest.measure), self.quantity(nearest.threshold));
        let item =
            nearest.item.as_deref().map_or_else(String::new, |item| say!(self, "（「{item}」）", " (item {item})"));
        say!(
            self,
            "{measure}{item}再增加 {more} 即达到 {threshold}，金额将为 {amount}。",
            "{more} more {measure}{item} would reach {threshold}; the amount would be {amount}."
        )
    }

    fn ceiling(self) -> String {
        say!(
            self,
            "文件写明最高，经办部门可以说明理由后核定较低金额。",
            "The rule gives a maximum: an officer may approve less and says why."
        )
    }

    fn use_condition(self, condition: &UseCondition, award: Option<Fen>) -> String {
        let (group, share) = (condition.group.replace('_', " "), self.rate(condition.share));
        let amount = award.and_then(|award| use_amount(condition, award).ok()).map_or_else(String::new, |amount| {
            let amount = self.exact(amount);
            say!(self, "，即 {amount}", ", which is {amount}")
        });
        if condition.is_least {
            say!(
                self,
                "使用要求：用于 {group} 的不低于 {share}{amount}。",
                "Condition of use: at least {share}{amount}, for {group}."
            )
        } else {
            say!(
                self,
                "使用要求：用于 {group} 的不超过 {share}{amount}。",
                "Condition of use: at most {share}{amount}, for {group}."
            )
        }
    }

    fn note(self, note: &str) -> String {
        say!(self, "说明：{note}", "Note: {note}")
    }
}
