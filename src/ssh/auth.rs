//! Logging in by public keys.
//!
//! What must stay true: nobody is asked anything while a server waits; at most [`MOST_KEYS`] keys are tried
//! and then it is over; the account of what was tried is complete, because it is all that an administrator
//! has to go by.

use std::path::PathBuf;
use std::sync::Arc;

use russh::client::{AuthResult, Handle};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};

use crate::model::error::HostError;
use crate::model::host::Host;
use crate::model::text::{count, printable};

use super::agent::{self, Agent, AgentKey};
use super::failure;
use super::handshake::ClientHandler;
use super::host_key::fingerprint;
use super::keys::{KeyFile, KeyStore};
use super::settings::SshSettings;

/// sshd closes the connection at the sixth failure (`MaxAuthTries 6`), and counts it against our address.
const MOST_KEYS: usize = 5;

/// A key to try.
enum Candidate {
    File(PathBuf, Arc<PrivateKey>),
    Agent(AgentKey),
}

impl Candidate {
    fn public_key(&self) -> &PublicKey {
        match self {
            Self::File(_, key) => key.public_key(),
            Self::Agent(key) => &key.key,
        }
    }

    fn describe(&self) -> String {
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
    candidates: Vec<Candidate>,
    agent: Option<Agent>,
    account: Vec<String>,
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

/// The answer to one key.
enum Answer {
    Accepted,
    Refused(MethodSet),
    Partial(MethodSet),
    Closed,
    Failed(String),
}

/// Logs in over a connection whose host key has been checked.
///
/// # Errors
/// `E_AUTH` with the account of every key, `E_CONNECT` when the server closed before it judged any.
pub(super) async fn log_in(
    handle: &mut Handle<ClientHandler>,
    host: &Host,
    mut prepared: Prepared,
) -> Result<(), HostError> {
    let mut account = std::mem::take(&mut prepared.account);
    let mut judged = 0;
    for candidate in std::mem::take(&mut prepared.candidates) {
        let name = candidate.describe();
        match try_key(handle, host, &candidate, prepared.agent.as_mut()).await {
            Answer::Accepted => return Ok(()),
            Answer::Partial(methods) => {
                account.push(format!(
                    "{name}: accepted, but the server asks for {} as well",
                    list(&methods)
                ));
                return Err(refused(host, &account, &methods));
            }
            Answer::Refused(methods) => {
                judged += 1;
                account.push(format!("{name}: refused"));
                if !methods.contains(&MethodKind::PublicKey) {
                    return Err(refused(host, &account, &methods));
                }
            }
            Answer::Closed if judged == 0 => return Err(closed(host)),
            Answer::Closed => {
                account.push(format!("{name}: the server closed the connection"));
                break;
            }
            Answer::Failed(reason) => account.push(format!("{name}: {reason}")),
        }
    }
    Err(refused(
        host,
        &account,
        &MethodSet::from([MethodKind::PublicKey].as_slice()),
    ))
}

async fn try_key(
    handle: &mut Handle<ClientHandler>,
    host: &Host,
    candidate: &Candidate,
    mut agent: Option<&mut Agent>,
) -> Answer {
    let hashes = match hashes_for(handle, candidate.public_key()).await {
        Ok(hashes) => hashes,
        Err(answer) => return answer,
    };
    let mut last = Answer::Failed("the server takes RSA keys only with SHA-1".to_owned());
    for hash in hashes {
        last = match candidate {
            Candidate::File(_, key) => {
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
                match handle.authenticate_publickey(host.user.clone(), key).await {
                    Ok(result) => judge(handle, result),
                    Err(_) => Answer::Closed,
                }
            }
            Candidate::Agent(held) => match agent.as_deref_mut() {
                Some(agent) => {
                    let key = held.key.clone();
                    match handle
                        .authenticate_publickey_with(host.user.clone(), key, hash, agent)
                        .await
                    {
                        Ok(result) => judge(handle, result),
                        Err(_) if handle.is_closed() => Answer::Closed,
                        Err(error) => Answer::Failed(format!("the agent did not sign: {error}")),
                    }
                }
                None => Answer::Failed("the agent is gone".to_owned()),
            },
        };
        if !matches!(last, Answer::Refused(_)) {
            break;
        }
    }
    last
}

fn judge(handle: &Handle<ClientHandler>, result: AuthResult) -> Answer {
    match result {
        AuthResult::Success => Answer::Accepted,
        AuthResult::Failure {
            remaining_methods,
            partial_success,
        } => {
            // russh tells a lost connection as a failure without methods.
            if remaining_methods.is_empty() && handle.is_closed() {
                Answer::Closed
            } else if partial_success {
                Answer::Partial(remaining_methods)
            } else {
                Answer::Refused(remaining_methods)
            }
        }
    }
}

/// The signature hashes to try with a key. For RSA, what the server says it takes; a server that says
/// nothing is tried with SHA-512, then SHA-256. Never SHA-1.
async fn hashes_for(handle: &Handle<ClientHandler>, key: &PublicKey) -> Result<Vec<Option<HashAlg>>, Answer> {
    if !key.algorithm().is_rsa() {
        return Ok(vec![None]);
    }
    match handle.best_supported_rsa_hash().await {
        Ok(Some(Some(hash))) => Ok(vec![Some(hash)]),
        Ok(Some(None)) => Ok(Vec::new()),
        Ok(None) => Ok(vec![Some(HashAlg::Sha512), Some(HashAlg::Sha256)]),
        Err(_) => Err(Answer::Closed),
    }
}

fn list(methods: &MethodSet) -> String {
    let names: Vec<String> = methods.iter().map(String::from).collect();
    if names.is_empty() {
        "nothing else".to_owned()
    } else {
        names.join(", ")
    }
}

fn refused(host: &Host, account: &[String], methods: &MethodSet) -> HostError {
    let mut message = format!(
        "{}:{} refused the login as {}: {}",
        host.address,
        host.port,
        host.user,
        account.join("; ")
    );
    let hint = if methods.contains(&MethodKind::PublicKey) {
        format!(
            "add one of these keys to ~{}/.ssh/authorized_keys on the host, or correct `user` or `key` in \
             the inventory",
            host.user
        )
    } else {
        message.push_str(&format!("; the server takes only {} from here on", list(methods)));
        "patchwave logs in by public key alone: allow that for this account on the host".to_owned()
    };
    failure::auth(message, hint)
}

fn closed(host: &Host) -> HostError {
    failure::connect(
        format!("{}:{} closed the connection during the login", host.address, host.port),
        "look at sshd's log on the host; it may limit logins (MaxStartups, PerSourcePenalties)",
    )
}
