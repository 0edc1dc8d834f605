//! Which keys a host is tried with, and its login password.
//!
//! What must stay true: whatever has to be asked of a person for all hosts together is asked here, before a
//! server waits; a key that cannot be used is named in the account.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use russh::keys::PublicKey;
use russh::keys::agent::AgentIdentity;

use crate::model::error::HostError;
use crate::model::host::Host;
use crate::model::secret::{Secret, SecretReference};
use crate::model::ssh_options::AgentChoice;

use super::agent::{Agent, Agents};
use super::auth_keys::MOST_KEY_TRIES;
use super::candidate::{Candidate, Candidates};
use super::certificate_files::plain;
use super::failure;
use super::keys::{KeyFile, KeyStore};
use super::secrets::SecretStore;
use super::settings::{Notify, Prompter, SshSettings};
use super::signer::{SigningKey, is_security_key};
use super::trials::Trials;

/// What a login will be tried with, gathered before the connection is opened.
pub(super) struct Prepared {
    /// The keys, in the order they are tried.
    pub(super) candidates: Vec<Candidate>,
    /// The agent, when there is one.
    pub(super) agent: Option<Agent>,
    /// What could not be used and why, for the message of a refused login.
    pub(super) account: Vec<String>,
}

/// The keys and passwords of a run.
pub(super) struct Credentials {
    pub(super) settings: Arc<SshSettings>,
    secrets: Arc<SecretStore>,
    pub(super) store: KeyStore,
    agents: Agents,
    /// Whether somebody left the question for a password unanswered.
    declined: AtomicBool,
}

impl Credentials {
    /// Nothing is read yet.
    pub(super) fn new(settings: Arc<SshSettings>, secrets: Arc<SecretStore>) -> Self {
        Self {
            settings,
            secrets,
            store: KeyStore::default(),
            agents: Agents::default(),
            declined: AtomicBool::new(false),
        }
    }

    /// Asks the person at the terminal.
    pub(super) fn prompter(&self) -> &Arc<dyn Prompter> {
        &self.settings.prompter
    }

    /// Whether the person wants to be asked for the passwords of single hosts: one question left unanswered
    /// answers those of all other hosts, of which there may be hundreds.
    pub(super) fn is_declined(&self) -> bool {
        self.declined.load(Ordering::Relaxed)
    }

    /// A question for a password was left unanswered.
    pub(super) fn decline(&self) {
        self.declined.store(true, Ordering::Relaxed);
    }

    /// Hears what is worth a notice.
    pub(super) fn notify(&self) -> &Notify {
        &self.settings.notify
    }

    /// The login password of a host, once it is needed; `None` when the inventory has none.
    ///
    /// # Errors
    /// Why it cannot be had, in words.
    pub(super) async fn password(&self, host: &Host) -> Option<Result<Secret, String>> {
        match &host.ssh.password {
            Some(reference) => Some(self.secrets.resolve(reference, host).await),
            None => None,
        }
    }

    /// Which passwords have been accepted or refused.
    pub(super) fn trials(&self) -> &Trials {
        &self.secrets.trials
    }

    /// Gathers the keys for a host: the configured ones, then the agent's, or the agent's and the usual
    /// files. Asks for passphrases and for the password where that is needed.
    ///
    /// # Errors
    /// `E_AUTH` when there is nothing at all to log in with.
    pub(super) async fn prepare(&self, host: &Host) -> Result<Prepared, HostError> {
        let mut prepared = Prepared {
            candidates: Vec::new(),
            agent: None,
            account: Vec::new(),
        };
        if host.ssh.public_key {
            self.gather_keys(host, &mut prepared).await;
        }
        if let Some(SecretReference::Prompt(_)) = &host.ssh.password {
            // Asked while no server waits; the answer is remembered.
            let _ = self.password(host).await;
        }
        let may_answer = host.ssh.password.is_some() || self.settings.prompter.is_there();
        if prepared.candidates.is_empty() && !may_answer {
            return Err(no_key(host, &prepared.account));
        }
        Ok(prepared)
    }

    async fn gather_keys(&self, host: &Host, prepared: &mut Prepared) {
        let held = self.open_agent(host, prepared).await;
        let configured = !host.keys.is_empty();
        let mut found = Candidates::default();
        for path in &host.ssh.certificates {
            self.add_certificate_file(host, &mut found, &held, path).await;
        }
        if configured {
            for path in &host.keys {
                let path = self.settings.expand(path);
                self.add_configured_file(host, &mut found, &held, &path).await;
            }
        }
        let (usual, others) = self.divide(&held).await;
        if !configured {
            found.add_agent_identities(usual);
        }
        if !host.ssh.identities_only {
            found.add_agent_identities(others);
        }
        if !configured && host.ssh.usual_keys {
            let before = found.list.len();
            self.add_default_files(host, &mut found).await;
            // However many keys the agent holds: the first usual file is tried as well.
            if found.list.len() > before
                && let Some(last_places) = found.list.get_mut(MOST_KEY_TRIES - 1..=before)
            {
                last_places.rotate_right(1);
            }
        }
        prepared.account.append(&mut found.account);
        prepared.candidates = found.list;
    }

