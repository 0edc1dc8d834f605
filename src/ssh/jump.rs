//! Hosts behind other hosts: one shared connection per jump host.
//!
//! What must stay true: a jump host that failed is not tried again by each of the hosts behind it, one after
//! the other; a dead host behind a jump host delays none of its neighbours.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use russh::ChannelOpenFailure;
use russh::ChannelStream;
use russh::client::Msg;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::model::error::HostError;
use crate::model::host::Host;
use crate::model::name::HostName;

use super::failure;
use super::handshake::Session;
use super::stream::Bytes;

/// Handshakes in flight through one jump host: sshd starts to drop connections at ten (`MaxStartups`).
const MOST_HANDSHAKES: usize = 8;
/// How long a jump host's failure stands for all hosts behind it.
const FAILURE_STANDS: Duration = Duration::from_secs(30);
/// Longer chains are circles in all likelihood.
const LONGEST_ROUTE: usize = 8;

impl Bytes for ChannelStream<Msg> {}

/// An open jump host.
#[derive(Clone)]
pub(super) struct Jump {
    /// Its session, shared by everything that goes through it.
    pub(super) session: Arc<Session>,
    /// Limits the handshakes through it.
    pub(super) handshakes: Arc<Semaphore>,
    /// Its name, for messages.
    pub(super) name: HostName,
}

enum State {
    Idle,
    Open(Arc<Session>),
    Failed(HostError, Instant),
}

struct Slot {
    state: Mutex<State>,
    handshakes: Arc<Semaphore>,
}

/// The open jump hosts, by the way to them.
#[derive(Default)]
pub(super) struct JumpPool {
    slots: Mutex<HashMap<Vec<HostName>, Arc<Slot>>>,
}

impl JumpPool {
    /// The last host of a route, open. `open` opens it when nobody has done so.
    ///
    /// # Errors
    /// Those of `open`, told of the jump host.
    pub(super) async fn get<F>(&self, route: &[Host], open: impl FnOnce() -> F) -> Result<Option<Jump>, HostError>
    where
        F: Future<Output = Result<Session, HostError>>,
    {
        let Some(last) = route.last() else {
            return Ok(None);
        };
        let key: Vec<HostName> = route.iter().map(|host| host.name.clone()).collect();
        let slot = Arc::clone(self.slots.lock().await.entry(key).or_insert_with(|| {
            Arc::new(Slot {
                state: Mutex::new(State::Idle),
                handshakes: Arc::new(Semaphore::new(MOST_HANDSHAKES)),
            })
        }));
        let mut state = slot.state.lock().await;
        let session = match &*state {
            State::Open(session) if !session.handle.is_closed() => Arc::clone(session),
            State::Failed(error, since) if since.elapsed() < FAILURE_STANDS => {
                return Err(error.clone());
            }
            _ => match open().await {
                Ok(session) => {
                    let session = Arc::new(session);
                    *state = State::Open(Arc::clone(&session));
                    session
                }
                Err(error) => {
                    let error = failure::through(&last.name, error);
                    *state = State::Failed(error.clone(), Instant::now());
                    return Err(error);
                }
            },
        };
        Ok(Some(Jump {
            session,
            handshakes: Arc::clone(&slot.handshakes),
            name: last.name.clone(),
        }))
    }
}

/// The hosts to go through, first the one that is reached directly. The first of a host's own list is
/// reached as its own settings say.
///
/// # Errors
/// `E_CONNECT` when a jump host is not in the inventory, or the chain is a circle.
pub(super) fn route(host: &Host, lookup: impl Fn(&HostName) -> Option<Host>) -> Result<Vec<Host>, HostError> {
    let mut route: Vec<Host> = Vec::new();
    let mut names = host.jump.clone();
    loop {
        let mut part = Vec::new();
        for name in &names {
            let found = lookup(name).ok_or_else(|| {
                failure::connect(format!("jump host {name} is not in the inventory"), "correct `jump`")
            })?;
            part.push(found);
        }
        part.append(&mut route);
        route = part;
        names = match route.first() {
            Some(first) if !names.is_empty() => first.jump.clone(),
            _ => Vec::new(),
        };
        if names.is_empty() {
            return Ok(route);
        }
        if route.len() > LONGEST_ROUTE {
            return Err(failure::connect(
                format!("the jump hosts of {} lead in a circle", host.name),
                "correct `jump`",
            ));
        }
    }
}

/// Opens a way through a jump host to a port behind it.
///
/// # Errors
/// `E_CONNECT` or `E_TIMEOUT`, naming the jump host.
pub(super) async fn tunnel(
    jump: &Jump,
    host: &Host,
    limit: Duration,
    deadline: Instant,
) -> Result<ChannelStream<Msg>, HostError> {
    let name = &jump.name;
    let target = format!("{}:{}", host.address, host.port);
    let open =
        jump.session
            .handle
            .channel_open_direct_tcpip(host.address.clone(), u32::from(host.port), "127.0.0.1", 0);
    match timeout_at(deadline, open).await {
        Ok(Ok(channel)) => Ok(channel.into_stream()),
        Ok(Err(russh::Error::ChannelOpenFailure(reason))) => Err(match reason {
            ChannelOpenFailure::AdministrativelyProhibited => failure::connect(
                format!("jump host {name} forbids forwarding to {target}"),
                "allow it in its sshd_config (AllowTcpForwarding, PermitOpen)",
            ),
            other => failure::connect(
                format!("jump host {name} cannot connect to {target}: {other:?}"),
                "check the address as seen from the jump host, and that sshd runs there",
            ),
        }),
        Ok(Err(_)) => Err(failure::connect(
            format!(
                "the connection to jump host {name} is gone: {}",
                jump.session.farewell.reason()
            ),
            "try again",
        )),
        Err(_) => Err(failure::timeout(
            &format!("waiting for jump host {name} to connect to {target}"),
            limit,
            "check that the host is up and can be reached from the jump host",
        )),
    }
}
