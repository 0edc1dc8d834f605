//! From a byte stream to a session whose host key has been checked.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use russh::Disconnect;
use russh::client::{Config, DisconnectReason, Handle, Handler, connect_stream};
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use tokio::time::{Instant, timeout, timeout_at};

use crate::model::error::HostError;

use super::failure;
use super::host_key::HostKeyPolicy;
use super::keepalive::Keepalive;
use super::stream::{Bytes, Greeting, Lifeline, WatchedStream};

/// Saying goodbye must not delay anything.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);

/// Why a session ended, as far as is known. Only the handler hears of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Farewell(Arc<Mutex<Option<String>>>);

impl Farewell {
    fn set(&self, reason: String) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(reason);
    }

    /// The reason in words.
    pub(super) fn reason(&self) -> String {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.clone().unwrap_or_else(|| "the other side closed it".to_owned())
    }
}

/// What to do with the server's key.
pub(super) enum KeyCheck {
    /// Accept it if the policy does.
    Policy(Box<HostKeyPolicy>),
    /// Take a note of it and go no further.
    Capture(Box<HostKeyPolicy>),
}

/// A host key that was seen.
#[derive(Debug)]
pub(super) struct CapturedKey {
    /// The key itself.
    pub(super) key: PublicKey,
    /// Whether it came in a certificate that is good for the host.
    pub(super) certified: bool,
}

/// What ends a handshake from inside.
#[derive(Debug)]
pub(super) enum HandlerError {
    /// russh's own errors.
    Ssh(russh::Error),
    /// The host key was refused.
    Refused(Box<HostError>),
    /// The host key was captured.
    Captured(Box<CapturedKey>),
}

impl From<russh::Error> for HandlerError {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

/// How the host's key was known when it was accepted, in words. Only the handler sees the key.
#[derive(Debug, Clone, Default)]
pub(super) struct Recognition(Arc<Mutex<Option<String>>>);

impl Recognition {
    fn set(&self, words: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
    }

    /// The words.
    pub(super) fn words(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Our side of russh's callbacks.
pub(super) struct ClientHandler {
    check: KeyCheck,
    recognition: Recognition,
    farewell: Farewell,
    keepalive: Keepalive,
}

impl Handler for ClientHandler {
    type Error = HandlerError;

    async fn check_server_key(&mut self, server_key: &PublicKeyOrCertificate) -> Result<bool, HandlerError> {
        // Certificates come only when they were asked for, for hosts with a trusted authority.
        let certificate = server_key.certificate();
        match &self.check {
            KeyCheck::Policy(policy) => match certificate {
                Some(certificate) => policy.check_certificate(certificate, now()).await,
                None => policy.check(&server_key.public_key()).await,
            }
            .map(|()| {
                self.recognition.set(policy.known_as(server_key, now()));
                true
            })
            .map_err(|error| HandlerError::Refused(Box::new(error))),
            KeyCheck::Capture(policy) => Err(HandlerError::Captured(Box::new(CapturedKey {
                key: server_key.public_key(),
                certified: certificate.is_some_and(|certificate| policy.judge_certificate(certificate, now()).is_ok()),
            }))),
        }
    }

    async fn disconnected(&mut self, reason: DisconnectReason<HandlerError>) -> Result<(), HandlerError> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                self.farewell.set(format!("the server said: {}", info.message));
                Ok(())
            }
            DisconnectReason::Error(error) => {
                if let HandlerError::Ssh(error) = &error {
                    self.farewell.set(describe(error, self.keepalive));
                }
                Err(error)
            }
        }
    }
}

