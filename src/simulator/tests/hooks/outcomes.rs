//! What follows for hosts, waves and the run from how a hook ends.

use super::{Notes, planned};
use crate::model::error::ErrorCode;
use crate::model::event::EventKind;
use crate::model::hook::{HookOutcome, HookPoint, HookRule};
use crate::model::host::RebootPolicy;
use crate::model::run::{HostRunState, RunOutcome, WaveOutcome};
use crate::simulator::tests::Fleet;
use crate::simulator::tests::rollouts::{plan, run, states, system};

#[tokio::test]
async fn seventy_five_leaves_the_host_out_and_is_undone() {
    let fleet = Fleet::start([system("a", None), system("b", None)]).await;
    let notes = Notes::new();
    let hook = notes.hook(
        HookPoint::PrePatch,
        "[ $PATCHWAVE_HOST = b ] || { echo busy; exit 75; }",
        Some("true"),
    );
    let plan = planned(&fleet, &[&["a", "b"]], vec![hook]).await;
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(
        states(&report),
        [HostRunState::Skipped, HostRunState::Patched],
        "{report:?}"
    );
    let error = report.hosts[0].error.as_ref().unwrap();
    assert!(
        error.code == ErrorCode::Hook && error.message.contains("busy"),
        "{error}"
    );
    assert_eq!(fleet.system("a").transactions(), 0);
    assert_eq!(notes.lines().iter().filter(|line| line.starts_with("undo")).count(), 2);
    let is_skip = |event: &&EventKind| {
        matches!(
            event,
            EventKind::HookFinished {
                outcome: HookOutcome::Skip,
                ..
            }
        )
    };
    assert_eq!(events.iter().filter(is_skip).count(), 1);
}

#[tokio::test]
async fn a_reboot_that_a_hook_leaves_out_is_due() {
    let fleet = Fleet::start([system("a", None)]).await;
    let notes = Notes::new();
    let mut plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Always);
    plan.rules.run.hooks = vec![notes.hook(HookPoint::PreReboot, "echo backup runs; exit 75", None)];
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(states(&report), [HostRunState::Patched]);
    assert!(!report.hosts[0].rebooted);
    let is_told = |event: &EventKind| matches!(event, EventKind::HostPending { reboot, .. } if reboot.iter().any(|why| why.contains("backup runs")));
    assert!(events.iter().any(is_told), "{events:?}");
}

#[tokio::test]
async fn a_hook_that_fails_before_anything_was_changed_fails_the_host_and_stops_the_run() {
    let fleet = Fleet::start([system("a", None), system("b", None)]).await;
    let notes = Notes::new();
    let hook = notes.hook(HookPoint::PrePatch, "echo no such pool >&2; exit 3", Some("true"));
    let plan = planned(&fleet, &[&["a"], &["b"]], vec![hook]).await;
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(states(&report), [HostRunState::Failed, HostRunState::NotStarted]);
    assert_eq!(report.outcome, RunOutcome::Stopped);
    let error = report.hosts[0].error.as_ref().unwrap();
    assert!(error.message.contains("exit 3: no such pool"), "{error}");
    assert!(error.hint.contains("nothing was changed"), "{error:?}");
    assert_eq!(fleet.system("a").transactions(), 0);
    assert_eq!(notes.lines(), ["pre-patch awave-0", "undo pre-patch awave-0"]);
}

#[tokio::test]
async fn a_hook_of_a_wave_or_of_the_run_that_fails_stops_the_run() {
    for (point, waves) in [
        (HookPoint::PreRun, [WaveOutcome::NotStarted; 2]),
        (HookPoint::PreWave, [WaveOutcome::Failed, WaveOutcome::NotStarted]),
        (HookPoint::PostWave, [WaveOutcome::Failed, WaveOutcome::NotStarted]),
        (HookPoint::PostRun, [WaveOutcome::Passed; 2]),
    ] {
        let fleet = Fleet::start([system("a", None), system("b", None)]).await;
        let notes = Notes::new();
        let hooks = vec![
            notes.hook(point, "echo no; exit 75", Some("true")),
            HookRule {
                name: "last".to_owned(),
                ..notes.hook(HookPoint::PostRun, "true", None)
            },
        ];
        let plan = planned(&fleet, &[&["a"], &["b"]], hooks).await;
        let (report, _) = run(&fleet, &plan).await;
        assert_eq!(report.outcome, RunOutcome::Stopped, "{point:?}");
        assert!(report.reason.as_ref().unwrap().contains("exit 75: no"), "{report:?}");
        let outcomes: Vec<WaveOutcome> = report.waves.iter().map(|wave| wave.outcome).collect();
        assert_eq!(outcomes, waves, "{point:?}");
        let undone = notes.lines().iter().filter(|line| line.starts_with("undo")).count();
        assert_eq!(undone, 1, "{point:?}: {:?}", notes.lines());
        let has_last = notes.lines().iter().any(|line| line.starts_with("last"));
        assert_eq!(has_last, point != HookPoint::PostRun, "{point:?}: {:?}", notes.lines());
    }
}
