//! When hooks run and where, what they are told, and that it is kept that they begin before they do.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::{Notes, planned};
use crate::model::event::EventKind;
use crate::model::hook::{HookCommand, HookPoint, HookRule};
use crate::model::hook_journal::hook_journal;
use crate::model::host::RebootPolicy;
use crate::model::plan::GatePlace;
use crate::model::run::{HostRunState, RunOutcome};
use crate::rollout::{EventSink, SinkError, run_plan};
use crate::simulator::tests::Fleet;
use crate::simulator::tests::rollouts::{plan, run, states, system};

#[tokio::test]
async fn every_point_has_its_time_and_its_document() {
    let fleet = Fleet::start([system("a", None)]).await;
    let notes = Notes::new();
    let hooks =
        HookPoint::ALL.map(|point| notes.hook(point, "true", point.as_str().starts_with("pre").then_some("true")));
    let mut plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Always);
    plan.rules.run.hooks = hooks.to_vec();
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(report.outcome, RunOutcome::Completed, "{report:?}");
    assert_eq!(
        notes.lines(),
        [
            "pre-run ",
            "pre-wave wave-0",
            "pre-patch awave-0",
            "post-patch awave-0",
            "pre-reboot awave-0",
            "post-reboot awave-0",
            "undo pre-reboot awave-0",
            "undo pre-patch awave-0",
            "post-wave wave-0",
            "undo pre-wave wave-0",
            "post-run ",
            "undo pre-run ",
        ]
    );
    assert_eq!(hook_journal(&events).open().len(), 4, "those without an undoing");
    assert!(report.not_undone.is_empty());
    let documents = notes.documents();
    let before = &documents[2];
    let host = &fleet.hosts()[0];
    for (pointer, expected) in [
        ("/format_version", "1".into()),
        ("/hook", "pre-patch".into()),
        ("/at", "pre-patch".into()),
        ("/undo", false.into()),
        ("/run", "run-1".into()),
        ("/playbook", "test".into()),
        ("/plan", Value::Null),
        ("/wave", "wave-0".into()),
        ("/host/name", "a".into()),
        ("/host/address", host.address.as_str().into()),
        ("/host/port", host.port.into()),
        ("/host/user", "operator".into()),
        ("/host/labels", serde_json::json!({})),
        ("/host/groups", serde_json::json!([])),
        ("/changes/0/package", "libssl3".into()),
        ("/changes/0/to", "3.0.17-1".into()),
        ("/state", "unchanged".into()),
        ("/outcome", Value::Null),
    ] {
        assert_eq!(before.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(documents[7]["state"], "patched");
    assert_eq!(documents[7]["undo"], true);
    assert_eq!(
        (&documents[1]["hosts"], &documents[1]["host"]),
        (&serde_json::json!(["a"]), &Value::Null)
    );
    assert_eq!(documents[10]["outcome"], "completed");
}

#[tokio::test]
async fn that_a_hook_begins_is_known_before_it_does() {
    let fleet = Fleet::start([system("a", None)]).await;
    let notes = Notes::new();
    let plan = planned(
        &fleet,
        &[&["a"]],
        vec![notes.hook(HookPoint::PrePatch, "true", Some("true"))],
    )
    .await;
    let mut sink = Watching {
        lines: notes.path("lines"),
        seen: Vec::new(),
    };
    run_plan(&plan, fleet.context(), &mut sink).await;
    assert_eq!(sink.seen, [(false, 0), (true, 1)]);
}

/// Notes how many hooks had run when one was kept as begun.
struct Watching {
    lines: PathBuf,
    seen: Vec<(bool, usize)>,
}

impl EventSink for Watching {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        if let EventKind::HookStarted { undo, .. } = kind {
            std::thread::sleep(Duration::from_millis(200));
            let text = std::fs::read_to_string(&self.lines).unwrap_or_default();
            self.seen.push((undo, text.lines().count()));
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_hook_on_the_host_runs_over_its_connection() {
    for (program, state) in [("true", HostRunState::Patched), ("false", HostRunState::Failed)] {
        let fleet = Fleet::start([system("a", None)]).await;
        let notes = Notes::new();
        let hook = HookRule {
            on: GatePlace::Host,
            run: HookCommand::Program(vec![program.to_owned()]),
            undo: Some(HookCommand::Program(vec!["true".to_owned()])),
            ..notes.hook(HookPoint::PrePatch, "", None)
        };
        let (report, events) = run(&fleet, &planned(&fleet, &[&["a"]], vec![hook]).await).await;
        assert_eq!(states(&report), [state], "{report:?}");
        assert!(hook_journal(&events).open().is_empty(), "{events:?}");
    }
}

#[tokio::test]
async fn where_nothing_is_to_be_done_no_hook_runs() {
    let fleet = Fleet::start([system("a", None)]).await;
    let notes = Notes::new();
    let hooks = HookPoint::ALL.map(|point| notes.hook(point, "true", None)).to_vec();
    let mut plan = planned(&fleet, &[&["a"]], hooks).await;
    plan.waves[0].batches[0][0].changes = Vec::new().into();
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(report.outcome, RunOutcome::Completed);
    assert!(notes.lines().is_empty(), "{:?}", notes.lines());
}
