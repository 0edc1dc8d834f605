//! `status`: how a run stands, from its events in the ledger, whoever carries it out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cli::arguments::{Format, GlobalOptions, RunArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::runs::{OpenRun, named, open_runs};
use crate::cli::settings::state_directory;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::estimate::Estimate;
use crate::model::past::PastDurations;
use crate::model::plan::Plan;
use crate::model::standing::Standing;
use crate::plan::estimate::estimate;
use crate::report::document::{Document, StatusBody, StatusesBody};
use crate::report::pages::status::{StatusView, status_page, statuses_page};

/// Runs whose durations an estimate is from.
const PAST_RUNS: usize = 20;

/// A run and all that is told of it.
struct Told {
    run: OpenRun,
    standing: Standing,
    estimate: Option<Estimate>,
}

/// Shows the run that is named; else all that have not ended for good; else the newest.
///
/// # Errors
/// When there is no such run, or the ledger cannot be read.
pub fn run(arguments: &RunArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let ledger = SqliteLedger::open(&state_directory(options)?)?;
    let runs = match &arguments.run {
        Some(name) => vec![OpenRun::of(named(name, &ledger)?, &ledger)?],
        None => open_or_newest(&ledger)?,
    };
    let past = ledger.past_durations(PAST_RUNS)?;
    let told: Vec<Told> = runs
        .into_iter()
        .map(|run| tell(run, &past, &ledger))
        .collect::<Result<_, _>>()?;
    show(&told, arguments.run.is_some(), printer)?;
    Ok(Exit::Done)
}

fn open_or_newest(ledger: &SqliteLedger) -> Result<Vec<OpenRun>, Failure> {
    let open = open_runs(ledger)?;
    if !open.is_empty() {
        return Ok(open);
    }
    let newest = ledger.runs(1)?.into_iter().next();
    let newest =
        newest.ok_or_else(|| Failure::usage("there is no run in the ledger yet", "`patchwave apply` makes one"))?;
    Ok(vec![OpenRun::of(newest, ledger)?])
}

fn tell(run: OpenRun, past: &PastDurations, ledger: &SqliteLedger) -> Result<Told, Failure> {
    let id = &run.line.run;
    let plan = ledger
        .begun_run(id)?
        .map(|begun| begun.plan)
        .ok_or_else(|| Failure::usage(format!("there is no run `{id}`"), "`patchwave history` lists the runs"))?;
    let standing = Standing::of(id, &plan, &ledger.events(id)?);
    let is_going_on = standing.ended.is_none();
    let estimate = is_going_on
        .then(|| estimate(&what_is_left(plan, &standing), past))
        .flatten();
    Ok(Told {
        run,
        standing,
        estimate,
    })
}

/// The plan without the hosts that have ended and the waves that are over.
fn what_is_left(mut plan: Plan, standing: &Standing) -> Plan {
    let is_over = |wave: &crate::model::plan::PlannedWave| {
        let standing = standing.waves.iter().find(|standing| standing.name == wave.name);
        standing.is_some_and(|standing| standing.state == crate::model::standing::WaveState::Passed)
    };
    plan.waves.retain(|wave| !is_over(wave));
    for wave in &mut plan.waves {
        for batch in &mut wave.batches {
            batch.retain(|host| standing.ended_as(&host.name).is_none());
        }
    }
    plan
}

fn show(told: &[Told], is_named: bool, printer: &Printer) -> Result<(), Failure> {
    let now = Timestamp::now();
    let views: Vec<StatusView<'_>> = told
        .iter()
        .map(|told| StatusView {
            standing: &told.standing,
            is_held: told.run.is_held,
            controller: told.run.controller.as_ref(),
            estimate: told.estimate,
            now,
        })
        .collect();
    if matches!(printer.format, Format::Json | Format::Jsonl) {
        let mut bodies: Vec<StatusBody<'_>> = told.iter().map(body).collect();
        match bodies.pop() {
            Some(only) if is_named => printer.document(&Document::new("status", only))?,
            last => {
                bodies.extend(last);
                printer.document(&Document::new("status", StatusesBody { runs: bodies }))?;
            }
        }
        return Ok(());
    }
    match views.as_slice() {
        [only] => printer.page(&status_page(*only))?,
        several => printer.page(&statuses_page(several))?,
    }
    Ok(())
}

fn body(told: &Told) -> StatusBody<'_> {
    let standing = &told.standing;
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (state, number) in standing.waves.iter().flat_map(|wave| &wave.ended) {
        *counts.entry(state.as_str()).or_default() += number;
    }
    *counts.entry("running").or_default() += standing.running.len();
    *counts.entry("not-started").or_default() += standing.not_begun();
    StatusBody {
        is_held: told.run.is_held,
        controller: told.run.controller.as_ref(),
        standing,
        counts,
        estimate: told.estimate,
    }
}
