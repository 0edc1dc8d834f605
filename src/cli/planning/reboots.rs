//! The plan of a run that reboots hosts and changes no package.
//!
//! What must stay true: nothing is installed by it; a host whose inventory says `reboot: never` is left out, and who
//! needs no reboot is rebooted only when that was asked for.

use std::path::Path;
use std::sync::Arc;

use jiff::{Timestamp, Unit};

use crate::cli::arguments::RefreshChoice;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::ledger::SqliteLedger;
use crate::model::first_seen::FirstSeen;
use crate::model::host::{Connect, RebootPolicy};
use crate::model::name::HostName;
use crate::model::plan::{Basis, Plan, PlannedHost};
use crate::model::scan::Scan;
use crate::plan::{PlanInputs, check_waves, make_plan};
use crate::playbook::Playbook;
use crate::report::fold::fold_line;
use crate::ssh::SshTransport;

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct RebootWish<'a> {
    /// The hosts, beside `--limit` and the playbook's own.
    pub expression: Option<&'a str>,
    /// Whether hosts that need no reboot get one.
    pub always: bool,
}

/// A plan that only reboots.
#[derive(Debug)]
pub struct Reboots {
    /// What it was made from.
    pub scan: Scan,
    /// The plan.
    pub plan: Plan,
    /// What is worth a warning, each in a sentence.
    pub warnings: Vec<String>,
}

/// The playbook that was named, or the built-in one, without its updates.
///
/// # Errors
/// When the playbook has mistakes.
pub fn read_playbook_of_reboots(path: Option<&Path>, session: &Session<'_>) -> Result<Playbook, Failure> {
    let mut playbook = crate::cli::commands::playbook::load(path, &session.inventory)?;
    playbook.updates.install.clear();
    Ok(playbook)
}

/// Scans and plans. Waves are looked at before any host is contacted.
///
/// # Errors
/// When the selection or a wave is wrong, or the ledger cannot be used.
pub async fn plan_reboots(
    session: &Session<'_>,
    playbook: &Playbook,
    wish: RebootWish<'_>,
    transport: &SshTransport,
    ledger: &mut SqliteLedger,
) -> Result<Reboots, Failure> {
    let selected = session.select(wish.expression, Some(&playbook.select))?;
    let knowledge = session.knowledge(&playbook.wave_expressions().cloned().collect::<Vec<_>>())?;
    check_waves(playbook, &session.inventory, &selected, &knowledge)?;
    // Whether a reboot is due is read from the host; its package lists have nothing to say about it.
    let scan = session.scan(&selected, RefreshChoice::Never, transport, ledger).await?;
    let now = Timestamp::now();
    let now = now.round(Unit::Second).unwrap_or(now);
    let inputs = PlanInputs {
        playbook,
        inventory: &session.inventory,
        selected: &selected,
        scan: &scan,
        knowledge: &knowledge,
        first_seen: &FirstSeen::default(),
        known_exploited: None,
        now,
    };
    let mut plan = make_plan(&inputs)?.plan;
    let mut left_out = Vec::new();
    let mut local = Vec::new();
    let of_inventory = |name: &HostName| selected.iter().find(|host| host.name == *name);
    for host in plan.waves.iter_mut().flat_map(|wave| wave.batches.iter_mut().flatten()) {
        let own = of_inventory(&host.name);
        let is_local = own.is_some_and(|own| own.connect == Connect::Local);
        let is_never = own.is_some_and(|own| own.reboot == Some(RebootPolicy::Never));
        if is_due(host, wish.always) && (is_local || is_never) {
            let names = if is_local { &mut local } else { &mut left_out };
            names.push(host.name.to_string());
        }
        only_reboot(host, wish.always, is_never || is_local);
    }
    plan.rules.secure_old = false;
    plan.rules.run.rebooting.asked = wish.always;
    plan.rules.updates.install.clear();
    Ok(Reboots {
        scan,
        plan,
        warnings: warnings(&left_out, &local),
    })
}

fn is_due(host: &PlannedHost, always: bool) -> bool {
    matches!(&host.basis, Basis::Scanned { reboot_required, .. } if *reboot_required || always)
}

fn only_reboot(host: &mut PlannedHost, always: bool, never: bool) {
    host.changes = Arc::default();
    host.may_bring = Arc::default();
    host.removes.clear();
    host.left_out.clear();
    host.foresight = None;
    host.reboot = match (never, always) {
        (true, _) => RebootPolicy::Never,
        (false, true) => RebootPolicy::Always,
        (false, false) => RebootPolicy::IfNeeded,
    };
    if let Basis::Scanned { reboot_required, .. } = &mut host.basis {
        *reboot_required |= always && !never;
    }
}

fn warnings(left_out: &[String], local: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    if !left_out.is_empty() {
        let names = fold_line(left_out.iter().map(String::as_str), 6);
        warnings.push(format!(
            "not rebooted, because the inventory says `reboot: never`: {names}"
        ));
    }
    if !local.is_empty() {
        let names = fold_line(local.iter().map(String::as_str), 6);
        warnings.push(format!(
            "the machine that patchwave runs on does not reboot itself: {names}"
        ));
    }
    warnings
}
