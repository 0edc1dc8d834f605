//! `resume`: goes on with a run that was killed or interrupted, from what the ledger has of it.
//!
//! What must stay true: the journal is replayed under the claim, and nothing is contacted before.

use std::sync::Arc;

use jiff::Timestamp;

use super::apply::ignored_window;
use super::conclusion::Ended;
use super::follow_up::{follow_up, is_awaited};
use super::run_record::{claim, document_of, freshness_of, options_of, step_of};
use super::unattended::left_alone;
use super::unreported::{is_unreported, report_again};
use crate::cli::arguments::{GlobalOptions, ResumeArguments};
use crate::cli::controller::this_process;
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::interrupt;
use crate::cli::listening::heard;
use crate::cli::operator::operator;
use crate::cli::planning::permission::{ask_window, closing_time};
use crate::cli::printer::Printer;
use crate::cli::recorder::Recorder;
use crate::cli::runs::{OpenRun, named, open_runs};
use crate::cli::session::Session;
use crate::cli::settings::state_directory;
use crate::cli::steered::Steered;
use crate::cli::steering::say_to;
use crate::ledger::{BegunRun, Ledger, SqliteLedger};
use crate::model::event::Event;
use crate::model::journal::Journal;
use crate::model::name::RunId;
use crate::model::order::{GivenOrder, Order};
use crate::model::plan::Plan;
use crate::model::run::RunReport;
use crate::model::run_record::{NextRun, RunRecord};
use crate::model::text::nearest;
use crate::report::page::{Page, Tone};
use crate::rollout::{Resumption, RunContext, Waits, has_work, run_plan};

/// As many of the newest runs are looked through.
const LOOKED_AT: usize = 10_000;

/// Goes on with a run.
///
/// # Errors
/// When there is no such run, it has ended for good, somebody else carries it out, its plan no longer holds or its
/// window is closed.
pub async fn run(arguments: &ResumeArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let mut ledger = SqliteLedger::open(&state_directory(options)?)?;
    // Cron takes up what stands still, and says nothing to a run that somebody carries out.
    let is_cron = arguments.no_wait && arguments.run.is_none();
    if !arguments.no_wait
        && let Some(held) = to_continue(arguments.run.as_deref(), &ledger)?
    {
        return say_to(Order::Continue, &held, &mut ledger, options, printer).await;
    }
    let Some(run) = choose(arguments.run.as_deref(), &ledger)? else {
        return none_to_go_on_with(is_cron, printer);
    };
    let begun = ledger.begun_run(&run)?.ok_or_else(|| unknown(&run))?;
    let BegunRun { plan, record, .. } = begun.clone();
    let record = record.ok_or_else(|| not_kept(&run))?;
    let options = options_of(&record, options);
    let session = Session::open(&options, printer)?;
    let claim = claim(&run, &session, &ledger)?;
    let events = ledger.events(&run)?;
    let journal = Journal::replay(&events);
    let next = record.next.clone();
    if !journal.is_resumable() {
        interrupt::watch(&session.control);
        let report = if is_unreported(&run, &journal, &ledger)? {
            report_again(&run, &begun, &events, claim, &session, &mut ledger)?
        } else {
            report_that_is_awaited(&run, &record, &journal, &ledger)?
        };
        return go_on(&plan, report, next, waits(arguments), &session, &mut ledger).await;
    }
    let said = ledger.orders_after(&run, heard(&events))?;
    let is_owed = is_owed(&journal, &plan, &said);
    match refuse_expired(&run, &record) {
        // What was begun is seen to its end and undone; nothing else is begun.
        Err(_) if is_owed => session.control.press(),
        other => other?,
    }
    if arguments.no_wait {
        if let Some(why) = left_alone(&run, &plan, &events, &said, Timestamp::now()) {
            tell(&format!("run {run}: {why}; nothing was contacted"), printer);
            return Ok(Exit::Interrupted);
        }
    } else {
        take_back_pause(&run, &said, &options, &mut ledger)?;
    }
    let reason = reason_to_ignore(arguments, &record);
    if has_work(&plan) && !is_owed {
        ask_window(&plan.rules.calendar(), reason.is_some(), &session, Timestamp::now())?;
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
        closing: closing_time(&plan, ignored_window(reason, &options), &ledger)?,
        waits: waits(arguments),
        resumption: Some(Resumption {
            by: this_process(options.surroundings),
            journal: Arc::new(journal),
        }),
    };
    let mut recorder = Recorder::of_resumed_run(run, printer, &mut ledger, &events);
    let steered = Steered::begin(&recorder, &events, &session)?;
    let ended = run_plan(&plan, context, &mut recorder).await;
    drop(steered);
    let notes = recorder.into_notes();
    let ended = Ended {
        run: ended,
        notes,
        claim,
        command: document_of(&record.command),
        is_followed: next.is_some(),
        securing: None,
    };
    let report = ended.conclude(&session, &plan, &mut ledger)?;
    go_on(&plan, report, next, waits(arguments), &session, &mut ledger).await
}

