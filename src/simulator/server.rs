//! The fleet: a listener on 127.0.0.1 per host, each with its own key, and faults that can be switched on.
//!
//! What must stay true: when the fleet is stopped or dropped, its listeners, sessions and tasks end.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::keys::PublicKey;
use russh::server::{Config, run_stream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::ssh::known_hosts::host_name;
use crate::ssh::stream::WatchedStream;

use super::keys::{KeyError, SimulatedKey};
use super::session::ServerSession;
use super::shell::ScriptHandler;

/// What goes wrong with a simulated host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The port is closed.
    RefuseConnections,
    /// Connections are closed before the banner.
    CloseBeforeBanner,
    /// Connections are accepted and nothing is ever said.
    Stall,
    /// It shows another host key than its own.
    WrongHostKey,
    /// The connection breaks when a command is started.
    ResetMidCommand,
    /// A started command never says anything and never ends.
    StallMidCommand,
    /// Commands end without an exit status.
    NoExitStatus,
    /// Commands end at once, without reading their input.
    CloseWithoutReading,
}

/// How a simulated host's `sudo` behaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SimulatedSudo {
    /// It asks for nothing.
    #[default]
    NoPassword,
    /// It asks for this password when a prompt is allowed, else it refuses.
    Password(String),
    /// The user is not in sudoers.
    NotAllowed,
    /// It wants a terminal.
    NeedsTerminal,
    /// It is not installed.
    Missing,
}

/// A host to simulate.
#[derive(Clone)]
pub struct SimulatedHostSpec {
    /// Its name, as the inventory will call it.
    pub name: String,
    /// Its behaviour.
    pub handler: Arc<dyn ScriptHandler>,
    /// Its `sudo`.
    pub sudo: SimulatedSudo,
}

/// What holds for the whole fleet.
#[derive(Debug, Clone, Default)]
pub struct FleetOptions {
    /// Public keys that may log in, as lines of `authorized_keys`; under any user name.
    pub authorized_keys: Vec<String>,
}

/// The fleet could not be started.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// A host's key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An authorised key is not a public key.
    #[error("`{0}` is not a public key")]
    AuthorizedKey(String),
    /// No port could be opened.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[from] std::io::Error),
}

/// What the tasks of one host share.
pub(super) struct HostState {
    pub(super) handler: Arc<dyn ScriptHandler>,
    pub(super) sudo: SimulatedSudo,
    pub(super) authorized: Arc<Vec<PublicKey>>,
    fault: watch::Sender<Fault>,
    sessions: Mutex<CancellationToken>,
    stop: CancellationToken,
    tasks: TaskTracker,
    passwords: AtomicUsize,
    refused_logins: AtomicUsize,
    connections: AtomicUsize,
}

impl HostState {
    pub(super) fn fault(&self) -> Fault {
        *self.fault.borrow()
    }

    /// Breaks every connection.
    pub(super) fn reset(&self) {
        let mut token = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        token.cancel();
        *token = self.stop.child_token();
    }

    pub(super) fn go_down(self: &Arc<Self>, duration: Duration) {
        self.fault.send_replace(Fault::RefuseConnections);
        self.reset();
        let state = Arc::clone(self);
        self.spawn(async move {
            tokio::time::sleep(duration).await;
            state.fault.send_replace(Fault::None);
        });
    }

