//! Shows events as they come: JSON lines on standard output; bars, or plain lines, on standard error.

use super::arguments::Format;
use super::printer::Printer;
use crate::model::event::Event;
use crate::report::key_line::KeyLine;
use crate::report::plain;
use crate::report::progress::Progress;

/// What events look like here.
pub struct Viewer<'a> {
    printer: &'a Printer,
    progress: Option<Progress>,
    keys: KeyLine,
}

impl<'a> Viewer<'a> {
    /// A viewer that has shown nothing yet.
    #[must_use]
    pub fn new(printer: &'a Printer) -> Self {
        let keys = KeyLine::new(printer.bars());
        let progress = || Progress::new(printer.bars(), printer.notice_look()).above(keys.clone());
        Self {
            printer,
            progress: printer.draws_bars().then(progress),
            keys: keys.clone(),
        }
    }

    /// Shows an event.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn show(&mut self, event: &Event) -> std::io::Result<()> {
        if self.printer.format == Format::Jsonl && event.kind.is_kept() {
            self.printer.data(&(serde_json::to_string(event)? + "\n"))?;
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

    /// Moves the bars by what happened before, and writes nothing.
    pub fn catch_up(&mut self, past: &[Event]) {
        if let Some(progress) = &mut self.progress {
            progress.catch_up(past);
        }
    }

    /// The line that says which keys do what; `None` where no bars are drawn.
    #[must_use]
    pub fn key_line(&self) -> Option<KeyLine> {
        self.progress.as_ref().map(|_| self.keys.clone())
    }

    /// Removes the bars.
    pub fn end(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.end();
        }
        self.keys.clear();
    }
}
