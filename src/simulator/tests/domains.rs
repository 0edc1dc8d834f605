//! Domains while a plan runs: hosts behind real SSH, of which only so many are ever down together.

use std::time::Duration;

use super::super::Fault;
use super::super::system::Effect;
use super::Fleet;
use super::operator::run_watched;
use super::rollouts::{plan, run, states, system};
use crate::model::error::ErrorCode;
use crate::model::event::EventKind;
use crate::model::host::RebootPolicy;
use crate::model::name::{DomainName, HostName};
use crate::model::plan::{Plan, PlannedDomain};
use crate::model::quorum::{QuorumPlace, QuorumRule};
use crate::model::run::{HostRunState, RunOutcome};
use crate::rollout::Waits;

fn domain(plan: &mut Plan, name: &str, limit: usize, members: &[&str]) {
    plan.domains.push(PlannedDomain {
        name: DomainName::new(name).unwrap(),
        limit,
        members: members.iter().map(|name| HostName::new(*name).unwrap()).collect(),
        down: Vec::new(),
        quorum: None,
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

/// A rule that asks this machine, and gives up soon.
fn ask(command: &[&str], wait: u64) -> Option<QuorumRule> {
    Some(QuorumRule {
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        on: QuorumPlace::Controller,
        timeout: Duration::from_secs(5),
        interval: Duration::from_millis(50),
        wait: Duration::from_millis(wait),
    })
}

#[tokio::test]
async fn a_host_for_which_the_quorum_does_not_agree_is_left_out_and_untouched() {
    let fleet = Fleet::start(["a", "b", "c"].map(|name| system(name, None))).await;
    let mut plan = plan(&fleet.scan().await, &[&["a", "b", "c"]], RebootPolicy::Never);
    domain(&mut plan, "cluster", 1, &["a", "b"]);
    plan.domains[0].quorum = ask(&["test", "{{ host.name }}", "=", "b"], 200);
    let (report, events) = run(&fleet, &plan).await;
    use HostRunState::{Patched, Skipped};
    assert_eq!(states(&report), [Skipped, Patched, Patched], "{report:?}");
    let error = report.hosts[0].error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::Domain);
    assert!(
        error
            .message
            .contains("the quorum command of domain `cluster` did not agree within 200ms: exit 1"),
        "{error}"
    );
    assert_eq!(fleet.system("a").transactions(), 0);
    let of_a = events
        .iter()
        .filter(|event| event.host().is_some_and(|host| host.as_str() == "a"));
    let of_a: Vec<&EventKind> = of_a.collect();
    assert!(
        matches!(
            of_a.as_slice(),
            [
                EventKind::QuorumAsked { met: false, .. },
                EventKind::HostFinished { .. }
            ]
        ),
        "{of_a:?}"
    );
    let agreed =
        |event: &EventKind| matches!(event, EventKind::QuorumAsked { met: true, host, .. } if host.as_str() == "b");
    let begun = |event: &EventKind| matches!(event, EventKind::HostStarted { host, .. } if host.as_str() == "b");
    let (agreed, begun) = (
        events.iter().position(agreed).unwrap(),
        events.iter().position(begun).unwrap(),
    );
    assert_eq!(agreed + 1, begun, "the answer is kept right before the start");
}

#[tokio::test]
async fn a_host_waits_until_the_quorum_agrees() {
    let fleet = Fleet::start(["a", "b"].map(|name| system(name, None))).await;
    let mut plan = plan(&fleet.scan().await, &[&["a"], &["b"]], RebootPolicy::Never);
    domain(&mut plan, "cluster", 1, &["a", "b"]);
    let folder = tempfile::tempdir().unwrap();
    let synced = folder.path().join("synced");
    plan.domains[0].quorum = ask(&["test", "-e", synced.to_str().unwrap()], 60_000);
    let later = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        std::fs::write(&synced, "").unwrap();
    };
    let ((report, events), ()) = tokio::join!(run(&fleet, &plan), later);
    assert_eq!(states(&report), [HostRunState::Patched; 2], "{report:?}");
    let answers = events.iter().filter_map(|event| match event {
        EventKind::QuorumAsked { host, met, .. } => Some((host.as_str(), *met)),
        _ => None,
    });
    assert_eq!(answers.collect::<Vec<_>>(), [("a", false), ("a", true), ("b", true)]);
}

#[tokio::test]
async fn a_quorum_command_is_asked_for_one_host_after_the_other() {
    let fleet = Fleet::start(["a", "b", "c"].map(|name| system(name, None))).await;
    let mut plan = plan(&fleet.scan().await, &[&["a", "b", "c"]], RebootPolicy::Never);
    plan.waves[0].parallel = 3;
    domain(&mut plan, "cluster", 2, &["a", "b", "c"]);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let script = "echo begin >>\"$0\"; sleep 0.3; echo end >>\"$0\"";
    plan.domains[0].quorum = ask(&["sh", "-c", script, log.to_str().unwrap()], 60_000);
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(states(&report), [HostRunState::Patched; 3], "{report:?}");
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "begin\nend\n".repeat(3));
}

#[tokio::test]
async fn another_host_of_the_domain_answers_that_is_up() {
    let fleet = Fleet::start(["a", "b", "c"].map(|name| system(name, None))).await;
    let mut plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
    domain(&mut plan, "cluster", 2, &["a", "b", "c"]);
    plan.domains[0].down = vec![HostName::new("b").unwrap()];
    plan.domains[0].quorum = ask(&["true"], 100).map(|rule| QuorumRule {
        on: QuorumPlace::Host,
        ..rule
    });
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(states(&report), [HostRunState::Patched], "{report:?}");
    let said = events.iter().find_map(|event| match event {
        EventKind::QuorumAsked { detail, .. } => Some(detail.as_str()),
        _ => None,
    });
    assert!(said.unwrap().starts_with("c: exit 0"), "{said:?}");
}

#[tokio::test]
async fn a_host_that_dies_after_it_was_done_uses_up_its_domain() {
    let fleet = Fleet::start(["a", "b", "c", "d"].map(|name| system(name, None))).await;
    let mut plan = plan(&fleet.scan().await, &[&["a"], &["b", "c", "d"]], RebootPolicy::Never);
    domain(&mut plan, "cluster", 1, &["a", "b", "c"]);
    let (report, events) = run_watched(&fleet, &plan, Waits::Here, |event, _| {
        if matches!(event, EventKind::WaveFinished { wave, .. } if wave.as_str() == "wave-0") {
            fleet.fleet.host("a").unwrap().set_fault(Fault::RefuseConnections);
        }
    })
    .await;
    use HostRunState::{Patched, Skipped};
    assert_eq!(states(&report), [Patched, Skipped, Skipped, Patched], "{report:?}");
    let error = report.hosts[1].error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::Domain);
    assert!(error.message.contains("these stay down: a"), "{error}");
    for name in ["b", "c"] {
        assert_eq!(fleet.system(name).transactions(), 0);
    }
    let down = |event: &&EventKind| matches!(event, EventKind::HostDown { host, .. } if host.as_str() == "a");
    assert_eq!(events.iter().filter(down).count(), 1, "it is told once");
}
