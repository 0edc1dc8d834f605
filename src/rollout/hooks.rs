//! Runs hooks, on hosts and on the controller, and undoes them.
//!
//! What must stay true: that a hook begins is kept before it does. A hook that was begun is undone when its host,
//! wave or run ends, however it ends, and even when the ledger can keep nothing any more: to undo once too often does
//! no harm, a host that nobody sends traffic to does.

mod controller;
mod document;
mod end;
mod guard;
mod host;
mod turn;

use std::sync::{Mutex, PoisonError};

use super::executor::{Turn, TurnResult};
use super::link::Link;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::hook::{HookOutcome, HookPoint, HookRule};
use crate::model::hook_journal::OpenHook;
use crate::model::host::Host;
use crate::model::name::{HostName, WaveName};
use crate::model::plan::GatePlace;
use crate::model::template::{TemplateError, render_template};
use crate::remote::transport::Transport;

pub(super) use self::document::{HookDocument, HookScene};
pub(super) use self::end::HookEnd;
pub(super) use self::guard::guarded;
pub(super) use self::turn::{at_host, undo_at_host};

/// Why something is not undone that will be.
pub(super) const UNDONE_ON_RESUME: &str = "`resume` undoes it";

/// What follows from the hooks of a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HookVerdict {
    /// All are done.
    GoOn,
    /// The host, or its reboot, is to be left out, for that reason.
    Skip(String),
}

/// The hooks of one host's turn.
#[derive(Debug, Default)]
pub(super) struct TurnHooks {
    pub scene: HookScene,
    pub wave: Option<WaveName>,
    /// What was begun and has to be undone, in its order, with whether it is done.
    begun: Mutex<Vec<(String, bool)>>,
}

impl TurnHooks {
    /// The hooks of a turn; `open` are those that were begun before it was taken up again.
    pub fn new(scene: HookScene, wave: WaveName, rules: &[HookRule], open: &[OpenHook]) -> Self {
        let has_undo = |hook: &str| rules.iter().any(|rule| rule.name == hook && rule.undo.is_some());
        let begun = open
            .iter()
            .map(|open| (open.hook.clone(), open.is_in_effect(has_undo(&open.hook))));
        Self {
            scene,
            wave: Some(wave),
            begun: Mutex::new(begun.collect()),
        }
    }

    fn note(&self, hook: &str, is_done: bool) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|(other, _)| other != hook);
        begun.push((hook.to_owned(), is_done));
    }

    fn is_done(&self, hook: &str) -> bool {
        self.begun().iter().any(|(other, is_done)| other == hook && *is_done)
    }

    fn begun(&self) -> Vec<(String, bool)> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// For whom a hook runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HookOf {
    pub host: Option<HostName>,
    pub wave: Option<WaveName>,
}

impl HookOf {
    /// Nothing has to be known but the event that says that it begins.
    pub fn started(&self, rule: &HookRule, undo: bool) -> EventKind {
        EventKind::HookStarted {
            hook: rule.name.clone(),
            at: rule.at,
            host: self.host.clone(),
            wave: self.wave.clone(),
            undo,
        }
    }

    pub fn finished(&self, rule: &HookRule, undo: bool, outcome: HookOutcome, detail: &str) -> EventKind {
        EventKind::HookFinished {
            hook: rule.name.clone(),
            host: self.host.clone(),
            wave: self.wave.clone(),
            undo,
            outcome,
            detail: detail.to_owned(),
        }
    }
}

/// One hook, or its undoing, with all that it is told.
pub(super) struct Errand<'a> {
    pub rule: &'a HookRule,
    /// The host, where the hook is one of a host.
    pub host: Option<&'a Host>,
    pub document: HookDocument<'a>,
}

impl Errand<'_> {
    /// The program and its arguments, filled in for the host.
    fn words(&self) -> Result<Vec<String>, TemplateError> {
        let command = if self.document.undo {
            self.rule.undo.as_ref()
        } else {
            Some(&self.rule.run)
        };
        let words = command.map(|command| command.words()).unwrap_or_default();
        match self.host {
            Some(host) => words.iter().map(|word| render_template(word, host)).collect(),
            None => Ok(words),
        }
    }

    /// Runs it to its end, over a connection of its own where it runs on the host.
    pub async fn carry_out<T: Transport>(&self, transport: &T) -> HookEnd {
        let words = match self.words() {
            Ok(words) => words,
            Err(error) => return HookEnd::NotStarted(error.to_string()),
        };
        match (self.rule.on, self.host) {
            (GatePlace::Host, Some(host)) => host::run_alone(self, &words, transport, host).await,
            _ => self.on_controller(&words).await,
        }
    }

    /// The same, over the connection of the host's turn.
    async fn carry_out_over<T: Transport>(&self, link: &mut Link<'_, T>) -> HookEnd {
        let words = match self.words() {
            Ok(words) => words,
            Err(error) => return HookEnd::NotStarted(error.to_string()),
        };
        match self.rule.on {
            GatePlace::Host => host::run_over(self, &words, link).await,
            GatePlace::Controller => self.on_controller(&words).await,
        }
    }

    async fn on_controller(&self, words: &[String]) -> HookEnd {
        let variables = self.document.variables();
        controller::run(words, &variables, &self.document.text(), self.rule.timeout).await
    }
}

/// The error of a host whose hook failed.
fn failed(rule: &HookRule, detail: &str) -> HostError {
    let at = rule.at.as_str();
    let what = match rule.at {
        HookPoint::PrePatch => "nothing was changed on the host; see what the hook says, and apply again",
        HookPoint::PreReboot => "the host was not rebooted; see what the hook says",
        _ => "what was installed stays; see what the hook says",
    };
    HostError::new(
        ErrorCode::Hook,
        format!("hook `{}` at `{at}` failed: {detail}", rule.name),
        what,
    )
}

/// The error of a host whose hook could not be undone.
fn not_undone(rule: &HookRule, detail: &str) -> HostError {
    HostError::new(
        ErrorCode::Hook,
        format!("hook `{}` could not be undone: {detail}", rule.name),
        "what the hook did is still there: undo it by hand",
    )
}
