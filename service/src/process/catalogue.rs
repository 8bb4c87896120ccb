//! The processes of this house. A new process adds its name to `processes!`; nothing else here changes.

use domain::ids::CaseId;
use domain::process::{Description, Recipient, describe};
use domain::word::Word;
use entity::case_file;

use super::advance::{self, DueCase, FollowUp};
use super::{Address, Driver, due_cases, fanout};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// Lists the processes once; what must ask each of them is generated.
macro_rules! processes {
    ($($process:ty),+ $(,)?) => {
        /// Every process as published.
        pub fn describe_all() -> Vec<Description> {
            vec![$(describe::<$process>()),+]
        }

        /// Does what follows from a decision of any process.
        pub async fn follow_up(context: &Context, job: &FollowUp) -> Result<()> {
            match job.process.as_str() {
                $(<$process as domain::process::Process>::NAME => advance::follow_up::<$process>(context, job).await,)+
                unknown => Err(Error::internal(format!("no process `{unknown}`"))),
            }
        }

        /// Takes the automatic steps of a case of any process.
        pub async fn act_by_program(context: &Context, process: &str, id: CaseId) -> Result<()> {
            match process {
                $(<$process as domain::process::Process>::NAME => advance::advance::<$process>(context, id).await,)+
                unknown => Err(Error::internal(format!("no process `{unknown}`"))),
            }
        }

        async fn run_out(context: &Context, due: &DueCase) -> Result<bool> {
            match due.process.as_str() {
                $(<$process as domain::process::Process>::NAME => {
                    advance::run_out::<$process>(context, due.case_id, &due.kind).await
                })+
                unknown => Err(Error::internal(format!("no process `{unknown}`"))),
            }
        }

        /// The people behind a recipient in a case of any process.
        pub(crate) async fn recipients(tx: &Tx, case: &case_file::Model, to: Recipient) -> Result<Vec<Address>> {
            match case.process.as_str() {
                $(<$process as domain::process::Process>::NAME => fanout::people::<$process>(tx, case, to).await,)+
                unknown => Err(Error::internal(format!("no process `{unknown}`"))),
            }
        }

        /// Whether a notification's event refuses something against which a review may be asked for.
        pub fn is_refusal(event: &str) -> bool {
            let Some((process, event)) = event.split_once('.') else { return false };
            match process {
                $(<$process as domain::process::Process>::NAME => {
                    <$process as Driver>::REFUSALS.iter().any(|refusal| refusal.as_str() == event)
                })+
                _ => false,
            }
        }

        /// What a clock is called in Chinese; clocks of one word mean the same in every process.
        pub fn clock_zh(kind: &str) -> Option<&'static str> {
            None$(.or_else(|| <$process as domain::process::Process>::Clock::parse(kind).map(Word::zh)))+
        }

        /// The deadline kinds whose end calls for a step, over all processes.
        fn timed_kinds() -> Vec<&'static str> {
            let mut kinds = Vec::new();
            $(kinds.extend(timed_kinds_of::<$process>());)+
            kinds.sort_unstable();
            kinds.dedup();
            kinds
        }
    };
}

processes![domain::certification::process::Certification];

fn timed_kinds_of<P: Driver>() -> impl Iterator<Item = &'static str> {
    P::ROWS.iter().filter_map(|row| row.after).map(Word::as_str)
}

/// One process as published.
pub fn describe_one(name: &str) -> Result<Description> {
    describe_all().into_iter().find(|process| process.name == name).ok_or(Error::NotFound)
}

/// Cases looked at per round of [`run_due`].
const DUE_BATCH: u64 = 200;

/// Takes every step that a passed deadline calls for; the number of steps taken. One case that fails does not stop
/// the others.
pub async fn run_due(context: &Context) -> Result<u64> {
    let kinds = timed_kinds();
    let mut taken = 0;
    loop {
        let due = due_cases(context, &kinds, DUE_BATCH).await?;
        let mut moved = 0;
        for case in &due {
            match run_out(context, case).await {
                Ok(true) => moved += 1,
                Ok(false) => {}
                Err(error) if error.is_busy() => return Err(error),
                Err(error) => tracing::error!(case.id = %case.case_id, kind = %case.kind, %error, "due step failed"),
            }
        }
        taken += moved;
        if moved == 0 || (due.len() as u64) < DUE_BATCH {
            return Ok(taken);
        }
    }
}
