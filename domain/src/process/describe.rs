//! The table as data for people and clients: JSON, a Mermaid chart, and the reviewed text.

use std::fmt::Write as _;

use super::{Clock, Next, Process, Row, decide::is_final};
use crate::word::Word;

/// A process as `GET /processes/{name}` publishes it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Description {
    pub name: String,
    pub name_zh: String,
    pub version: i32,
    pub initial: String,
    pub states: Vec<StateDescription>,
    pub rows: Vec<RowDescription>,
    /// The same as a Mermaid state diagram.
    pub chart: String,
}

/// A state with its Chinese term.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StateDescription {
    pub state: String,
    pub zh: String,
    /// The desk that owns the next step.
    pub desk: Option<String>,
    pub is_final: bool,
}

/// One row of the table in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RowDescription {
    pub from: Vec<String>,
    pub verb: String,
    pub verb_zh: String,
    pub roles: Vec<String>,
    /// The new state; `(stays)`, or `(resumes)` for the remembered one.
    pub to: String,
    pub guards: Vec<String>,
    pub apart_from: Vec<String>,
    /// The deadline whose end triggers a program row.
    pub after: Option<String>,
    pub through: Option<String>,
    /// Such as `start city_review`.
    pub clocks: Vec<String>,
    /// Such as `accepted → applicant`.
    pub tells: Vec<String>,
}

fn words<W: Word>(words: &[W]) -> Vec<String> {
    words.iter().map(|word| word.as_str().to_owned()).collect()
}

fn clock_text<C: Word>(clock: &Clock<C>) -> String {
    match clock {
        Clock::Start(kind) => format!("start {}", kind.as_str()),
        Clock::Meet(kind) => format!("meet {}", kind.as_str()),
        Clock::Pause(kind) => format!("pause {}", kind.as_str()),
        Clock::Resume(kind) => format!("resume {}", kind.as_str()),
        Clock::Extend(kind, by) => format!("extend {} by {}", kind.as_str(), by.as_str()),
        Clock::Miss(kind) => format!("miss {}", kind.as_str()),
        Clock::Cancel(kind) => format!("cancel {}", kind.as_str()),
    }
}

fn row_description<P: Process>(row: &Row<P>) -> RowDescription {
    RowDescription {
        from: words(row.from),
        verb: row.verb.as_str().to_owned(),
        verb_zh: row.verb.zh().to_owned(),
        roles: words(row.by),
        to: match &row.next {
            Next::To(state) | Next::Park(state) => state.as_str().to_owned(),
            Next::Stay => "(stays)".to_owned(),
            Next::Resume(_) => "(resumes)".to_owned(),
        },
        guards: words(row.guards),
        apart_from: words(row.apart_from),
        after: row.after.map(|clock| clock.as_str().to_owned()),
        through: row.through.map(str::to_owned),
        clocks: row.clocks.iter().map(clock_text).collect(),
        tells: row.tell.iter().map(|tell| format!("{} → {}", tell.event.as_str(), words(tell.to).join(", "))).collect(),
    }
}

/// Describes a process.
pub fn describe<P: Process>() -> Description {
    Description {
        name: P::NAME.to_owned(),
        name_zh: P::NAME_ZH.to_owned(),
        version: P::VERSION,
        initial: P::initial().as_str().to_owned(),
        states: P::State::ALL
            .iter()
            .map(|state| StateDescription {
                state: state.as_str().to_owned(),
                zh: state.zh().to_owned(),
                desk: P::desk(*state).map(|role| role.as_str().to_owned()),
                is_final: is_final::<P>(*state),
            })
            .collect(),
        rows: P::ROWS.iter().map(row_description).collect(),
        chart: mermaid::<P>(),
    }
}

/// The table as a Mermaid state diagram.
pub fn mermaid<P: Process>() -> String {
    let mut lines = vec!["stateDiagram-v2".to_owned(), format!("    [*] --> {}", P::initial().as_str())];
    for row in P::ROWS {
        for from in row.from {
            let targets: Vec<P::State> = match &row.next {
                Next::To(state) | Next::Park(state) => vec![*state],
                Next::Stay => vec![*from],
                Next::Resume(set) => set.to_vec(),
            };
            for to in targets {
                lines.push(format!("    {} --> {}: {}", from.as_str(), to.as_str(), row.verb.as_str()));
            }
        }
    }
    for state in P::State::ALL.iter().filter(|state| is_final::<P>(**state)) {
        lines.push(format!("    {} --> [*]", state.as_str()));
    }
    lines.join("\n") + "\n"
}

/// The whole table as reviewable text, one line per row.
pub fn table_text<P: Process>() -> String {
    let mut text = format!("{} ({}) version {}\n", P::NAME, P::NAME_ZH, P::VERSION);
    for row in P::ROWS.iter().map(row_description) {
        let _ = write!(text, "{} --{} [{}]--> {}", row.from.join(" | "), row.verb, row.roles.join(", "), row.to);
        let parts =
            [("when", &row.guards), ("apart from", &row.apart_from), ("clocks", &row.clocks), ("tells", &row.tells)];
        for (label, values) in parts.into_iter().filter(|(_, values)| !values.is_empty()) {
            let _ = write!(text, "; {label}: {}", values.join(", "));
        }
        for (label, value) in [("after", &row.after), ("through", &row.through)] {
            if let Some(value) = value {
                let _ = write!(text, "; {label} {value}");
            }
        }
        text.push('\n');
    }
    text
}
