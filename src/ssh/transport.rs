//! The transport: limits, credentials and jump hosts of one run, and the connections it opens.

use std::sync::Arc;

use rand::RngExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::error::{ErrorCode, HostError};
use crate::model::host::{Connect, Host};
use crate::model::name::HostName;
use crate::remote::transport::{Connection, ConnectionReport, ScriptOutput, ScriptRequest, Stage, Transport};

use super::auth::log_in;
use super::credentials::Credentials;
use super::exec;
use super::failure;
use super::handshake::{HandshakeError, Session};
use super::jump::{Jump, JumpPool, Way, route};
use super::known_hosts::KnownHosts;
use super::limiter::{Limits, MOST_LOGINS};
use super::local;
use super::privilege;
use super::secrets::SecretStore;
use super::settings::SshSettings;
use super::terminal::Terminals;
use super::trials::Password;

/// Finds a host of the inventory by name: for jump hosts.
pub type HostLookup = Arc<dyn Fn(&HostName) -> Option<Host> + Send + Sync>;

pub(super) struct Shared {
    pub(super) settings: Arc<SshSettings>,
    pub(super) known_hosts: Arc<KnownHosts>,
    /// Logins in flight, by the way to a server, its address and its port.
    pub(super) doors: Limits<(Arc<Way>, String, u16)>,
    credentials: Credentials,
    secrets: Arc<SecretStore>,
    terminals: Terminals,
    hosts: HostLookup,
    permits: Arc<Semaphore>,
    jumps: JumpPool,
}

#[cfg(test)]
impl Shared {
    pub(super) fn permits_free(&self) -> usize {
        self.permits.available_permits()
    }
}

/// Opens SSH connections. Clones share credentials, limits and jump hosts.
#[derive(Clone)]
pub struct SshTransport {
    pub(super) shared: Arc<Shared>,
}

/// What is checked on the way to a host.
pub(super) enum Purpose {
    /// Log in later; the host key must be known.
    Login,
    /// Only see the host key.
    Capture,
}

impl SshTransport {
    /// A transport. `hosts` finds jump hosts by their inventory name. Nothing is read or opened yet.
    #[must_use]
    pub fn new(settings: SshSettings, hosts: HostLookup) -> Self {
        let settings = Arc::new(settings);
        let secrets = Arc::new(SecretStore::new(Arc::clone(&settings)));
        Self {
            shared: Arc::new(Shared {
                known_hosts: Arc::default(),
                doors: Limits::new(MOST_LOGINS),
                credentials: Credentials::new(Arc::clone(&settings), Arc::clone(&secrets)),
                secrets,
                terminals: Terminals::new(Arc::clone(&settings)),
                hosts,
                permits: Arc::new(Semaphore::new(settings.parallel.max(1))),
                jumps: JumpPool::default(),
                settings,
            }),
        }
    }

    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, HostError> {
        Arc::clone(&self.shared.permits)
            .acquire_owned()
            .await
            .map_err(|_| HostError::new(ErrorCode::Internal, "the connection pool is closed", "report this"))
    }

    pub(super) fn route(&self, host: &Host) -> Result<Vec<Host>, HostError> {
        route(host, |name| (self.shared.hosts)(name))
    }

    /// Connects, checks the key and logs in, through the given hosts.
    async fn open(&self, host: &Host, route: &[Host], stage: &mut Stage) -> Result<Session, HostError> {
        allowed(host)?;
        *stage = Stage::Way;
        let mut jump = self.jump(route).await?;
        *stage = Stage::Credentials;
        // Before the connection: it may ask a person something.
        let prepared = self.shared.credentials.prepare(host).await?;
        *stage = Stage::Way;
        let mut result = self.reach(host, jump.as_ref(), &Purpose::Login).await;
        let broke = jump.as_ref().is_some_and(|jump| jump.session.handle.is_closed());
        if result.is_err() && broke {
            // It was the jump host that was lost: another connection to it serves everybody again.
            jump = self.jump(route).await?;
            result = self.reach(host, jump.as_ref(), &Purpose::Login).await;
        }
        let mut reached = match result {
            Ok(reached) => reached,
            Err(HandshakeError::Captured(_)) => return Err(internal("a key was captured unasked")),
            Err(error) => {
                if matches!(error, HandshakeError::Refused(_)) {
                    *stage = Stage::HostKey;
                }
                return Err(error.into_host_error());
            }
        };
        *stage = Stage::Login {
            host_key: reached.session.recognition.words(),
        };
        let limit = self.shared.settings.login_timeout;
        let credentials = &self.shared.credentials;
        match log_in(&mut reached.session, host, prepared, credentials, limit).await {
            Ok(by) => {
                reached.session.login = Some(by);
                Ok(reached.let_in())
            }
            Err(error) => {
                reached.session.close().await;
                Err(error)
            }
        }
    }

