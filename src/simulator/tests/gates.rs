//! Gates in runs: of hosts, before the wave, when nothing can be measured, and of waves that have passed.

use std::time::Duration;

use super::super::system::Effect;
use super::Fleet;
use super::operator::{run_watched, say_later};
use super::rollouts::{plan, run, states, system};
use crate::model::error::ErrorCode;
use crate::model::event::EventKind;
use crate::model::gate::{
    BaselineRule, Gate, GateCheck, GatePlace, GateResult, GateScope, Relook, UnitState, UnknownRule,
};
use crate::model::host::RebootPolicy;
use crate::model::order::Order;
use crate::model::plan::Plan;
use crate::model::run::{HostRunState, RunOutcome, RunReport, WaveOutcome};
use crate::rollout::{Control, Waits};

fn shop_runs() -> Gate {
    let check = GateCheck::Unit {
        unit: "webshop.service".to_owned(),
        state: UnitState::Active,
    };
    Gate {
        interval: Duration::from_millis(10),
        timeout: Duration::from_secs(10),
        ..Gate::new("shop runs", check)
    }
}

/// What no host knows how to do.
fn nobody_can_measure() -> Gate {
    let check = GateCheck::Command {
        run: vec!["no-such-check".to_owned()],
        on: GatePlace::Host,
    };
    Gate {
        interval: Duration::from_millis(10),
        ..Gate::new("unknown", check)
    }
}

async fn planned(fleet: &Fleet, waves: &[&[&str]], gate: Gate) -> Plan {
    let mut plan = plan(&fleet.scan().await, waves, RebootPolicy::Never);
    plan.waves[0].gates.push(gate);
    plan
}

fn reason(report: &RunReport) -> &str {
    report.reason.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn a_gate_of_hosts_fails_its_host_and_uses_up_the_budget() {
    let breaks = || Some(Effect::BreaksService("webshop".to_owned()));
    let own = Gate {
        scope: GateScope::Host,
        ..shop_runs()
    };
    let fleet = Fleet::start([
        system("a", breaks()),
        system("b", None),
        system("c", breaks()),
        system("d", None),
    ])
    .await;
    let mut plan = planned(&fleet, &[&["a", "b", "c", "d"]], own).await;
    plan.waves[0].budget.tolerated = 1;
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(report.outcome, RunOutcome::Stopped);
    use HostRunState::{Failed, NotStarted, Patched};
    assert_eq!(states(&report), [Failed, Patched, Failed, NotStarted]);
    let error = report.hosts[0].error.as_ref().unwrap();
    assert!(
        error.code == ErrorCode::Gate && error.message.contains("shop runs"),
        "{error}"
    );
    assert!(
        !report.hosts[0].changed.is_empty(),
        "what was installed is told all the same"
    );
    let place = |wanted: fn(&EventKind) -> bool| events.iter().position(wanted).unwrap();
    let measured = place(|event| matches!(event, EventKind::GateMeasured { passed: false, .. }));
    let ended = place(|event| matches!(event, EventKind::HostFinished { .. }));
    assert!(measured < ended, "a host counts once its gates were measured");
}

#[tokio::test]
async fn a_required_gate_that_is_red_before_the_wave_stops_before_anything_is_changed() {
    let fleet = Fleet::start([system("a", None)]).await;
    let gate = Gate {
        baseline: BaselineRule::Required,
        ..shop_runs()
    };
    let plan = planned(&fleet, &[&["a"]], gate).await;
    fleet.system("a").change(|system| system.services[0].active = false);
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(
        (report.outcome, states(&report)),
        (RunOutcome::Stopped, vec![HostRunState::NotStarted])
    );
    assert!(
        reason(&report).contains("failed before anything was changed"),
        "{}",
        reason(&report)
    );
    assert_eq!(fleet.system("a").transactions(), 0);
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, EventKind::HostStarted { .. }))
    );
}

