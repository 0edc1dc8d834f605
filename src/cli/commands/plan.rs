//! `plan`: scans, then shows waves, batches, hosts and exact versions. Changes nothing.

use jiff::Timestamp;

use crate::cli::arguments::{Format, GlobalOptions, PlanArguments, PlanOptions};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::session::Session;
use crate::ledger::SqliteLedger;
use crate::model::pattern::Pattern;
use crate::model::scan::Scan;
use crate::plan::{Planned, make_plan};
use crate::playbook::{Playbook, UpdateScope};
use crate::report::document::{Document, PlanBody};
use crate::report::page::{Line, Page, Tone};
use crate::report::pages::plan::plan_page;
use crate::ssh::SshTransport;

/// Plans and shows.
///
/// # Errors
/// When the inventory, the playbook or the selection is wrong, or the ledger cannot be written.
pub async fn run(arguments: &PlanArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    let playbook = read_playbook(&arguments.options, &session)?;
    let mut ledger = session.ledger()?;
    let transport = session.transport();
    let (scan, planned) = prepare(&session, &playbook, &arguments.options, &transport, &mut ledger).await?;
    if session.control.is_draining() {
        return Ok(Exit::Interrupted);
    }
    show_plan(&planned, options, printer)?;
    let exit = super::scan::scan_exit(&scan, false);
    Ok(match exit {
        Exit::Done if arguments.exit.detailed_exitcode && planned.plan.change_count() > 0 => Exit::Pending,
        exit => exit,
    })
}

/// The playbook that was named, or the built-in one, narrowed by `--security` and `--package`.
pub(super) fn read_playbook(options: &PlanOptions, session: &Session<'_>) -> Result<Playbook, Failure> {
    let mut playbook = super::playbook::load(options.playbook.as_deref(), &session.inventory)?;
    if options.security {
        playbook.updates.only = UpdateScope::Security;
    }
    if !options.package.is_empty() {
        let patterns = options.package.iter().map(Pattern::new).collect::<Result<_, _>>();
        let patterns = patterns.map_err(|error| Failure::usage(error, "example: `--package 'openssl*'`"))?;
        playbook.updates.only = UpdateScope::Packages(patterns);
    }
    Ok(playbook)
}

/// Selects, scans and plans. Waves are looked at before any host is contacted.
pub(super) async fn prepare(
    session: &Session<'_>,
    playbook: &Playbook,
    options: &PlanOptions,
    transport: &SshTransport,
    ledger: &mut SqliteLedger,
) -> Result<(Scan, Planned), Failure> {
    let selected = session.select(None, Some(&playbook.select))?;
    let now = Timestamp::now();
    let nothing_known = Scan {
        id: crate::cli::session::new_run_id()?,
        started: now,
        finished: now,
        hosts: Vec::new(),
    };
    make_plan(playbook, &session.inventory, &selected, &nothing_known, now)?;
    let scan = session
        .scan(&selected, options.refresh.refresh, transport, ledger)
        .await?;
    let planned = make_plan(playbook, &session.inventory, &selected, &scan, Timestamp::now())?;
    Ok((scan, planned))
}

/// Shows a plan and its warnings.
pub(super) fn show_plan(planned: &Planned, options: &GlobalOptions, printer: &Printer) -> Result<(), Failure> {
    match printer.format {
        Format::Json | Format::Jsonl => {
            printer.data(&Document::new("plan", PlanBody::from(&planned.plan)).to_text()?)?;
        }
        _ => printer.page(&plan_page(&planned.plan, options.verbose))?,
    }
    show_warnings(planned, printer);
    Ok(())
}

/// Shows what is worth a warning about a plan.
pub(super) fn show_warnings(planned: &Planned, printer: &Printer) {
    let mut page = Page::new();
    page.lines(
        planned
            .warnings
            .iter()
            .map(|warning| Line::new(0, "warning", Tone::Warning).and(format!(": {warning}"), Tone::Plain))
            .collect(),
    );
    printer.notice(&page);
}
