//! Whether the demo went as it says: the reports in the ledger, and the state of the simulated hosts themselves.

use std::collections::BTreeMap;

use super::fleet::{BAD_PACKAGE, BAD_VERSION, CANARY, DemoFleet, VICTIM};
use super::story::Ending;
use crate::model::run::{HostReport, HostRunState, RunOutcome, RunReport, WaveOutcome};

/// What is installed on each host: name, architecture and versions.
pub(super) type Snapshot = BTreeMap<&'static str, BTreeMap<String, Vec<String>>>;

/// What is installed now.
pub(super) fn snapshot(fleet: &DemoFleet) -> Snapshot {
    fleet
        .systems
        .iter()
        .map(|(name, system)| (*name, system.system().installed()))
        .collect()
}

/// The first run: stopped in its first wave because of the victim, the others not started.
pub(super) fn check_stopped(report: &RunReport) -> Result<(), Ending> {
    let outcomes: Vec<WaveOutcome> = report.waves.iter().map(|wave| wave.outcome).collect();
    let is_caught = report.reason.as_deref().is_some_and(|reason| reason.contains(VICTIM));
    let others_wait = report
        .hosts
        .iter()
        .filter(|host| !CANARY.contains(&host.name.as_str()))
        .all(|host| host.state == HostRunState::NotStarted);
    if outcomes == [WaveOutcome::Failed, WaveOutcome::NotStarted] && is_caught && others_wait {
        return Ok(());
    }
    Err(Ending::Unexpected(format!(
        "the first run ended otherwise: {}",
        report.reason.as_deref().unwrap_or("without a reason")
    )))
}

/// The second run: every host patched, those of the first wave unchanged.
pub(super) fn check_completed(report: &RunReport) -> Result<(), Ending> {
    let is_fine = |host: &HostReport| match host.state {
        HostRunState::Unchanged => CANARY.contains(&host.name.as_str()),
        state => state == HostRunState::Patched,
    };
    if report.outcome == RunOutcome::Completed && report.hosts.iter().all(is_fine) {
        return Ok(());
    }
    Err(Ending::Unexpected("the second run left hosts behind".to_owned()))
}

/// Asks the hosts after the first run: the victim has the bad version, and nothing was done to the hosts of
/// later waves. The result is their number.
pub(super) fn check_untouched(fleet: &DemoFleet, before: &Snapshot) -> Result<usize, Ending> {
    let mut untouched = 0;
    for (name, host) in fleet.systems.iter().filter(|(name, _)| !CANARY.contains(name)) {
        if host.transactions() != 0 || before.get(name) != Some(&host.system().installed()) {
            return Err(Ending::Unexpected(format!(
                "{name} was touched, and its wave never began"
            )));
        }
        untouched += 1;
    }
    let victim = fleet.systems.get(VICTIM).map(|host| host.system());
    let version = victim
        .as_ref()
        .and_then(|system| system.package(BAD_PACKAGE)?.version());
    if version != Some(BAD_VERSION) {
        return Err(Ending::Unexpected(format!("{VICTIM} never got the bad update")));
    }
    Ok(untouched)
}

/// Asks the hosts in the end: everything is installed but the excluded package, by one transaction each.
pub(super) fn check_final_state(fleet: &DemoFleet) -> Result<(), Ending> {
    for (name, host) in &fleet.systems {
        let system = host.system();
        let left = system.upgradable_names();
        let is_patched = left.iter().all(|package| package == BAD_PACKAGE);
        let is_running = system.services.iter().all(|service| service.active);
        if !is_patched || !is_running || host.transactions() != 1 || host.jobs_left() != 0 {
            return Err(Ending::Unexpected(format!(
                "{name} is not as it should be: transactions: {}, still to update: {}",
                host.transactions(),
                left.join(", ")
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::WaveName;
    use crate::model::run::WaveReport;
    use crate::model::test_runs::{host_report, run_report};

    fn report(reason: Option<&str>, later: HostRunState) -> RunReport {
        let wave = |name: &str, outcome| WaveReport {
            name: WaveName::new(name).unwrap(),
            outcome,
            hosts: Vec::new(),
        };
        let hosts = vec![
            host_report(VICTIM, "canary", HostRunState::Patched),
            host_report("web02", "fleet", later),
        ];
        RunReport {
            reason: reason.map(str::to_owned),
            waves: vec![
                wave("canary", WaveOutcome::Failed),
                wave("fleet", WaveOutcome::NotStarted),
            ],
            ..run_report("run", RunOutcome::Stopped, hosts)
        }
    }

    #[test]
    fn a_demo_that_goes_another_way_is_noticed() {
        let reason = Some("gate `service runs` of wave `canary` failed: web01: exit 3");
        assert!(check_stopped(&report(reason, HostRunState::NotStarted)).is_ok());
        assert!(check_stopped(&report(reason, HostRunState::Patched)).is_err());
        assert!(check_stopped(&report(Some("db01 was unreachable"), HostRunState::NotStarted)).is_err());
        assert!(check_stopped(&report(None, HostRunState::NotStarted)).is_err());
        assert!(check_completed(&report(reason, HostRunState::Patched)).is_err());
    }
}