    async fn open_agent(&self, host: &Host, prepared: &mut Prepared) -> Vec<AgentIdentity> {
        let socket = match &host.ssh.agent {
            AgentChoice::Environment => self.settings.agent_socket.clone(),
            AgentChoice::None => None,
            AgentChoice::Socket(socket) => Some(self.settings.expand(socket)),
        };
        let Some(socket) = socket else {
            return Vec::new();
        };
        match self.agents.list(&socket).await {
            Ok(identities) => {
                prepared.agent = Some(Agent::new(socket));
                identities
            }
            Err(reason) => {
                prepared.account.push(reason);
                Vec::new()
            }
        }
    }

    /// The agent's keys that are also usual files, and its others: ssh offers the former first.
    async fn divide(&self, held: &[AgentIdentity]) -> (Vec<AgentIdentity>, Vec<AgentIdentity>) {
        let mut usual = Vec::new();
        if !held.is_empty() {
            for path in &self.settings.default_keys {
                usual.extend(self.store.read(path).await.public_key().cloned());
            }
        }
        let is_usual = |identity: &AgentIdentity| {
            let key = identity.public_key();
            usual.iter().any(|public| public.key_data() == key.key_data())
        };
        held.iter().cloned().partition(is_usual)
    }

    /// What signs for a key file: itself, or the agent that has it unlocked already. `None` is no reason to
    /// complain where nobody asked for the file.
    pub(super) async fn signing_key(
        &self,
        path: &Path,
        held: &[AgentIdentity],
    ) -> Result<(PublicKey, SigningKey), String> {
        let file = self.store.read(path).await;
        let in_agent = file.public_key().and_then(|public| plain(held, public));
        match (file, in_agent) {
            (KeyFile::Ready(key), _) => Ok((key.public_key().clone(), SigningKey::File(key))),
            // Nobody has to be asked.
            (KeyFile::Locked(_) | KeyFile::Public(_), Some((public, identity))) => {
                Ok((public, SigningKey::Agent(Box::new(identity))))
            }
            (KeyFile::Locked(_), None) => {
                let key = self.store.unlock(path, &self.settings).await?;
                Ok((key.public_key().clone(), SigningKey::File(key)))
            }
            (KeyFile::Public(public), None) if is_security_key(&public.algorithm()) => {
                Err("a security key signs through the agent, which does not hold it (ssh-add)".to_owned())
            }
            (KeyFile::Public(_), None) => {
                Err("only the public half is here, and the agent does not hold the other".to_owned())
            }
            (KeyFile::Unusable(reason), _) => Err(reason),
        }
    }

    async fn add_configured_file(&self, host: &Host, found: &mut Candidates, held: &[AgentIdentity], path: &Path) {
        let name = path.display().to_string();
        match self.signing_key(path, held).await {
            Ok((public, signer)) => self.add_key(host, found, path, public, signer).await,
            Err(reason) => found.account.push(format!("{name}: {reason}")),
        }
    }

    /// An encrypted file that nobody configured is only asked for when there is nothing else.
    async fn add_default_files(&self, host: &Host, found: &mut Candidates) {
        let mut locked = Vec::new();
        for path in &self.settings.default_keys {
            match self.store.read(path).await {
                KeyFile::Ready(key) => {
                    let (public, signer) = (key.public_key().clone(), SigningKey::File(key));
                    self.add_key(host, found, path, public, signer).await;
                }
                KeyFile::Locked(public) => {
                    if !public.is_some_and(|public| found.holds(&public)) {
                        locked.push(path.clone());
                    }
                }
                KeyFile::Public(_) | KeyFile::Unusable(_) => {}
            }
        }
        for path in locked {
            if !found.list.is_empty() || host.ssh.password.is_some() {
                found.account.push(format!(
                    "{}: encrypted, and not configured as `key`, so its passphrase was not asked",
                    path.display()
                ));
                continue;
            }
            self.add_configured_file(host, found, &[], &path).await;
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
        "set `key` or `password` in the inventory, start an agent, or make a key with ssh-keygen"
    };
    failure::auth(message, hint)
}