/// Seconds since 1970; 0 when the clock stands before that, which makes every certificate invalid.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn describe(error: &russh::Error, keepalive: Keepalive) -> String {
    match error {
        russh::Error::KeepaliveTimeout => format!(
            "nothing was heard for {}, not even answers to keepalives",
            failure::seconds(keepalive.patience())
        ),
        russh::Error::InactivityTimeout => format!(
            "nothing was heard for {}, and nothing could be sent",
            failure::seconds(keepalive.inactivity_limit().unwrap_or_default())
        ),
        russh::Error::Disconnect | russh::Error::HUP => "the other side closed it".to_owned(),
        russh::Error::IO(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// A session whose host key has been checked, logged in or not.
pub(super) struct Session {
    /// russh's handle.
    pub(super) handle: Handle<ClientHandler>,
    /// Why it ended.
    pub(super) farewell: Farewell,
    /// How its host key is known.
    pub(super) recognition: Recognition,
    /// By what the login was made, in words.
    pub(super) login: Option<String>,
    lifeline: Lifeline,
}

impl Session {
    /// Says goodbye and waits a moment for the other side; then the stream is cut in any case.
    pub(super) async fn close(self) {
        let Self { handle, lifeline, .. } = self;
        let goodbye = async {
            if handle.disconnect(Disconnect::ByApplication, "", "").await.is_ok() {
                // How it ends does not matter any more.
                let _ = handle.await;
            }
        };
        let _ = timeout(GOODBYE_LIMIT, goodbye).await;
        drop(lifeline);
    }
}

/// Why a handshake failed.
pub(super) enum HandshakeError {
    /// The server closed the connection before its banner. Too many may be at its door, and perhaps it said so:
    /// a moment later it may answer, above all if fewer ask.
    Busy { error: HostError, said_so: bool },
    /// It did not work, and may work a moment later.
    Transient(HostError),
    /// Trying again would change nothing.
    Final(HostError),
    /// The host answered, and its key was refused.
    Refused(HostError),
    /// The key that was to be captured.
    Captured(CapturedKey),
}

impl HandshakeError {
    /// The error to be told when nobody tries again.
    pub(super) fn into_host_error(self) -> HostError {
        match self {
            Self::Busy { error, .. } | Self::Transient(error) | Self::Final(error) | Self::Refused(error) => error,
            Self::Captured(_) => failure::connect("the connection was only made to see the host's key", "try again"),
        }
    }
}

/// Whom a handshake is with, and until when.
pub(super) struct Peer<'a> {
    /// `address:port`, for messages.
    pub(super) shown: &'a str,
    /// russh's settings for the connection.
    pub(super) config: Arc<Config>,
    /// How long it may be quiet.
    pub(super) keepalive: Keepalive,
    /// The whole time that was given, for messages.
    pub(super) limit: Duration,
    /// When it ends.
    pub(super) deadline: Instant,
}

/// Exchanges banners and keys and checks the host key.
///
/// # Errors
/// `E_HOSTKEY_UNKNOWN`, `E_HOSTKEY_CHANGED`, `E_TIMEOUT`, `E_CONNECT`.
pub(super) async fn handshake<S: Bytes>(stream: S, check: KeyCheck, peer: Peer<'_>) -> Result<Session, HandshakeError> {
    let (stream, lifeline, greeting) = WatchedStream::new(stream);
    let farewell = Farewell::default();
    let recognition = Recognition::default();
    let handler = ClientHandler {
        check,
        recognition: recognition.clone(),
        farewell: farewell.clone(),
        keepalive: peer.keepalive,
    };
    match timeout_at(peer.deadline, connect_stream(Arc::clone(&peer.config), stream, handler)).await {
        Ok(Ok(handle)) => Ok(Session {
            handle,
            recognition,
            login: None,
            farewell,
            lifeline,
        }),
        Ok(Err(HandlerError::Refused(error))) => Err(HandshakeError::Refused(*error)),
        Ok(Err(HandlerError::Captured(key))) => Err(HandshakeError::Captured(*key)),
        Ok(Err(HandlerError::Ssh(error))) => Err(explain(&error, &peer, &greeting)),
        Err(_) => {
            let phase = if greeting.is_ssh() {
                format!("exchanging keys with {}", peer.shown)
            } else {
                format!("waiting for the SSH banner of {}", peer.shown)
            };
            Err(HandshakeError::Final(failure::timeout(
                &phase,
                peer.limit,
                "check that the port is sshd's and that the host is not overloaded, or raise --connect-timeout",
            )))
        }
    }
}

fn explain(error: &russh::Error, peer: &Peer<'_>, greeting: &Greeting) -> HandshakeError {
    let shown = peer.shown;
    if greeting.is_ssh() {
        return explain_after_banner(error, peer);
    }
    let said = greeting.bytes();
    let text = String::from_utf8_lossy(&said);
    if text.contains("Not allowed at this time") {
        return HandshakeError::Final(failure::connect(
            format!("{shown} refuses connections from this address for now: \"Not allowed at this time\""),
            "sshd punishes earlier failed logins (PerSourcePenalties): correct those and wait some minutes",
        ));
    }
    if text.contains("MaxStartups") {
        let error = failure::connect(
            format!(
                "{shown} turned us away before its banner: \"{}\"",
                failure::excerpt(&said)
            ),
            "too many others are logging in: raise MaxStartups in its sshd_config, or lower --parallel",
        );
        return HandshakeError::Busy { error, said_so: true };
    }
    if said.is_empty() {
        let error = failure::connect(
            format!("no SSH server answers at {shown}: it closed the connection before its banner"),
            "check the port, and sshd's log and limits on the host (MaxStartups, tcp wrappers, penalties)",
        );
        return HandshakeError::Busy { error, said_so: false };
    }
    HandshakeError::Final(failure::connect(
        format!("{shown} is not an SSH server; it says \"{}\"", failure::excerpt(&said)),
        "correct `port` in the inventory",
    ))
}

fn explain_after_banner(error: &russh::Error, peer: &Peer<'_>) -> HandshakeError {
    let shown = peer.shown;
    let reason = describe(error, peer.keepalive);
    let broken = failure::connect(
        format!("{shown} broke the key exchange off: {reason}"),
        "look at sshd's log on the host",
    );
    HandshakeError::Final(match error {
        russh::Error::NoCommonAlgo { kind, theirs, .. } => failure::connect(
            format!(
                "{shown} and patchwave have no {kind:?} algorithm in common; it offers {}",
                theirs.join(", ")
            ),
            "update sshd on the host, or allow one of today's algorithms in its configuration",
        ),
        russh::Error::WrongServerSig => failure::connect(
            format!("{shown} could not prove that it owns its host key"),
            "this may be an attack: do not log in before it is explained",
        ),
        russh::Error::IO(error) if error.kind() == io::ErrorKind::ConnectionReset => {
            return HandshakeError::Transient(broken);
        }
        _ => broken,
    })
}