    /// The last host of a route, shared with everybody else who goes through it.
    pub(super) async fn jump(&self, route: &[Host]) -> Result<Option<Jump>, HostError> {
        let open = || async {
            match route.split_last() {
                // Boxed, because a route is a recursion.
                Some((last, before)) => Box::pin(self.open(last, before, &mut Stage::Way)).await,
                None => Err(internal("an empty route was opened")),
            }
        };
        self.shared.jumps.get(route, open).await
    }

    /// The password for a privileged script, if one may be asked for.
    async fn password(&self, host: &Host, privileged: bool) -> Result<Option<Password>, HostError> {
        match &host.privilege.password {
            Some(reference) if privilege::needs_program(host, privileged) => self
                .shared
                .secrets
                .resolve(reference, host)
                .await
                .map(|secret| {
                    let trials = Arc::clone(&self.shared.secrets.trials);
                    Some(Password { secret, trials })
                })
                .map_err(|reason| {
                    failure::sudo(
                        format!("there is no password for {}: {reason}", host.name),
                        "correct `become.password` in the inventory, or provide what it refers to",
                    )
                }),
            _ => Ok(None),
        }
    }
}

/// Whether the configuration lets a host be connected to.
///
/// # Errors
/// `E_CONNECT`, with the line that does not.
pub(super) fn allowed(host: &Host) -> Result<(), HostError> {
    host.ssh.refused.as_ref().map_or(Ok(()), |reason| {
        Err(failure::connect(
            format!("the configuration of ssh forbids the connection: {reason}"),
            "correct that line, or leave the host out",
        ))
    })
}

pub(super) fn internal(message: &str) -> HostError {
    HostError::new(ErrorCode::Internal, message, "report this as a bug of patchwave")
}

impl Transport for SshTransport {
    type Connection = SshConnection;

    async fn connect(&self, host: &Host) -> Result<SshConnection, HostError> {
        self.connect_noting(host, &mut Stage::Way).await
    }

    async fn connect_noting(&self, host: &Host, stage: &mut Stage) -> Result<SshConnection, HostError> {
        *stage = Stage::Way;
        let permit = self.permit().await?;
        self.connect_with(host, Some(permit), stage).await
    }

    async fn connect_beside(&self, host: &Host) -> Result<SshConnection, HostError> {
        self.connect_with(host, None, &mut Stage::Way).await
    }
}

impl SshTransport {
    async fn connect_with(
        &self,
        host: &Host,
        permit: Option<OwnedSemaphorePermit>,
        stage: &mut Stage,
    ) -> Result<SshConnection, HostError> {
        let session = match host.connect {
            Connect::Local => None,
            Connect::Ssh => {
                let route = self.route(host)?;
                Some(self.open(host, &route, stage).await?)
            }
        };
        Ok(SshConnection {
            transport: self.clone(),
            host: host.clone(),
            session,
            _permit: permit,
        })
    }
}

/// An open connection to one host, or to this machine.
pub struct SshConnection {
    transport: SshTransport,
    host: Host,
    /// `None` for this machine.
    session: Option<Session>,
    /// Its place among the connections at once; `None` for one beside another.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Connection for SshConnection {
    async fn run(&self, request: &ScriptRequest) -> Result<ScriptOutput, HostError> {
        let password = self.transport.password(&self.host, request.privileged).await?;
        let word = format!("{:032x}", rand::rng().random::<u128>());
        match &self.session {
            Some(session) => {
                let work = exec::Work {
                    host: &self.host,
                    request,
                    password,
                    word: &word,
                    terminals: &self.transport.shared.terminals,
                };
                exec::run_script(session, work).await
            }
            None => local::run_script(&self.host, request, password, &word).await,
        }
    }

    fn report(&self) -> ConnectionReport {
        let session = self.session.as_ref();
        ConnectionReport {
            host_key: session.and_then(|session| session.recognition.words()),
            login: session.and_then(|session| session.login.clone()),
        }
    }

    async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
        }
    }
}