#[tokio::test]
async fn a_gate_that_was_red_before_is_said_to_have_been() {
    let fleet = Fleet::start([system("a", None)]).await;
    let plan = planned(&fleet, &[&["a"]], shop_runs()).await;
    fleet.system("a").change(|system| system.services[0].active = false);
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(
        (report.outcome, states(&report)),
        (RunOutcome::Stopped, vec![HostRunState::Patched])
    );
    assert!(
        reason(&report).contains("it failed before the wave too"),
        "{}",
        reason(&report)
    );
    let before = events.iter().position(|event| {
        matches!(
            event,
            EventKind::GateBaseline {
                result: GateResult::Fail,
                ..
            }
        )
    });
    let started = events
        .iter()
        .position(|event| matches!(event, EventKind::HostStarted { .. }));
    assert!(before.is_some() && before < started);
    let again = run(&fleet, &plan).await.1;
    let measured = again
        .iter()
        .any(|event| matches!(event, EventKind::GateBaseline { .. }));
    assert!(measured, "the plan still has something to do");
    let mut ignored = plan.clone();
    ignored.waves[0].gates[0].baseline = BaselineRule::Ignore;
    let (_, events) = run(&fleet, &ignored).await;
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, EventKind::GateBaseline { .. }))
    );
}

#[tokio::test]
async fn a_required_gate_that_was_unknown_is_measured_again_when_the_run_is_to_go_on() {
    for (then, outcome) in [("exit 0", RunOutcome::Completed), ("exit 1", RunOutcome::Stopped)] {
        let fleet = Fleet::start([system("a", None)]).await;
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("measurable");
        let text = format!("[ -e '{}' ] || exit 127; {then}", mark.display());
        let check = GateCheck::Command {
            run: ["sh", "-c", &text].map(str::to_owned).to_vec(),
            on: GatePlace::Controller,
        };
        let gate = Gate {
            interval: Duration::from_millis(10),
            baseline: BaselineRule::Required,
            ..Gate::new("unknown at first", check)
        };
        let plan = planned(&fleet, &[&["a"]], gate).await;
        let (report, _) = run_watched(&fleet, &plan, Waits::Here, |event, control| {
            if let EventKind::RunPaused { .. } = event {
                std::fs::write(&mark, "").unwrap();
                say_later(control, Order::Continue, Duration::from_millis(100));
            }
        })
        .await;
        assert_eq!(report.outcome, outcome, "{report:?}");
        assert_eq!(
            fleet.system("a").transactions(),
            usize::from(outcome == RunOutcome::Completed)
        );
    }
}

#[tokio::test]
async fn what_nobody_can_measure_pauses_the_run_and_without_an_operator_it_can_be_resumed() {
    for scope in [GateScope::Wave, GateScope::Host, GateScope::Fleet] {
        let fleet = Fleet::start([system("a", None), system("b", None)]).await;
        let gate = Gate {
            scope,
            ..nobody_can_measure()
        };
        let plan = planned(&fleet, &[&["a"], &["b"]], gate).await;
        let (report, events) = run_watched(&fleet, &plan, Waits::Elsewhere, |_, _| {}).await;
        assert_eq!(report.outcome, RunOutcome::Interrupted, "{report:?}");
        assert_eq!(states(&report), [HostRunState::Patched, HostRunState::NotStarted]);
        assert!(reason(&report).contains("could not be measured"), "{}", reason(&report));
        assert!(
            !events
                .iter()
                .any(|event| matches!(event, EventKind::GateFinished { .. }))
        );
    }
}

#[tokio::test]
async fn what_nobody_can_measure_fails_or_passes_where_the_playbook_says_so() {
    for (unknown, outcome) in [
        (UnknownRule::Fail, RunOutcome::Stopped),
        (UnknownRule::Pass, RunOutcome::Completed),
    ] {
        let fleet = Fleet::start([system("a", None)]).await;
        let gate = Gate {
            unknown,
            ..nobody_can_measure()
        };
        let (report, _) = run(&fleet, &planned(&fleet, &[&["a"]], gate).await).await;
        assert_eq!(report.outcome, outcome, "{report:?}");
    }
}

/// Runs a plan in which the shop of `a`, which has passed, dies when `when` starts.
async fn sabotaged(fleet: &Fleet, plan: &Plan, when: &'static str) -> (RunReport, Vec<EventKind>) {
    let does = |event: &EventKind, _: &Control| {
        if matches!(event, EventKind::HostStarted { host, .. } if host.as_str() == when) {
            fleet.system("a").change(|system| system.services[0].active = false);
        }
    };
    run_watched(fleet, plan, Waits::Here, does).await
}

