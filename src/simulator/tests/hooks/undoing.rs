//! That what was begun is undone: after failures, when the ledger breaks, and by whoever takes the run up again.

use std::path::Path;
use std::time::Duration;

use super::{Notes, planned, run_on};
use crate::model::event::EventKind;
use crate::model::hook::{HookOutcome, HookPoint};
use crate::model::hook_journal::hook_journal;
use crate::model::name::{HostName, WaveName};
use crate::model::run::{HostRunState, RunOutcome};
use crate::rollout::{EventSink, SinkError, run_plan};
use crate::simulator::system::Effect;
use crate::simulator::tests::rollouts::{run, states, system};
use crate::simulator::tests::{Events, Fleet};

#[tokio::test]
async fn a_failed_transaction_is_undone_too() {
    let fleet = Fleet::start([system("a", Some(Effect::ScriptFails))]).await;
    let notes = Notes::new();
    let hooks = vec![
        notes.hook(HookPoint::PrePatch, "true", Some("true")),
        notes.hook(HookPoint::PostPatch, "true", Some("true")),
    ];
    let (report, _) = run(&fleet, &planned(&fleet, &[&["a"]], hooks).await).await;
    assert_eq!(states(&report), [HostRunState::Failed]);
    assert_eq!(notes.lines(), ["pre-patch awave-0", "undo pre-patch awave-0"]);
    assert_eq!(notes.documents()[1]["error"]["code"], "E_MANAGER");
}

#[tokio::test]
async fn an_undoing_that_fails_is_tried_again_and_told() {
    for (second, left) in [("false", 1), ("true", 0)] {
        let fleet = Fleet::start([system("a", None)]).await;
        let notes = Notes::new();
        let mark = notes.path("tried").display().to_string();
        let undo = format!("[ -e {mark} ] && {{ {second}; exit; }}; : > {mark}; echo pool is locked; exit 1");
        let hook = notes.hook(HookPoint::PrePatch, "true", Some(&undo));
        let (report, _) = run(&fleet, &planned(&fleet, &[&["a"]], vec![hook]).await).await;
        assert_eq!(states(&report), [HostRunState::Failed]);
        let error = report.hosts[0].error.as_ref().unwrap();
        assert!(
            error.message.contains("could not be undone: exit 1: pool is locked"),
            "{error}"
        );
        assert_eq!(report.not_undone.len(), left, "{:?}", report.not_undone);
        assert_eq!(notes.lines().len(), 3);
    }
}

#[tokio::test]
async fn a_host_that_is_taken_up_again_keeps_what_cannot_have_been_undone() {
    for (undo, lines) in [
        (None, &["pre-patch bwave-0"][..]),
        (
            Some("true"),
            &[
                "pre-patch awave-0",
                "undo pre-patch awave-0",
                "pre-patch bwave-0",
                "undo pre-patch bwave-0",
            ],
        ),
    ] {
        let fleet = Fleet::start([system("a", None), system("b", None)]).await;
        let notes = Notes::new();
        let hooks = vec![notes.hook(HookPoint::PrePatch, "true", undo)];
        let plan = planned(&fleet, &[&["a", "b"]], hooks).await;
        let begun = |host: &str| EventKind::HookStarted {
            hook: "pre-patch".to_owned(),
            at: HookPoint::PrePatch,
            host: Some(HostName::new(host).unwrap()),
            wave: None,
            undo: false,
        };
        let done = EventKind::HookFinished {
            hook: "pre-patch".to_owned(),
            host: Some(HostName::new("a").unwrap()),
            wave: None,
            undo: false,
            outcome: HookOutcome::Done,
            detail: String::new(),
        };
        // Of `b` nobody knows whether its hook did anything.
        let (report, _) = run_on(&fleet, &plan, &[begun("a"), done, begun("b")]).await;
        assert_eq!(states(&report), [HostRunState::Patched; 2]);
        assert_eq!(notes.lines(), lines);
    }
}

#[tokio::test]
async fn a_host_that_ended_and_was_not_undone_is_undone_when_the_run_is_taken_up_again() {
    let fleet = Fleet::start([system("a", None), system("b", None)]).await;
    let notes = Notes::new();
    let hooks = vec![
        notes.hook(HookPoint::PreWave, "true", Some("true")),
        notes.hook(HookPoint::PrePatch, "true", Some("true")),
    ];
    let plan = planned(&fleet, &[&["a"], &["b"]], hooks).await;
    let (_, mut events) = run(&fleet, &plan).await;
    // The controller died after the host had ended and before its undoing was seen to be done.
    let cut = events
        .iter()
        .position(|event| matches!(event, EventKind::HookFinished { undo: true, .. }))
        .unwrap();
    let finished = events
        .iter()
        .position(|event| matches!(event, EventKind::HostFinished { .. }))
        .unwrap();
    let end = events[finished].clone();
    events.truncate(cut);
    events.push(end);
    std::fs::remove_file(notes.path("lines")).unwrap();
    let (report, _) = run_on(&fleet, &plan, &events).await;
    let lines = notes.lines();
    assert_eq!(lines[0], "undo pre-patch a", "{lines:?}");
    assert!(lines.contains(&"undo pre-wave wave-0".to_owned()), "{lines:?}");
    assert!(report.not_undone.is_empty(), "{report:?}");
}

