//! Asks every host of a draft what exactly its changes come to. Nothing on a host is changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::control::Control;
use super::limits::Limits;
use super::repair::{bounded, interrupted};
use super::resolution::ask_resolution;
use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::rollback::Consent;
use crate::plan::{HostAnswer, HostQuestion, SharedAnswers};
use crate::remote::resolve::ResolveRequest;
use crate::remote::transport::{Connection, Transport};

/// For so long a plan waits for another process that holds a manager's lock. The run waits longer, and names it.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// Asks the hosts, so many at once, each over one connection. There is an answer for every question: a host that
/// cannot be reached, and one that an interruption left out, has an error. `told` hears each as it comes.
pub async fn ask_hosts<T: Transport>(
    questions: Vec<HostQuestion>,
    hosts: &BTreeMap<HostName, Host>,
    transport: &T,
    limits: &Limits,
    control: &Control,
    told: impl FnMut(&HostAnswer),
) -> BTreeMap<HostName, HostAnswer> {
    let shared = Arc::new(Mutex::new(SharedAnswers::default()));
    let work = |question: HostQuestion| {
        let (transport, limits) = (transport.clone(), limits.clone());
        let host = hosts.get(&question.host).cloned();
        let shared = Arc::clone(&shared);
        async move {
            let answer = ask_host(question, host, &transport, &limits).await;
            shared.lock().unwrap_or_else(PoisonError::into_inner).share(answer)
        }
    };
    let left_out = |question: &HostQuestion| without_answer(question.clone(), interrupted());
    let answers = bounded(questions, limits.parallel, control, work, left_out, told).await;
    answers
        .into_iter()
        .map(|answer| (answer.host.clone(), answer))
        .collect()
}

fn without_answer(mut question: HostQuestion, error: HostError) -> HostAnswer {
    question.answer(Err(error));
    question.into_answer()
}

async fn ask_host<T: Transport>(
    mut question: HostQuestion,
    host: Option<Host>,
    transport: &T,
    limits: &Limits,
) -> HostAnswer {
    let Some(host) = host else {
        let error = HostError::new(ErrorCode::Internal, "the host is not in the inventory", "plan again");
        return without_answer(question, error);
    };
    let connection = match transport.connect(&host).await {
        Ok(connection) => connection,
        Err(error) => return without_answer(question, error),
    };
    while let Some(asked) = question.next() {
        let request = ResolveRequest {
            manager: question.manager,
            changes: asked.changes,
            may_bring: asked.may_bring,
            install: asked.install,
            consent: Consent {
                may_displace: asked.displaced,
                ..Consent::default()
            },
            lock_wait: limits.read_lock_wait.min(LOCK_WAIT),
        };
        question.answer(ask_resolution(&connection, &request, limits).await);
    }
    connection.close().await;
    question.into_answer()
}
