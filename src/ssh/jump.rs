//! Hosts behind other hosts: one shared connection per jump host and way to it, whatever it is called.
//!
//! What must stay true: a jump host that failed is not tried again by each of the hosts behind it, one after
//! the other, and never again after a refused login or host key; a dead host behind a jump host delays none
//! of its neighbours.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::ssh_options::SshOptions;

use super::failure;
use super::handshake::Session;
use super::limiter::{Limit, Limits};

/// Logins in flight through one jump host. Its own `MaxStartups` does not count them; they are limited for
/// the sake of its processor and of the network behind it.
const MOST_LOGINS_THROUGH: usize = 32;
/// How long a jump host's failure stands for all hosts behind it.
const FAILURE_STANDS: Duration = Duration::from_secs(30);
/// Longer chains are circles in all likelihood.
const LONGEST_ROUTE: usize = 8;

/// A host on the way, by everything that makes the connection to it what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hop {
    address: String,
    port: u16,
    user: String,
    keys: Vec<PathBuf>,
    host_key: Option<String>,
    ssh: Arc<SshOptions>,
}

impl Hash for Hop {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address.hash(state);
        self.port.hash(state);
        self.user.hash(state);
    }
}

/// The hosts on the way to another one, the first one first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Way(Vec<Hop>);

impl Way {
    fn of(route: &[Host]) -> Self {
        let hops = route.iter().map(|host| Hop {
            address: host.address.clone(),
            port: host.port,
            user: host.user.clone(),
            keys: host.keys.clone(),
            host_key: host.host_key.clone(),
            ssh: Arc::clone(&host.ssh),
        });
        Self(hops.collect())
    }
}

/// An open jump host.
#[derive(Clone)]
pub(super) struct Jump {
    /// Its session, shared by everything that goes through it.
    pub(super) session: Arc<Session>,
    /// Limits the logins through it.
    pub(super) through: Arc<Limit>,
    /// How it is reached, itself included.
    pub(super) way: Arc<Way>,
    /// Its name, for messages.
    pub(super) name: HostName,
    /// Whether it was said that servers behind it turn us away.
    pub(super) told: Arc<AtomicBool>,
}

enum State {
    Idle,
    Open(Arc<Session>),
    Failed(HostError, Instant),
}

struct Slot {
    state: Mutex<State>,
    through: Arc<Limit>,
    way: Arc<Way>,
    told: Arc<AtomicBool>,
}

/// The open jump hosts, by the way to them.
#[derive(Default)]
pub(super) struct JumpPool {
    slots: Mutex<HashMap<Arc<Way>, Arc<Slot>>>,
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
        let way = Arc::new(Way::of(route));
        let slot = Arc::clone(self.slots.lock().await.entry(Arc::clone(&way)).or_insert_with(|| {
            Arc::new(Slot {
                state: Mutex::new(State::Idle),
                through: Limits::new(MOST_LOGINS_THROUGH).of(()),
                way,
                told: Arc::default(),
            })
        }));
        let mut state = slot.state.lock().await;
        let session = match &*state {
            State::Open(session) if !session.handle.is_closed() => Arc::clone(session),
            State::Failed(error, since) if is_final(error) || since.elapsed() < FAILURE_STANDS => {
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
            through: Arc::clone(&slot.through),
            way: Arc::clone(&slot.way),
            name: last.name.clone(),
            told: Arc::clone(&slot.told),
        }))
    }
}

/// Whether a failure stands for the whole run: sshd counts failed logins, and another key stays another key.
fn is_final(error: &HostError) -> bool {
    matches!(
        error.code,
        ErrorCode::Auth | ErrorCode::HostKeyUnknown | ErrorCode::HostKeyChanged
    )
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
