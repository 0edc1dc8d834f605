//! Certificates among the keys of a login: those beside their keys, and those that are configured.

use std::path::{Path, PathBuf};

use russh::keys::agent::AgentIdentity;
use russh::keys::{Certificate, PublicKey};

use crate::model::host::Host;

use super::candidate::{Candidate, Candidates, Offer};
use super::credentials::Credentials;
use super::signer::SigningKey;
use super::user_certificate;

impl Credentials {
    /// A key, and before it the certificate that lies beside it: it was made to be used. As for ssh, that one
    /// counts only where no certificate is configured.
    pub(super) async fn add_key(
        &self,
        host: &Host,
        found: &mut Candidates,
        path: &Path,
        public: PublicKey,
        signer: SigningKey,
    ) {
        if host.ssh.certificates.is_empty() {
            let beside = user_certificate::beside(path);
            match self.store.certificate(&beside).await {
                Ok(Some(certificate)) if certificate.public_key() == public.key_data() => found.add(Candidate {
                    source: beside.display().to_string(),
                    offer: Offer::Certificate(Box::new(certificate)),
                    signer: signer.clone(),
                }),
                Ok(Some(_)) => found
                    .account
                    .push(format!("{}: it is another key's certificate", beside.display())),
                Ok(None) => {}
                Err(reason) => found.account.push(format!("{}: {reason}", beside.display())),
            }
        }
        found.add(Candidate {
            source: path.display().to_string(),
            offer: Offer::Key(public),
            signer,
        });
    }

    /// A certificate that is configured, with whatever holds its private key.
    pub(super) async fn add_certificate_file(
        &self,
        host: &Host,
        found: &mut Candidates,
        held: &[AgentIdentity],
        path: &Path,
    ) {
        let path = self.settings.expand(path);
        let certificate = match self.store.certificate(&path).await {
            Ok(Some(certificate)) => certificate,
            Ok(None) => return found.account.push(format!("{}: no such file", path.display())),
            Err(reason) => return found.account.push(format!("{}: {reason}", path.display())),
        };
        let public = PublicKey::new(certificate.public_key().clone(), "");
        let mut files: Vec<PathBuf> = host.keys.iter().map(|key| self.settings.expand(key)).collect();
        if files.is_empty() {
            files.clone_from(&self.settings.default_keys);
        }
        let mut signer = None;
        for file in files {
            if self.store.read(&file).await.public_key().map(PublicKey::key_data) == Some(public.key_data()) {
                signer = self.signing_key(&file, held).await.ok().map(|(_, signer)| signer);
            }
        }
        let signer = signer
            .or_else(|| plain(held, &public).map(|(_, identity)| SigningKey::Agent(Box::new(identity))))
            .or_else(|| certified(held, &certificate).map(|identity| SigningKey::Agent(Box::new(identity))));
        match signer {
            Some(signer) => found.add(Candidate {
                source: path.display().to_string(),
                offer: Offer::Certificate(Box::new(certificate)),
                signer,
            }),
            None => found.account.push(format!(
                "{}: its private key is neither among the configured keys nor in the agent",
                path.display()
            )),
        }
    }
}

/// The agent's key that is this one.
pub(super) fn plain(held: &[AgentIdentity], public: &PublicKey) -> Option<(PublicKey, AgentIdentity)> {
    held.iter().find_map(|identity| match identity {
        AgentIdentity::PublicKey { key, .. } if key.key_data() == public.key_data() => {
            Some((key.clone(), identity.clone()))
        }
        _ => None,
    })
}

fn certified(held: &[AgentIdentity], wanted: &Certificate) -> Option<AgentIdentity> {
    held.iter()
        .find(|identity| {
            matches!(identity, AgentIdentity::Certificate { certificate, .. }
                if certificate.public_key() == wanted.public_key())
        })
        .cloned()
}
