//! Plans and reports for tests, made of few words. A test says what it is about; the rest is as quiet as can be.

use jiff::Timestamp;

use super::name::{HostName, RunId, WaveName};
use super::plan::{Plan, PlanRules, PlannedWave};
use super::run::{HostReport, HostRunState, RunOutcome, RunReport};

/// A plan of these waves, without rules.
pub fn plan_of(scan: &str, waves: Vec<PlannedWave>) -> Plan {
    Plan {
        scan: RunId::new(scan).unwrap(),
        made: Timestamp::UNIX_EPOCH,
        playbook: "test".to_owned(),
        rules: PlanRules::default(),
        domains: Vec::new(),
        waves,
    }
}

/// A host that ended in that state after a millisecond, with nothing else to tell.
pub fn host_report(name: &str, wave: &str, state: HostRunState) -> HostReport {
    HostReport {
        name: HostName::new(name).unwrap(),
        wave: WaveName::new(wave).unwrap(),
        state,
        rebooted: false,
        duration_ms: 1,
        error: None,
        changed: Vec::new(),
        down_seconds: None,
        differences: Vec::new(),
        restarted: Vec::new(),
        needs_restart: Vec::new(),
        left_over: Vec::new(),
        downloaded_bytes: None,
        drift: None,
        promoted: Vec::new(),
        secured: None,
    }
}

/// A run that ended like this, with these hosts and no waves.
pub fn run_report(run: &str, outcome: RunOutcome, hosts: Vec<HostReport>) -> RunReport {
    RunReport {
        run: RunId::new(run).unwrap(),
        plan: None,
        rollback: None,
        outcome,
        reason: None,
        waves: Vec::new(),
        hosts,
        experimental: Vec::new(),
        not_undone: Vec::new(),
    }
}
