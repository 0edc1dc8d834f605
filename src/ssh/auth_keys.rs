//! Logging in by one key or certificate after another.
//!
//! What must stay true: RSA never signs with SHA-1; a person who may have to touch or confirm something has the
//! time for it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use russh::keys::{HashAlg, PrivateKeyWithHashAlg};
use tokio::time::timeout;

use crate::model::error::HostError;
use crate::model::text::count;

use super::auth::{Answer, Login, judge};
use super::candidate::{Candidate, Offer};
use super::signer::{LoginSigner, SIGNING_LIMIT, SignError, SigningKey};
use super::user_certificate;

/// Most tries with keys in one login. sshd closes the connection at the sixth failure (`MaxAuthTries 6`), and counts
/// it against our address. An RSA key may take two.
pub(super) const MOST_KEY_TRIES: usize = 5;

impl Login<'_> {
    /// Whether there is a key left that may be tried.
    pub(super) fn has_key(&self) -> bool {
        !self.candidates.is_empty() && self.key_tries < MOST_KEY_TRIES
    }

    /// Takes note of the keys that will not be tried any more.
    pub(super) fn leave_keys_out(&mut self) {
        let left = self.candidates.len();
        if left > 0 && self.key_tries >= MOST_KEY_TRIES {
            self.candidates.clear();
            self.account.note(format!(
                "{} not tried, because servers close after a few refusals (IdentitiesOnly leaves the agent's others out)",
                count(left, "more key")
            ));
        }
    }

    /// Tries the next candidate; what was tried, and the answer.
    ///
    /// # Errors
    /// `E_TIMEOUT`.
    pub(super) async fn try_next_key(&mut self) -> Result<(String, Answer), HostError> {
        let Some(candidate) = self.candidates.pop_front() else {
            return Ok(("publickey".to_owned(), Answer::Failed("no key is left".to_owned())));
        };
        let limit = match candidate.signer {
            SigningKey::File(_) => self.limit,
            SigningKey::Agent(_) => self.limit + SIGNING_LIMIT,
        };
        let name = candidate.describe();
        let Ok(answer) = timeout(limit, self.try_key(&candidate)).await else {
            return Err(self.timed_out());
        };
        let flaw = match (&answer, &candidate.offer) {
            (Answer::Refused(_), Offer::Certificate(certificate)) => {
                user_certificate::flaw(certificate, &self.host.user, now())
            }
            _ => None,
        };
        Ok(match flaw {
            Some(flaw) => (format!("{name}, but {flaw}"), answer),
            None => (name, answer),
        })
    }

    async fn try_key(&mut self, candidate: &Candidate) -> Answer {
        if let (SigningKey::Agent(_), Some(agent)) = (&candidate.signer, &mut self.agent) {
            agent.is_for(self.handle.agent_session_binding());
        }
        let hashes = match self.hashes_for(candidate).await {
            Ok(hashes) => hashes,
            Err(answer) => return answer,
        };
        let mut last = Answer::Failed("the server takes RSA keys only with SHA-1".to_owned());
        for hash in hashes {
            if self.key_tries >= MOST_KEY_TRIES {
                break;
            }
            last = self.offer(candidate, hash).await;
            if !matches!(last, Answer::Accepted | Answer::Partial(_)) {
                self.key_tries += 1;
            }
            if !matches!(last, Answer::Refused(_)) {
                break;
            }
        }
        last
    }

    async fn offer(&mut self, candidate: &Candidate, hash: Option<HashAlg>) -> Answer {
        let user = self.host.user.clone();
        if let (Offer::Key(_), SigningKey::File(key)) = (&candidate.offer, &candidate.signer) {
            // Signed where the answer is read, without a detour.
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            return match self.handle.authenticate_publickey(user, key).await {
                Ok(result) => judge(self.handle, result),
                Err(_) => Answer::Closed,
            };
        }
        let purpose = format!("log in to {} as {}", self.host.name, self.host.user);
        let mut signer = LoginSigner {
            key: &candidate.signer,
            agent: &mut self.agent,
            wants_touch: candidate.wants_touch(),
            purpose: &purpose,
            notify: self.credentials.notify(),
        };
        let result = match &candidate.offer {
            Offer::Key(key) => {
                self.handle
                    .authenticate_publickey_with(user, key.clone(), hash, &mut signer)
                    .await
            }
            Offer::Certificate(certificate) => {
                let certificate = certificate.as_ref().clone();
                self.handle
                    .authenticate_certificate_with(user, certificate, hash, &mut signer)
                    .await
            }
        };
        match result {
            Ok(result) => judge(self.handle, result),
            Err(SignError::Gone) => Answer::Closed,
            Err(SignError::Reason(_)) if self.handle.is_closed() => Answer::Closed,
            Err(SignError::Reason(reason)) => Answer::Failed(reason),
        }
    }

    /// The signature hashes to try with a key. For RSA, what the server says it takes; a server that says
    /// nothing is tried with SHA-512, then SHA-256. Never SHA-1.
    async fn hashes_for(&self, candidate: &Candidate) -> Result<Vec<Option<HashAlg>>, Answer> {
        if !candidate.algorithm().is_rsa() {
            return Ok(vec![None]);
        }
        match self.handle.best_supported_rsa_hash().await {
            Ok(Some(Some(hash))) => Ok(vec![Some(hash)]),
            Ok(Some(None)) => Ok(Vec::new()),
            Ok(None) => Ok(vec![Some(HashAlg::Sha512), Some(HashAlg::Sha256)]),
            Err(_) => Err(Answer::Closed),
        }
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
