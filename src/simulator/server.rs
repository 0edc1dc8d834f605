//! The fleet: a listener on 127.0.0.1 per host, each with its own key, and faults that can be switched on.
//!
//! What must stay true: when the fleet is stopped or dropped, its listeners, sessions and tasks end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use russh::keys::PublicKey;
use russh::server::{Config, run_stream};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::ssh::known_hosts::host_name;
use crate::ssh::stream::{Bytes, WatchedStream};

use super::keys::{KeyError, SimulatedKey};
use super::latency::delayed;
use super::port::ReservedPort;
use super::session::ServerSession;
use super::shell::ScriptHandler;
use super::state::{Fault, HostState, SimulatedSudo};

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
    /// How long a byte and its answer take on the way to every host; zero for none.
    pub round_trip: Duration,
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
            let state = HostState::new(spec.handler, spec.sudo, Arc::clone(&authorized), &stop, &tasks);
            hosts.push(start_host(spec.name, Arc::new(state), options.round_trip).await?);
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

async fn start_host(name: String, state: Arc<HostState>, round_trip: Duration) -> Result<SimulatedHost, FleetError> {
    let key = SimulatedKey::generate()?;
    let serving = Serving {
        right: Arc::new(configuration(&key)),
        wrong: Arc::new(configuration(&SimulatedKey::generate()?)),
        round_trip,
    };
    let port = ReservedPort::new()?;
    let address = port.address();
    let listener = port.listen().await?;
    state.spawn(listen(listener, port, serving, Arc::clone(&state)));
    Ok(SimulatedHost {
        name,
        address,
        key,
        state,
    })
}

/// How connections to one host are served.
#[derive(Clone)]
struct Serving {
    right: Arc<Config>,
    wrong: Arc<Config>,
    round_trip: Duration,
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

async fn listen(listener: TcpListener, port: ReservedPort, serving: Serving, state: Arc<HostState>) {
    let mut faults = state.fault.subscribe();
    let mut listener = Some(listener);
    loop {
        if *faults.borrow_and_update() == Fault::RefuseConnections {
            listener = None;
        } else if listener.is_none() {
            match port.listen().await {
                Ok(bound) => listener = Some(bound),
                // Where ports cannot be kept another program may have it for a while.
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
                let session = serve(stream, serving.clone(), Arc::clone(&state));
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

async fn serve(stream: TcpStream, serving: Serving, state: Arc<HostState>) {
    let _ = stream.set_nodelay(true);
    let config = match state.fault() {
        Fault::CloseBeforeBanner => return,
        Fault::Stall => {
            let _held = stream;
            return std::future::pending().await;
        }
        Fault::WrongHostKey => serving.wrong,
        _ => serving.right,
    };
    if serving.round_trip.is_zero() {
        serve_session(stream, config, state).await;
    } else {
        let (near, carry) = delayed(stream, serving.round_trip);
        tokio::join!(serve_session(near, config, state), carry);
    }
}

async fn serve_session<S: Bytes>(stream: S, config: Arc<Config>, state: Arc<HostState>) {
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

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::remote::script::ReceivedScript;
    use crate::simulator::SimulatedAnswer;

    struct Nothing;

    impl ScriptHandler for Nothing {
        fn answer(&self, _script: &ReceivedScript) -> SimulatedAnswer {
            SimulatedAnswer::default()
        }
    }

    async fn fleet() -> SimulatedFleet {
        let spec = |name: &str| SimulatedHostSpec {
            name: name.to_owned(),
            handler: Arc::new(Nothing),
            sudo: SimulatedSudo::default(),
        };
        SimulatedFleet::start(vec![spec("a"), spec("b")], FleetOptions::default())
            .await
            .unwrap()
    }

    async fn greets(address: SocketAddr) -> bool {
        let Ok(mut stream) = TcpStream::connect(address).await else {
            return false;
        };
        let mut begin = [0; 8];
        stream.read_exact(&mut begin).await.is_ok() && &begin == b"SSH-2.0-"
    }

    #[tokio::test]
    async fn a_stopped_fleet_listens_no_more() {
        let fleet = fleet().await;
        let addresses: Vec<SocketAddr> = fleet.hosts().iter().map(|host| host.address).collect();
        assert!(greets(addresses[0]).await && greets(addresses[1]).await);
        assert_ne!(fleet.hosts()[0].key.fingerprint(), fleet.hosts()[1].key.fingerprint());
        fleet.stop().await;
        assert!(!greets(addresses[0]).await && !greets(addresses[1]).await);
    }

    #[tokio::test]
    async fn a_dropped_fleet_ends_as_well() {
        let fleet = fleet().await;
        let address = fleet.hosts()[0].address;
        drop(fleet);
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!greets(address).await);
    }

    #[tokio::test]
    async fn a_host_goes_down_and_comes_back_on_the_same_port() {
        let fleet = fleet().await;
        let host = fleet.host("a").unwrap().clone();
        let mut open = TcpStream::connect(host.address).await.unwrap();
        open.read_exact(&mut [0; 8]).await.unwrap();
        host.state.go_down(Duration::from_millis(300));
        // What was open ends, and nothing new is accepted.
        let mut rest = Vec::new();
        let _ = open.read_to_end(&mut rest).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!greets(host.address).await);
        assert!(greets(fleet.host("b").unwrap().address).await);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(greets(host.address).await);
    }
}
