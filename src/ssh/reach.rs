//! From a host's settings to a session whose host key has been checked: the way there, and trying again.
//!
//! What is tried again, with growing pauses and within the deadline of the connection: a server that drops us
//! before its banner, a connection that is reset in the key exchange, a name server that has no answer yet, a
//! jump host without room. Nothing else: a refused connection, a wrong key or a refused login stays one.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::RngExt;
use tokio::time::{Instant, sleep};

use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;

use super::dial::{Destination, dial};
use super::failure;
use super::handshake::{HandshakeError, KeyCheck, Peer, Session, handshake};
use super::host_key::HostKeyPolicy;
use super::jump::Jump;
use super::keepalive::{Keepalive, configuration};
use super::limiter::Place;
use super::proxy_command;
use super::transport::{Purpose, SshTransport};
use super::tunnel::tunnel;

/// The first pause; it doubles up to the longest, and up to as much again is added by chance.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A session before the login, and its places at the servers' doors, to be given back after it.
pub(super) struct Reached {
    /// The session.
    pub(super) session: Session,
    at_the_door: Place,
    _through: Option<Place>,
}

impl Reached {
    /// The login is over; others may come.
    pub(super) fn let_in(self) -> Session {
        self.at_the_door.succeeded();
        self.session
    }
}

/// What is left of the time for one connection. Waiting for one's turn does not count.
struct Budget {
    limit: Duration,
    left: Duration,
    attempts: u32,
    earlier: Option<HostError>,
}

impl Budget {
    fn new(limit: Duration) -> Self {
        Self {
            limit,
            left: limit,
            attempts: 0,
            earlier: None,
        }
    }

    fn spend(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(time);
    }

    /// The pause before the next attempt; `None` when there is no time for one.
    fn pause(&self) -> Option<Duration> {
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.attempts.saturating_sub(1).min(8));
        let least = doubled.min(LONGEST_PAUSE);
        let pause = least.mul_f64(rand::rng().random_range(1.0..2.0));
        (pause < self.left).then_some(pause)
    }

    /// The error of the last attempt, with what the ones before it came to.
    fn conclude(self, last: HostError) -> HostError {
        let mut error = match (self.earlier, last.code) {
            // There was little time left for the last attempt: what the others met says more.
            (Some(earlier), ErrorCode::Timeout) => earlier,
            _ => last,
        };
        if self.attempts > 1 {
            let tried = format!("; tried {} times in {}", self.attempts, failure::seconds(self.limit));
            error.message.push_str(&tried);
        }
        error
    }
}

impl SshTransport {
    fn connect_limit(&self, host: &Host) -> Duration {
        let settings = &self.shared.settings;
        match host.ssh.connect_timeout {
            Some(own) if !settings.connect_timeout_wins && !own.is_zero() => own,
            _ => settings.connect_timeout,
        }
    }

    /// Connects and checks the key, as often as it makes sense.
    pub(super) async fn reach(
        &self,
        host: &Host,
        jump: Option<&Jump>,
        purpose: &Purpose,
    ) -> Result<Reached, HandshakeError> {
        let way = jump.map(|jump| Arc::clone(&jump.way)).unwrap_or_default();
        let door = self.shared.doors.of((way, host.address.clone(), host.port));
        let mut budget = Budget::new(self.connect_limit(host));
        loop {
            let at_the_door = door.place().await;
            let through = match jump {
                Some(jump) => Some(jump.through.place().await),
                None => None,
            };
            let begin = Instant::now();
            budget.attempts += 1;
            let result = self.reach_once(host, jump, purpose, &budget).await;
            budget.spend(begin.elapsed());
            let error = match result {
                Ok(session) => {
                    return Ok(Reached {
                        session,
                        at_the_door,
                        _through: through,
                    });
                }
                Err(HandshakeError::Busy { error, said_so }) => {
                    self.turned_away(host, jump, at_the_door, said_so);
                    error
                }
                Err(HandshakeError::Transient(error)) => {
                    // Nobody else is kept from the door meanwhile.
                    drop(at_the_door);
                    error
                }
                Err(HandshakeError::Final(error)) => return Err(HandshakeError::Final(budget.conclude(error))),
                Err(about_the_key) => return Err(about_the_key),
            };
            drop(through);
            let Some(pause) = budget.pause() else {
                return Err(HandshakeError::Final(budget.conclude(error)));
            };
            budget.earlier = Some(error);
            budget.spend(pause);
            sleep(pause).await;
        }
    }

    fn turned_away(&self, host: &Host, jump: Option<&Jump>, place: Place, said_so: bool) {
        let is_gone = jump.is_some_and(|jump| jump.session.handle.is_closed());
        if is_gone || (place.is_alone() && !said_so) {
            // It was the jump host that was lost, or a server that has nothing against our number.
            return;
        }
        let Some(now) = place.dropped() else { return };
        // Behind one jump host there may be hundreds: the first stands for all.
        if jump.is_some_and(|jump| jump.told.swap(true, Ordering::Relaxed)) {
            return;
        }
        let behind = jump.map(|jump| format!(" behind {}", jump.name)).unwrap_or_default();
        self.shared.settings.notify.say(&format!(
            "{}:{}{behind} drops connections before its banner, as sshd does beyond its MaxStartups; \
             at most {now} at once from here on",
            host.address, host.port
        ));
    }

    async fn reach_once(
        &self,
        host: &Host,
        jump: Option<&Jump>,
        purpose: &Purpose,
        budget: &Budget,
    ) -> Result<Session, HandshakeError> {
        let (limit, deadline) = (budget.limit, Instant::now() + budget.left);
        let policy = HostKeyPolicy::for_host(host, &self.shared.settings, &self.shared.known_hosts)
            .map_err(HandshakeError::Final)?;
        let config = policy
            .algorithms()
            .and_then(|algorithms| configuration(&host.ssh, algorithms))
            .map_err(HandshakeError::Final)?;
        let check = match purpose {
            Purpose::Login => KeyCheck::Policy(Box::new(policy)),
            Purpose::Capture => KeyCheck::Capture(Box::new(policy)),
        };
        let peer = Peer {
            shown: &format!("{}:{}", host.address, host.port),
            config: Arc::new(config),
            keepalive: Keepalive::new(&host.ssh),
            limit,
            deadline,
        };
        if let Some(jump) = jump {
            let stream = tunnel(jump, host, limit, deadline).await?;
            return handshake(stream, check, peer).await;
        }
        if let Some(command) = &host.ssh.proxy_command {
            let (stream, complaints) = proxy_command::start(command).map_err(HandshakeError::Final)?;
            return match handshake(stream, check, peer).await {
                // Whatever the program met, it may have been a refused login: it is not run twice.
                Err(HandshakeError::Busy { error, .. } | HandshakeError::Transient(error)) => {
                    Err(HandshakeError::Final(complaints.explain(error).await))
                }
                Err(HandshakeError::Final(error)) if error.code == ErrorCode::Timeout => {
                    Err(HandshakeError::Final(complaints.explain(error).await))
                }
                other => other,
            };
        }
        let destination = Destination::of(host);
        let stream = dial(&destination, limit, deadline).await?;
        handshake(stream, check, peer).await
    }
}
