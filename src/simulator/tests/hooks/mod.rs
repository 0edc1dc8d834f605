//! Hooks: when they run, what they are told, what follows from how they end, and that what was begun is undone.

mod outcomes;
mod times;
mod undoing;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::rollouts::plan;
use super::{Events, Fleet};
use crate::model::controller::Controller;
use crate::model::event::{Event, EventKind};
use crate::model::hook::{HookCommand, HookPoint, HookRule, ShellText};
use crate::model::host::RebootPolicy;
use crate::model::journal::Journal;
use crate::model::name::RunId;
use crate::model::plan::{GatePlace, Plan};
use crate::model::run::RunReport;
use crate::rollout::{Resumption, RunContext, run_plan};

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

fn resumption(past: &[EventKind]) -> Resumption {
    let event = |(number, kind): (usize, &EventKind)| Event {
        sequence: number as u64 + 1,
        at: Timestamp::now(),
        run: RunId::new("run-1").unwrap(),
        kind: kind.clone(),
    };
    let events: Vec<Event> = past.iter().enumerate().map(event).collect();
    Resumption {
        by: Controller {
            user: "eve".to_owned(),
            machine: "desk".to_owned(),
            process: 1,
            since: Timestamp::now(),
        },
        journal: Arc::new(Journal::replay(&events)),
    }
}

/// Takes the run up again after these events.
async fn run_on(fleet: &Fleet, plan: &Plan, past: &[EventKind]) -> (RunReport, Vec<EventKind>) {
    let mut events = Events::default();
    let context = RunContext {
        resumption: Some(resumption(past)),
        ..fleet.context()
    };
    let report = run_plan(plan, context, &mut events).await.report;
    (report, events.0)
}

async fn planned(fleet: &Fleet, waves: &[&[&str]], hooks: Vec<HookRule>) -> Plan {
    let mut plan = plan(&fleet.scan().await, waves, RebootPolicy::Never);
    plan.rules.run.hooks = hooks;
    plan
}
