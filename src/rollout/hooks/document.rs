//! What a hook is told: one JSON document on its standard input, and a few words of it in its environment.

use serde::Serialize;
use std::collections::BTreeMap;

use crate::model::error::HostError;
use crate::model::hook::{HookPoint, HookRule};
use crate::model::host::Host;
use crate::model::name::{GroupName, HostName, RunId, WaveName};
use crate::model::plan::PlannedChange;
use crate::model::saved_plan::PlanReference;

/// The format of the document.
const FORMAT_VERSION: &str = "1";

/// What is the same for all hooks of a run.
#[derive(Debug, Clone, Default)]
pub(in crate::rollout) struct HookScene {
    pub run: Option<RunId>,
    pub playbook: String,
    pub plan: Option<PlanReference>,
}

/// The document.
#[derive(Debug, Clone, Serialize)]
pub(in crate::rollout) struct HookDocument<'a> {
    format_version: &'static str,
    hook: &'a str,
    at: HookPoint,
    /// Whether this is the undoing.
    pub undo: bool,
    run: Option<&'a RunId>,
    playbook: &'a str,
    plan: Option<&'a PlanReference>,
    wave: Option<&'a WaveName>,
    host: Option<DocumentHost<'a>>,
    hosts: Vec<&'a HostName>,
    changes: &'a [PlannedChange],
    state: Option<&'static str>,
    outcome: Option<&'static str>,
    reason: Option<&'a str>,
    error: Option<&'a HostError>,
}

#[derive(Debug, Clone, Serialize)]
struct DocumentHost<'a> {
    name: &'a HostName,
    address: &'a str,
    port: u16,
    user: &'a str,
    labels: &'a BTreeMap<String, String>,
    groups: &'a [GroupName],
}

impl<'a> HookDocument<'a> {
    /// The document of a hook of the run, or of its undoing.
    pub fn new(scene: &'a HookScene, rule: &'a HookRule, undo: bool) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            hook: &rule.name,
            at: rule.at,
            undo,
            run: scene.run.as_ref(),
            playbook: &scene.playbook,
            plan: scene.plan.as_ref(),
            wave: None,
            host: None,
            hosts: Vec::new(),
            changes: &[],
            state: None,
            outcome: None,
            reason: None,
            error: None,
        }
    }

    /// For a wave, or for a host of it.
    pub fn in_wave(self, wave: Option<&'a WaveName>) -> Self {
        Self { wave, ..self }
    }

    /// For a host with its planned changes.
    pub fn for_host(self, host: &'a Host, changes: &'a [PlannedChange]) -> Self {
        let host = DocumentHost {
            name: &host.name,
            address: &host.address,
            port: host.port,
            user: &host.user,
            labels: &host.labels,
            groups: &host.groups,
        };
        Self {
            host: Some(host),
            changes,
            ..self
        }
    }

    /// For a host in this state, with what went wrong there.
    pub fn in_state(self, state: &'static str, error: Option<&'a HostError>) -> Self {
        Self {
            state: Some(state),
            error,
            ..self
        }
    }

    /// For a wave or a run of these hosts.
    pub fn for_hosts(self, hosts: Vec<&'a HostName>) -> Self {
        Self { hosts, ..self }
    }

    /// For a wave or a run that ended so.
    pub fn ended(self, outcome: Option<&'static str>, reason: Option<&'a str>) -> Self {
        Self {
            outcome,
            reason,
            ..self
        }
    }

    /// The document as one line.
    pub fn text(&self) -> String {
        // Texts, numbers and lists of them: nothing that JSON cannot say.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The values of `crate::remote::hook::VARIABLES`.
    pub fn variables(&self) -> [String; 6] {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        [
            text(self.run.map(RunId::as_str)),
            self.hook.to_owned(),
            self.at.as_str().to_owned(),
            text(self.undo.then_some("1")),
            text(self.host.as_ref().map(|host| host.name.as_str())),
            text(self.wave.map(WaveName::as_str)),
        ]
    }
}
