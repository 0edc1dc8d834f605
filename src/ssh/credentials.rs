//! Which keys a host is tried with: its own, or the agent's and the usual files.
//!
//! What must stay true: whatever has to be asked of a person is asked here, before a server waits; a key that
//! cannot be used is named in the account.

use std::path::PathBuf;
use std::sync::Arc;

use russh::keys::{PrivateKey, PublicKey};

use crate::model::error::HostError;
use crate::model::host::Host;
use crate::model::text::{count, printable};

use super::agent::{self, Agent, AgentKey};
use super::failure;
use super::host_key::fingerprint;
use super::keys::{KeyFile, KeyStore};
use super::settings::SshSettings;

/// sshd closes the connection at the sixth failure (`MaxAuthTries 6`), and counts it against our address.
const MOST_KEYS: usize = 5;

/// A key to try.
pub(super) enum Candidate {
    /// A file's.
    File(PathBuf, Arc<PrivateKey>),
    /// One that the agent signs with.
    Agent(AgentKey),
}

impl Candidate {
    /// The public half.
    pub(super) fn public_key(&self) -> &PublicKey {
        match self {
            Self::File(_, key) => key.public_key(),
            Self::Agent(key) => &key.key,
        }
    }

    /// Where it comes from, its type and fingerprint.
    pub(super) fn describe(&self) -> String {
        let key = self.public_key();
        let name = match self {
            Self::File(path, _) => path.display().to_string(),
            Self::Agent(agent_key) if agent_key.comment.is_empty() => "agent key".to_owned(),
            Self::Agent(agent_key) => format!("agent key {}", printable(&agent_key.comment)),
        };
        format!("{name} ({} {})", key.algorithm(), fingerprint(key))
    }
}

/// What a login will be tried with, gathered before the connection is opened.
pub(super) struct Prepared {
    /// The keys, in the order they are tried.
    pub(super) candidates: Vec<Candidate>,
    /// The agent, when there is one.
    pub(super) agent: Option<Agent>,
    /// What could not be used and why, for the message of a refused login.
    pub(super) account: Vec<String>,
}

impl Prepared {
    fn add(&mut self, candidate: Candidate) {
        let same = candidate.public_key().key_data();
        if !self
            .candidates
            .iter()
            .any(|other| other.public_key().key_data() == same)
        {
            self.candidates.push(candidate);
        }
    }
}

/// The keys of a run.
pub(super) struct Credentials {
    settings: Arc<SshSettings>,
    store: KeyStore,
}

impl Credentials {
    /// Nothing is read yet.
    pub(super) fn new(settings: Arc<SshSettings>) -> Self {
        Self {
            settings,
            store: KeyStore::default(),
        }
    }

    /// Gathers the keys for a host: its own if it has some, else the agent's and the usual files. Asks for
    /// passphrases where that is needed.
    ///
    /// # Errors
    /// `E_AUTH` when there is no key at all.
    pub(super) async fn prepare(&self, host: &Host) -> Result<Prepared, HostError> {
        let mut prepared = Prepared {
            candidates: Vec::new(),
            agent: None,
            account: Vec::new(),
        };
        let agent_keys = self.open_agent(&mut prepared).await;
        if host.keys.is_empty() {
            for key in agent_keys {
                prepared.add(Candidate::Agent(key));
            }
            self.add_default_files(&mut prepared).await;
        } else {
            for path in &host.keys {
                self.add_configured_file(&mut prepared, path.clone(), &agent_keys).await;
            }
        }
        if prepared.candidates.is_empty() {
            return Err(no_key(host, &prepared.account));
        }
        let left_out = prepared.candidates.len().saturating_sub(MOST_KEYS);
        if left_out > 0 {
            prepared.candidates.truncate(MOST_KEYS);
            prepared.account.push(format!(
                "{} not tried, because servers close after six",
                count(left_out, "more key")
            ));
        }
        Ok(prepared)
    }

    async fn open_agent(&self, prepared: &mut Prepared) -> Vec<AgentKey> {
        let Some(socket) = &self.settings.agent_socket else {
            return Vec::new();
        };
        match agent::list(socket).await {
            Ok((agent, keys)) => {
                prepared.agent = Some(agent);
                keys
            }
            Err(reason) => {
                prepared.account.push(reason);
                Vec::new()
            }
        }
    }

    async fn add_configured_file(&self, prepared: &mut Prepared, path: PathBuf, agent_keys: &[AgentKey]) {
        let path = self.settings.expand(&path);
        let file = self.store.read(&path).await;
        let held = file
            .public_key()
            .and_then(|public| agent_keys.iter().find(|held| held.key.key_data() == public.key_data()));
        match (file, held) {
            (KeyFile::Ready(key), _) => prepared.add(Candidate::File(path, key)),
            // The agent has it unlocked already: nobody has to be asked.
            (KeyFile::Locked(_), Some(held)) => prepared.add(Candidate::Agent(held.clone())),
            (KeyFile::Locked(_), None) => match self.store.unlock(&path, &self.settings).await {
                Ok(key) => prepared.add(Candidate::File(path, key)),
                Err(reason) => prepared.account.push(format!("{}: {reason}", path.display())),
            },
            (KeyFile::Unusable(reason), _) => prepared.account.push(format!("{}: {reason}", path.display())),
        }
    }

    /// An encrypted file that nobody configured is only asked for when there is nothing else.
    async fn add_default_files(&self, prepared: &mut Prepared) {
        let mut locked = Vec::new();
        for path in &self.settings.default_keys {
            match self.store.read(path).await {
                KeyFile::Ready(key) => prepared.add(Candidate::File(path.clone(), key)),
                KeyFile::Locked(_) => locked.push(path.clone()),
                KeyFile::Unusable(_) => {}
            }
        }
        for path in locked {
            if !prepared.candidates.is_empty() {
                prepared.account.push(format!(
                    "{}: encrypted, and not configured as `key`, so its passphrase was not asked",
                    path.display()
                ));
                continue;
            }
            match self.store.unlock(&path, &self.settings).await {
                Ok(key) => prepared.add(Candidate::File(path, key)),
                Err(reason) => prepared.account.push(format!("{}: {reason}", path.display())),
            }
        }
    }
}

fn no_key(host: &Host, account: &[String]) -> HostError {
    let mut message = format!("there is no key to log in to {} with", host.address);
    if !account.is_empty() {
        message = format!("{message}: {}", account.join("; "));
    }
    let hint = if account.iter().any(|line| line.contains("encrypted")) {
        "load the key into an agent first (ssh-add), or run on a terminal to be asked for its passphrase"
    } else {
        "set `key` in the inventory, start an agent, or make a key with ssh-keygen"
    };
    failure::auth(message, hint)
}