#[tokio::test]
async fn what_was_begun_is_undone_when_the_ledger_breaks() {
    let fleet = Fleet::start([system("a", None)]).await;
    let notes = Notes::new();
    let hooks = vec![
        notes.hook(HookPoint::PreRun, "true", Some("true")),
        notes.hook(HookPoint::PrePatch, "true", Some("true")),
    ];
    let plan = planned(&fleet, &[&["a"]], hooks).await;
    let mut sink = Breaking::default();
    let ended = run_plan(&plan, fleet.context(), &mut sink).await;
    assert!(ended.broken.is_some());
    assert_eq!(states(&ended.report), [HostRunState::NotStarted]);
    let lines = notes.lines();
    assert!(lines.contains(&"undo pre-patch awave-0".to_owned()), "{lines:?}");
    assert!(lines.contains(&"undo pre-run ".to_owned()), "{lines:?}");
    assert_eq!(fleet.system("a").transactions(), 0);
    // Nothing tells whoever goes on that it was undone: no host is changed without its hooks.
    std::fs::remove_file(notes.path("lines")).unwrap();
    let (report, _) = run_on(&fleet, &plan, &sink.kept).await;
    assert_eq!(states(&report), [HostRunState::Patched]);
    assert_eq!(
        notes.lines(),
        [
            "pre-run ",
            "pre-patch awave-0",
            "undo pre-patch awave-0",
            "undo pre-run "
        ]
    );
}

#[tokio::test]
async fn a_host_that_was_begun_when_the_ledger_broke_stays_as_its_hooks_left_it_until_it_is_taken_up_again() {
    let fleet = Fleet::start([system("a", None)]).await;
    let notes = Notes::new();
    let hooks = vec![
        notes.hook(HookPoint::PreRun, "true", Some("true")),
        notes.hook(HookPoint::PrePatch, "true", Some("true")),
    ];
    let plan = planned(&fleet, &[&["a"]], hooks).await;
    let mut sink = Breaking {
        after_a_job: true,
        ..Breaking::default()
    };
    let ended = run_plan(&plan, fleet.context(), &mut sink).await;
    assert_eq!(states(&ended.report), [HostRunState::Left]);
    assert_eq!(notes.lines(), ["pre-run ", "pre-patch awave-0"]);
    assert_eq!(ended.report.not_undone.len(), 2, "{:?}", ended.report.not_undone);
    let (report, _) = run_on(&fleet, &plan, &sink.kept).await;
    assert_eq!(states(&report), [HostRunState::Patched]);
    let lines = notes.lines();
    assert!(
        lines.ends_with(&["undo pre-patch awave-0".to_owned(), "undo pre-run ".to_owned()]),
        "{lines:?}"
    );
    assert_eq!(
        lines.iter().filter(|line| *line == "pre-patch awave-0").count(),
        1,
        "{lines:?}"
    );
    assert_eq!(fleet.system("a").transactions(), 1);
}

/// Keeps nothing after the first hook of a host has ended, or after its job has begun.
#[derive(Default)]
struct Breaking {
    after_a_job: bool,
    is_full: bool,
    kept: Vec<EventKind>,
}

impl EventSink for Breaking {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        if self.is_full {
            return Err(SinkError("the disk is full".to_owned()));
        }
        self.is_full = match kind {
            EventKind::HookFinished { host: Some(_), .. } => !self.after_a_job,
            EventKind::HostJob { .. } => true,
            _ => false,
        };
        self.kept.push(kind);
        Ok(())
    }
}

#[tokio::test]
async fn a_drain_undoes_and_a_detach_leaves_it_to_the_next_who_goes_on() {
    for (presses, undone) in [(1, 3), (2, 0)] {
        let fleet = Fleet::start([system("a", None), system("b", None)]).await;
        let notes = Notes::new();
        let hooks = vec![
            notes.hook(HookPoint::PreRun, "true", Some("true")),
            notes.hook(HookPoint::PreWave, "true", Some("true")),
            notes.hook(HookPoint::PrePatch, "sleep 2", Some("true")),
        ];
        let plan = planned(&fleet, &[&["a", "b"]], hooks).await;
        let mut events = Events::default();
        let context = fleet.context();
        let control = context.control.clone();
        let run = run_plan(&plan, context, &mut events);
        let stop = async {
            wait_for(&notes.path("lines"), "pre-patch").await;
            (0..presses).for_each(|_| control.press());
        };
        let (ended, ()) = tokio::join!(run, stop);
        assert_eq!(ended.report.outcome, RunOutcome::Interrupted);
        let lines = notes.lines();
        assert_eq!(
            lines.iter().filter(|line| line.starts_with("undo")).count(),
            undone,
            "{lines:?}"
        );
        assert_eq!(
            ended.report.not_undone.len(),
            3 - undone,
            "{:?}",
            ended.report.not_undone
        );
        let journal = hook_journal(&events.0);
        let wave = WaveName::new("wave-0").unwrap();
        assert_eq!(journal.of_wave("pre-wave", Some(&wave)).is_some(), presses == 2);
    }
}

async fn wait_for(file: &Path, part: &str) {
    for _ in 0..400 {
        if std::fs::read_to_string(file).is_ok_and(|text| text.contains(part)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{part} did not come");
}
