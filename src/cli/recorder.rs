//! Where the events of a scan or a run go: numbered, into the ledger, then to the screen.

use jiff::Timestamp;

#[cfg(feature = "failure-points")]
use super::failure_points::{Side, pass};
use super::printer::Printer;
use super::viewer::Viewer;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::event::{Event, EventKind};
use crate::model::name::RunId;
use crate::report::key_line::KeyLine;
use crate::report::pages::run::RunNotes;
use crate::rollout::{EventSink, SinkError};

/// Numbers events, keeps those of a run in the ledger, and shows all of them.
pub struct Recorder<'a> {
    run: RunId,
    sequence: u64,
    ledger: Option<&'a mut SqliteLedger>,
    viewer: Viewer<'a>,
    notes: RunNotes,
}

impl<'a> Recorder<'a> {
    /// For a scan: only the result is kept, by the caller.
    #[must_use]
    pub fn of_scan(run: RunId, printer: &'a Printer) -> Self {
        Self {
            run,
            sequence: 0,
            ledger: None,
            viewer: Viewer::new(printer),
            notes: RunNotes::default(),
        }
    }

    /// For a run that the ledger has begun.
    #[must_use]
    pub fn of_run(run: RunId, printer: &'a Printer, ledger: &'a mut SqliteLedger) -> Self {
        Self {
            ledger: Some(ledger),
            ..Self::of_scan(run, printer)
        }
    }

    /// For a run that is gone on with, after these events.
    #[must_use]
    pub fn of_resumed_run(run: RunId, printer: &'a Printer, ledger: &'a mut SqliteLedger, past: &[Event]) -> Self {
        let mut recorder = Self::of_run(run, printer, ledger);
        recorder.sequence = past.last().map_or(0, |event| event.sequence);
        past.iter().for_each(|event| recorder.notes.take(&event.kind));
        recorder.viewer.catch_up(past);
        recorder
    }

    /// The run whose events these are.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The line that says which keys do what; `None` where no bars are drawn.
    #[must_use]
    pub fn key_line(&self) -> Option<KeyLine> {
        self.viewer.key_line()
    }

    /// What the events tell beyond the report. Removes the bars.
    #[must_use]
    pub fn into_notes(mut self) -> RunNotes {
        self.viewer.end();
        self.notes
    }
}

impl EventSink for Recorder<'_> {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        let is_kept = kind.is_kept();
        self.notes.take(&kind);
        let event = Event {
            sequence: self.sequence + u64::from(is_kept),
            at: Timestamp::now(),
            run: self.run.clone(),
            kind,
        };
        if let Some(ledger) = self.ledger.as_deref_mut().filter(|_| is_kept) {
            #[cfg(feature = "failure-points")]
            pass(Side::Before, event.sequence);
            ledger
                .append_event(&event)
                .map_err(|error| SinkError(error.to_string()))?;
            #[cfg(feature = "failure-points")]
            pass(Side::After, event.sequence);
        }
        // Only what was kept counts: a ledger that can be written again later has no gap.
        self.sequence = event.sequence;
        self.viewer.show(&event).map_err(|error| SinkError(error.to_string()))
    }
}
