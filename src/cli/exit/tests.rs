//! The exit codes of runs, by what happened to their hosts.

use std::time::Duration;

use super::*;
use crate::model::error::HostError;
use crate::model::name::WaveName;
use crate::model::plan::{Budget, PlannedWave};
use crate::model::run::WaveReport;
use crate::model::test_runs::{host_report, plan_of, run_report};

fn wave() -> WaveName {
    WaveName::new("fleet").unwrap()
}

fn plan(tolerated: usize, hosts: usize) -> Plan {
    let wave = PlannedWave {
        name: wave(),
        batches: Vec::new(),
        parallel: 1,
        budget: Budget { tolerated, hosts },
        soak: Duration::ZERO,
        gates: Vec::new(),
    };
    plan_of("scan", vec![wave])
}

fn host(number: usize, state: HostRunState, code: Option<ErrorCode>) -> HostReport {
    HostReport {
        error: code.map(|code| HostError::new(code, "it failed", "look")),
        ..host_report(&format!("h{number}"), wave().as_str(), state)
    }
}

fn ended(tolerated: usize, outcome: RunOutcome, hosts: &[(HostRunState, Option<ErrorCode>)]) -> Exit {
    let hosts: Vec<HostReport> = hosts
        .iter()
        .enumerate()
        .map(|(number, (state, code))| host(number, *state, *code))
        .collect();
    let wave = WaveReport {
        name: wave(),
        outcome: if outcome == RunOutcome::Completed {
            WaveOutcome::Passed
        } else {
            WaveOutcome::Failed
        },
        hosts: hosts.iter().map(|host| host.name.clone()).collect(),
    };
    let report = RunReport {
        waves: vec![wave],
        ..run_report("run", outcome, hosts)
    };
    run_exit(&plan(tolerated, report.hosts.len()), &report)
}

#[test]
fn drift_has_its_own_code_where_it_is_all_that_went_wrong() {
    use HostRunState::{Failed, Patched, Skipped, Unreachable};
    use RunOutcome::{Completed, OutOfTime, Stopped};
    let gone = (Failed, Some(ErrorCode::Gone));
    let drifted = (Failed, Some(ErrorCode::Drift));
    let broken = (Failed, Some(ErrorCode::Manager));
    let silent = (Unreachable, Some(ErrorCode::Connect));
    let fine = (Patched, None);
    for (tolerated, outcome, hosts, exit) in [
        (0, Completed, vec![fine, (Skipped, None)], Exit::Done),
        (0, Completed, vec![fine, (Skipped, Some(ErrorCode::Hook))], Exit::Done),
        // A host that its domain could not spare is not done.
        (
            0,
            Completed,
            vec![fine, (Skipped, Some(ErrorCode::Domain))],
            Exit::HostsFailed,
        ),
        (0, Stopped, vec![(Skipped, Some(ErrorCode::Domain))], Exit::Stopped),
        (1, Completed, vec![fine, gone, fine], Exit::Outdated),
        (2, Completed, vec![fine, gone, drifted, fine], Exit::Outdated),
        (2, Completed, vec![fine, gone, broken, fine], Exit::HostsFailed),
        (2, Completed, vec![fine, gone, silent, fine], Exit::HostsFailed),
        (1, Completed, vec![fine, silent, fine], Exit::Unreachable),
        (0, Stopped, vec![fine, gone], Exit::Outdated),
        (0, Stopped, vec![gone, drifted], Exit::Outdated),
        (0, Stopped, vec![gone, broken], Exit::Stopped),
        // A gate stopped it: the drift was within the budget.
        (1, Stopped, vec![fine, fine, gone], Exit::Stopped),
        // Nothing was tested.
        (0, Stopped, vec![(Skipped, None)], Exit::Outdated),
        (0, Stopped, vec![fine, fine], Exit::Stopped),
        // A window that closed hides no failure.
        (1, OutOfTime, vec![fine, broken], Exit::HostsFailed),
        (1, OutOfTime, vec![fine, silent], Exit::OutsideWindow),
        (0, OutOfTime, vec![fine, fine], Exit::OutsideWindow),
    ] {
        assert_eq!(
            ended(tolerated, outcome, &hosts),
            exit,
            "{tolerated} {outcome:?} {hosts:?}"
        );
    }
}
