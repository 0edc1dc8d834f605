//! `resume`: goes on with a run that was killed or interrupted, from what the ledger has of it.
//!
//! What must stay true: the journal is replayed under the claim, and nothing is contacted before.

use std::sync::Arc;

use jiff::Timestamp;

use super::conclusion::Ended;
use super::run_record::{claim, freshness_of, options_of, step_of};
use crate::cli::arguments::{GlobalOptions, ResumeArguments};
use crate::cli::controller::this_process;
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::interrupt;
use crate::cli::planning::permission::{ask_window, closing_time};
use crate::cli::printer::Printer;
use crate::cli::recorder::Recorder;
use crate::cli::session::Session;
use crate::cli::settings::state_directory;
use crate::ledger::{BegunRun, Ledger, SqliteLedger};
use crate::model::event::Event;
use crate::model::journal::Journal;
use crate::model::name::RunId;
use crate::model::run_record::RunRecord;
use crate::model::text::nearest;
use crate::rollout::{Resumption, RunContext, has_work, run_plan};

/// As many of the newest runs are looked through.
const LOOKED_AT: usize = 10_000;

/// Goes on with a run.
///
/// # Errors
/// When there is no such run, it has ended for good, somebody else carries it out, its plan no longer holds or its
/// window is closed.
pub async fn run(arguments: &ResumeArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let mut ledger = SqliteLedger::open(&state_directory(options)?)?;
    let run = choose(arguments.run.as_deref(), &ledger)?;
    let BegunRun { plan, record, .. } = ledger.begun_run(&run)?.ok_or_else(|| unknown(&run))?;
    let record = record.ok_or_else(|| not_kept(&run))?;
    let options = options_of(&record, options);
    let session = Session::open(&options, printer)?;
    let claim = claim(&run, &session, &ledger)?;
    let events = ledger.events(&run)?;
    let journal = Journal::replay(&events);
    if !journal.is_resumable() {
        return Err(ended(&run, &journal));
    }
    refuse_expired(&run, &record)?;
    let ignores_window = arguments.ignore_window || record.ignores_window;
    if has_work(&plan) {
        ask_window(plan.rules.window.as_ref(), ignores_window, &session, Timestamp::now())?;
    }
    interrupt::watch(&session.control);
    let context = RunContext {
        run: run.clone(),
        plan: record.plan.clone(),
        transport: session.transport(),
        step: step_of(&record),
        freshness: freshness_of(&record),
        hosts: Arc::new(session.hosts_by_name()),
        limits: session.limits(),
        control: session.control.clone(),
        closing: closing_time(&plan, ignores_window, &ledger)?,
        resumption: Some(Resumption {
            by: this_process(options.surroundings),
            journal: Arc::new(journal),
        }),
    };
    let mut recorder = Recorder::of_resumed_run(run, printer, &mut ledger, &events);
    let ended = run_plan(&plan, context, &mut recorder).await;
    let notes = recorder.into_notes();
    let ended = Ended {
        run: ended,
        notes,
        claim,
        command: "apply",
        is_followed: false,
        securing: None,
    };
    let report = ended.conclude(&session, &plan, &mut ledger)?;
    Ok(run_exit(&plan, &report))
}

/// The run that is named, or the newest that can be gone on with.
fn choose(name: Option<&str>, ledger: &SqliteLedger) -> Result<RunId, Failure> {
    let runs = ledger.runs(LOOKED_AT)?;
    if let Some(name) = name.filter(|name| *name != "last") {
        if let Some(line) = runs.iter().find(|line| line.run.as_str() == name) {
            return Ok(line.run.clone());
        }
        let hint = "`patchwave history` lists the runs";
        let hint = match nearest(name, runs.iter().map(|line| line.run.as_str())) {
            Some(near) => format!("did you mean `{near}`? {hint}"),
            None => hint.to_owned(),
        };
        return Err(Failure::usage(
            format!("there is no run `{name}`; nothing was contacted"),
            hint,
        ));
    }
    for line in &runs {
        let events: Vec<Event> = match &line.outcome {
            Some(outcome) if outcome == "completed" || outcome == "stopped" => continue,
            _ => ledger.events(&line.run)?,
        };
        if Journal::replay(&events).is_resumable() && ledger.holder(&line.run)?.is_none() {
            return Ok(line.run.clone());
        }
    }
    Err(Failure::usage(
        "there is no run to go on with; nothing was contacted",
        "`patchwave history` lists the runs and how they ended",
    ))
}

fn unknown(run: &RunId) -> Failure {
    Failure::usage(
        format!("there is no run `{run}`; nothing was contacted"),
        "`patchwave history` lists the runs",
    )
}

fn not_kept(run: &RunId) -> Failure {
    Failure::usage(
        format!("run {run} was begun by an older patchwave, which did not keep what it needs; nothing was contacted"),
        "scan its hosts, and apply a new plan",
    )
}

fn ended(run: &RunId, journal: &Journal) -> Failure {
    let how = journal.ended().map_or("aborted", |end| end.outcome.as_str());
    let reason = journal.ended().and_then(|end| end.reason.as_deref());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    Failure::usage(
        format!("run {run} has ended for good ({how}{reason}); nothing was contacted"),
        format!("`patchwave show {run}` shows it; a new plan does what is left"),
    )
}

/// Refuses to go on with a plan that no longer holds.
fn refuse_expired(run: &RunId, record: &RunRecord) -> Result<(), Failure> {
    let Some(expires) = record.expires.filter(|expires| Timestamp::now() >= *expires) else {
        return Ok(());
    };
    Err(Failure::with_exit(
        Exit::Outdated,
        format!("the plan of run {run} held until {expires}; nothing was contacted"),
        "make a new one with `patchwave plan --out`; what is left of this run is in it",
    ))
}
