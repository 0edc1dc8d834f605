//! `apply --dry-run`: the plan, and each manager's own simulation of its transaction. Changes nothing.

use super::plan::show_warnings;
use crate::cli::arguments::Format;
use crate::cli::exit::Exit;
use crate::cli::failure::CommandResult;
use crate::cli::session::Session;
use crate::model::error::HostError;
use crate::model::name::HostName;
use crate::model::scan::HostState;
use crate::model::text::count;
use crate::plan::Planned;
use crate::report::document::{Document, DryRunBody};
use crate::report::page::{Page, Tone};
use crate::report::pages::failures::{Failure, failure_lines};
use crate::report::pages::plan::plan_page;
use crate::rollout::simulate_plan;
use crate::ssh::SshTransport;

/// Simulates and shows.
///
/// # Errors
/// When standard output is closed.
pub(super) async fn run(session: &Session<'_>, planned: &Planned, transport: &SshTransport) -> CommandResult {
    let plan = &planned.plan;
    let hosts = session.hosts_by_name();
    let failures = simulate_plan(plan, &hosts, transport, &session.limits(), &session.control).await;
    let printer = session.printer;
    match printer.format {
        Format::Json | Format::Jsonl => printer.document(&Document::new("plan", DryRunBody::new(plan, &failures)))?,
        _ => printer.page(&plan_page(plan, session.options.verbose))?,
    }
    show_warnings(planned, printer);
    printer.complaint(&crate::report::terminal::render(
        &verdict(&failures),
        printer.notice_look(),
    ));
    Ok(exit(&failures, session.control.is_draining()))
}

fn verdict(failures: &[(HostName, HostError)]) -> Page {
    let failed: Vec<Failure<'_>> = failures
        .iter()
        .map(|(host, error)| Failure {
            host: host.as_str(),
            error,
            excerpt: &[],
        })
        .collect();
    let mut page = Page::new();
    page.lines(failure_lines(&failed));
    if failures.is_empty() {
        page.line(
            "Dry run: every manager accepts its transaction; nothing was changed.",
            Tone::Good,
        );
    } else {
        page.line(
            format!(
                "Dry run: {} would fail; nothing was changed.",
                count(failures.len(), "host")
            ),
            Tone::Bad,
        );
    }
    page
}

fn exit(failures: &[(HostName, HostError)], interrupted: bool) -> Exit {
    let is_unreachable = |error: &HostError| HostState::from_error(error.code).is_unreachable();
    if interrupted {
        Exit::Interrupted
    } else if failures.is_empty() {
        Exit::Done
    } else if failures.iter().all(|(_, error)| is_unreachable(error)) {
        Exit::Unreachable
    } else {
        Exit::HostsFailed
    }
}
