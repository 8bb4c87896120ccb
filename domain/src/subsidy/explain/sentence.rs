//! One sentence for each step, for a clerk who never saw the rule.

use super::step::{Detail, NotCounted, Reason};
use super::words::{Speaker, say};

impl Speaker<'_> {
    /// The sentence of a step, without its numbers before and after.
    pub fn sentence(self, detail: &Detail) -> String {
        match detail {
            Detail::Gate { condition, found, holds } => self.gate(condition, found, *holds),
            Detail::YearsPaid { paid, most } => say!(
                self,
                "最多支持 {most} 年，此前已支持 {paid} 年。",
                "Paid in at most {most} years; it was paid in {paid} years before."
            ),
            Detail::Items { counted: 0, given, .. } => say!(
                self,
                "申报 {given} 项，没有一项计入，不予奖补。",
                "None of {given} items counts, so nothing is paid."
            ),
            Detail::Items { counted, given, .. } => {
                say!(self, "申报 {given} 项，计入 {counted} 项。", "{counted} of {given} items count.")
            }
            Detail::Sum { measure, total } => {
                let (measure, total) = (self.name(measure), self.money(*total));
                say!(self, "{measure}合计 {total}。", "The {measure} adds up to {total}.")
            }
            Detail::Min { measures, total } => {
                let parts: Vec<_> = measures
                    .iter()
                    .map(|(name, total)| format!("{} {}", self.name(name), self.money(*total)))
                    .collect();
                let (parts, total) = (parts.join(&say!(self, "、", ", ")), self.money(*total));
                say!(self, "取 {parts} 中最小者：{total}。", "The smallest of {parts} counts: {total}.")
            }
            Detail::Increment { measure, now, prior, total } => {
                let (measure, now) = (self.name(measure), self.money(*now));
                let (prior, total) = (self.money(*prior), self.money(*total));
                say!(
                    self,
                    "{measure}今年 {now}，上年 {prior}，增量（不低于零）{total}。",
                    "The {measure} is {now} this year and was {prior} the year before; the growth, not below zero, is \
                     {total}."
                )
            }
            Detail::Floor { base, floor, comparison, is_reached } => {
                let (base, floor, comparison) = (self.money(*base), self.money(*floor), self.comparison(*comparison));
                if *is_reached {
                    say!(
                        self,
                        "起点为{comparison} {floor}，现为 {base}，已达到。",
                        "It takes {comparison} {floor}; {base} reaches it."
                    )
                } else {
                    say!(
                        self,
                        "起点为{comparison} {floor}，现为 {base}，未达到，不予奖补。",
                        "It takes {comparison} {floor}; {base} does not reach it, so nothing is paid."
                    )
                }
            }
            Detail::Cap { .. }
            | Detail::SharedCap { .. }
            | Detail::BandCap { .. }
            | Detail::PaidInPeriod { .. }
            | Detail::CrossLevel { .. } => self.limit(detail),
            _ => self.made(detail),
        }
    }

    fn gate(
        self,
        condition: &crate::subsidy::model::Condition,
        found: &[(String, Option<crate::subsidy::facts::Value>)],
        holds: bool,
    ) -> String {
        let (condition, found) = (self.condition(condition), self.found(found));
        if holds {
            say!(self, "要求：{condition}。现 {found}，符合。", "Asked: {condition}. Found: {found}; this is met.")
        } else {
            say!(
                self,
                "要求：{condition}。现 {found}，不符合，不予奖补。",
                "Asked: {condition}. Found: {found}; this is not met, so nothing is paid."
            )
        }
    }

    /// Steps that make an amount.
    fn made(self, detail: &Detail) -> String {
        match detail {
            Detail::Rate { from, upto, amount, rate } => {
                let (part, rate) = (self.money(*amount), self.rate(*rate));
                let from_text = self.money(*from);
                match upto.map(|upto| self.money(upto)) {
                    Some(upto) => say!(
                        self,
                        "{from_text} 至 {upto} 的部分为 {part}，按 {rate} 计算。",
                        "The part from {from_text} to {upto} is {part}, at {rate}."
                    ),
                    None if from.0 > 0 => say!(
                        self,
                        "超过 {from_text} 的部分为 {part}，按 {rate} 计算。",
                        "The part above {from_text} is {part}, at {rate}."
                    ),
                    None => say!(self, "{part} 按 {rate} 计算。", "{part} at {rate}."),
                }
            }
            Detail::Band { base, from, upto, rate } => {
                let (base, from, rate) = (self.money(*base), self.money(*from), self.rate(*rate));
                let upto = upto.map_or_else(
                    || say!(self, "以上", "upwards"),
                    |upto| {
                        let upto = self.money(upto);
                        say!(self, "至 {upto}", "to {upto}")
                    },
                );
                say!(
                    self,
                    "{base} 属于 {from} {upto} 这一档，全额按 {rate} 计算。",
                    "{base} lies in the band from {from} {upto}; the whole amount is taken at {rate}."
                )
            }
            Detail::NoBand { base } => {
                let base = self.money(*base);
                say!(self, "{base} 不在任何一档内，不予奖补。", "{base} lies in no band, so nothing is paid.")
            }
            Detail::Fixed { amount } => {
                let amount = self.money(*amount);
                say!(self, "定额 {amount}。", "A fixed amount of {amount}.")
            }
            Detail::BelowThreshold { base, threshold } => {
                let (base, threshold) = (self.money(*base), self.money(*threshold));
                say!(
                    self,
                    "{base} 未达到 {threshold}，不予奖补。",
                    "{base} does not reach {threshold}, so nothing is paid."
                )
            }
            Detail::Excess { threshold, excess, rate } => {
                let (threshold, excess, rate) = (self.money(*threshold), self.money(*excess), self.rate(*rate));
                say!(
                    self,
                    "超过 {threshold} 的部分为 {excess}，按 {rate} 计算。",
                    "{excess} are above {threshold}, at {rate}."
                )
            }
            Detail::Steps { threshold, step, count, step_amount } => {
                let (threshold, step) = (self.money(*threshold), self.money(*step));
                let step_amount = self.money(*step_amount);
                say!(
                    self,
                    "超过 {threshold} 后每满 {step} 加 {step_amount}，共 {count} 次。",
                    "Each full {step} above {threshold} adds {step_amount}; there are {count}."
                )
            }
            Detail::Grade { key, word } => {
                let key = self.name(key);
                match word {
                    Some(word) => {
                        say!(self, "{key}为「{word}」，按表列金额。", "{key} is {word}: the amount of the table.")
                    }
                    None => say!(self, "{key}不在表内，不予奖补。", "{key} is not in the table, so nothing is paid."),
                }
            }
            Detail::GradeRate { key, word, base, rate } => {
                let (key, base, rate) = (self.name(key), self.money(*base), self.rate(*rate));
                say!(self, "{key}为「{word}」，{base} 按 {rate} 计算。", "{key} is {word}: {base} at {rate}.")
            }
            Detail::Smallest { terms, chosen } => {
                let parts: Vec<_> = terms
                    .iter()
                    .map(|(name, total, rate, product)| {
                        let (name, total, rate) = (self.name(name), self.money(*total), self.rate(*rate));
                        let product = self.exact(*product);
                        format!("{name} {total} × {rate} = {product}")
                    })
                    .collect();
                let (parts, chosen) = (parts.join(&say!(self, "；", "; ")), self.name(chosen));
                say!(self, "{parts}；取最小者（{chosen}）。", "{parts}; the smallest counts ({chosen}).")
            }
            _ => self.decided(detail),
        }
    }

    /// Steps that people or other claims decide.
    fn decided(self, detail: &Detail) -> String {
        match detail {
            Detail::Decided { min, max, reason } => {
                let (min, max) = (self.money(*min), self.money(*max));
                say!(
                    self,
                    "在 {min} 至 {max} 之间由经办部门核定，理由：{reason}。",
                    "Between {min} and {max} the officer decided; reason: {reason}."
                )
            }
            Detail::Given { amount } => {
                let amount = self.money(*amount);
                say!(self, "已另行核定 {amount}。", "{amount} were approved elsewhere.")
            }
            Detail::Item { item } => say!(self, "第「{item}」项。", "Item {item}."),
            Detail::Project { project } => say!(self, "项目「{project}」。", "Project {project}."),
            Detail::AddOn { id, is_triggered: true } => {
                say!(self, "附加奖励「{id}」，条件符合。", "The add-on {id} applies.")
            }
            Detail::AddOn { id, is_triggered: false } => {
                say!(self, "附加奖励「{id}」，条件不符合。", "The add-on {id} does not apply.")
            }
            Detail::Offset { measure, paid } => {
                let (measure, paid) = (self.name(measure), self.money(*paid));
                say!(self, "只补差额：减去{measure} {paid}。", "Only the difference is paid: less {measure} of {paid}.")
            }
            Detail::Overlap { mode, with } => {
                let (mode, with) = (self.word(*mode), with.join(&say!(self, "、", ", ")));
                say!(self, "与 {with} 不重复支持（{mode}）。", "Not paid beside {with} ({mode}).")
            }
            Detail::Officer { reason } => {
                say!(self, "经办部门核定为较低金额，理由：{reason}。", "The officer approves less; reason: {reason}.")
            }
            Detail::Finance { reason } => {
                say!(self, "财政部门核减，理由：{reason}。", "Finance pays less; reason: {reason}.")
            }
            Detail::Round { unit, mode } => {
                let (unit, mode) = (self.money(*unit), self.word(*mode));
                say!(self, "按 {unit} 取整（{mode}）。", "To whole units of {unit} ({mode}).")
            }
            Detail::Pool { mode, pool, total, left } => {
                let (mode, total, left) = (self.word(*mode), self.money(*total), self.money(*left));
                match pool.map(|pool| self.money(pool)) {
                    Some(pool) => say!(
                        self,
                        "资金总额 {pool}，各申请合计 {total}（{mode}），分配后还剩 {left}。",
                        "The pool holds {pool}, all claims ask for {total} ({mode}); {left} are left afterwards."
                    ),
                    None => {
                        say!(self, "资金总额未公布，不作调整。", "The pool's sum is not published; nothing is changed.")
                    }
                }
            }
            Detail::Count { number } => {
                say!(self, "计 {number} 项（数量，不是金额）。", "{number} items count (a number, not money).")
            }
            Detail::Penalty { base, rates } => {
                let base = self.money(*base);
                let rate =
                    |rate: Option<crate::subsidy::exact::Rate>| rate.map(|rate| self.rate(rate)).unwrap_or_default();
                let (all, least, most) =
                    (rate(rates.recover_rate), rate(rates.fine_min_rate), rate(rates.fine_max_rate));
                say!(
                    self,
                    "涉及 {base}：追回 {all}，罚款 {least} 至 {most}。",
                    "{base} are concerned: {all} are recovered, the fine is {least} to {most}."
                )
            }
            _ => String::new(),
        }
    }

    /// Why an item does not count.
    pub fn not_counted(self, item: &NotCounted) -> String {
        let id = &item.item;
        let why = match &item.reason {
            Reason::Condition { condition, found } => {
                let (condition, found) = (self.condition(condition), self.found(found));
                say!(self, "要求{condition}，现 {found}", "it takes that {condition}, and {found}")
            }
            Reason::Unknown { name } => {
                let name = self.name(name);
                say!(self, "未填报{name}", "{name} is not stated")
            }
            Reason::BelowFloor { measure, amount, floor, comparison } => {
                let (measure, amount) = (self.name(measure), self.money(*amount));
                let (floor, comparison) = (self.money(*floor), self.comparison(*comparison));
                say!(
                    self,
                    "{measure} {amount}，要求{comparison} {floor}",
                    "its {measure} is {amount}, and it takes {comparison} {floor}"
                )
            }
            Reason::OnePer { name, instead } => {
                let name = self.name(name);
                say!(
                    self,
                    "同一{name}只计一项，已计「{instead}」",
                    "only one counts per {name}, and item {instead} does"
                )
            }
            Reason::Overlap { mode, with } => {
                let (mode, with) = (self.word(*mode), with.join(&say!(self, "、", ", ")));
                say!(self, "同时由 {with} 申报（{mode}）", "it is claimed under {with} too ({mode})")
            }
        };
        say!(self, "「{id}」不计入：{why}。", "Item {id} does not count: {why}.")
    }
}
