//! Who signs a login: a key file that was read, or the agent.
//!
//! What must stay true: no wait for an agent is without end, and a person who has to touch something is told.

use std::sync::Arc;
use std::time::Duration;

use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{Algorithm, HashAlg, PrivateKey};
use russh::{SendError, Signer};
use tokio::time::timeout;

use super::agent::Agent;
use super::failure;
use super::settings::Notify;

/// How long an agent may take to sign: somebody may have to confirm it, or to touch a key. Within
/// `LoginGraceTime`, which is two minutes.
pub(super) const SIGNING_LIMIT: Duration = Duration::from_secs(90);

/// What signs.
#[derive(Clone)]
pub(super) enum SigningKey {
    /// A file's key.
    File(Arc<PrivateKey>),
    /// A key or certificate that the agent holds.
    Agent(Box<AgentIdentity>),
}

/// Why nothing was signed.
#[derive(Debug)]
pub(super) enum SignError {
    /// The connection is gone.
    Gone,
    /// In words.
    Reason(String),
}

impl From<SendError> for SignError {
    fn from(_: SendError) -> Self {
        Self::Gone
    }
}

/// Signs once, for one login.
pub(super) struct LoginSigner<'a> {
    /// What signs.
    pub(super) key: &'a SigningKey,
    /// The agent; taken away when it did not answer, because its next answer would be to this question.
    pub(super) agent: &'a mut Option<Agent>,
    /// Whether a person has to touch a security key.
    pub(super) wants_touch: bool,
    /// What is signed, as `log in to web01 as root`, for whoever is asked to touch.
    pub(super) purpose: &'a str,
    /// Tells the person.
    pub(super) notify: &'a Notify,
}

impl Signer for LoginSigner<'_> {
    type Error = SignError;

    async fn auth_sign(
        &mut self,
        _offered: &AgentIdentity,
        hash: Option<HashAlg>,
        to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, SignError> {
        match self.key {
            SigningKey::File(key) => sign(key, hash, to_sign).map_err(SignError::Reason),
            SigningKey::Agent(identity) => self.ask_agent(identity, hash, to_sign).await,
        }
    }
}

impl LoginSigner<'_> {
    async fn ask_agent(
        &mut self,
        identity: &AgentIdentity,
        hash: Option<HashAlg>,
        to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, SignError> {
        let Some(agent) = self.agent.as_mut() else {
            return Err(SignError::Reason("the agent is gone".to_owned()));
        };
        let work = async {
            let connection = agent.connected().await.map_err(SignError::Reason)?;
            if self.wants_touch {
                self.notify.say(&format!("touch the security key to {}", self.purpose));
            }
            Ok(connection.sign_request(identity, hash, to_sign).await)
        };
        match timeout(SIGNING_LIMIT, work).await {
            Ok(Err(unreachable)) => Err(unreachable),
            Ok(Ok(Ok(signed))) => Ok(signed),
            Ok(Ok(Err(error))) => Err(SignError::Reason(match error {
                russh::keys::Error::AgentFailure if self.wants_touch => {
                    "the agent did not sign: the security key was not touched, or is not plugged in".to_owned()
                }
                russh::keys::Error::AgentFailure => {
                    "the agent did not sign: it refused, or nobody confirmed it".to_owned()
                }
                other => format!("the agent did not sign: {other}"),
            })),
            Err(_) => {
                *self.agent = None;
                let limit = failure::seconds(SIGNING_LIMIT);
                Err(SignError::Reason(if self.wants_touch {
                    format!("the security key was not touched within {limit}")
                } else {
                    format!("the agent did not sign within {limit}; it may wait for a confirmation")
                }))
            }
        }
    }
}

/// Whether a key is one of a security key (FIDO), which signs only when it is touched.
pub(super) fn is_security_key(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256)
}

/// Appends the signature of the data to it, as RFC 4252 section 7 wants.
fn sign(key: &PrivateKey, hash: Option<HashAlg>, mut data: Vec<u8>) -> Result<Vec<u8>, String> {
    let signature = match key.key_data() {
        KeypairData::Rsa(pair) => (pair, hash).try_sign(&data),
        _ => key.try_sign(&data),
    };
    let signature = signature.map_err(|error| format!("the key could not sign: {error}"))?;
    signature
        .encode_vec()
        .and_then(|signature| signature.encode(&mut data))
        .map_err(|error| format!("the signature could not be written: {error}"))?;
    Ok(data)
}
