//! What the events of a run tell: how far each wave and each host is, what is still to be undone, whether it ended. Pure.
//!
//! What must stay true: the events are read in their order, one by one, and any beginning of them can be read. What was
//! not kept was not done.

mod host;
#[cfg(test)]
mod laws;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::event::{Event, EventKind};
use super::gate::GateResult;
use super::hook_journal::HookJournal;
use super::name::{HostName, WaveName};
use super::order::Order;
use super::run::{RunOutcome, WaveOutcome};

pub use host::{JobEnd, PastEnd, PastHost, PastJob, PastReboot, PastRestart};

/// What is known of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Journal {
    last_sequence: u64,
    last_at: Option<Timestamp>,
    waves: BTreeMap<WaveName, PastWave>,
    hosts: BTreeMap<HostName, PastHost>,
    hooks: HookJournal,
    orders: Vec<Order>,
    paused: Option<String>,
    ended: Option<PastRunEnd>,
}

/// What is known of a wave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PastWave {
    /// The batches that were begun, by their numbers from 1.
    pub batches: BTreeSet<usize>,
    /// When the time after it began, and how long it is.
    pub soak: Option<(Timestamp, Duration)>,
    /// Whether the time after it is over.
    pub is_soaked: bool,
    /// The last verdict of each gate: whether it passed.
    pub gates: BTreeMap<String, bool>,
    /// What each gate said before the wave changed anything, and what was seen.
    pub baseline: BTreeMap<String, (GateResult, String)>,
    /// How it ended, and why it did not pass.
    pub end: Option<(WaveOutcome, Option<String>)>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRunEnd {
    /// How.
    pub outcome: RunOutcome,
    /// Why it did not complete.
    pub reason: Option<String>,
}

impl Journal {
    /// What these events tell.
    #[must_use]
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut journal = Self::default();
        for event in events {
            journal.take(event);
        }
        journal
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        self.last_sequence = event.sequence;
        self.last_at = Some(event.at);
        self.take_of_run(event);
        self.take_of_wave(event);
        self.hooks.note(&event.kind);
        match &event.kind {
            EventKind::HostStarted { host, wave } | EventKind::HostResumed { host, wave } => {
                let past = self.hosts.entry(host.clone());
                past.or_insert_with(|| PastHost::new(wave.clone())).begin(event.at);
            }
            // A host that is left out, or that the inventory does not have, is not begun before it ends.
            EventKind::HostFinished { host, wave, .. } => {
                let past = self.hosts.entry(host.clone());
                past.or_insert_with(|| PastHost::new(wave.clone())).take(event);
            }
            kind => {
                if let Some(past) = kind.host().and_then(|host| self.hosts.get_mut(host)) {
                    past.take(event);
                }
            }
        }
    }

    fn take_of_run(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunResumed { .. } => {
                self.ended = None;
                self.hosts.values_mut().for_each(PastHost::break_off);
            }
            EventKind::Ordered { order, .. } => self.orders.push(*order),
            EventKind::RunPaused { reason } => self.paused = Some(reason.clone()),
            EventKind::RunContinued => self.paused = None,
            EventKind::RunFinished { outcome, reason } => {
                self.ended = Some(PastRunEnd {
                    outcome: *outcome,
                    reason: reason.clone(),
                });
            }
            _ => {}
        }
    }

    fn take_of_wave(&mut self, event: &Event) {
        let mut of = |wave: &WaveName, change: &dyn Fn(&mut PastWave)| {
            change(self.waves.entry(wave.clone()).or_default());
        };
        match &event.kind {
            EventKind::WaveStarted { wave, .. } => of(wave, &|past| past.end = None),
            EventKind::BatchStarted { wave, batch, .. } => of(wave, &|past| {
                past.batches.insert(*batch);
            }),
            EventKind::SoakStarted { wave, duration } => of(wave, &|past| {
                past.soak = Some((event.at, *duration));
                past.is_soaked = false;
            }),
            EventKind::SoakFinished { wave, .. } => of(wave, &|past| past.is_soaked = true),
            EventKind::GateFinished { wave, gate, passed, .. } => of(wave, &|past| {
                past.gates.insert(gate.clone(), *passed);
            }),
            EventKind::GateBaseline {
                wave,
                gate,
                result,
                detail,
            } => of(wave, &|past| {
                past.baseline.insert(gate.clone(), (*result, detail.clone()));
            }),
            EventKind::WaveFinished { wave, outcome, reason } => of(wave, &|past| {
                past.end = Some((*outcome, reason.clone()));
            }),
            _ => {}
        }
    }

    /// The number of the last event; 0 before the first.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    /// When the last event happened.
    #[must_use]
    pub fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    /// Whether nothing has happened yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last_sequence == 0
    }

    /// A wave that was begun.
    #[must_use]
    pub fn wave(&self, wave: &WaveName) -> Option<&PastWave> {
        self.waves.get(wave)
    }

    /// How a wave ended for good. One that was interrupted, or that its window ended, is gone on with.
    #[must_use]
    pub fn wave_end(&self, wave: &WaveName) -> Option<(WaveOutcome, Option<&str>)> {
        let (outcome, reason) = self.waves.get(wave)?.end.as_ref()?;
        let is_for_good = matches!(outcome, WaveOutcome::Passed | WaveOutcome::Failed);
        is_for_good.then_some((*outcome, reason.as_deref()))
    }

    /// Whether the time after a wave was begun and is not over as far as anybody wrote down.
    #[must_use]
    pub fn is_soaking(&self) -> bool {
        self.waves.values().any(|past| past.soak.is_some() && !past.is_soaked)
    }

    /// What is left of the time after a wave; `None` when it was not begun, zero when it is over.
    #[must_use]
    pub fn soak_left(&self, wave: &WaveName, now: Timestamp) -> Option<Duration> {
        let past = self.waves.get(wave)?;
        let (began, duration) = past.soak?;
        if past.is_soaked {
            return Some(Duration::ZERO);
        }
        let since = now.duration_since(began);
        // A clock that was put back must not make the time longer than it is.
        let since = if since.is_negative() {
            Duration::ZERO
        } else {
            since.unsigned_abs()
        };
        Some(duration.saturating_sub(since))
    }

    /// A host whose turn was begun.
    #[must_use]
    pub fn host(&self, host: &HostName) -> Option<&PastHost> {
        self.hosts.get(host)
    }

    /// Every host whose turn was begun.
    pub fn hosts(&self) -> impl Iterator<Item = (&HostName, &PastHost)> {
        self.hosts.iter()
    }

    /// The hooks that were begun and are not undone.
    #[must_use]
    pub fn hooks(&self) -> &HookJournal {
        &self.hooks
    }

    /// What operators said, in its order.
    #[must_use]
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// Why the run is paused, when it is.
    #[must_use]
    pub fn paused(&self) -> Option<&str> {
        self.paused.as_deref()
    }

    /// How the run ended; `None` when it did not, or was taken up again since.
    #[must_use]
    pub fn ended(&self) -> Option<&PastRunEnd> {
        self.ended.as_ref()
    }

    /// Whether the run can be gone on with: it did not end, or it was interrupted, or its window ended, or patchwave
    /// itself failed. An operator's `abort`, a budget and a gate end a run for good.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        self.ended.as_ref().is_none_or(|end| end.outcome.is_resumable())
    }
}
