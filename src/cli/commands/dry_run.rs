//! `apply --dry-run`: the waves, and the steps that each manager says it would take. Changes nothing.

use super::plan::show_warnings;
use crate::cli::arguments::Format;
use crate::cli::exit::Exit;
use crate::cli::failure::CommandResult;
use crate::cli::session::Session;
use crate::model::error::HostError;
use crate::model::plan::Plan;
use crate::model::scan::HostState;
use crate::model::step::HostSteps;
use crate::model::text::count;
use crate::report::document::{Document, DryRunBody};
use crate::report::page::{Line, Page, Tone};
use crate::report::pages::dry_run::dry_run_page;
use crate::report::pages::failures::{Failure, failure_lines};
use crate::report::pages::plan::plan_waves;
use crate::rollout::simulate_plan;
use crate::ssh::SshTransport;

/// Simulates and shows.
///
/// # Errors
/// When standard output is closed.
pub(super) async fn run(
    session: &Session<'_>,
    plan: &Plan,
    warnings: &[String],
    transport: &SshTransport,
) -> CommandResult {
    let hosts = session.hosts_by_name();
    let answers = simulate_plan(plan, &hosts, transport, &session.limits(), &session.control).await;
    let printer = session.printer;
    let failed = failures(&answers);
    let mut last = Page::new();
    match printer.format {
        Format::Json | Format::Jsonl => {
            printer.document(&Document::new("plan", DryRunBody::new(plan, &answers)))?;
            last.lines(failure_lines(&failed));
        }
        _ => {
            let mut page = plan_waves(plan);
            page.lines(failure_lines(&failed));
            page.blocks.extend(dry_run_page(plan, &answers).blocks);
            printer.page(&page)?;
        }
    }
    show_warnings(warnings, printer);
    last.lines(vec![verdict(failed.len())]);
    printer.complaint(&crate::report::terminal::render(&last, printer.notice_look()));
    Ok(exit(&answers, session.control.is_draining()))
}

fn failures(answers: &[HostSteps]) -> Vec<Failure<'_>> {
    answers
        .iter()
        .filter_map(|answer| {
            Some(Failure {
                host: answer.name.as_str(),
                error: answer.error.as_ref()?,
                excerpt: &[],
            })
        })
        .collect()
}

fn verdict(failed: usize) -> Line {
    match failed {
        0 => Line::new(
            0,
            "Dry run: every manager accepts its transaction; nothing was changed.",
            Tone::Good,
        ),
        _ => Line::new(
            0,
            format!("Dry run: {} would fail; nothing was changed.", count(failed, "host")),
            Tone::Bad,
        ),
    }
}

fn exit(answers: &[HostSteps], interrupted: bool) -> Exit {
    let failures: Vec<&HostError> = answers.iter().filter_map(|answer| answer.error.as_ref()).collect();
    let is_unreachable = |error: &HostError| HostState::from_error(error.code).is_unreachable();
    if interrupted {
        Exit::Interrupted
    } else if failures.is_empty() {
        Exit::Done
    } else if failures.iter().all(|error| is_unreachable(error)) {
        Exit::Unreachable
    } else if failures.iter().all(|error| error.code.is_drift()) {
        Exit::Outdated
    } else {
        Exit::HostsFailed
    }
}
