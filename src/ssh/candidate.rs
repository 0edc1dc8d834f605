//! One key or certificate to log in with, and the list of them.

use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey};

use crate::model::text::{printable, shorten};

use super::host_key::fingerprint;
use super::signer::{SigningKey, is_security_key};

/// What the server is shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Offer {
    /// A bare key.
    Key(PublicKey),
    /// A certificate.
    Certificate(Box<Certificate>),
}

/// A key to try.
pub(super) struct Candidate {
    /// Where it comes from: a path, or the agent's comment.
    pub(super) source: String,
    /// What the server is shown.
    pub(super) offer: Offer,
    /// What signs.
    pub(super) signer: SigningKey,
}

impl Candidate {
    /// Where it comes from, its type and fingerprint.
    pub(super) fn describe(&self) -> String {
        match &self.offer {
            Offer::Key(key) => format!("{} ({} {})", self.source, key.algorithm(), fingerprint(key)),
            Offer::Certificate(certificate) => format!(
                "{} (certificate \"{}\", {} {})",
                self.source,
                shorten(&printable(certificate.key_id()), 60),
                certificate.algorithm(),
                certificate.public_key().fingerprint(HashAlg::Sha256)
            ),
        }
    }

    /// The type of its key.
    pub(super) fn algorithm(&self) -> Algorithm {
        match &self.offer {
            Offer::Key(key) => key.algorithm(),
            Offer::Certificate(certificate) => certificate.algorithm(),
        }
    }

    /// Whether somebody has to touch something before it signs.
    pub(super) fn wants_touch(&self) -> bool {
        is_security_key(&self.algorithm())
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.offer, &other.offer) {
            // A key's comment is no part of it.
            (Offer::Key(one), Offer::Key(other)) => one.key_data() == other.key_data(),
            (one, other) => one == other,
        }
    }
}

/// Candidates in order, each once, and what could not become one.
#[derive(Default)]
pub(super) struct Candidates {
    /// In the order they are tried.
    pub(super) list: Vec<Candidate>,
    /// What could not be used and why.
    pub(super) account: Vec<String>,
}

impl Candidates {
    /// Adds one that is not there yet.
    pub(super) fn add(&mut self, candidate: Candidate) {
        if !self.list.iter().any(|other| other.is_same(&candidate)) {
            self.list.push(candidate);
        }
    }

    /// Whether a key is among them.
    pub(super) fn holds(&self, public: &PublicKey) -> bool {
        self.list
            .iter()
            .any(|candidate| matches!(&candidate.offer, Offer::Key(key) if key.key_data() == public.key_data()))
    }

    /// Adds what the agent holds.
    pub(super) fn add_agent_identities(&mut self, identities: Vec<AgentIdentity>) {
        for identity in identities {
            let offer = match &identity {
                AgentIdentity::PublicKey { key, .. } => Offer::Key(key.clone()),
                AgentIdentity::Certificate { certificate, .. } if certificate.cert_type() == CertType::User => {
                    Offer::Certificate(Box::new(certificate.clone()))
                }
                AgentIdentity::Certificate { .. } => continue,
            };
            let comment = shorten(&printable(identity.comment()), 60);
            self.add(Candidate {
                source: format!("agent key {comment}").trim_end().to_owned(),
                offer,
                signer: SigningKey::Agent(Box::new(identity)),
            });
        }
    }
}
