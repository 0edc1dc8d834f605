//! `doctor`: everything that scans and updates need of each host, and what is in their way. Changes nothing.

use crate::cli::arguments::{DoctorArguments, Format, GlobalOptions};
use crate::cli::exit::Exit;
use crate::cli::failure::CommandResult;
use crate::cli::interrupt;
use crate::cli::printer::Printer;
use crate::cli::session::Session;
use crate::model::checkup::{CheckupState, CheckupSummary, HostCheckup};
use crate::model::experimental::Experimental;
use crate::model::host::Host;
use crate::report::document::{CheckupLine, CheckupPart, DoctorBody, Document};
use crate::report::pages::doctor::{doctor_page, every_check_page, record_page};
use crate::report::progress::Progress;
use crate::rollout::check_hosts;

/// Examines and shows.
///
/// # Errors
/// When the inventory or the selection is wrong.
pub async fn run(arguments: &DoctorArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    let selected = session.select(arguments.expression.as_deref(), None)?;
    let hosts: Vec<Host> = selected.into_iter().cloned().collect();
    interrupt::watch(&session.control);
    let transport = session.transport();
    let mut written = Ok(());
    let mut progress = printer.draws_bars().then(|| {
        let mut progress = Progress::new(printer.bars(), printer.notice_look());
        progress.begin_counting("doctor", hosts.len());
        progress
    });
    let mut sequence = 0;
    let told = |host: &HostCheckup| {
        sequence += 1;
        if let Some(progress) = &mut progress {
            progress.count(matches!(host.state, CheckupState::Failed | CheckupState::Unreachable));
        }
        if printer.format == Format::Jsonl && written.is_ok() {
            let line = CheckupPart::Host(host);
            written = printer.document(&Document::new("doctor", CheckupLine { sequence, line }));
        }
    };
    let found = check_hosts(&hosts, &transport, &session.limits(), &session.control, told).await;
    if let Some(progress) = &mut progress {
        progress.end();
    }
    written?;
    let managers = found.iter().filter_map(|host| Some((&host.name, host.manager?)));
    let untried = Experimental::among(managers);
    match printer.format {
        Format::Json => printer.document(&Document::new("doctor", DoctorBody::new(&found, &untried)))?,
        Format::Jsonl => {
            let (sequence, line) = (sequence + 1, CheckupPart::Summary(CheckupSummary::of(&found)));
            printer.document(&Document::new("doctor", CheckupLine { sequence, line }))?;
        }
        Format::Csv => printer.page(&record_page(&found))?,
        _ if arguments.all || options.verbose => printer.page(&every_check_page(&found, &untried))?,
        _ => printer.page(&doctor_page(&found, &untried))?,
    }
    if session.control.is_draining() {
        return Ok(Exit::Interrupted);
    }
    Ok(exit(&found))
}

/// A failed check weighs more than a host that cannot be talked to.
fn exit(hosts: &[HostCheckup]) -> Exit {
    let any = |state| hosts.iter().any(|host| host.state == state);
    if any(CheckupState::Failed) {
        Exit::HostsFailed
    } else if any(CheckupState::Unreachable) {
        Exit::Unreachable
    } else {
        Exit::Done
    }
}
