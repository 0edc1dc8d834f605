//! The only place that writes to standard output and standard error.

use std::io::{self, IsTerminal, Write};

use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use super::arguments::{ColourChoice, Format};
use crate::report::document::Document;
use crate::report::page::Page;
use crate::report::terminal::{Look, render};
use crate::report::{csv, markdown};

/// Writes data to standard output and notices to standard error.
#[derive(Debug, Clone)]
pub struct Printer {
    /// The format of data.
    pub format: Format,
    /// Whether notices and progress are left out.
    pub quiet: bool,
    stdout: Look,
    stderr: Look,
    draws_bars: bool,
    bars: MultiProgress,
}

impl Printer {
    /// Looks at the terminal and at the environment (`NO_COLOR`, `TERM`).
    #[must_use]
    pub fn new(format: Format, colour: ColourChoice, quiet: bool, no_progress: bool) -> Self {
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let able = |terminal: bool| {
            let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
            match colour {
                ColourChoice::Always => true,
                ColourChoice::Never => false,
                ColourChoice::Auto => terminal && !unwanted && !dumb,
            }
        };
        let width = |terminal: bool, term: console::Term| terminal.then(|| term.size().1);
        Self {
            format,
            quiet,
            stdout: Look {
                width: width(out, console::Term::stdout()),
                colour: able(out),
            },
            stderr: Look {
                width: width(err, console::Term::stderr()),
                colour: able(err),
            },
            draws_bars: err && !no_progress && !quiet,
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
        }
    }

    /// Whether bars may be drawn.
    #[must_use]
    pub fn draws_bars(&self) -> bool {
        self.draws_bars
    }

    /// The lower end of the terminal. Whoever writes while bars are drawn takes them away first.
    #[must_use]
    pub fn bars(&self) -> MultiProgress {
        self.bars.clone()
    }

    /// How standard error looks.
    #[must_use]
    pub fn notice_look(&self) -> Look {
        self.stderr
    }

    /// Writes a page in the format that was asked for; JSON has documents instead of pages.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn page(&self, page: &Page) -> io::Result<()> {
        self.data(&match self.format {
            Format::Markdown => markdown::render(page),
            Format::Csv => csv::render(page),
            Format::Table | Format::Json | Format::Jsonl => render(page, self.stdout),
        })
    }

    /// Writes a document: indented, or in one line where lines are asked for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn document<T: Serialize>(&self, document: &Document<T>) -> io::Result<()> {
        let text = if self.format == Format::Jsonl {
            document.to_line()
        } else {
            document.to_text()
        };
        self.data(&text.map_err(io::Error::other)?)
    }

    /// Writes data as it is.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn data(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        match written {
            // The reader has seen enough (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Writes a page of notices to standard error, unless they are unwanted.
    pub fn notice(&self, page: &Page) {
        if !self.quiet {
            self.complaint(&render(page, self.stderr));
        }
    }

    /// Writes to standard error whatever was asked for. A closed one is no reason to stop.
    pub fn complaint(&self, text: &str) {
        self.bars.suspend(|| {
            let _ = io::stderr().lock().write_all(text.as_bytes());
        });
    }
}
