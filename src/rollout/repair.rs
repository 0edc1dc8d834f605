//! Repairs: first every host is looked at, then a job runs on those where something is broken that it can mend, and
//! a second look says whether it did. Hosts that are fine are left alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::control::Control;
use super::executor::{ExecutorMessage, Turn};
use super::hooks::TurnHooks;
use super::job::{self, JobOrder};
use super::limits::Limits;
use super::link::Link;
use super::survey::internal;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::host::{Host, RebootPolicy};
use crate::model::manager::Manager;
use crate::model::name::RunId;
use crate::model::plan::{Basis, PlannedHost};
use crate::model::repair::{Finding, HostRepair, RepairState};
use crate::model::restart::RestartPolicy;
use crate::model::scan::HostState;
use crate::remote::job::JobStep;
use crate::remote::probe::{ProbeRequest, Refresh, parse_manager_only, probe_script};
use crate::remote::repair::{actions, look_script, parse_look};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// As many messages of running jobs as may wait.
const MESSAGES: usize = 256;

/// A host that was looked at.
#[derive(Debug, Clone)]
pub struct Examination {
    /// The host.
    pub host: Host,
    /// Its manager and what is broken, or why that is not known.
    pub found: Result<(Manager, Vec<Finding>), HostError>,
}

impl Examination {
    /// Whether a repair could mend something.
    #[must_use]
    pub fn is_mendable(&self) -> bool {
        matches!(&self.found, Ok((_, findings)) if findings.iter().any(|finding| finding.remedy.is_some()))
    }

    /// The host's entry when nothing is done.
    #[must_use]
    pub fn untouched(&self) -> HostRepair {
        match &self.found {
            Ok((_, findings)) => HostRepair {
                name: self.host.name.clone(),
                state: if findings.is_empty() {
                    RepairState::Fine
                } else {
                    RepairState::Broken
                },
                error: None,
                findings: findings.clone(),
                actions: Vec::new(),
            },
            Err(error) => failed(&self.host, error.clone(), Vec::new()),
        }
    }
}

/// Looks at every host; changes nothing. The answers come in the order given.
pub async fn examine_hosts<T: Transport>(
    hosts: &[Host],
    transport: &T,
    limits: &Limits,
    control: &Control,
) -> Vec<Examination> {
    let work = |host: Host| {
        let (transport, limits) = (transport.clone(), limits.clone());
        async move {
            let found = examine(&host, &transport, &limits).await;
            Examination { host, found }
        }
    };
    let left_out = |host: &Host| Examination {
        host: host.clone(),
        found: Err(interrupted()),
    };
    bounded(hosts.to_vec(), limits.parallel, control, work, left_out, |_| {}).await
}

/// Repairs the hosts on which something is broken that can be mended; `tell` hears what the jobs say.
pub async fn repair_hosts<T: Transport>(
    examined: Vec<Examination>,
    run: &RunId,
    transport: &T,
    limits: &Limits,
    control: &Control,
    mut tell: impl FnMut(EventKind),
) -> Vec<HostRepair> {
    let (sender, mut inbox) = mpsc::channel(MESSAGES);
    let work = |examination: Examination| {
        let (run, transport, limits, sender) = (run.clone(), transport.clone(), limits.clone(), sender.clone());
        async move {
            if examination.is_mendable() {
                repair(examination, run, transport, limits, sender).await
            } else {
                examination.untouched()
            }
        }
    };
    let left_out = |examination: &Examination| failed(&examination.host, interrupted(), Vec::new());
    let all = bounded(examined, limits.parallel, control, work, left_out, |_| {});
    tokio::pin!(all);
    loop {
        tokio::select! {
            answers = &mut all => return answers,
            Some(message) = inbox.recv() => match message {
                ExecutorMessage::Tell(event) => tell(*event),
                ExecutorMessage::Output { host, line } => tell(EventKind::HostOutput { host, line }),
                // A repair is begun again from what is found: nothing of it has to be kept.
                ExecutorMessage::Keep { kept, .. } => drop(kept.send(())),
            },
        }
    }
}

/// Does the work for every item, so many at once, and gives the answers in the order of the items. `told` hears each
/// as it comes.
pub(super) async fn bounded<I, A, F>(
    items: Vec<I>,
    parallel: usize,
    control: &Control,
    work: impl Fn(I) -> F,
    left_out: impl Fn(&I) -> A,
    mut told: impl FnMut(&A),
) -> Vec<A>
where
    I: Clone + Send + 'static,
    A: Send + 'static,
    F: Future<Output = A> + Send + 'static,
{
    let mut answers: BTreeMap<usize, A> = BTreeMap::new();
    let mut running: JoinSet<(usize, A)> = JoinSet::new();
    let mut waiting = items.iter().enumerate();
    loop {
        while running.len() < parallel.max(1) && !control.is_draining() {
            let Some((position, item)) = waiting.next() else { break };
            let task = work(item.clone());
            running.spawn(async move { (position, task.await) });
        }
        let joined = tokio::select! {
            joined = running.join_next() => joined,
            () = control.detached() => break,
        };
        match joined {
            None => break,
            Some(Ok((position, answer))) => {
                told(&answer);
                answers.insert(position, answer);
            }
            // A task that panicked: its item is among those left out.
            Some(Err(_)) => {}
        }
    }
    for (position, item) in items.iter().enumerate() {
        answers.entry(position).or_insert_with(|| left_out(item));
    }
    answers.into_values().collect()
}

