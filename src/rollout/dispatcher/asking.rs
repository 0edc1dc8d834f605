//! Hosts whose domains are asked before they start, by a look at their other hosts and by their quorum commands.
//!
//! What must stay true: a host that is asked for counts as down for its domains meanwhile, so that no other of them passes
//! it, and a quorum command is asked for one host at a time; whatever else may keep a host from starting is looked at
//! again after the answer, which may have taken long. No host of a domain is taken down beside one that has died since
//! it was done.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::Run;
use super::batch::Window;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::plan::{PlannedHost, PlannedWave};
use crate::model::run::HostRunState;
use crate::model::text::printable;
use crate::plan::Waiting;
use crate::remote::job::JobStep;
use crate::remote::transport::Transport;
use crate::rollout::executor::{ExecutorMessage, TurnResult};
use crate::rollout::presence::{self, Look};
use crate::rollout::quorum::{Agreement, Question, agree};
use crate::rollout::simulation::host_has_work;
use crate::rollout::sink::{EventSink, SinkError};

/// For so long a host that was seen to answer is not looked at again.
const SEEN: Duration = Duration::from_secs(30);

/// Hosts that wait for an answer.
pub(super) struct Asking<'a> {
    tasks: JoinSet<Answer>,
    hosts: BTreeMap<Id, &'a PlannedHost>,
}

/// What came of the asking about one host.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The other hosts of its domains that were looked at.
    looks: Vec<Look>,
    /// What their quorum commands say; `None` where they were not asked, because a host is down.
    agreement: Option<Agreement>,
}

/// An answer, or none because the asking was ended.
pub(super) type Asked = Result<(Id, Answer), JoinError>;

impl Asking<'_> {
    pub(super) fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            hosts: BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// The next answer; `None` when nobody is asked for.
    pub(super) async fn next(&mut self) -> Option<Asked> {
        self.tasks.join_next_with_id().await
    }

    /// Nobody waits any longer.
    pub(super) fn give_up(&mut self) {
        self.tasks.abort_all();
    }
}

impl<T: Transport, S: EventSink> Run<'_, T, S> {
    /// Starts a host, after its domains have agreed where they are to be asked.
    pub(super) fn start_or_ask<'a>(
        &mut self,
        wave: &PlannedWave,
        planned: &'a PlannedHost,
        messages: &mpsc::Sender<ExecutorMessage>,
        running: &mut Window<'a>,
    ) -> Result<(), SinkError> {
        let (companions, questions) = (self.companions(planned), self.questions(planned));
        let host = self.context.hosts.get(&planned.name).cloned();
        let is_free = companions.is_empty() && questions.is_empty();
        let (false, Some(host)) = (is_free, host) else {
            return self.start(wave, planned, messages, running);
        };
        let (transport, messages) = (self.context.transport.clone(), messages.clone());
        let asking = &mut running.asking;
        self.domains.asks(&planned.name);
        let task = asking.tasks.spawn(async move {
            let looks = presence::look(&transport, companions).await;
            let agreement = if looks.iter().any(|(_, down)| down.is_some()) {
                None
            } else {
                Some(agree(transport, host, questions, messages).await)
            };
            Answer { looks, agreement }
        });
        asking.hosts.insert(task.id(), planned);
        Ok(())
    }

    /// The other hosts of the host's domains that may have died since they were seen; none where its turn does not take
    /// it down.
    fn companions(&self, planned: &PlannedHost) -> Vec<Host> {
        if self.context.step != JobStep::Everything || !host_has_work(planned) {
            return Vec::new();
        }
        let is_new = |name: &&HostName| self.seen.get(*name).is_none_or(|seen| seen.elapsed() >= SEEN);
        let companions = self.domains.companions(&planned.name).into_iter().filter(is_new);
        companions
            .filter_map(|name| self.context.hosts.get(name).cloned())
            .collect()
    }

    /// Keeps what was seen of the other hosts of a host's domains. True when one of them is down. One that was begun
    /// meanwhile is down by its own turn.
    fn note_looks(&mut self, planned: &PlannedHost, looks: Vec<Look>) -> Result<bool, SinkError> {
        let mut is_down = false;
        for (host, down) in looks {
            if !self.domains.companions(&planned.name).contains(&host) {
                continue;
            }
            let Some(error) = down else {
                self.seen.insert(host, Instant::now());
                continue;
            };
            is_down = true;
            self.domains.loses(&host);
            self.sink.record(EventKind::HostDown {
                host,
                detail: printable(&error.message),
            })?;
        }
        Ok(is_down)
    }

    /// What is to be asked before a host is taken down; nothing where its turn does not take it down.
    fn questions(&self, planned: &PlannedHost) -> Vec<Question> {
        if self.context.step != JobStep::Everything || !host_has_work(planned) {
            return Vec::new();
        }
        let known = |name| self.context.hosts.get(name).cloned();
        let asked = self.domains.quorums(&planned.name);
        asked
            .map(|(domain, rule, members)| Question {
                domain: domain.clone(),
                rule: rule.clone(),
                members: members.into_iter().filter_map(known).collect::<Vec<Host>>(),
            })
            .collect()
    }

    /// Goes on with a host whose domains have answered.
    pub(super) fn answered<'a>(
        &mut self,
        wave: &PlannedWave,
        asked: Asked,
        messages: &mpsc::Sender<ExecutorMessage>,
        running: &mut Window<'a>,
        waiting: &mut Waiting<'a>,
        broken: bool,
    ) -> Result<(), SinkError> {
        let (id, answer) = match asked {
            Ok((id, answer)) => (id, answer),
            Err(error) if error.is_cancelled() => (error.id(), Answer::default()),
            Err(error) => (error.id(), Answer::lost(&error.to_string())),
        };
        let Some(planned) = running.asking.hosts.remove(&id) else {
            return Ok(());
        };
        self.domains.answers(&planned.name);
        let control = &self.context.control;
        let stands_still = control.is_paused() || self.gating.is_undecided();
        if stands_still && !control.is_draining() && !broken {
            // The answer grows old while the run stands still: it is asked for again.
            self.domains.put_back(waiting, planned);
            return Ok(());
        }
        let is_down = !broken && self.note_looks(planned, answer.looks)?;
        if broken || !self.may_start(wave) {
            return Ok(());
        }
        let Some(agreement) = answer.agreement.filter(|_| !is_down) else {
            // Who may start is another question now.
            self.domains.put_back(waiting, planned);
            return Ok(());
        };
        match agreement {
            // The answer may have been long in coming.
            Ok(_) if self.closing.refuses(planned, true, Timestamp::now()) => Ok(()),
            Ok(events) => {
                for event in events {
                    self.sink.record(event)?;
                }
                self.start_anew(wave, planned, messages, running)
            }
            Err(error) => {
                let result = TurnResult {
                    state: HostRunState::Skipped,
                    error: Some(error),
                    ..TurnResult::unchanged()
                };
                self.conclude(&wave.name, planned.name.clone(), result)
            }
        }
    }
}

impl Answer {
    fn lost(detail: &str) -> Self {
        let error = HostError::new(
            ErrorCode::Internal,
            format!("the question to the host's domain ended without an answer: {detail}"),
            "this is a fault of patchwave: please report it",
        );
        Self {
            looks: Vec::new(),
            agreement: Some(Err(error)),
        }
    }
}
