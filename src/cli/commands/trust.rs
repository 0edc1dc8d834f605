//! `trust`: collects host keys, shows fingerprints in one table, and after a yes writes `known_hosts`.

use std::path::Path;

use crate::cli::arguments::{GlobalOptions, TrustArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::prompt::{confirm, somebody_is_there};
use crate::cli::session::Session;
use crate::cli::settings::project_known_hosts;
use crate::model::host::Host;
use crate::model::text::count;
use crate::report::page::{Grid, Page, Text, Tone};
use crate::report::pages::failures::{Failure as HostFailure, failure_lines};
use crate::ssh::trust::{HostKeyReport, HostKeyState, SeenHostKey, merge, write_atomically};

/// Collects, shows, asks and writes.
///
/// # Errors
/// When the inventory or the selection is wrong, nobody is there to say yes, or the file cannot be written.
pub async fn run(arguments: &TrustArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    let selected = session.select(arguments.expression.as_deref(), None)?;
    let Some(file) = project_known_hosts(&session.inventory_paths) else {
        return Err(Failure::usage(
            "the inventory has no folder to write known_hosts to",
            "name it with its folder",
        ));
    };
    let hosts: Vec<Host> = selected.into_iter().cloned().collect();
    let reports = session.transport().collect_host_keys(&hosts).await;
    printer.page(&page(&reports))?;
    let wanted: Vec<SeenHostKey> = reports
        .iter()
        .filter_map(|report| report.outcome.as_ref().ok())
        .filter(|key| is_wanted(key, arguments.replace))
        .cloned()
        .collect();
    if !wanted.is_empty() {
        write(&file, &wanted, arguments.replace, &session).await?;
    }
    Ok(exit(&reports, arguments.replace))
}

fn is_wanted(key: &SeenHostKey, replace: bool) -> bool {
    match key.state {
        HostKeyState::Unknown => true,
        HostKeyState::Changed(_) => replace,
        HostKeyState::Known | HostKeyState::NotThePinned | HostKeyState::Revoked(_) => false,
    }
}

async fn write(file: &Path, keys: &[SeenHostKey], replace: bool, session: &Session<'_>) -> Result<(), Failure> {
    let printer = session.printer;
    let question = format!("Trust {} and write to {}?", count(keys.len(), "key"), file.display());
    if !session.options.yes {
        if !somebody_is_there() {
            return Err(Failure::usage(
                "nobody is there to compare fingerprints; nothing was written",
                "compare them with the hosts' own, then say `--yes`",
            ));
        }
        if !confirm(&question, &session.control).await {
            printer.complaint("Nothing was written.\n");
            return Ok(());
        }
    }
    let before = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let merged = merge(&before, keys, replace);
    write_atomically(file, &merged.text)?;
    let mut page = Page::new();
    let removed = if merged.removed > 0 {
        format!(", removed {}", merged.removed)
    } else {
        String::new()
    };
    page.line(
        format!("Added {} to {}{removed}", count(merged.added, "key"), file.display()),
        Tone::Good,
    );
    printer.notice(&page);
    Ok(())
}

fn page(reports: &[HostKeyReport]) -> Page {
    let mut page = Page::new();
    let failures: Vec<HostFailure<'_>> = reports
        .iter()
        .filter_map(|report| {
            let error = report.outcome.as_ref().err()?;
            Some(HostFailure {
                host: report.host.as_str(),
                error,
                excerpt: &[],
            })
        })
        .collect();
    page.lines(failure_lines(&failures));
    page.grid(Grid {
        columns: vec!["HOST", "ADDRESS", "TYPE", "FINGERPRINT", "STATE"],
        rows: reports
            .iter()
            .filter_map(|report| Some((report, report.outcome.as_ref().ok()?)))
            .map(|(report, key)| {
                vec![
                    Text::new(report.host.as_str(), Tone::Strong),
                    Text::plain(&key.known_name),
                    Text::plain(&key.key_type),
                    Text::plain(&key.fingerprint),
                    state(key),
                ]
            })
            .collect(),
    });
    page
}

fn state(key: &SeenHostKey) -> Text {
    match &key.state {
        HostKeyState::Known => Text::new("known", Tone::Good),
        HostKeyState::Unknown => Text::new("new", Tone::Warning),
        HostKeyState::Changed(place) => Text::new(format!("CHANGED, differs from {place}"), Tone::Bad),
        HostKeyState::NotThePinned => Text::new("NOT THE PINNED ONE", Tone::Bad),
        HostKeyState::Revoked(place) => Text::new(format!("REVOKED by {place}"), Tone::Bad),
    }
}

/// A changed or revoked key is a failure of that host; one that does not answer is unreachable.
fn exit(reports: &[HostKeyReport], replace: bool) -> Exit {
    let refused = reports
        .iter()
        .filter_map(|report| report.outcome.as_ref().ok())
        .any(|key| match key.state {
            HostKeyState::Changed(_) => !replace,
            HostKeyState::NotThePinned | HostKeyState::Revoked(_) => true,
            HostKeyState::Known | HostKeyState::Unknown => false,
        });
    if refused || reports.iter().any(|report| report.outcome.is_err()) {
        Exit::Unreachable
    } else {
        Exit::Done
    }
}
