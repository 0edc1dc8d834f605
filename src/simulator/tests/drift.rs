//! Hosts that are no longer as planned: what the policy says is done, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use super::super::system::Offer;
use super::rollouts::{plan, run, states, system};
use super::{Events, Fleet};
use crate::model::drift::{DriftAction, DriftClass, HostDrift};
use crate::model::error::ErrorCode;
use crate::model::event::EventKind;
use crate::model::host::RebootPolicy;
use crate::model::plan::Plan;
use crate::model::run::{HostRunState, RunOutcome};
use crate::rollout::{EventSink, Limits, RunContext, SinkError, run_plan};

/// Two hosts in two waves, planned to get webshop 2.0-1, of which `a` is offered 3.0-1 alone and `b` both.
async fn moved_on() -> (Fleet, Plan) {
    let fleet = Fleet::start([system("a", None), system("b", None)]).await;
    let plan = plan(&fleet.scan().await, &[&["a"], &["b"]], RebootPolicy::Never);
    let newest = || Offer::new("3.0-1", "Acme/stable", 1);
    fleet.system("a").change(|system| {
        system.package_mut("webshop").unwrap().offers = vec![newest()];
    });
    fleet.system("b").change(|system| {
        system.package_mut("webshop").unwrap().offers.push(newest());
    });
    (fleet, plan)
}

fn drifts(events: &[EventKind]) -> Vec<&HostDrift> {
    let drifts = events.iter().map(|event| match event {
        EventKind::HostDrifted { drift, .. } => Some(drift),
        _ => None,
    });
    drifts.flatten().collect()
}

fn webshop(fleet: &Fleet, host: &str) -> String {
    let system = fleet.system(host).system();
    system.package("webshop").unwrap().version().unwrap().to_owned()
}

#[tokio::test]
async fn what_a_wave_ran_that_was_planned_anew_is_what_later_ones_get() {
    let (fleet, mut plan) = moved_on().await;
    plan.rules.drift.vanished = DriftAction::Replan;
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(report.outcome, RunOutcome::Completed, "{report:?}");
    assert_eq!(states(&report), [HostRunState::Patched; 2]);
    assert_eq!(
        (webshop(&fleet, "a"), webshop(&fleet, "b")),
        ("3.0-1".into(), "3.0-1".into())
    );
    let drift = report.hosts[0].drift.as_ref().unwrap();
    assert_eq!(
        (drift.class, drift.action),
        (DriftClass::Vanished, Some(DriftAction::Replan))
    );
    let instead = drift.instead.as_ref().unwrap();
    assert!(
        instead.iter().any(|change| change.to.as_str() == "3.0-1"),
        "{instead:?}"
    );
    let promoted = &report.hosts[1].promoted[0];
    assert_eq!(
        (promoted.planned.as_str(), promoted.promoted.as_str()),
        ("2.0-1", "3.0-1")
    );
    assert_eq!(promoted.ran_on.as_str(), "a");
    assert_eq!(report.hosts[1].drift, None);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, EventKind::HostPromoted { .. }))
    );
    // Drift is kept before the job is begun.
    let place = |wanted: fn(&EventKind) -> bool| events.iter().position(wanted).unwrap();
    let drifted = place(|event| matches!(event, EventKind::HostDrifted { .. }));
    let begun = place(|event| format!("{event:?}").contains("Downloading"));
    assert!(drifted < begun);
}

#[tokio::test]
async fn without_a_plan_made_anew_the_planned_versions_stand() {
    let (fleet, plan) = moved_on().await;
    fleet.system("a").change(|system| {
        let offers = &mut system.package_mut("webshop").unwrap().offers;
        offers.insert(0, Offer::new("2.0-1", "Acme/stable", 1));
    });
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(states(&report), [HostRunState::Patched; 2], "{report:?}");
    assert_eq!(
        (webshop(&fleet, "a"), webshop(&fleet, "b")),
        ("2.0-1".into(), "2.0-1".into())
    );
    assert_eq!(drifts(&events).len(), 2);
    for drift in drifts(&events) {
        assert_eq!(
            (drift.class, drift.action),
            (DriftClass::Superseded, Some(DriftAction::Pinned))
        );
    }
}

