//! The first step of planning: hosts are selected and scanned; waves and wanted updates are made from that.

use jiff::{Timestamp, Unit};

use crate::cli::arguments::PlanOptions;
use crate::cli::failure::Failure;
use crate::cli::known_exploited::read_known_exploited;
use crate::cli::session::Session;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::first_seen::FirstSeen;
use crate::model::pattern::Pattern;
use crate::model::plan::Plan;
use crate::model::run::HostRunState;
use crate::model::scan::Scan;
use crate::model::update_rule::UpdateScope;
use crate::plan::{HostQuestion, PlanInputs, Planned, check_waves, make_plan, questions};
use crate::playbook::Playbook;
use crate::report::fold::fold_line;
use crate::ssh::SshTransport;

/// The playbook that was named, or the built-in one, narrowed by `--security` and `--package`.
///
/// # Errors
/// When the playbook has mistakes or a pattern is none.
pub fn read_playbook(options: &PlanOptions, session: &Session<'_>) -> Result<Playbook, Failure> {
    let mut playbook = crate::cli::commands::playbook::load(options.playbook.as_deref(), &session.inventory)?;
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

/// A plan as the scan alone has it, and what the hosts are asked about it.
pub(super) struct Draft {
    /// What it was made from.
    pub scan: Scan,
    /// The draft itself.
    pub planned: Planned,
    /// One for each host that has something to do.
    pub questions: Vec<HostQuestion>,
}

/// Selects, scans and plans. Waves are looked at before any host is contacted.
///
/// # Errors
/// When the selection or a wave is wrong, or the ledger cannot be used.
pub(super) async fn draft(
    session: &Session<'_>,
    playbook: &Playbook,
    options: &PlanOptions,
    transport: &SshTransport,
    ledger: &mut SqliteLedger,
) -> Result<Draft, Failure> {
    let selected = session.select(None, Some(&playbook.select))?;
    let knowledge = session.knowledge(&playbook.wave_expressions().cloned().collect::<Vec<_>>())?;
    check_waves(playbook, &session.inventory, &selected, &knowledge)?;
    let known_exploited = read_known_exploited(playbook, options.playbook.as_deref())?;
    let scan = session.scan(&selected, options.refresh, transport, ledger).await?;
    // Plans are read by people, and nothing in them depends on parts of a second.
    let now = Timestamp::now();
    let now = now.round(Unit::Second).unwrap_or(now);
    let facts = scan.hosts.iter().filter_map(|host| host.facts.as_ref());
    let first_seen = match playbook.updates.min_age {
        Some(_) => ledger.first_seen(&facts.map(|facts| facts.os.id.as_str()).collect())?,
        None => FirstSeen::default(),
    };
    let inputs = PlanInputs {
        playbook,
        inventory: &session.inventory,
        selected: &selected,
        scan: &scan,
        knowledge: &knowledge,
        first_seen: &first_seen,
        known_exploited: known_exploited.as_ref(),
        now,
    };
    let mut planned = make_plan(&inputs)?;
    planned.warnings.extend(failed_last_time(&planned.plan, ledger)?);
    let questions = questions(&inputs, &planned.plan);
    Ok(Draft {
        scan,
        planned,
        questions,
    })
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