/// Begins what comes after a run that ended well, where something does.
async fn go_on(
    plan: &Plan,
    report: RunReport,
    next: Option<Box<NextRun>>,
    waits: Waits,
    session: &Session<'_>,
    ledger: &mut SqliteLedger,
) -> CommandResult {
    match (run_exit(plan, &report), next) {
        (Exit::Done, Some(next)) => follow_up(*next, report, waits, session, ledger).await,
        (exit, _) => Ok(exit),
    }
}

/// Whether something has to be done whatever the clock says: what was begun on hosts is seen to its end, what hooks did is
/// undone, and a run that was aborted is closed.
fn is_owed(journal: &Journal, plan: &Plan, said: &[GivenOrder]) -> bool {
    let is_begun = journal.hosts().any(|(_, past)| past.is_begun() && past.is_touched());
    let is_open = !journal.hooks().not_undone(&plan.rules.run.hooks, "").is_empty();
    is_begun || is_open || said.iter().any(|given| given.order == Order::Abort)
}

/// The report of a run that has ended, where another run waits for it.
fn report_that_is_awaited(
    run: &RunId,
    record: &RunRecord,
    journal: &Journal,
    ledger: &SqliteLedger,
) -> Result<RunReport, Failure> {
    let is_awaited = is_awaited(run, record, ledger)?;
    let report = ledger.report(run)?.filter(|_| is_awaited);
    report.ok_or_else(|| ended(run, journal))
}

fn reason_to_ignore<'a>(arguments: &'a ResumeArguments, record: &RunRecord) -> Option<&'a str> {
    let begun_so = record.ignores_window.then_some("the run was begun so");
    arguments.ignore_window.as_deref().or(begun_so)
}

fn waits(arguments: &ResumeArguments) -> Waits {
    if arguments.no_wait {
        Waits::Elsewhere
    } else {
        Waits::Here
    }
}

/// Takes back a word to pause: whoever resumes a run wants it to go on, whatever was said to it before.
fn take_back_pause(
    run: &RunId,
    said: &[GivenOrder],
    options: &GlobalOptions,
    ledger: &mut SqliteLedger,
) -> Result<(), Failure> {
    if said.iter().any(|given| given.order == Order::Pause) {
        let by = operator(options.surroundings);
        ledger.give_order(run, Order::Continue, &by, Timestamp::now())?;
    }
    Ok(())
}

/// The run that is meant, when somebody carries it out already: it is told to go on.
fn to_continue(name: Option<&str>, ledger: &SqliteLedger) -> Result<Option<OpenRun>, Failure> {
    let held = |run: OpenRun| run.is_held.then_some(run);
    if let Some(name) = name {
        return Ok(held(OpenRun::of(named(name, ledger)?, ledger)?));
    }
    let mut open = open_runs(ledger)?;
    let is_only = open.len() == 1;
    Ok(open.pop().filter(|_| is_only).and_then(held))
}

/// For cron that is as it should be.
fn none_to_go_on_with(is_cron: bool, printer: &Printer) -> CommandResult {
    let words = "there is no run to go on with; nothing was contacted";
    if is_cron {
        tell(words, printer);
        return Ok(Exit::Done);
    }
    Err(Failure::usage(
        words,
        "`patchwave history` lists the runs and how they ended",
    ))
}

fn tell(words: &str, printer: &Printer) {
    let mut page = Page::new();
    page.line(words, Tone::Plain);
    printer.notice(&page);
}

/// The run that is named, or the newest that can be gone on with.
fn choose(name: Option<&str>, ledger: &SqliteLedger) -> Result<Option<RunId>, Failure> {
    let runs = ledger.runs(LOOKED_AT)?;
    if let Some(name) = name.filter(|name| *name != "last") {
        if let Some(line) = runs.iter().find(|line| line.run.as_str() == name) {
            return Ok(Some(line.run.clone()));
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
    if let Some(newest) = runs.first() {
        let record = ledger.begun_run(&newest.run)?.and_then(|begun| begun.record);
        if record.is_some_and(|record| is_awaited(&newest.run, &record, ledger).unwrap_or(false)) {
            return Ok(Some(newest.run.clone()));
        }
    }
    for line in &runs {
        let events: Vec<Event> = match &line.outcome {
            Some(outcome) if outcome == "completed" || outcome == "stopped" => continue,
            _ => ledger.events(&line.run)?,
        };
        let journal = Journal::replay(&events);
        let is_open = journal.is_resumable() || is_unreported(&line.run, &journal, ledger)?;
        if is_open && ledger.holder(&line.run)?.is_none() {
            return Ok(Some(line.run.clone()));
        }
    }
    Ok(None)
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