    pub(super) fn count_password(&self) {
        self.passwords.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_refused_login(&self) {
        self.refused_logins.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs a task that ends when the fleet is stopped.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let _ = stop.run_until_cancelled(task).await;
        });
    }

    fn session_token(&self) -> CancellationToken {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A running simulated host.
#[derive(Clone)]
pub struct SimulatedHost {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its host key.
    pub key: SimulatedKey,
    state: Arc<HostState>,
}

impl SimulatedHost {
    /// Makes something go wrong from now on, or right again. Open connections stay.
    pub fn set_fault(&self, fault: Fault) {
        self.state.fault.send_replace(fault);
    }

    /// Breaks every open connection.
    pub fn reset(&self) {
        self.state.reset();
    }

    /// How many passwords its `sudo` was given.
    #[must_use]
    pub fn passwords_received(&self) -> usize {
        self.state.passwords.load(Ordering::Relaxed)
    }

    /// How many keys it refused.
    #[must_use]
    pub fn logins_refused(&self) -> usize {
        self.state.refused_logins.load(Ordering::Relaxed)
    }

    /// How many connections it accepted.
    #[must_use]
    pub fn connections_accepted(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Its line for `known_hosts`, without line end.
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn known_hosts_line(&self) -> Result<String, KeyError> {
        let name = host_name(&self.address.ip().to_string(), self.address.port());
        Ok(format!("{name} {}", self.key.public_text()?))
    }
}

/// A fleet of simulated hosts.
pub struct SimulatedFleet {
    hosts: Vec<SimulatedHost>,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Ends everything when the fleet is dropped without being stopped.
    _guard: DropGuard,
}

impl SimulatedFleet {
    /// Starts a listener per host, on free ports of 127.0.0.1.
    ///
    /// # Errors
    /// When a key cannot be made, an authorised key cannot be read or no port can be opened.
    pub async fn start(specs: Vec<SimulatedHostSpec>, options: FleetOptions) -> Result<Self, FleetError> {
        let mut authorized = Vec::new();
        for line in options.authorized_keys {
            let key = PublicKey::from_openssh(&line).map_err(|_| FleetError::AuthorizedKey(line.clone()))?;
            authorized.push(key);
        }
        let authorized = Arc::new(authorized);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let mut hosts = Vec::new();
        for spec in specs {
            let state = Arc::new(HostState {
                handler: spec.handler,
                sudo: spec.sudo,
                authorized: Arc::clone(&authorized),
                fault: watch::Sender::new(Fault::None),
                sessions: Mutex::new(stop.child_token()),
                stop: stop.clone(),
                tasks: tasks.clone(),
                passwords: AtomicUsize::new(0),
                refused_logins: AtomicUsize::new(0),
                connections: AtomicUsize::new(0),
            });
            hosts.push(start_host(spec.name, state).await?);
        }
        Ok(Self {
            hosts,
            tasks,
            _guard: stop.clone().drop_guard(),
            stop,
        })
    }

    /// The hosts, in the order they were given.
    #[must_use]
    pub fn hosts(&self) -> &[SimulatedHost] {
        &self.hosts
    }

    /// A host by name.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&SimulatedHost> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// A complete `known_hosts` file for the fleet.
    ///
    /// # Errors
    /// When a key cannot be encoded.
    pub fn known_hosts(&self) -> Result<String, KeyError> {
        let mut text = String::new();
        for host in &self.hosts {
            text.push_str(&host.known_hosts_line()?);
            text.push('\n');
        }
        Ok(text)
    }

    /// Ends everything and waits until it has ended.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn start_host(name: String, state: Arc<HostState>) -> Result<SimulatedHost, FleetError> {
    let key = SimulatedKey::generate()?;
    let configs = Configs {
        right: Arc::new(configuration(&key)),
        wrong: Arc::new(configuration(&SimulatedKey::generate()?)),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    state.spawn(listen(listener, address, configs, Arc::clone(&state)));
    Ok(SimulatedHost {
        name,
        address,
        key,
        state,
    })
}

#[derive(Clone)]
struct Configs {
    right: Arc<Config>,
    wrong: Arc<Config>,
}

fn configuration(key: &SimulatedKey) -> Config {
    Config {
        keys: vec![key.0.clone()],
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        inactivity_timeout: None,
        nodelay: true,
        ..Config::default()
    }
}

async fn listen(listener: TcpListener, address: SocketAddr, configs: Configs, state: Arc<HostState>) {
    let mut faults = state.fault.subscribe();
    let mut listener = Some(listener);
    loop {
        if *faults.borrow_and_update() == Fault::RefuseConnections {
            listener = None;
        } else if listener.is_none() {
            // Only another program that took the port in between can be in the way.
            match TcpListener::bind(address).await {
                Ok(bound) => listener = Some(bound),
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            }
        }
        tokio::select! {
            changed = faults.changed() => if changed.is_err() { return },
            stream = accept(listener.as_ref()) => {
                state.connections.fetch_add(1, Ordering::Relaxed);
                let session = serve(stream, configs.clone(), Arc::clone(&state));
                state.spawn(session);
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // Out of file descriptors, or the client has gone: it passes.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn serve(stream: TcpStream, configs: Configs, state: Arc<HostState>) {
    let _ = stream.set_nodelay(true);
    let config = match state.fault() {
        Fault::CloseBeforeBanner => return,
        Fault::Stall => {
            let _held = stream;
            return std::future::pending().await;
        }
        Fault::WrongHostKey => configs.wrong,
        _ => configs.right,
    };
    let broken = state.session_token();
    let (stream, lifeline, _) = WatchedStream::new(stream);
    let handler = ServerSession { host: state };
    let session = async {
        if let Ok(session) = run_stream(config, stream, handler).await {
            // How a session ends is the client's business.
            let _ = session.await;
        }
    };
    let _ = broken.run_until_cancelled(session).await;
    drop(lifeline);
}
