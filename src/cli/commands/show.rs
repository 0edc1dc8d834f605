//! `show`: a past run again, from the ledger, through the same pages.

use super::conclusion::command_of;
use super::history::note_holder;
use super::run_record::command_that_began;
use crate::cli::arguments::{Format, GlobalOptions, ShowArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::settings::state_directory;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::aftermath::LeftOver;
use crate::model::event::{Event, EventKind};
use crate::model::journal::Journal;
use crate::model::name::{HostName, RunId};
use crate::model::run::RunReport;
use crate::model::text::nearest;
use crate::report::document::{Document, RunBody};
use crate::report::drift_text::found_line;
use crate::report::event_text::event_in_words;
use crate::report::page::{Page, Tone};
use crate::report::pages::left_over::in_words as left_over_in_words;
use crate::report::pages::run::{RunNotes, run_page};
use crate::report::plain;
use crate::rollout::report_so_far;

/// Shows a run.
///
/// # Errors
/// When there is no such run, or the ledger cannot be read.
pub fn run(arguments: &ShowArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let ledger = SqliteLedger::open(&state_directory(options)?)?;
    let run = choose(arguments.run.as_deref(), &ledger)?;
    let events = ledger.events(&run)?;
    if printer.format == Format::Jsonl {
        for event in &events {
            printer.data(&(serde_json::to_string(event)? + "\n"))?;
        }
        return Ok(Exit::Done);
    }
    if let Some(name) = &arguments.host {
        return show_host(name, &run, &events, printer);
    }
    let report = match ledger.report(&run)? {
        Some(report) if is_of_the_end(&report, &events) => Some(report),
        _ => so_far(&run, &events, &ledger)?,
    };
    say_standing(&run, &ledger, printer)?;
    match report {
        Some(report) if printer.format == Format::Json => {
            let command = command_of(&report, command_that_began(&run, &ledger)?);
            printer.document(&Document::new(command, RunBody::from(&report)))?;
        }
        Some(report) if !arguments.events => printer.page(&run_page(&report, &notes(&events)))?,
        _ => {
            for line in events.iter().flat_map(plain::lines) {
                printer.data(&(line + "\n"))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Whether a report that was kept is the last word: the run may have been gone on with since.
fn is_of_the_end(report: &RunReport, events: &[Event]) -> bool {
    let journal = Journal::replay(events);
    match journal.ended() {
        Some(end) => end.outcome == report.outcome,
        // The end of a run whose ledger broke was not kept among its events.
        None => !events
            .iter()
            .any(|event| matches!(event.kind, EventKind::RunResumed { .. })),
    }
}

/// What is known of a run that has not ended.
fn so_far(run: &RunId, events: &[Event], ledger: &SqliteLedger) -> Result<Option<RunReport>, Failure> {
    let Some(begun) = ledger.begun_run(run)? else {
        return Ok(None);
    };
    let of = begun.record.and_then(|record| record.plan);
    Ok(Some(report_so_far(&begun.plan, run, of, &Journal::replay(events))))
}

/// Says who carries the run out, or how to go on with it, when it has not ended for good.
fn say_standing(run: &RunId, ledger: &SqliteLedger, printer: &Printer) -> Result<(), Failure> {
    const LOOKED_AT: usize = 10_000;
    let Some(mut line) = ledger.runs(LOOKED_AT)?.into_iter().find(|line| line.run == *run) else {
        return Ok(());
    };
    note_holder(&mut line, ledger)?;
    let words = match (&line.by, line.resumable) {
        (Some(by), _) => format!("Run {run} is carried out by {by}"),
        (None, true) => format!("Run {run} has not ended; go on with it: `patchwave resume {run}`"),
        (None, false) => return Ok(()),
    };
    let mut page = Page::new();
    page.line(words, Tone::Strong);
    printer.notice(&page);
    Ok(())
}

pub(super) fn choose(name: Option<&str>, ledger: &SqliteLedger) -> Result<RunId, Failure> {
    const LOOKED_AT: usize = 10_000;
    let runs = ledger.runs(LOOKED_AT)?;
    let found = match name {
        None | Some("last") => runs.first(),
        Some(name) => runs.iter().find(|line| line.run.as_str() == name),
    };
    if let Some(line) = found {
        return Ok(line.run.clone());
    }
    let hint = "`patchwave history` lists the runs";
    Err(match name {
        None => Failure::usage("there is no run in the ledger yet", "`patchwave apply` makes one"),
        Some(name) => match nearest(name, runs.iter().map(|line| line.run.as_str())) {
            Some(near) => Failure::usage(
                format!("there is no run `{name}`"),
                format!("did you mean `{near}`? {hint}"),
            ),
            None => Failure::usage(format!("there is no run `{name}`"), hint),
        },
    })
}

/// Everything about one host, with the end of its log when it failed.
fn show_host(name: &str, run: &RunId, events: &[Event], printer: &Printer) -> CommandResult {
    let about: Vec<&Event> = events
        .iter()
        .filter(|event| event.kind.host().is_some_and(|host| host.as_str() == name))
        .collect();
    if about.is_empty() {
        let names = events
            .iter()
            .filter_map(|event| event.kind.host())
            .map(HostName::as_str);
        let hint = match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`patchwave show` lists the hosts of the newest run".to_owned(),
        };
        return Err(Failure::usage(
            format!("run {run} has nothing about a host `{name}`"),
            hint,
        ));
    }
    for event in about {
        if let EventKind::HostLog { lines, .. } = &event.kind {
            for line in lines {
                printer.data(&format!("    {line}\n"))?;
            }
        }
        if let Some((_, words)) = event_in_words(&event.kind) {
            printer.data(&format!("{} {words}\n", event.at.strftime("%H:%M:%SZ")))?;
        }
        if let EventKind::HostDrifted { drift, .. } = &event.kind {
            for difference in &drift.differences {
                printer.data(&format!("    {}\n", found_line(difference)))?;
            }
        }
        if let EventKind::HostLeftOver { files, .. } = &event.kind {
            files.iter().try_for_each(|file| show_left_over(file, printer))?;
        }
    }
    Ok(Exit::Done)
}

fn show_left_over(file: &LeftOver, printer: &Printer) -> Result<(), Failure> {
    let note = file.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    printer.data(&format!("    {}{note}\n", left_over_in_words(file)))?;
    for line in file.diff.iter().flat_map(|diff| diff.lines()) {
        printer.data(&format!("        {line}\n"))?;
    }
    Ok(())
}

fn notes(events: &[Event]) -> RunNotes {
    let mut notes = RunNotes::default();
    events.iter().for_each(|event| notes.take(&event.kind));
    notes
}
