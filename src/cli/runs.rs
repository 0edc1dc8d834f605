//! Which run a command means: the one that is named, or the only one that it can mean.

use super::failure::Failure;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::controller::Controller;
use crate::model::run::RunLine;
use crate::model::text::nearest;

/// Runs that are looked at when one is named.
const LOOKED_AT: usize = 10_000;

/// A run that has not ended for good.
#[derive(Debug, Clone)]
pub struct OpenRun {
    /// The run in one line.
    pub line: RunLine,
    /// Whether somebody carries it out now; otherwise it can be resumed, unless it is over.
    pub is_held: bool,
    /// Who does, as far as that can be told.
    pub controller: Option<Controller>,
}

impl OpenRun {
    /// A run, and who carries it out now.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn of(line: RunLine, ledger: &SqliteLedger) -> Result<Self, Failure> {
        let holder = ledger.holder(&line.run)?;
        Ok(Self {
            line,
            is_held: holder.is_some(),
            controller: holder.flatten(),
        })
    }
}

/// The runs that have not ended for good, newest first.
///
/// # Errors
/// When the ledger cannot be read.
pub fn open_runs(ledger: &SqliteLedger) -> Result<Vec<OpenRun>, Failure> {
    let lines = ledger.runs(LOOKED_AT)?;
    let open = lines.into_iter().filter(is_open);
    open.map(|line| OpenRun::of(line, ledger)).collect()
}

fn is_open(line: &RunLine) -> bool {
    let outcome = line.outcome.as_deref();
    line.finished.is_none() || matches!(outcome, Some("interrupted" | "out-of-time" | "failed"))
}

/// The run of that name, `last` for the newest; ended ones too.
///
/// # Errors
/// When there is none, with the nearest name.
pub fn named(name: &str, ledger: &SqliteLedger) -> Result<RunLine, Failure> {
    let mut runs = ledger.runs(LOOKED_AT)?;
    let found = match name {
        "last" => (!runs.is_empty()).then_some(0),
        name => runs.iter().position(|line| line.run.as_str() == name),
    };
    if let Some(position) = found {
        return Ok(runs.swap_remove(position));
    }
    let hint = "`patchwave history` lists the runs";
    Err(match nearest(name, runs.iter().map(|line| line.run.as_str())) {
        Some(near) => Failure::usage(
            format!("there is no run `{name}`"),
            format!("did you mean `{near}`? {hint}"),
        ),
        None => Failure::usage(format!("there is no run `{name}`"), hint),
    })
}

/// The run that a command steers: the one that is named, else the only one that has not ended for good.
///
/// # Errors
/// When there is no such run, it has ended for good, or there are several to choose from.
pub fn to_steer(name: Option<&str>, command: &str, ledger: &SqliteLedger) -> Result<OpenRun, Failure> {
    if let Some(name) = name {
        let line = named(name, ledger)?;
        if is_open(&line) {
            return OpenRun::of(line, ledger);
        }
        let outcome = line.outcome.as_deref().unwrap_or("ended");
        return Err(Failure::usage(
            format!("run {} is over: it {}", line.run, ended_in_words(outcome)),
            format!("`patchwave show {}` shows how it went", line.run),
        ));
    }
    let mut open = open_runs(ledger)?;
    let carried_out = open.iter().filter(|run| run.is_held).count();
    if open.len() > 1 && carried_out == 1 {
        open.retain(|run| run.is_held);
    }
    match (open.pop(), open.is_empty()) {
        (Some(run), true) => Ok(run),
        (None, _) => Err(Failure::usage(
            "there is no run that is carried out or could be resumed",
            "`patchwave history` lists past runs",
        )),
        (Some(oldest), false) => {
            let names: Vec<&str> = open.iter().chain([&oldest]).map(|run| run.line.run.as_str()).collect();
            Err(Failure::usage(
                format!("several runs could be meant: {}", names.join(", ")),
                format!(
                    "name one: `patchwave {command} {}`",
                    names.first().copied().unwrap_or_default()
                ),
            ))
        }
    }
}

fn ended_in_words(outcome: &str) -> &'static str {
    match outcome {
        "completed" => "completed",
        "stopped" => "was stopped for good",
        _ => "has ended",
    }
}
