//! What the events of a run tell of its hooks: which were begun, which are done, and which are still to be undone.
//!
//! What must stay true: a hook that was begun is open until its undoing was seen to be done.

use std::collections::BTreeSet;

use super::event::EventKind;
use super::hook::{HookOutcome, HookPoint, HookRule, NotUndone};
use super::name::{HostName, WaveName};

/// A hook that was begun and is not undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenHook {
    /// Its name.
    pub hook: String,
    /// When it ran.
    pub at: HookPoint,
    /// The host that it is for, when it is one.
    pub host: Option<HostName>,
    /// The wave that it is for, when it is one.
    pub wave: Option<WaveName>,
    /// How it ended; `None` when its end was not seen.
    pub outcome: Option<HookOutcome>,
    /// Why its undoing failed, when it was tried.
    pub undo_failed: Option<String>,
    /// Whether an earlier controller began it. That one may have undone it when its ledger could keep nothing any more.
    pub recalled: bool,
}

impl OpenHook {
    /// Whether it ended well.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome == Some(HookOutcome::Done)
    }

    /// Whether it needs not run again when its host, wave or run gets there: `has_undo` is whether it can be undone.
    #[must_use]
    pub fn is_in_effect(&self, has_undo: bool) -> bool {
        self.is_done() && !(has_undo && self.recalled)
    }
}

/// The hooks of a run, as far as its events go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HookJournal {
    /// In the order in which they were begun.
    open: Vec<OpenHook>,
    /// Hosts whose turn has ended.
    ended: BTreeSet<HostName>,
}

impl HookJournal {
    /// The same for whoever takes the run up again.
    #[must_use]
    pub fn recalled(mut self) -> Self {
        self.open.iter_mut().for_each(|open| open.recalled = true);
        self
    }

    /// Takes an event into account.
    pub fn note(&mut self, event: &EventKind) {
        match event {
            EventKind::HookStarted {
                hook,
                at,
                host,
                wave,
                undo: false,
            } => {
                // One that is begun again has its place where it was begun last.
                self.open.retain(|open| !is_of(open, hook, host, wave));
                self.open.push(OpenHook {
                    hook: hook.clone(),
                    at: *at,
                    host: host.clone(),
                    wave: wave.clone(),
                    outcome: None,
                    undo_failed: None,
                    recalled: false,
                });
            }
            EventKind::HookFinished {
                hook,
                host,
                wave,
                undo,
                outcome,
                detail,
            } => self.note_end((hook, host, wave), *undo, *outcome, detail),
            EventKind::HostStarted { host, .. } | EventKind::HostResumed { host, .. } => {
                self.ended.remove(host);
            }
            EventKind::HostFinished { host, .. } => {
                self.ended.insert(host.clone());
            }
            _ => {}
        }
    }

    fn note_end(
        &mut self,
        (hook, host, wave): (&str, &Option<HostName>, &Option<WaveName>),
        undo: bool,
        outcome: HookOutcome,
        detail: &str,
    ) {
        if undo && outcome == HookOutcome::Done {
            self.open.retain(|open| !is_of(open, hook, host, wave));
            return;
        }
        let found = self.open.iter_mut().find(|open| is_of(open, hook, host, wave));
        let Some(open) = found else {
            return;
        };
        if undo {
            open.undo_failed = Some(detail.to_owned());
        } else {
            open.outcome = Some(outcome);
        }
    }

    /// What is open, in the order in which it was begun.
    #[must_use]
    pub fn open(&self) -> &[OpenHook] {
        &self.open
    }

    /// What is open for a host, in the order in which it was begun.
    #[must_use]
    pub fn of_host(&self, host: &HostName) -> Vec<OpenHook> {
        let is_its = |open: &&OpenHook| open.host.as_ref() == Some(host);
        self.open.iter().filter(is_its).cloned().collect()
    }

    /// Whether the host's turn has ended.
    #[must_use]
    pub fn has_ended(&self, host: &HostName) -> bool {
        self.ended.contains(host)
    }

    /// The hook of a wave, or of the run, when it is open.
    #[must_use]
    pub fn of_wave(&self, hook: &str, wave: Option<&WaveName>) -> Option<&OpenHook> {
        self.open
            .iter()
            .find(|open| open.hook == hook && open.host.is_none() && open.wave.as_ref() == wave)
    }

