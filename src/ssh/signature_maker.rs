//! Detached SSH signatures: which keys there are to sign with, and signing with one of them, from a file or by the
//! agent.
//!
//! What must stay true: nothing is returned that does not verify; a private key is opened, and its passphrase asked
//! for, only when it was chosen.

use std::path::{Path, PathBuf};

use russh::Signer as _;
use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_encoding::Decode;
use russh::keys::ssh_key::Signature;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{HashAlg, PublicKey};

use super::agent::{Agent, Agents};
use super::certificate_files::plain;
use super::keys::{KeyFile, KeyStore};
use super::settings::SshSettings;
use super::signature::{bytes_to_sign, check_signature, identity, signature_file};
use super::signer::{LoginSigner, SignError, SigningKey, is_security_key};
use super::user_certificate;
use crate::model::approval::SigningIdentity;
use crate::model::text::{printable, shorten};

/// Where a key to sign with is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyWish {
    /// In the agent, then in the usual files.
    Any,
    /// In the agent.
    Agent,
    /// In this file: a private key, or a public one whose other half the agent holds or lies beside it.
    File(PathBuf),
}

/// A key that can sign.
#[derive(Clone)]
pub struct SigningChoice {
    /// Where it comes from: a path, or the agent's comment.
    pub source: String,
    /// What it is to whoever asks for signers.
    pub identity: SigningIdentity,
    key: KeyData,
    place: KeyPlace,
}

/// Whether somebody may be asked for a passphrase only to see what a key is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MayAsk {
    Yes,
    No,
}

#[derive(Clone)]
enum KeyPlace {
    File(PathBuf),
    Agent(Box<AgentIdentity>),
}

/// Signs with the keys of a user.
pub struct SignatureMaker {
    settings: SshSettings,
    store: KeyStore,
    agents: Agents,
}

impl SignatureMaker {
    /// Looks at nothing yet.
    #[must_use]
    pub fn new(settings: SshSettings) -> Self {
        Self {
            settings,
            store: KeyStore::default(),
            agents: Agents::default(),
        }
    }

    /// The fingerprints of the user's keys: those of the agent and of the usual files, as far as they can be seen
    /// without a question. Each once, in the order of their text.
    pub async fn own_keys(&self) -> Vec<String> {
        let found = self.choices(&KeyWish::Any).await.unwrap_or_default();
        let mut keys: Vec<String> = found.into_iter().map(|choice| choice.identity.key).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// The keys that fit a wish, in the order in which they should be tried.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub async fn choices(&self, wish: &KeyWish) -> Result<Vec<SigningChoice>, String> {
        match wish {
            KeyWish::Agent => self.agent_choices().await,
            KeyWish::File(path) => self.file_choices(path, MayAsk::Yes).await,
            KeyWish::Any => {
                let mut found = self.agent_choices().await.unwrap_or_default();
                for path in &self.settings.default_keys {
                    for choice in self.file_choices(path, MayAsk::No).await.unwrap_or_default() {
                        if !found.iter().any(|other| other.identity == choice.identity) {
                            found.push(choice);
                        }
                    }
                }
                if found.is_empty() {
                    return Err("there is no SSH agent with a key, and no key in ~/.ssh".to_owned());
                }
                Ok(found)
            }
        }
    }

    /// Signs a message; the file of the signature.
    ///
    /// # Errors
    /// Why it could not be signed, in words.
    pub async fn sign(&self, choice: &SigningChoice, namespace: &str, message: &[u8]) -> Result<String, String> {
        let to_sign = bytes_to_sign(namespace, message)?;
        let bare = choice
            .key
            .certificate()
            .map_or(&choice.key, |certificate| certificate.public_key());
        let hash = matches!(bare, KeyData::Rsa(_)).then_some(HashAlg::Sha512);
        let signature = self.raw_signature(choice, hash, to_sign).await?;
        let file = signature_file(&choice.key, namespace, signature)?;
        // An agent is another program: what it returned is looked at as anybody else would.
        let read = check_signature(file.as_bytes(), message)?;
        if read.signature.identity != choice.identity {
            return Err("the signature is another key's than was chosen".to_owned());
        }
        Ok(file)
    }