#[tokio::test]
async fn an_operator_lets_pass_what_nobody_can_measure_or_has_it_measured_again() {
    for scope in [GateScope::Wave, GateScope::Host] {
        let fleet = Fleet::start([system("a", None), system("b", None)]).await;
        let gate = Gate {
            scope,
            relook: Relook::Never,
            ..nobody_can_measure()
        };
        let plan = planned(&fleet, &[&["a"], &["b"]], gate).await;
        let mut words = vec![Order::Promote, Order::Continue];
        let (report, events) = run_watched(&fleet, &plan, Waits::Here, |event, control| {
            if matches!(event, EventKind::RunPaused { .. }) {
                say_later(control, words.pop().unwrap(), Duration::from_millis(100));
            }
        })
        .await;
        assert_eq!(report.outcome, RunOutcome::Completed, "{events:#?}");
        let measured = events
            .iter()
            .filter(|event| matches!(event, EventKind::GateMeasured { unknown: true, .. }));
        assert_eq!(measured.count(), 2, "once, and once more because of `continue`");
        let promoted = |event: &EventKind| matches!(event, EventKind::GateFinished { passed: true, detail, .. } if detail.contains("promoted"));
        assert!(events.iter().any(promoted), "{events:#?}");
    }
}

fn looks(events: &[EventKind]) -> Vec<GateResult> {
    let results = events.iter().filter_map(|event| match event {
        EventKind::GateLooked { result, .. } => Some(*result),
        _ => None,
    });
    results.collect()
}

#[tokio::test]
async fn a_service_that_dies_while_a_later_wave_runs_lets_no_further_host_begin() {
    let fleet = Fleet::start(["a", "b", "c", "d"].map(|name| system(name, None))).await;
    let gate = Gate {
        relook: Relook::Every(Duration::from_millis(20)),
        ..shop_runs()
    };
    let plan = planned(&fleet, &[&["a"], &["b", "c", "d"]], gate).await;
    let (report, events) = sabotaged(&fleet, &plan, "b").await;
    assert_eq!(report.outcome, RunOutcome::Stopped, "{report:?}");
    assert_eq!(report.waves[1].outcome, WaveOutcome::Failed);
    let why = reason(&report);
    assert!(
        why.contains("`shop runs` of wave `wave-0`, which had passed, fails now: a:"),
        "{why}"
    );
    let begun = states(&report)
        .iter()
        .filter(|state| **state != HostRunState::NotStarted)
        .count();
    assert!(
        begun < 4,
        "a host was begun although a gate was red: {:?}",
        states(&report)
    );
    assert_eq!(looks(&events).last(), Some(&GateResult::Fail));
    assert!(
        looks(&events).len() <= 3,
        "only changes are recorded: {:?}",
        looks(&events)
    );
}

#[tokio::test]
async fn every_later_wave_ends_with_a_look_at_the_earlier_ones() {
    let fleet = Fleet::start(["a", "b", "c"].map(|name| system(name, None))).await;
    let plan = planned(&fleet, &[&["a"], &["b"], &["c"]], shop_runs()).await;
    let (report, events) = sabotaged(&fleet, &plan, "b").await;
    use HostRunState::{NotStarted, Patched};
    assert_eq!(
        (report.outcome, states(&report)),
        (RunOutcome::Stopped, vec![Patched, Patched, NotStarted])
    );
    assert_eq!(looks(&events), [GateResult::Fail]);
    let fleet = Fleet::start(["a", "b", "c"].map(|name| system(name, None))).await;
    let mut unseen = planned(&fleet, &[&["a"], &["b"], &["c"]], shop_runs()).await;
    unseen.waves[0].gates[0].relook = Relook::Never;
    let (report, events) = sabotaged(&fleet, &unseen, "b").await;
    assert_eq!(
        (report.outcome, looks(&events).len()),
        (RunOutcome::Completed, 0),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_gate_of_the_fleet_is_measured_for_the_hosts_of_earlier_waves_too() {
    let fleet = Fleet::start(["a", "b", "c"].map(|name| system(name, None))).await;
    let mut plan = plan(&fleet.scan().await, &[&["a"], &["b"], &["c"]], RebootPolicy::Never);
    plan.waves[1].gates.push(Gate {
        scope: GateScope::Fleet,
        ..shop_runs()
    });
    let (report, events) = sabotaged(&fleet, &plan, "b").await;
    assert_eq!(report.outcome, RunOutcome::Stopped, "{report:?}");
    let measured: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            EventKind::GateMeasured { host: Some(host), .. } => Some(host.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(measured, ["a", "b"]);
}
