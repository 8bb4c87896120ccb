//! Sentences of caps: the figure, what was paid or taken before, what is left.

use super::step::Detail;
use super::words::{Speaker, say};
use crate::subsidy::model::{Period, Scope};

impl Speaker<'_> {
    /// Steps that take something off.
    pub(super) fn limit(self, detail: &Detail) -> String {
        match detail {
            Detail::Cap { scope, period, cap, paid, left } => {
                let who = self.scope(*scope);
                let when = if matches!((scope, period), (Scope::Item | Scope::Project, Period::Project)) {
                    String::new()
                } else {
                    let period = self.period(*period);
                    say!(self, "{period}", " {period}")
                };
                let (cap, paid_text, left) = (self.money(*cap), self.money(*paid), self.exact(*left));
                if paid.0 > 0 {
                    say!(
                        self,
                        "{who}{when}最高 {cap}，此前已付 {paid_text}，之后还剩 {left}。",
                        "At most {cap} {who}{when}; {paid_text} were paid before, {left} are left afterwards."
                    )
                } else {
                    say!(
                        self,
                        "{who}{when}最高 {cap}，之后还剩 {left}。",
                        "At most {cap} {who}{when}; {left} are left afterwards."
                    )
                }
            }
            Detail::SharedCap { scope, name, period, cap, paid, taken, by, left } => {
                let (who, period) = (self.scope(*scope), self.period(*period));
                let most = cap.map_or_else(
                    || say!(self, "只奖补一次", "Paid only once {who} {period}"),
                    |cap| {
                        let cap = self.money(cap);
                        say!(self, "最高 {cap}", "At most {cap} {who} {period}")
                    },
                );
                let others = by.join(&say!(self, "、", ", "));
                let (paid, taken, left) = (self.money(*paid), self.exact(*taken), self.exact(*left));
                let before = if by.is_empty() {
                    say!(self, "本批次在前的申报未占用", "no earlier claim of this round took any")
                } else {
                    say!(
                        self,
                        "本批次在前的申报 {others} 已占用 {taken}",
                        "earlier claims of this round ({others}) took {taken}"
                    )
                };
                match cap {
                    Some(_) => say!(
                        self,
                        "「{name}」{who}{period}{most}：此前已付 {paid}，{before}，之后还剩 {left}。",
                        "{most}, here for {name}: {paid} were paid before, {before}, {left} are left afterwards."
                    ),
                    None => say!(
                        self,
                        "「{name}」{who}{period}{most}：此前已付 {paid}，{before}。",
                        "{most}, here for {name}: {paid} were paid before, {before}."
                    ),
                }
            }
            Detail::BandCap { cap } => {
                let cap = self.money(*cap);
                say!(self, "该档最高 {cap}。", "At most {cap} here.")
            }
            Detail::PaidInPeriod { period, paid } => {
                let (period, paid) = (self.period(*period), self.money(*paid));
                say!(
                    self,
                    "{period}只奖补一次，此前已付 {paid}，不再奖补。",
                    "Paid {period}; {paid} were paid already, so nothing more is paid."
                )
            }
            Detail::CrossLevel { levels, cap, paid, taken, left } => {
                let levels = levels.join(&say!(self, "、", ", "));
                let (cap, paid, left) = (self.money(*cap), self.money(*paid), self.exact(*left));
                if !taken.is_zero() {
                    let taken = self.exact(*taken);
                    return say!(
                        self,
                        "{levels} 各级合计最高 {cap}，此前已付 {paid}，本批次其他奖项已占用 {taken}，之后还剩 {left}。",
                        "{levels} together pay at most {cap}; {paid} were paid before, other awards of this round took \
                         {taken}, {left} are left afterwards."
                    );
                }
                say!(
                    self,
                    "{levels} 各级合计最高 {cap}，此前已付 {paid}，之后还剩 {left}。",
                    "{levels} together pay at most {cap}; {paid} were paid before, {left} are left afterwards."
                )
            }
            _ => String::new(),
        }
    }

    fn scope(self, scope: Scope) -> String {
        match scope {
            Scope::Item => say!(self, "每项", "per item"),
            Scope::Project => say!(self, "每个项目", "per project"),
            Scope::Component => say!(self, "本奖项", "for this award"),
            Scope::Person => say!(self, "每人", "per person"),
            Scope::Beneficiary => say!(self, "每个单位", "per beneficiary"),
        }
    }
}
