//! What must be true of every table, whatever the process.

use super::{Clock, Next, Process, decide::is_final};
use crate::access::Role;
use crate::word::Word;

/// The faults of a table: unreachable states, dead ends, clocks that never end, resumes without a park.
pub fn faults<P: Process>() -> Vec<String> {
    let mut faults = Vec::new();
    unreachable::<P>(&mut faults);
    endless_clocks::<P>(&mut faults);
    for row in P::ROWS {
        let name = row.verb.as_str();
        if row.by.is_empty() {
            faults.push(format!("{name}: nobody may"));
        }
        if row.by.contains(&Role::System) && row.by.len() > 1 {
            faults.push(format!("{name}: the program shares a row with people"));
        }
        if row.after.is_some() && !row.by.contains(&Role::System) {
            faults.push(format!("{name}: waits for a clock but is not the program's"));
        }
        if let Next::Resume(set) = &row.next {
            for state in *set {
                if !parks_from::<P>(*state) {
                    faults.push(format!("{name}: resumes {}, which nothing leaves by parking", state.as_str()));
                }
            }
        }
        if matches!(row.next, Next::Stay) && row.by.contains(&Role::System) && row.after.is_none() {
            faults.push(format!("{name}: an automatic row that stays would run for ever"));
        }
    }
    faults
}

fn parks_from<P: Process>(state: P::State) -> bool {
    P::ROWS.iter().any(|row| matches!(row.next, Next::Park(_)) && row.from.contains(&state))
}

fn unreachable<P: Process>(faults: &mut Vec<String>) {
    let mut reached = vec![P::initial()];
    let mut index = 0;
    while let Some(state) = reached.get(index).copied() {
        index += 1;
        for row in P::ROWS.iter().filter(|row| row.from.contains(&state)) {
            let targets: Vec<P::State> = match &row.next {
                Next::To(to) | Next::Park(to) => vec![*to],
                Next::Stay => Vec::new(),
                Next::Resume(set) => set.to_vec(),
            };
            for to in targets {
                if !reached.contains(&to) {
                    reached.push(to);
                }
            }
        }
    }
    for state in P::State::ALL {
        if !reached.contains(state) {
            faults.push(format!("{}: cannot be reached", state.as_str()));
        }
        let leaves = P::ROWS.iter().any(|row| row.from.contains(state) && !matches!(row.next, Next::Stay));
        if !is_final::<P>(*state) && !leaves {
            faults.push(format!("{}: has rows but no way out", state.as_str()));
        }
    }
}

fn endless_clocks<P: Process>(faults: &mut Vec<String>) {
    for clock in P::Clock::ALL {
        let starts = P::ROWS.iter().any(|row| row.clocks.iter().any(|c| matches!(c, Clock::Start(k) if k == clock)));
        let ends = P::ROWS.iter().any(|row| {
            row.clocks.iter().any(|c| matches!(c, Clock::Meet(k) | Clock::Miss(k) | Clock::Cancel(k) if k == clock))
        });
        if starts && !ends {
            faults.push(format!("{}: starts and never ends", clock.as_str()));
        }
        if ends && !starts {
            faults.push(format!("{}: ends and never starts", clock.as_str()));
        }
    }
}
