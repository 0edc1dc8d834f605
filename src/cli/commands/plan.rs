//! `plan`: scans, then shows waves, batches, hosts and exact versions. Changes nothing.

use jiff::Timestamp;

use crate::cli::arguments::{Format, GlobalOptions, PlanArguments, PlanOptions};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::known_exploited::read_known_exploited;
use crate::cli::printer::Printer;
use crate::cli::session::Session;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::first_seen::{FirstSeen, SeenVersion, seen_in_scan};
use crate::model::pattern::Pattern;
use crate::model::plan::Plan;
use crate::model::run::HostRunState;
use crate::model::scan::Scan;
use crate::model::update_rule::UpdateScope;
use crate::plan::{PlanInputs, Planned, check_waves, make_plan};
use crate::playbook::Playbook;
use crate::report::document::{Document, PlanBody};
use crate::report::fold::fold_line;
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
    let knowledge = session.knowledge(&playbook.wave_expressions().cloned().collect::<Vec<_>>())?;
    check_waves(playbook, &session.inventory, &selected, &knowledge)?;
    let known_exploited = read_known_exploited(playbook, options.playbook.as_deref())?;
    let scan = session.scan(&selected, options.refresh, transport, ledger).await?;
    let seen: Vec<SeenVersion<'_>> = seen_in_scan(&scan).into_iter().map(|(seen, _)| seen).collect();
    let first_seen = if playbook.updates.min_age.is_some() {
        ledger.first_seen(&seen)?
    } else {
        FirstSeen::default()
    };
    let inputs = PlanInputs {
        playbook,
        inventory: &session.inventory,
        selected: &selected,
        scan: &scan,
        knowledge: &knowledge,
        first_seen: &first_seen,
        known_exploited: known_exploited.as_ref(),
        now: Timestamp::now(),
    };
    let mut planned = make_plan(&inputs)?;
    planned.warnings.extend(failed_last_time(&planned.plan, ledger)?);
    Ok((scan, planned))
}

/// Hosts that failed in the newest run and now seem to have nothing to do: what is installed since then counts
/// as done, though its scripts may not have run to their end.
fn failed_last_time(plan: &Plan, ledger: &SqliteLedger) -> Result<Vec<String>, Failure> {
    let Some(newest) = ledger.runs(1)?.into_iter().next() else {
        return Ok(Vec::new());
    };
    let Some(report) = ledger.report(&newest.run)? else {
        return Ok(Vec::new());
    };
    let failed = report.hosts.iter().filter(|host| host.state == HostRunState::Failed);
    let names: Vec<&str> = failed
        .filter(|host| {
            plan.hosts()
                .any(|planned| planned.name == host.name && planned.changes.is_empty())
        })
        .map(|host| host.name.as_str())
        .collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let who = fold_line(names, 6);
    Ok(vec![format!(
        "failed in run {} and has nothing to do now; look why before going on: {who}",
        newest.run
    )])
}

/// Shows a plan and its warnings.
pub(super) fn show_plan(planned: &Planned, options: &GlobalOptions, printer: &Printer) -> Result<(), Failure> {
    match printer.format {
        Format::Json | Format::Jsonl => {
            printer.document(&Document::new("plan", PlanBody::from(&planned.plan)))?;
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
