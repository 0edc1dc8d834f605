//! `repair`: mends package databases that an interrupted manager left half-way. Asks once.

use crate::cli::arguments::{Format, GlobalOptions, RepairArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::interrupt;
use crate::cli::printer::Printer;
use crate::cli::prompt::{confirm, somebody_is_there};
use crate::cli::session::{Session, new_run_id};
use crate::model::event::EventKind;
use crate::model::experimental::Experimental;
use crate::model::host::Host;
use crate::model::repair::{HostRepair, RepairState};
use crate::model::text::count;
use crate::report::document::{Document, RepairBody};
use crate::report::event_text::event_in_words;
use crate::report::page::Page;
use crate::report::pages::repair::repair_page;
use crate::rollout::{Examination, examine_hosts, repair_hosts};

/// Looks, asks, repairs and shows.
///
/// # Errors
/// When the inventory or the selection is wrong, or nobody is there to say yes.
pub async fn run(arguments: &RepairArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    let selected = session.select(arguments.expression.as_deref(), None)?;
    session.require_root(&selected, "repair")?;
    if !arguments.dry_run && !options.yes && !somebody_is_there() {
        return Err(Failure::usage(
            "`repair` changes hosts, and nobody is there to be asked; nothing was contacted",
            "say so beforehand with `--yes`, or look first with `--dry-run`",
        ));
    }
    let hosts: Vec<Host> = selected.into_iter().cloned().collect();
    interrupt::watch(&session.control);
    let transport = session.transport();
    let examined = examine_hosts(&hosts, &transport, &session.limits(), &session.control).await;
    let untried = untried(&examined);
    let mendable = examined.iter().filter(|examination| examination.is_mendable()).count();
    let wanted = !arguments.dry_run && mendable > 0 && approved(&examined, mendable, &session).await;
    let answers = if wanted {
        let tell = |event: EventKind| show(&event, printer);
        repair_hosts(
            examined,
            &new_run_id()?,
            &transport,
            &session.limits(),
            &session.control,
            tell,
        )
        .await
    } else {
        untouched(&examined)
    };
    match printer.format {
        Format::Json | Format::Jsonl => {
            let body = RepairBody {
                hosts: &answers,
                experimental: &untried,
            };
            printer.document(&Document::new("repair", body))?;
        }
        _ => printer.page(&repair_page(&answers, &untried))?,
    }
    Ok(exit(&answers, arguments.dry_run || mendable == 0 || wanted, &session))
}

fn untried(examined: &[Examination]) -> Vec<Experimental> {
    Experimental::among(examined.iter().filter_map(|examination| {
        let (manager, _) = examination.found.as_ref().ok()?;
        Some((&examination.host.name, *manager))
    }))
}

fn untouched(examined: &[Examination]) -> Vec<HostRepair> {
    examined.iter().map(Examination::untouched).collect()
}

async fn approved(examined: &[Examination], mendable: usize, session: &Session<'_>) -> bool {
    if session.options.yes {
        return true;
    }
    let printer = session.printer;
    let page = repair_page(&untouched(examined), &untried(examined));
    printer.complaint(&crate::report::terminal::render(&page, printer.notice_look()));
    confirm(&format!("\nRepair {}?", count(mendable, "host")), &session.control).await
}

fn show(event: &EventKind, printer: &Printer) {
    if let Some((tone, words)) = event_in_words(event) {
        let mut page = Page::new();
        page.line(words, tone);
        printer.notice(&page);
    }
}

/// Failed hosts weigh more than unreachable ones.
fn exit(answers: &[HostRepair], approved: bool, session: &Session<'_>) -> Exit {
    let any = |state| answers.iter().any(|answer| answer.state == state);
    if session.control.is_draining() {
        Exit::Interrupted
    } else if !approved {
        Exit::Stopped
    } else if any(RepairState::Failed) {
        Exit::HostsFailed
    } else if any(RepairState::Unreachable) {
        Exit::Unreachable
    } else {
        Exit::Done
    }
}
