//! Gates of waves that have passed, looked at again until the run ends.
//!
//! Looking takes few connections, and longer pauses where it takes long, so that it never slows the run. Only the first
//! look and changes are recorded. Nothing is decided here: the dispatcher hears what was seen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Run;
use super::gating::PauseEnd;
use crate::model::event::EventKind;
use crate::model::gate::{Gate, GateResult, Relook as RelookRule};
use crate::model::host::Host;
use crate::model::name::WaveName;
use crate::model::run::WaveOutcome;
use crate::remote::transport::Transport;
use crate::rollout::gates::{self, PARALLEL, Verdict};
use crate::rollout::sink::{EventSink, SinkError};

/// Gates that are looked at again at the same time.
const GATES: usize = 2;

/// Hosts that one of them asks at the same time.
const HOSTS: usize = 2;

/// A gate rests at least so many times as long as a look at it took.
const REST: u32 = 9;

/// Looks that nobody has heard of yet; further ones wait.
const UNHEARD: usize = 64;

/// A gate that has passed, and the hosts that it passed for.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub wave: WaveName,
    pub gate: Gate,
    pub hosts: Vec<Host>,
}

/// What was seen of a watched gate.
#[derive(Debug)]
pub(super) struct Look {
    /// Its place among the watched ones.
    number: usize,
    verdict: Verdict,
}

/// The gates that are watched. When it is dropped, nobody looks any more.
pub(super) struct Relook {
    watched: Vec<Watched>,
    /// What was recorded last of each, by its place.
    last: BTreeMap<usize, GateResult>,
    /// Gates that could not be measured and that an operator let pass.
    promoted: Vec<usize>,
    tasks: JoinSet<()>,
    permits: Arc<Semaphore>,
    sender: mpsc::Sender<Look>,
    inbox: mpsc::Receiver<Look>,
}

impl Default for Relook {
    fn default() -> Self {
        let (sender, inbox) = mpsc::channel(UNHEARD);
        Self {
            watched: Vec::new(),
            last: BTreeMap::new(),
            promoted: Vec::new(),
            tasks: JoinSet::new(),
            permits: Arc::new(Semaphore::new(GATES)),
            sender,
            inbox,
        }
    }
}

impl Relook {
    /// Looks at a gate again from now on, as its rule says.
    pub fn watch<T: Transport>(&mut self, watched: Watched, transport: &T) {
        let RelookRule::Every(pause) = watched.gate.relook else {
            return;
        };
        let number = self.watched.len();
        self.watched.push(watched.clone());
        let (transport, permits, sender) = (transport.clone(), self.permits.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            let mut rest = pause;
            loop {
                tokio::time::sleep(rest).await;
                let Ok(permit) = permits.acquire().await else {
                    return;
                };
                let begun = Instant::now();
                let verdict = gates::look(&watched.gate, &watched.hosts, &transport, HOSTS).await;
                drop(permit);
                rest = rest_after(pause, begun.elapsed());
                if sender.send(Look { number, verdict }).await.is_err() {
                    return;
                }
            }
        });
    }

    /// The next look. Waits for ever when nothing is watched.
    pub async fn next(&mut self) -> Look {
        match self.inbox.recv().await {
            Some(look) => look,
            None => std::future::pending().await,
        }
    }
}

fn rest_after(pause: Duration, took: Duration) -> Duration {
    pause.max(took.saturating_mul(REST))
}

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    /// Hears what was seen: records what is new, and lets no further host begin when a gate is red.
    pub(super) fn hear_look(&mut self, look: &Look) -> Result<(), SinkError> {
        let relook = &mut self.gating.relook;
        let Some(Watched { wave, gate, .. }) = relook.watched.get(look.number) else {
            return Ok(());
        };
        let Verdict { result, detail } = &look.verdict;
        let said = EventKind::GateLooked {
            wave: wave.clone(),
            gate: gate.name.clone(),
            result: *result,
            detail: detail.clone(),
        };
        let red = format!(
            "gate `{}` of wave `{wave}`, which had passed, fails now: {detail}",
            gate.name
        );
        if *result != GateResult::Unknown {
            relook.promoted.retain(|number| *number != look.number);
        }
        if relook.last.insert(look.number, *result) != Some(*result) {
            self.sink.record(said)?;
        }
        if *result == GateResult::Fail {
            self.gating.end.get_or_insert((WaveOutcome::Failed, Some(red)));
        }
        Ok(())
    }

    /// Looks at every gate of earlier waves at once, before a wave may pass. What is unknown pauses here.
    pub(super) async fn look_again(&mut self, wave: &WaveName) -> Result<(), SinkError> {
        while let Ok(look) = self.gating.relook.inbox.try_recv() {
            self.hear_look(&look)?;
        }
        let earlier: Vec<usize> = self.gating.relook.numbers_before(wave);
        let mut waiting = earlier;
        while self.gating.end.is_none() && !waiting.is_empty() {
            let looks = self.look_at(&waiting).await;
            waiting.clear();
            for look in looks {
                self.hear_look(&look)?;
                if self.gating.end.is_none() && look.verdict.result == GateResult::Unknown {
                    waiting.extend(self.ask_about(&look).await?);
                }
            }
        }
        Ok(())
    }

    /// All looks, or none when the operator interrupts.
    async fn look_at(&mut self, numbers: &[usize]) -> Vec<Look> {
        let mut looking = JoinSet::new();
        for number in numbers {
            let Some(watched) = self.gating.relook.watched.get(*number).cloned() else {
                continue;
            };
            let (number, transport) = (*number, self.context.transport.clone());
            looking.spawn(async move {
                let verdict = gates::look(&watched.gate, &watched.hosts, &transport, PARALLEL).await;
                Look { number, verdict }
            });
        }
        tokio::select! {
            looks = looking.join_all() => looks,
            () = self.context.control.drained() => Vec::new(),
        }
    }

    /// Pauses for a gate that can no longer be measured. Gives its place when it is to be looked at once more.
    async fn ask_about(&mut self, look: &Look) -> Result<Option<usize>, SinkError> {
        let relook = &self.gating.relook;
        let Some(watched) = relook.watched.get(look.number) else {
            return Ok(None);
        };
        if relook.promoted.contains(&look.number) {
            return Ok(None);
        }
        let reason = format!(
            "gate `{}` of wave `{}`, which had passed, can no longer be measured: {}",
            watched.gate.name, watched.wave, look.verdict.detail
        );
        Ok(match self.pause_until_promoted(&reason).await? {
            PauseEnd::Promoted => {
                self.gating.relook.promoted.push(look.number);
                None
            }
            PauseEnd::Continued => Some(look.number),
            PauseEnd::Interrupted => {
                self.gating.end = Some((WaveOutcome::Interrupted, Some(reason)));
                None
            }
        })
    }
}

impl Relook {
    fn numbers_before(&self, wave: &WaveName) -> Vec<usize> {
        let watched = self.watched.iter().enumerate();
        watched
            .filter(|(_, watched)| watched.wave != *wave)
            .map(|(number, _)| number)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_takes_long_is_taken_seldom() {
        let (minute, second) = (Duration::from_secs(60), Duration::from_secs(1));
        assert_eq!(rest_after(minute, second), minute);
        assert_eq!(rest_after(minute, minute), minute * REST);
    }
}
