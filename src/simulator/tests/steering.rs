//! What operators say to a run while it goes on: pause, continue, promote, abort.

use std::time::{Duration, Instant};

use super::super::system::System;
use super::Fleet;
use super::operator::{run_watched, say, say_later};
use super::rollouts::{plan, system};
use crate::model::event::EventKind;
use crate::model::host::RebootPolicy;
use crate::model::order::Order;
use crate::model::plan::Plan;
use crate::model::run::{HostRunState, RunOutcome, WaveOutcome};
use crate::rollout::Waits;

async fn fleet_of(names: &[&str]) -> (Fleet, Plan) {
    let systems: Vec<System> = names.iter().map(|name| system(name, None)).collect();
    let fleet = Fleet::start(systems).await;
    let scan = fleet.scan().await;
    let waves: Vec<&[&str]> = names.iter().map(std::slice::from_ref).collect();
    let plan = plan(&scan, &waves, RebootPolicy::Never);
    (fleet, plan)
}

fn position(events: &[EventKind], is_it: impl Fn(&EventKind) -> bool) -> usize {
    events.iter().position(is_it).unwrap_or_else(|| panic!("{events:#?}"))
}

#[tokio::test]
async fn a_paused_run_starts_nobody_and_goes_on_when_told() {
    let (fleet, plan) = fleet_of(&["a", "b"]).await;
    let pause = Duration::from_millis(700);
    let before = Instant::now();
    let (report, events) = run_watched(&fleet, &plan, Waits::Here, |event, control| match event {
        EventKind::HostStarted { host, .. } if host.as_str() == "a" => say(control, Order::Pause),
        EventKind::RunPaused { .. } => say_later(control, Order::Continue, pause),
        _ => {}
    })
    .await;
    assert_eq!(report.outcome, RunOutcome::Completed, "{events:#?}");
    assert!(before.elapsed() > pause);
    let paused = position(&events, |event| matches!(event, EventKind::RunPaused { .. }));
    let continued = position(&events, |event| matches!(event, EventKind::RunContinued));
    let ordered = position(&events, |event| {
        matches!(
            event,
            EventKind::Ordered {
                order: Order::Pause,
                ..
            }
        )
    });
    let ended = position(&events, |event| matches!(event, EventKind::HostFinished { .. }));
    let next = position(
        &events,
        |event| matches!(event, EventKind::HostStarted { host, .. } if host.as_str() == "b"),
    );
    assert!(
        ordered < paused && paused < ended && ended < continued && continued < next,
        "{events:#?}"
    );
}

#[tokio::test]
async fn a_pause_in_the_middle_of_a_batch_holds_the_rest_of_it() {
    let fleet = Fleet::start([system("a", None), system("b", None)]).await;
    let scan = fleet.scan().await;
    let plan = plan(&scan, &[&["a", "b"]], RebootPolicy::Never);
    let (report, events) = run_watched(&fleet, &plan, Waits::Here, |event, control| match event {
        EventKind::HostStarted { host, .. } if host.as_str() == "a" => say(control, Order::Pause),
        EventKind::HostFinished { host, .. } if host.as_str() == "a" => {
            say_later(control, Order::Continue, Duration::from_millis(300));
        }
        _ => {}
    })
    .await;
    assert_eq!(report.outcome, RunOutcome::Completed);
    let continued = position(&events, |event| matches!(event, EventKind::RunContinued));
    let next = position(
        &events,
        |event| matches!(event, EventKind::HostStarted { host, .. } if host.as_str() == "b"),
    );
    assert!(continued < next, "{events:#?}");
}

#[tokio::test]
async fn a_promotion_cuts_a_soak_short_and_nothing_else() {
    let (fleet, mut plan) = fleet_of(&["a", "b"]).await;
    plan.waves[0].soak = Duration::from_secs(600);
    let before = Instant::now();
    let (report, events) = run_watched(&fleet, &plan, Waits::Here, |event, control| match event {
        // Nothing waits yet: this one is lost, and says so.
        EventKind::BatchStarted { wave, .. } if wave.as_str() == "wave-0" => say(control, Order::Promote),
        EventKind::SoakStarted { .. } => say_later(control, Order::Promote, Duration::from_millis(200)),
        _ => {}
    })
    .await;
    assert_eq!(report.outcome, RunOutcome::Completed);
    assert!(before.elapsed() < Duration::from_secs(60));
    let ignored: Vec<bool> = events
        .iter()
        .filter_map(|event| match event {
            EventKind::Ordered { ignored, .. } => Some(ignored.is_some()),
            _ => None,
        })
        .collect();
    assert_eq!(ignored, [true, false]);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, EventKind::SoakFinished { promoted: true, .. }))
    );
}

#[tokio::test]
async fn a_soak_that_is_over_says_so() {
    let (fleet, mut plan) = fleet_of(&["a", "b"]).await;
    plan.waves[0].soak = Duration::from_millis(300);
    let (report, events) = run_watched(&fleet, &plan, Waits::Here, |_, _| {}).await;
    assert_eq!(report.outcome, RunOutcome::Completed);
    let over = position(&events, |event| {
        matches!(event, EventKind::SoakFinished { promoted: false, .. })
    });
    assert!(over < position(&events, |event| matches!(event, EventKind::WaveFinished { .. })));
}

#[tokio::test]
async fn an_aborted_run_lets_hosts_end_and_is_stopped_for_good() {
    let (fleet, plan) = fleet_of(&["a", "b"]).await;
    let (report, events) = run_watched(&fleet, &plan, Waits::Here, |event, control| {
        if let EventKind::HostStarted { .. } = event {
            say(control, Order::Abort);
        }
    })
    .await;
    assert_eq!(report.outcome, RunOutcome::Stopped);
    assert_eq!(report.reason.as_deref(), Some("aborted by eva@desk"));
    let states: Vec<HostRunState> = report.hosts.iter().map(|host| host.state).collect();
    assert_eq!(states, [HostRunState::Patched, HostRunState::NotStarted]);
    assert_eq!(fleet.system("b").transactions(), 0);
    assert!(events.iter().any(|event| matches!(event, EventKind::Draining)));
}

#[tokio::test]
async fn a_run_whose_soak_waits_elsewhere_is_interrupted_at_once() {
    let (fleet, mut plan) = fleet_of(&["a", "b"]).await;
    plan.waves[0].soak = Duration::from_secs(600);
    let (report, events) = run_watched(&fleet, &plan, Waits::Elsewhere, |_, _| {}).await;
    assert_eq!(report.outcome, RunOutcome::Interrupted);
    assert_eq!(report.waves[0].outcome, WaveOutcome::Interrupted);
    assert!(report.reason.unwrap().contains("soaks until"));
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, EventKind::SoakFinished { .. }))
    );
    assert_eq!(fleet.system("b").transactions(), 0);
}