#[tokio::test]
async fn a_test_wave_that_is_left_out_tests_nothing() {
    let (fleet, mut plan) = moved_on().await;
    plan.rules.drift.vanished = DriftAction::SkipHost;
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(states(&report), [HostRunState::Skipped, HostRunState::NotStarted]);
    assert_eq!(report.outcome, RunOutcome::Stopped);
    let reason = report.reason.unwrap();
    assert!(reason.contains("tested nothing"), "{reason}");
    // In the last wave nothing waits behind it.
    let (fleet, mut plan) = moved_on().await;
    plan.rules.drift.vanished = DriftAction::SkipHost;
    plan.waves.reverse();
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(states(&report), [HostRunState::Patched, HostRunState::Skipped]);
    assert_eq!(
        (report.outcome, report.hosts[1].error.clone()),
        (RunOutcome::Completed, None)
    );
    assert_eq!(fleet.system("a").transactions(), 0);
}

#[tokio::test]
async fn what_is_planned_and_there_already_is_unchanged() {
    let (fleet, plan) = moved_on().await;
    fleet.system("a").change(|system| {
        for (name, version) in [("webshop", "2.0-1"), ("libssl3", "3.0.17-1")] {
            system.package_mut(name).unwrap().installed = vec![version.to_owned()];
        }
    });
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(
        states(&report),
        [HostRunState::Unchanged, HostRunState::Patched],
        "{report:?}"
    );
    assert_eq!(report.hosts[0].drift.as_ref().unwrap().class, DriftClass::AlreadyThere);
    assert_eq!(fleet.system("a").transactions(), 0);
}

#[tokio::test]
async fn another_address_and_no_address_are_other_hosts() {
    let (fleet, mut plan) = moved_on().await;
    plan.waves[0].batches[0][0].port += 1;
    let (report, events) = run(&fleet, &plan).await;
    let error = report.hosts[0].error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::Drift, "{error}");
    assert_eq!(drifts(&events)[0].class, DriftClass::HostChanged);
    // It was not even contacted.
    assert!(!events.iter().any(|event| matches!(event, EventKind::HostPhase { .. })));
    let (fleet, mut plan) = moved_on().await;
    plan.waves[0].batches[0][0].name = crate::model::name::HostName::new("gone").unwrap();
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(report.hosts[0].error.as_ref().unwrap().code, ErrorCode::Drift);
    assert_eq!(report.hosts[0].drift.as_ref().unwrap().class, DriftClass::HostChanged);
}

/// Keeps everything but drift.
#[derive(Default)]
struct Forgetful(Events);

impl EventSink for Forgetful {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        if matches!(kind, EventKind::HostDrifted { .. }) {
            return Err(SinkError("the disk is full".to_owned()));
        }
        self.0.record(kind)
    }
}

/// [`moved_on`] with a third host `c` beside `a`, on which nothing has moved; `b` is offered the planned version too.
async fn with_a_second_test_host() -> (Fleet, Plan) {
    let fleet = Fleet::start([system("a", None), system("b", None), system("c", None)]).await;
    let mut plan = plan(&fleet.scan().await, &[&["a", "c"], &["b"]], RebootPolicy::Never);
    plan.rules.drift.vanished = DriftAction::Replan;
    let newest = || Offer::new("3.0-1", "Acme/stable", 1);
    fleet.system("a").change(|system| {
        system.package_mut("webshop").unwrap().offers = vec![newest()];
    });
    fleet.system("b").change(|system| {
        system.package_mut("webshop").unwrap().offers.push(newest());
    });
    (fleet, plan)
}

/// Puts every planned version on a host.
fn brought_up_to_date(fleet: &Fleet, host: &str) {
    fleet.system(host).change(|system| {
        for (name, version) in [("webshop", "2.0-1"), ("libssl3", "3.0.17-1")] {
            system.package_mut(name).unwrap().installed = vec![version.to_owned()];
        }
    });
}