    /// What these rules can undo and is not undone, in the order in which it was begun; `untried` says why, where nobody tried.
    #[must_use]
    pub fn not_undone(&self, rules: &[HookRule], untried: &str) -> Vec<NotUndone> {
        let can_be_undone = |open: &&OpenHook| {
            let rule = rules.iter().find(|rule| rule.name == open.hook);
            rule.is_some_and(|rule| rule.undo.is_some())
        };
        let tell = |open: &OpenHook| NotUndone {
            detail: open.undo_failed.clone().unwrap_or_else(|| untried.to_owned()),
            hook: open.hook.clone(),
            host: open.host.clone(),
            wave: open.wave.clone(),
        };
        self.open.iter().filter(can_be_undone).map(tell).collect()
    }
}

fn is_of(open: &OpenHook, hook: &str, host: &Option<HostName>, wave: &Option<WaveName>) -> bool {
    // A host is in one wave.
    open.hook == hook && open.host == *host && (host.is_some() || open.wave == *wave)
}

/// The hooks of a run that were begun and are not undone, from its events in their order.
#[must_use]
pub fn hook_journal<'a>(events: impl IntoIterator<Item = &'a EventKind>) -> HookJournal {
    let mut journal = HookJournal::default();
    for event in events {
        journal.note(event);
    }
    journal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::HostRunState;

    fn host(name: &str) -> Option<HostName> {
        Some(HostName::new(name).unwrap())
    }

    fn begun(hook: &str, host: Option<HostName>, undo: bool) -> EventKind {
        EventKind::HookStarted {
            hook: hook.to_owned(),
            at: HookPoint::PrePatch,
            host,
            wave: None,
            undo,
        }
    }

    fn ended(hook: &str, host: Option<HostName>, undo: bool, outcome: HookOutcome) -> EventKind {
        EventKind::HookFinished {
            hook: hook.to_owned(),
            host,
            wave: None,
            undo,
            outcome,
            detail: "said".to_owned(),
        }
    }

    #[test]
    fn a_hook_is_open_from_its_beginning_until_it_is_undone() {
        let mut events = vec![begun("drain", host("a"), false)];
        assert!(!hook_journal(&events).open()[0].is_done());
        events.push(ended("drain", host("a"), false, HookOutcome::Done));
        assert!(hook_journal(&events).of_host(&host("a").unwrap())[0].is_done());
        assert!(hook_journal(&events).of_host(&host("b").unwrap()).is_empty());
        events.push(begun("drain", host("a"), true));
        assert_eq!(hook_journal(&events).open().len(), 1);
        events.push(ended("drain", host("a"), true, HookOutcome::Failed));
        let journal = hook_journal(&events);
        assert_eq!(journal.open()[0].undo_failed.as_deref(), Some("said"));
        events.push(ended("drain", host("a"), true, HookOutcome::Done));
        assert!(hook_journal(&events).open().is_empty());
    }

    #[test]
    fn a_hook_that_is_begun_again_is_open_once() {
        let events = [
            begun("one", host("a"), false),
            begun("two", host("a"), false),
            begun("one", host("a"), false),
        ];
        let journal = hook_journal(&events);
        let names: Vec<&str> = journal.open().iter().map(|open| open.hook.as_str()).collect();
        assert_eq!(names, ["two", "one"]);
    }

    #[test]
    fn a_failed_hook_is_open_and_not_in_effect() {
        let events = [begun("x", None, false), ended("x", None, false, HookOutcome::Failed)];
        let journal = hook_journal(&events);
        assert_eq!(journal.open().len(), 1);
        assert!(!journal.of_wave("x", None).unwrap().is_in_effect(true));
        let events = [begun("x", None, false), ended("x", None, false, HookOutcome::Done)];
        let journal = hook_journal(&events);
        assert!(journal.of_wave("x", None).unwrap().is_in_effect(true));
        // Whoever takes the run up again does not know whether it was undone when nothing could be kept.
        let journal = journal.recalled();
        assert!(!journal.of_wave("x", None).unwrap().is_in_effect(true));
        assert!(journal.of_wave("x", None).unwrap().is_in_effect(false));
    }

    #[test]
    fn a_host_has_ended_until_it_is_taken_up_again() {
        let name = host("a").unwrap();
        let wave = WaveName::new("w").unwrap();
        let mut events = vec![EventKind::HostFinished {
            host: name.clone(),
            wave: wave.clone(),
            state: HostRunState::Failed,
            rebooted: false,
            duration_ms: 0,
            error: None,
            excerpt: Vec::new(),
            changed: Vec::new(),
            downloaded_bytes: None,
        }];
        assert!(hook_journal(&events).has_ended(&name));
        events.push(EventKind::HostResumed {
            host: name.clone(),
            wave,
        });
        assert!(!hook_journal(&events).has_ended(&name));
    }
}
