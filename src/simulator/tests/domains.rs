//! Domains while a plan runs: hosts behind real SSH, of which only so many are ever down together.

use super::super::system::Effect;
use super::Fleet;
use super::rollouts::{plan, run, states, system};
use crate::model::error::ErrorCode;
use crate::model::event::EventKind;
use crate::model::host::RebootPolicy;
use crate::model::name::{DomainName, HostName};
use crate::model::plan::{Plan, PlannedDomain};
use crate::model::run::{HostRunState, RunOutcome};

fn domain(plan: &mut Plan, name: &str, limit: usize, members: &[&str]) {
    plan.domains.push(PlannedDomain {
        name: DomainName::new(name).unwrap(),
        limit,
        members: members.iter().map(|name| HostName::new(*name).unwrap()).collect(),
        down: Vec::new(),
    });
}

/// The most hosts of these that were between their start and their end at any time.
fn most_at_once(events: &[EventKind], members: &[&str]) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for event in events {
        match event {
            EventKind::HostStarted { host, .. } if members.contains(&host.as_str()) => now += 1,
            EventKind::HostFinished { host, .. } if members.contains(&host.as_str()) => now -= 1,
            _ => {}
        }
        most = now.max(most);
    }
    most
}

#[tokio::test]
async fn a_domain_runs_one_by_one_while_others_run_beside_it() {
    let names = ["a", "b", "c", "d", "e"];
    let fleet = Fleet::start(names.map(|name| system(name, None))).await;
    let mut plan = plan(&fleet.scan().await, &[&names], RebootPolicy::Never);
    plan.waves[0].parallel = names.len();
    domain(&mut plan, "cluster", 1, &["a", "b", "c"]);
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(report.outcome, RunOutcome::Completed, "{report:?}");
    assert_eq!(states(&report), [HostRunState::Patched; 5]);
    assert_eq!(most_at_once(&events, &["a", "b", "c"]), 1);
    assert!(most_at_once(&events, &names) >= 2);
}

#[tokio::test]
async fn a_failed_host_keeps_the_rest_of_its_domain_up_in_later_waves_too() {
    let fleet = Fleet::start([
        system("a", Some(Effect::ScriptFails)),
        system("b", None),
        system("c", None),
        system("d", None),
    ])
    .await;
    let mut plan = plan(&fleet.scan().await, &[&["a", "b"], &["c", "d"]], RebootPolicy::Never);
    plan.waves[0].budget.tolerated = 1;
    domain(&mut plan, "cluster", 1, &["a", "b", "c"]);
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(
        states(&report),
        [
            HostRunState::Failed,
            HostRunState::Skipped,
            HostRunState::Skipped,
            HostRunState::Patched
        ]
    );
    let error = report.hosts[1].error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::Domain);
    assert!(
        error
            .message
            .contains("domain `cluster` may have 1 of its hosts down, and these stay down: a"),
        "{error}"
    );
    for name in ["b", "c"] {
        assert_eq!(fleet.system(name).transactions(), 0);
        let begun = |event: &EventKind| matches!(event, EventKind::HostStarted { host, .. } if host.as_str() == name);
        assert!(!events.iter().any(begun), "{name}");
    }
}
