//! Where the events of a scan or a run go: numbered, into the ledger, then to the screen.

use jiff::Timestamp;

use super::arguments::Format;
#[cfg(feature = "failure-points")]
use super::failure_points::{Side, pass};
use super::printer::Printer;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::event::{Event, EventKind};
use crate::model::name::RunId;
use crate::report::pages::run::RunNotes;
use crate::report::plain;
use crate::report::progress::Progress;
use crate::rollout::{EventSink, SinkError};

/// Numbers events, keeps those of a run in the ledger, and shows all of them.
pub struct Recorder<'a> {
    run: RunId,
    sequence: u64,
    ledger: Option<&'a mut SqliteLedger>,
    printer: &'a Printer,
    progress: Option<Progress>,
    notes: RunNotes,
}

impl<'a> Recorder<'a> {
    /// For a scan: only the result is kept, by the caller.
    #[must_use]
    pub fn of_scan(run: RunId, printer: &'a Printer) -> Self {
        let progress = printer
            .draws_bars()
            .then(|| Progress::new(printer.bars(), printer.notice_look()));
        Self {
            run,
            sequence: 0,
            ledger: None,
            printer,
            progress,
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
        recorder
    }

    /// What the events tell beyond the report. Removes the bars.
    #[must_use]
    pub fn into_notes(mut self) -> RunNotes {
        if let Some(progress) = &mut self.progress {
            progress.end();
        }
        self.notes
    }

    fn show(&mut self, event: &Event) -> Result<(), SinkError> {
        if self.printer.format == Format::Jsonl && event.kind.is_kept() {
            let line = serde_json::to_string(event).map_err(|error| SinkError(error.to_string()))?;
            self.printer
                .data(&(line + "\n"))
                .map_err(|error| SinkError(error.to_string()))?;
        }
        match &mut self.progress {
            Some(progress) => progress.report(event),
            None if self.printer.quiet => {}
            None => {
                for line in plain::lines(event) {
                    self.printer.complaint(&(line + "\n"));
                }
            }
        }
        Ok(())
    }
}

impl EventSink for Recorder<'_> {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        let is_kept = kind.is_kept();
        self.sequence += u64::from(is_kept);
        self.notes.take(&kind);
        let event = Event {
            sequence: self.sequence,
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
        self.show(&event)
    }
}