    async fn raw_signature(
        &self,
        choice: &SigningChoice,
        hash: Option<HashAlg>,
        to_sign: Vec<u8>,
    ) -> Result<Signature, String> {
        let (key, offered) = match &choice.place {
            KeyPlace::Agent(held) => (SigningKey::Agent(held.clone()), held.as_ref().clone()),
            KeyPlace::File(path) => {
                let key = match self.store.read(path).await {
                    KeyFile::Ready(key) => key,
                    _ => self.store.unlock(path, &self.settings).await?,
                };
                let offered = AgentIdentity::PublicKey {
                    key: key.public_key().clone(),
                    comment: String::new(),
                };
                (SigningKey::File(key), offered)
            }
        };
        let mut agent = self.settings.agent_socket.clone().map(Agent::new);
        let mut signer = LoginSigner {
            key: &key,
            agent: &mut agent,
            wants_touch: is_security_key(&offered.public_key().algorithm()),
            purpose: "sign the plan",
            notify: &self.settings.notify,
        };
        let length = to_sign.len();
        let signed = match signer.auth_sign(&offered, hash, to_sign).await {
            Ok(signed) => signed,
            Err(SignError::Gone) => return Err("the connection to the agent is gone".to_owned()),
            Err(SignError::Reason(reason)) => return Err(reason),
        };
        let mut rest = signed.get(length..).unwrap_or_default();
        let blob = Vec::<u8>::decode(&mut rest).map_err(|error| error.to_string())?;
        Signature::try_from(blob.as_slice()).map_err(|error| format!("the signature cannot be used: {error}"))
    }

    async fn held(&self) -> Result<Vec<AgentIdentity>, String> {
        match &self.settings.agent_socket {
            Some(socket) => self.agents.list(socket).await,
            None => Err("there is no SSH agent (SSH_AUTH_SOCK)".to_owned()),
        }
    }

    async fn agent_choices(&self) -> Result<Vec<SigningChoice>, String> {
        let mut found: Vec<SigningChoice> = Vec::new();
        for held in self.held().await? {
            let key = match &held {
                AgentIdentity::PublicKey { key, .. } => key.key_data().clone(),
                AgentIdentity::Certificate { certificate, .. } if certificate.cert_type() == CertType::User => {
                    KeyData::Certificate(Box::new(certificate.clone()))
                }
                AgentIdentity::Certificate { .. } => continue,
            };
            let Ok(identity) = identity(&key) else { continue };
            found.push(SigningChoice {
                source: format!("agent key {}", shorten(&printable(held.comment()), 60))
                    .trim_end()
                    .to_owned(),
                identity,
                key,
                place: KeyPlace::Agent(Box::new(held)),
            });
        }
        if found.is_empty() {
            return Err("the SSH agent holds no key (ssh-add)".to_owned());
        }
        Ok(found)
    }

    /// The bare key, then its certificate.
    async fn file_choices(&self, path: &Path, may_ask: MayAsk) -> Result<Vec<SigningChoice>, String> {
        let path = self.settings.expand(path);
        let path = private_half(&path);
        let shown = path.display();
        let held = self.held().await.unwrap_or_default();
        let (public, place) = self
            .locate(&path, &held, may_ask)
            .await
            .map_err(|reason| format!("{shown}: {reason}"))?;
        let mut keys = vec![public.key_data().clone()];
        let certificate = self.store.certificate(&user_certificate::beside(&path)).await;
        if let Some(certificate) = certificate.map_err(|reason| format!("the certificate of {shown}: {reason}"))?
            && certificate.public_key() == public.key_data()
        {
            keys.push(KeyData::Certificate(Box::new(certificate)));
        }
        keys.into_iter()
            .map(|key| {
                Ok(SigningChoice {
                    source: shown.to_string(),
                    identity: identity(&key).map_err(|reason| format!("{shown}: {reason}"))?,
                    key,
                    place: place.clone(),
                })
            })
            .collect()
    }

    async fn locate(
        &self,
        path: &Path,
        held: &[AgentIdentity],
        may_ask: MayAsk,
    ) -> Result<(PublicKey, KeyPlace), String> {
        let file = self.store.read(path).await;
        let in_agent = file.public_key().and_then(|public| plain(held, public));
        match (file, in_agent) {
            (KeyFile::Ready(key), _) => Ok((key.public_key().clone(), KeyPlace::File(path.to_owned()))),
            // Nobody has to be asked.
            (KeyFile::Locked(_) | KeyFile::Public(_), Some((public, identity))) => {
                Ok((public, KeyPlace::Agent(Box::new(identity))))
            }
            (KeyFile::Locked(Some(public)), None) => Ok((public, KeyPlace::File(path.to_owned()))),
            (KeyFile::Locked(None), None) if may_ask == MayAsk::No => {
                Err("encrypted, and its public half is not beside it".to_owned())
            }
            (KeyFile::Locked(None), None) => {
                let key = self.store.unlock(path, &self.settings).await?;
                Ok((key.public_key().clone(), KeyPlace::File(path.to_owned())))
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
}

/// The file of the private key that a public key or a certificate was named for.
fn private_half(path: &Path) -> PathBuf {
    let name = path.to_string_lossy();
    let bare = name.strip_suffix("-cert.pub").or_else(|| name.strip_suffix(".pub"));
    // The public half beside it is found from there too, whether the private one exists or not.
    bare.map_or_else(|| path.to_owned(), PathBuf::from)
}
