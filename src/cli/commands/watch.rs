//! `watch`: follows a run from any shell, as whoever carries it out sees it, and ends with it.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::conclusion::command_of;
use super::run_record::command_that_began;
use crate::cli::arguments::{Format, GlobalOptions, WatchArguments};
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::interrupt;
use crate::cli::keys::{Keys, Place, Wish};
use crate::cli::operator::operator;
use crate::cli::printer::Printer;
use crate::cli::runs::{named, open_runs, to_steer};
use crate::cli::settings::state_directory;
use crate::cli::viewer::Viewer;
use crate::ledger::{BegunRun, Ledger, SqliteLedger};
use crate::model::name::RunId;
use crate::model::order::Order;
use crate::model::plan::Plan;
use crate::model::standing::Standing;
use crate::report::document::{Document, RunBody};
use crate::report::page::{Page, Tone};
use crate::report::pages::run::{RunNotes, run_page};
use crate::report::terminal::render;
use crate::rollout::Control;

/// How often the ledger is asked for new events.
const EVERY: Duration = Duration::from_millis(250);

/// A run that is watched.
struct Watched<'a> {
    run: RunId,
    plan: Plan,
    ledger: SqliteLedger,
    standing: Standing,
    notes: RunNotes,
    viewer: Viewer<'a>,
    from: u64,
}

/// Shows the events of a run until it ends, nobody carries it out any more, or nobody wants to see more.
///
/// # Errors
/// When there is no such run, or the ledger cannot be read.
pub async fn run(arguments: &WatchArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let ledger = SqliteLedger::open(&state_directory(options)?)?;
    let run = choose(arguments.run.as_deref(), &ledger)?;
    let plan = match ledger.begun_run(&run)? {
        Some(BegunRun { plan, .. }) => plan,
        None => {
            return Err(Failure::usage(
                format!("there is no run `{run}`"),
                "`patchwave history` lists the runs",
            ));
        }
    };
    let mut watched = Watched {
        standing: Standing::of(&run, &plan, []),
        run,
        plan,
        ledger,
        notes: RunNotes::default(),
        viewer: Viewer::new(printer),
        from: arguments.from,
    };
    let control = Control::new();
    interrupt::watch(&control);
    let (wishes, mut wished) = mpsc::unbounded_channel();
    // Nobody listens any more only when the command ends.
    let line = watched.viewer.key_line();
    let keys = line.and_then(|line| {
        Keys::begin(Place::Watcher, line, move |wish| {
            let _ = wishes.send(wish);
        })
    });
    let has_keys = keys.is_some();
    let left = loop {
        watched.look()?;
        if watched.has_ended()? || watched.is_abandoned()? {
            break None;
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = control.drained() => break Some(Exit::Interrupted),
            Some(wish) = wished.recv(), if has_keys => {
                if wish == Wish::Leave {
                    break Some(Exit::Done);
                }
                watched.tell(wish, options)?;
            }
        }
    };
    drop(keys);
    watched.viewer.end();
    left.map_or_else(|| watched.conclude(printer), Ok)
}

fn choose(name: Option<&str>, ledger: &SqliteLedger) -> Result<RunId, Failure> {
    Ok(match name {
        Some(name) => named(name, ledger)?.run,
        None if open_runs(ledger)?.is_empty() => named("last", ledger)?.run,
        None => to_steer(None, "watch", ledger)?.line.run,
    })
}

impl Watched<'_> {
    /// Shows what is new.
    fn look(&mut self) -> Result<(), Failure> {
        let events = self.ledger.events_after(&self.run, self.standing.sequence)?;
        let behind = events.iter().filter(|event| event.sequence < self.from).count();
        let (past, new) = events.split_at(behind);
        self.viewer.catch_up(past);
        for event in &events {
            self.standing.take(event);
            self.notes.take(&event.kind);
        }
        for event in new {
            self.viewer.show(event)?;
        }
        Ok(())
    }

    /// Whether it ended and its report is there.
    fn has_ended(&self) -> Result<bool, Failure> {
        Ok(self.standing.ended.is_some() && self.ledger.holder(&self.run)?.is_none())
    }

    /// Whether nobody carries it out although it has not ended.
    fn is_abandoned(&mut self) -> Result<bool, Failure> {
        if self.ledger.holder(&self.run)?.is_some() {
            return Ok(false);
        }
        // Its last words may have been written since.
        self.look()?;
        Ok(true)
    }

    fn tell(&mut self, wish: Wish, options: &GlobalOptions) -> Result<(), Failure> {
        let order = match wish {
            Wish::PauseOrContinue if self.standing.paused.is_some() => Order::Continue,
            Wish::PauseOrContinue => Order::Pause,
            Wish::Promote => Order::Promote,
            Wish::Abort => Order::Abort,
            Wish::Leave => return Ok(()),
        };
        let by = operator(options.surroundings);
        self.ledger.give_order(&self.run, order, &by, Timestamp::now())?;
        Ok(())
    }

    /// How it ended, as the command that carried it out said it, with that command's exit code.
    fn conclude(&self, printer: &Printer) -> CommandResult {
        let report = self.ledger.report(&self.run)?;
        let (Some(report), true) = (report, self.standing.ended.is_some()) else {
            let mut page = Page::new();
            page.line(
                format!(
                    "nobody carries out run {0} any more, and it has not ended: go on with `patchwave resume {0}`",
                    self.run
                ),
                Tone::Warning,
            );
            printer.complaint(&render(&page, printer.notice_look()));
            return Ok(Exit::Interrupted);
        };
        match printer.format {
            Format::Json => {
                let command = command_of(&report, command_that_began(&self.run, &self.ledger)?);
                printer.document(&Document::new(command, RunBody::from(&report)))?;
            }
            Format::Jsonl => {}
            _ => printer.page(&run_page(&report, &self.notes))?,
        }
        Ok(run_exit(&self.plan, &report))
    }
}