async fn examine<T: Transport>(
    host: &Host,
    transport: &T,
    limits: &Limits,
) -> Result<(Manager, Vec<Finding>), HostError> {
    let connection = transport.connect(host).await?;
    let answer = async {
        let request = ProbeRequest {
            refresh: Refresh::Never,
            installed: false,
            lock_wait: limits.read_lock_wait,
        };
        let nonce = Nonce::from_bits(rand::random());
        let script = probe_script(&request, nonce.clone()).map_err(|error| internal(&error))?;
        let timeout = limits.command + limits.read_lock_wait;
        let request = |script| ScriptRequest {
            script,
            privileged: true,
            timeout,
        };
        let manager = parse_manager_only(&connection.run(&request(script)).await?, &nonce)?;
        let nonce = Nonce::from_bits(rand::random());
        let script = look_script(manager, limits.read_lock_wait, nonce.clone()).map_err(|error| internal(&error))?;
        let findings = parse_look(manager, &connection.run(&request(script)).await?, &nonce)?;
        Ok((manager, findings))
    };
    let answer = answer.await;
    connection.close().await;
    answer
}

async fn repair<T: Transport>(
    examination: Examination,
    run: RunId,
    transport: T,
    limits: Limits,
    messages: mpsc::Sender<ExecutorMessage>,
) -> HostRepair {
    let host = examination.host;
    let (manager, findings) = match examination.found {
        Ok(found) => found,
        Err(error) => return failed(&host, error, Vec::new()),
    };
    let turn = Turn {
        promoted: Vec::new(),
        rules: Arc::default(),
        refresh: Refresh::Never,
        transport,
        planned: Arc::new(nothing_planned(&host)),
        host: host.clone(),
        run,
        limits,
        step: JobStep::Repair,
        gates: None,
        restart: RestartPolicy::None.into(),
        hooks: TurnHooks::default(),
        past: None,
        messages,
    };
    match mend(&turn, manager).await {
        Ok((left, done)) => ended(&host, findings, left, done),
        Err((error, done)) => HostRepair {
            actions: done,
            ..failed(&host, error, findings)
        },
    }
}

/// Runs the job and looks again: what is broken now, and what was done.
async fn mend<T: Transport>(
    turn: &Turn<T>,
    manager: Manager,
) -> Result<(Vec<Finding>, Vec<String>), (HostError, Vec<String>)> {
    let nothing_done = |error| (error, Vec::new());
    let connection = turn.transport.connect(&turn.host).await.map_err(nothing_done)?;
    let mut link = Link::new(turn, connection);
    let order = JobOrder {
        removes: Vec::new(),
        manager,
        changes: Vec::new(),
        may_bring: Vec::new(),
        before: None,
    };
    let finished = job::run(turn, &mut link, order).await.map_err(nothing_done)?;
    let done = actions(&finished.log);
    let wait = turn.limits.read_lock_wait;
    let left = link
        .ask(
            |nonce| look_script(manager, wait, nonce),
            |output, nonce| parse_look(manager, output, nonce),
            turn.limits.command + wait,
        )
        .await;
    match (left, finished.failure) {
        (Ok(left), None) => {
            // While anything is broken, the log and the copy of a database stay where they are.
            if left.is_empty() {
                job::clean_up(turn, &mut link, &finished.id).await;
            }
            Ok((left, done))
        }
        (_, Some(error)) => {
            // No run of the ledger has this job's log.
            let hint = format!("read the job's log on the host: {}", log_of(turn));
            Err((HostError { hint, ..error }, done))
        }
        (Err(error), None) => Err((error, done)),
    }
}

fn log_of<T>(turn: &Turn<T>) -> String {
    format!("/var/lib/patchwave/jobs/{}/log", turn.run)
}

/// What is proved by the second look.
fn ended(host: &Host, findings: Vec<Finding>, left: Vec<Finding>, actions: Vec<String>) -> HostRepair {
    let still = left.iter().find(|finding| finding.remedy.is_some());
    let error = still.map(|finding| {
        HostError::new(
            ErrorCode::Broken,
            format!("it is still broken: {}", finding.words),
            "look at the job's log on the host: /var/lib/patchwave/jobs",
        )
    });
    HostRepair {
        name: host.name.clone(),
        state: if error.is_some() {
            RepairState::Failed
        } else {
            RepairState::Repaired
        },
        error,
        findings: [findings, left].concat(),
        actions,
    }
    .without_repetition()
}

fn failed(host: &Host, error: HostError, findings: Vec<Finding>) -> HostRepair {
    HostRepair {
        name: host.name.clone(),
        state: if HostState::from_error(error.code).is_unreachable() {
            RepairState::Unreachable
        } else {
            RepairState::Failed
        },
        error: Some(error),
        findings,
        actions: Vec::new(),
    }
}

pub(super) fn interrupted() -> HostError {
    HostError::new(
        ErrorCode::Interrupted,
        "it was interrupted before its turn ended",
        "try again",
    )
}

fn nothing_planned(host: &Host) -> PlannedHost {
    PlannedHost {
        name: host.name.clone(),
        address: host.address.clone(),
        port: host.port,
        basis: Basis::Unknown { error: interrupted() },
        changes: Arc::default(),
        may_bring: Arc::default(),
        removes: Vec::new(),
        left_out: Vec::new(),
        reboot: RebootPolicy::Never,
        foresight: None,
    }
}
