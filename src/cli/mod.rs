//! The command line: arguments, settings, a file per command. The only code that knows all other modules.

mod age;
mod approvals;
mod arguments;
mod commands;
mod controller;
mod exit;
mod failure;
#[cfg(feature = "failure-points")]
mod failure_points;
mod interrupt;
mod keys;
mod knowledge;
mod known_exploited;
mod listening;
mod operator;
mod parallel;
mod planning;
mod printer;
mod prompt;
mod recorder;
mod runs;
mod saved_plan;
mod session;
mod settings;
mod steered;
mod steering;
mod terminal;
mod viewer;

use std::process::ExitCode;

use clap::Parser;

use self::arguments::{Arguments, Command};
use self::exit::Exit;
use self::failure::{CommandResult, Failure};
use self::printer::Printer;
use crate::model::diagnostic::Diagnostics;
use crate::report::diagnostics::{DiagnosticStyle, render_diagnostics};
use crate::report::page::{Line, Page, Tone};

/// Reads the command line, does what it says, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors and go to standard output; clap knows.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return exit.into();
        }
    };
    let global = &arguments.global;
    let printer = Printer::new(global.format, global.color, global.quiet, global.no_progress);
    match run(&arguments, &printer) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            let exit = failure.exit();
            show_failure(&printer, &failure);
            exit.into()
        }
    }
}

fn run(arguments: &Arguments, printer: &Printer) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal(error, "look at the limits of this process (`ulimit -a`)"))?;
    let terminal = terminal::TerminalMode::now();
    let exit = runtime.block_on(dispatch(arguments, printer));
    // A blocking question at the terminal must not hold up the end.
    runtime.shutdown_background();
    terminal.restore();
    exit
}

async fn dispatch(arguments: &Arguments, printer: &Printer) -> CommandResult {
    let global = &arguments.global;
    match &arguments.command {
        Command::Init(options) => commands::init::run(options, printer),
        Command::Inventory(command) => commands::inventory::run(command, global, printer),
        Command::Trust(options) => commands::trust::run(options, global, printer).await,
        Command::Scan(options) => commands::scan::run(options, global, printer).await,
        Command::Diff(options) => commands::diff::run(options, global, printer),
        Command::Plan(options) => commands::plan::run(options, global, printer).await,
        Command::Apply(options) => commands::apply::run(options, global, printer).await,
        Command::Reboot(options) => commands::reboot::run(options, global, printer).await,
        Command::Resume(options) => commands::resume::run(options, global, printer).await,
        Command::Fetch(options) => commands::fetch::run(options, global, printer).await,
        Command::Approve(options) => commands::approve::run(options, printer).await,
        Command::Verify(options) => commands::verify::run(options, printer),
        Command::Doctor(options) => commands::doctor::run(options, global, printer).await,
        Command::Sudoers(options) => commands::sudoers::run(options, global, printer),
        Command::Repair(options) => commands::repair::run(options, global, printer).await,
        Command::Playbook(command) => commands::playbook::run(command, global, printer),
        Command::Status(options) => commands::status::run(options, global, printer),
        Command::Watch(options) => commands::watch::run(options, global, printer).await,
        Command::Pause(options) => commands::pause::run(options, global, printer).await,
        Command::Promote(options) => commands::promote::run(options, global, printer).await,
        Command::Abort(options) => commands::abort::run(options, global, printer).await,
        Command::History(options) => commands::history::run(options, global, printer),
        Command::Show(options) => commands::show::run(options, global, printer),
        Command::Demo(options) => commands::demo::run(options, global, printer).await,
        Command::Completions { shell } => commands::completions::run(*shell, printer),
    }
}

fn show_failure(printer: &Printer, failure: &Failure) {
    match failure {
        Failure::Files(diagnostics) => show_diagnostics(printer, diagnostics, false),
        Failure::Plain { error, hint, .. } => {
            let mut page = Page::new();
            let mut lines = vec![Line::new(0, "error", Tone::Bad).and(format!(": {error:#}"), Tone::Plain)];
            if !hint.is_empty() {
                lines.push(Line::new(2, format!("→ {hint}"), Tone::Quiet));
            }
            page.lines(lines);
            printer.complaint(&crate::report::terminal::render(&page, printer.notice_look()));
        }
    }
}

pub(crate) fn show_diagnostics(printer: &Printer, diagnostics: &Diagnostics, is_warning: bool) {
    let look = printer.notice_look();
    let style = DiagnosticStyle {
        color: look.colour,
        is_warning,
    };
    printer.complaint(&format!("{}\n", render_diagnostics(diagnostics, style).trim_end()));
}
