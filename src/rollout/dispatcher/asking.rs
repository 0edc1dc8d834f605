//! Hosts whose domains are asked before they start.
//!
//! What must stay true: a host that is asked for counts as down for its domains meanwhile, so that no other of them passes
//! it; and whatever else may keep a host from starting is looked at again after the answer, which may have taken long.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use super::Run;
use super::batch::Window;
use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;
use crate::model::plan::{PlannedHost, PlannedWave};
use crate::model::run::HostRunState;
use crate::plan::Waiting;
use crate::remote::job::JobStep;
use crate::remote::transport::Transport;
use crate::rollout::executor::{ExecutorMessage, TurnResult};
use crate::rollout::quorum::{Agreement, Question, agree};
use crate::rollout::simulation::host_has_work;
use crate::rollout::sink::{EventSink, SinkError};

/// Hosts that wait for an answer.
pub(super) struct Asking<'a> {
    tasks: JoinSet<Agreement>,
    hosts: BTreeMap<Id, &'a PlannedHost>,
}

/// An answer, or none because the asking was ended.
pub(super) type Asked = Result<(Id, Agreement), JoinError>;

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
        let questions = self.questions(planned);
        let host = self.context.hosts.get(&planned.name);
        let (false, Some(host)) = (questions.is_empty(), host) else {
            return self.start(wave, planned, messages, running);
        };
        let transport = self.context.transport.clone();
        let asking = &mut running.asking;
        self.domains.starts(&planned.name);
        let task = asking
            .tasks
            .spawn(agree(transport, host.clone(), questions, messages.clone()));
        asking.hosts.insert(task.id(), planned);
        Ok(())
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
        let (id, agreement) = match asked {
            Ok((id, agreement)) => (id, agreement),
            Err(error) if error.is_cancelled() => (error.id(), Ok(Vec::new())),
            Err(error) => (error.id(), Err(lost_answer(&error.to_string()))),
        };
        let Some(planned) = running.asking.hosts.remove(&id) else {
            return Ok(());
        };
        self.domains.ends(&planned.name, false);
        let control = &self.context.control;
        let stands_still = control.is_paused() || self.gating.is_undecided();
        if stands_still && !control.is_draining() && !broken {
            // The answer grows old while the run stands still: it is asked for again.
            self.domains.put_back(waiting, planned);
            return Ok(());
        }
        if broken || !self.may_start(wave) {
            return Ok(());
        }
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

fn lost_answer(detail: &str) -> HostError {
    HostError::new(
        ErrorCode::Internal,
        format!("the question to the host's domain ended without an answer: {detail}"),
        "this is a fault of patchwave: please report it",
    )
}