#[tokio::test]
async fn what_another_system_ran_is_promoted_to_no_host_of_the_planned_one() {
    let (fleet, mut plan) = moved_on().await;
    plan.rules.drift.vanished = DriftAction::Replan;
    plan.rules.drift.host_changed = DriftAction::Replan;
    fleet.system("a").change(|system| {
        system.os_release = "ID=debian\nVERSION_ID=\"13\"\n".to_owned();
    });
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(states(&report), [HostRunState::Patched; 2], "{report:?}");
    assert_eq!(
        (webshop(&fleet, "a"), webshop(&fleet, "b")),
        ("3.0-1".into(), "2.0-1".into())
    );
    assert_eq!(report.hosts[1].promoted, []);
}

#[tokio::test]
async fn a_version_whose_host_failed_afterwards_is_not_promoted() {
    let (fleet, mut plan) = with_a_second_test_host().await;
    let batch = &mut plan.waves[0].batches[0];
    batch[0].reboot = RebootPolicy::Always;
    let others = batch[1].changes.iter().filter(|one| one.package.as_str() != "webshop");
    batch[1].changes = others.cloned().collect();
    plan.waves[0].budget.tolerated = 1;
    fleet
        .system("a")
        .change(|system| system.down_time = Duration::from_secs(3600));
    let limits = Limits {
        reboot: Duration::from_millis(500),
        ..Limits::default()
    };
    let context = RunContext {
        limits,
        ..fleet.context()
    };
    let ended = run_plan(&plan, context, &mut Events::default()).await;
    let report = ended.report;
    let expected = [HostRunState::Failed, HostRunState::Patched, HostRunState::Patched];
    assert_eq!(states(&report), expected, "{report:?}");
    assert_eq!(
        (webshop(&fleet, "a"), webshop(&fleet, "b")),
        ("3.0-1".into(), "2.0-1".into())
    );
    assert_eq!(report.hosts[2].promoted, []);
}

#[tokio::test]
async fn a_host_that_was_at_the_planned_version_counts_as_having_run_it() {
    let (fleet, plan) = with_a_second_test_host().await;
    brought_up_to_date(&fleet, "c");
    let (report, _) = run(&fleet, &plan).await;
    let expected = [HostRunState::Patched, HostRunState::Unchanged, HostRunState::Patched];
    assert_eq!(states(&report), expected, "{report:?}");
    assert_eq!(
        (webshop(&fleet, "a"), webshop(&fleet, "b")),
        ("3.0-1".into(), "2.0-1".into())
    );
    assert_eq!(report.hosts[2].promoted, []);
}

#[tokio::test]
async fn a_test_wave_needs_a_host_with_work_that_was_not_left_out() {
    let (fleet, mut plan) = with_a_second_test_host().await;
    plan.rules.drift.vanished = DriftAction::SkipHost;
    plan.waves[0].batches[0][1].changes = Arc::default();
    let (report, _) = run(&fleet, &plan).await;
    let expected = [HostRunState::Skipped, HostRunState::Unchanged, HostRunState::NotStarted];
    assert_eq!(states(&report), expected, "{report:?}");
    assert!(report.reason.unwrap().contains("tested nothing"));
    // One that is at the planned versions is a test.
    let (fleet, mut plan) = with_a_second_test_host().await;
    plan.rules.drift.vanished = DriftAction::SkipHost;
    brought_up_to_date(&fleet, "c");
    let (report, _) = run(&fleet, &plan).await;
    let expected = [HostRunState::Skipped, HostRunState::Unchanged, HostRunState::Patched];
    assert_eq!(states(&report), expected, "{report:?}");
}

#[tokio::test]
async fn drift_that_cannot_be_kept_changes_nothing() {
    let (fleet, mut plan) = moved_on().await;
    plan.rules.drift.vanished = DriftAction::Replan;
    let ended = run_plan(&plan, fleet.context(), &mut Forgetful::default()).await;
    assert!(ended.broken.is_some());
    assert_eq!(ended.report.outcome, RunOutcome::Failed);
    for name in ["a", "b"] {
        assert_eq!(fleet.system(name).transactions(), 0, "{name}");
    }
}
