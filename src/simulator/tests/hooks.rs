//! Hooks: when they run, what they are told, what follows from how they end, and that what was begun is undone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::rollouts::{plan, states, system};
use super::{Events, Fleet};
use crate::model::controller::Controller;
use crate::model::error::ErrorCode;
use crate::model::event::{Event, EventKind};
use crate::model::hook::{HookCommand, HookOutcome, HookPoint, HookRule, ShellText};
use crate::model::hook_journal::hook_journal;
use crate::model::host::RebootPolicy;
use crate::model::journal::Journal;
use crate::model::name::{HostName, RunId, WaveName};
use crate::model::plan::{GatePlace, Plan};
use crate::model::run::{HostRunState, RunOutcome, RunReport, WaveOutcome};
use crate::remote::job::JobStep;
use crate::rollout::{Control, EventSink, Freshness, Limits, Resumption, RunContext, SinkError, run_plan};
use crate::ssh::SshTransport;

/// A folder in which hooks of the controller write down that they ran.
struct Notes(tempfile::TempDir);

impl Notes {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Notes a line and the document, then does `then`.
    fn shell(&self, then: &str) -> HookCommand {
        let folder = self.0.path().display();
        let shell = format!(
            "cat >> {folder}/documents; echo \"${{PATCHWAVE_UNDO:+undo }}$PATCHWAVE_HOOK \
             $PATCHWAVE_HOST$PATCHWAVE_WAVE\" >> {folder}/lines; {then}"
        );
        HookCommand::Shell(ShellText { shell })
    }

    fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("lines")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn documents(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path("documents")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn hook(&self, at: HookPoint, then: &str, undo: Option<&str>) -> HookRule {
        HookRule {
            name: at.as_str().to_owned(),
            at,
            on: GatePlace::Controller,
            run: self.shell(then),
            undo: undo.map(|then| self.shell(then)),
            timeout: Duration::from_secs(20),
        }
    }
}

fn context(fleet: &Fleet, control: Control, past: &[EventKind]) -> RunContext<SshTransport> {
    let event = |(number, kind): (usize, &EventKind)| Event {
        sequence: number as u64 + 1,
        at: Timestamp::now(),
        run: RunId::new("run-1").unwrap(),
        kind: kind.clone(),
    };
    let events: Vec<Event> = past.iter().enumerate().map(event).collect();
    let resumption = Resumption {
        by: Controller {
            user: "eve".to_owned(),
            machine: "desk".to_owned(),
            process: 1,
            since: Timestamp::now(),
        },
        journal: Arc::new(Journal::replay(&events)),
    };
    let hosts = fleet.hosts().into_iter().map(|host| (host.name.clone(), host));
    RunContext {
        run: RunId::new("run-1").unwrap(),
        plan: None,
        transport: fleet.transport(),
        step: JobStep::Everything,
        freshness: Freshness::JustPlanned,
        hosts: Arc::new(hosts.collect()),
        limits: Limits::default(),
        control,
        closing: None,
        waits: crate::rollout::Waits::Here,
        resumption: (!past.is_empty()).then_some(resumption),
    }
}

async fn run(fleet: &Fleet, plan: &Plan) -> (RunReport, Vec<EventKind>) {
    run_on(fleet, plan, &[]).await
}

async fn run_on(fleet: &Fleet, plan: &Plan, past: &[EventKind]) -> (RunReport, Vec<EventKind>) {
    let mut events = Events::default();
    let report = run_plan(plan, context(fleet, Control::new(), past), &mut events)
        .await
        .report;
    (report, events.0)
}

async fn planned(fleet: &Fleet, waves: &[&[&str]], hooks: Vec<HookRule>) -> Plan {
    let mut plan = plan(&fleet.scan().await, waves, RebootPolicy::Never);
    plan.rules.run.hooks = hooks;
    plan
}

fn wave_of(name: &str) -> Option<WaveName> {
    Some(WaveName::new(name).unwrap())
}

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
    run_plan(&plan, context(&fleet, Control::new(), &[]), &mut sink).await;
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
async fn a_failed_transaction_is_undone_too() {
    use super::super::system::Effect;
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
async fn a_host_that_is_taken_up_again_keeps_what_was_done_and_is_undone_in_the_end() {
    let fleet = Fleet::start([system("a", None), system("b", None)]).await;
    let notes = Notes::new();
    let hooks = vec![notes.hook(HookPoint::PrePatch, "true", Some("true"))];
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
    assert_eq!(
        notes.lines(),
        ["undo pre-patch awave-0", "pre-patch bwave-0", "undo pre-patch bwave-0"]
    );
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
    let mut sink = Breaking(false);
    let ended = run_plan(&plan, context(&fleet, Control::new(), &[]), &mut sink).await;
    assert!(ended.broken.is_some());
    let lines = notes.lines();
    assert!(lines.contains(&"undo pre-patch awave-0".to_owned()), "{lines:?}");
    assert!(lines.contains(&"undo pre-run ".to_owned()), "{lines:?}");
    assert_eq!(fleet.system("a").transactions(), 0);
}

/// Keeps nothing after the first hook of a host has ended.
struct Breaking(bool);

impl EventSink for Breaking {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        if self.0 {
            return Err(SinkError("the disk is full".to_owned()));
        }
        self.0 = matches!(kind, EventKind::HookFinished { host: Some(_), .. });
        Ok(())
    }
}

#[tokio::test]
async fn a_drain_undoes_and_a_detach_leaves_it_to_the_next_who_goes_on() {
    for (presses, undone) in [(1, 3), (2, 0)] {
        let fleet = Fleet::start([system("a", None), system("b", None)]).await;
        let notes = Notes::new();
        let control = Control::new();
        let hooks = vec![
            notes.hook(HookPoint::PreRun, "true", Some("true")),
            notes.hook(HookPoint::PreWave, "true", Some("true")),
            notes.hook(HookPoint::PrePatch, "sleep 2", Some("true")),
        ];
        let plan = planned(&fleet, &[&["a", "b"]], hooks).await;
        let mut events = Events::default();
        let run = run_plan(&plan, context(&fleet, control.clone(), &[]), &mut events);
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
        assert!(journal.of_wave("pre-wave", wave_of("wave-0").as_ref()).is_some() == (presses == 2));
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
