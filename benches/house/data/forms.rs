//! Forms and answers on conditions, made once per kind and given the numbers of each application by replacement.

use domain::certification::eligibility::evaluate;
use domain::certification::{CertificationForm, Level, sample};

use super::Plan;
use super::cases::{Case, State};
use super::people::profile;

/// The series of the patterns; `45012026` and eight digits make a registration number.
const PATTERN: u32 = 777_777;
/// Shares are claimed for this many contracts with an application of the second and third level.
const SECOND: u32 = 10;
const THIRD: u32 = 15;

/// A form and its answer, with the pattern's numbers.
struct Pattern {
    form: String,
    answer: String,
}

/// The patterns of all kinds of application.
pub struct Forms {
    first: Pattern,
    second: Pattern,
    third: Pattern,
}

impl Forms {
    pub fn new(plan: &Plan) -> anyhow::Result<Self> {
        Ok(Self {
            first: pattern(plan, Level::L1)?,
            second: pattern(plan, Level::L2)?,
            third: pattern(plan, Level::L3)?,
        })
    }

    fn of(&self, level: Level) -> &Pattern {
        match level {
            Level::L1 => &self.first,
            Level::L2 => &self.second,
            Level::L3 => &self.third,
        }
    }

    /// The form of an application.
    pub fn form(&self, case: &Case) -> String {
        numbered(&self.of(case.level).form, case.series)
    }

    /// The frozen answer on its conditions; drafts have none.
    pub fn answer(&self, case: &Case) -> Option<String> {
        (case.state != State::Draft).then(|| numbered(&self.of(case.level).answer, case.series))
    }
}

fn numbered(pattern: &str, series: u32) -> String {
    pattern.replace(&PATTERN.to_string(), &format!("{series:06}"))
}

fn pattern(plan: &Plan, level: Level) -> anyhow::Result<Pattern> {
    let day = plan.day();
    let mut form: CertificationForm = sample::sample_form_on(level, day, PATTERN);
    form.contracts = (0..contracts(level)).map(|at| sample::sample_contract(day, PATTERN * 100 + at)).collect();
    let answer = evaluate(level, &profile(plan, 1), &form, &sample::sample_facts(level, day), &sample::rules());
    Ok(Pattern { form: serde_json::to_string(&form)?, answer: serde_json::to_string(&answer)? })
}

/// Contracts on the form of a level.
pub fn contracts(level: Level) -> u32 {
    match level {
        Level::L1 => 0,
        Level::L2 => SECOND,
        Level::L3 => THIRD,
    }
}

/// The registration number of a contract, as claimed.
pub fn registration(series: u32, at: u32) -> String {
    format!("45012026{series:06}{at:02}")
}
