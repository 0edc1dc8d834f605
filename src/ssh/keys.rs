//! Private key files: read once in a run, shared by all hosts, unlocked by one question.
//!
//! A passphrase is asked before any connection is opened, so that no server waits for a person.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Certificate, Error, PrivateKey, PublicKey, decode_secret_key};
use tokio::sync::{Mutex, OnceCell};

use super::settings::{Prompter, SshSettings};
use super::signer::is_security_key;
use super::user_certificate;

/// How often a passphrase is asked for before the key is given up, as ssh does.
const PASSPHRASE_TRIES: usize = 3;

/// A key file as far as it can be used.
#[derive(Debug, Clone)]
pub(super) enum KeyFile {
    /// Ready to sign.
    Ready(Arc<PrivateKey>),
    /// Encrypted; the public half is known when the format shows it, or a `.pub` file lies beside it.
    Locked(Option<PublicKey>),
    /// Only the public half is of use: whatever holds the other signs through the agent.
    Public(PublicKey),
    /// Not there, not readable, not a key: why, in words.
    Unusable(String),
}

impl KeyFile {
    /// The public half, where it is known.
    pub(super) fn public_key(&self) -> Option<&PublicKey> {
        match self {
            Self::Ready(key) => Some(key.public_key()),
            Self::Locked(public) => public.as_ref(),
            Self::Public(public) => Some(public),
            Self::Unusable(_) => None,
        }
    }
}

type Slot<T> = Arc<OnceCell<T>>;
type Unlocked = Result<Arc<PrivateKey>, String>;
type CertificateFile = Result<Option<Certificate>, String>;

/// Every file with a key or a certificate of a run.
#[derive(Default)]
pub(super) struct KeyStore {
    read: Mutex<HashMap<PathBuf, Slot<KeyFile>>>,
    unlocked: Mutex<HashMap<PathBuf, Slot<Unlocked>>>,
    certificates: Mutex<HashMap<PathBuf, Slot<CertificateFile>>>,
}

impl KeyStore {
    /// Reads a file without asking for anything. Later calls return the first result.
    pub(super) async fn read(&self, path: &Path) -> KeyFile {
        let slot = self.read.lock().await.entry(path.to_owned()).or_default().clone();
        let path = path.to_owned();
        slot.get_or_init(|| async move {
            tokio::task::spawn_blocking(move || read_key(&path))
                .await
                .unwrap_or_else(|error| KeyFile::Unusable(error.to_string()))
        })
        .await
        .clone()
    }

    /// Reads a user's certificate; `None` when there is no such file. Later calls return the first result.
    ///
    /// # Errors
    /// Why it is of no use, in words.
    pub(super) async fn certificate(&self, path: &Path) -> CertificateFile {
        let slot = self
            .certificates
            .lock()
            .await
            .entry(path.to_owned())
            .or_default()
            .clone();
        let path = path.to_owned();
        slot.get_or_init(|| async move {
            tokio::task::spawn_blocking(move || user_certificate::read(&path))
                .await
                .unwrap_or_else(|error| Err(error.to_string()))
        })
        .await
        .clone()
    }

    /// Asks for the passphrase of an encrypted key, once in a run for all hosts.
    ///
    /// # Errors
    /// Why the key cannot be used, in words.
    pub(super) async fn unlock(&self, path: &Path, settings: &SshSettings) -> Result<Arc<PrivateKey>, String> {
        let slot = self.unlocked.lock().await.entry(path.to_owned()).or_default().clone();
        let path = path.to_owned();
        let prompter = Arc::clone(&settings.prompter);
        let turn = Arc::clone(&settings.turn);
        slot.get_or_init(|| async move {
            let turn = turn.lock_owned().await;
            tokio::task::spawn_blocking(move || {
                let _turn = turn;
                ask_and_decrypt(&path, prompter.as_ref())
            })
            .await
            .unwrap_or_else(|error| Err(error.to_string()))
        })
        .await
        .clone()
    }
}

fn read_text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::InvalidData => "not a private key".to_owned(),
        _ => error.to_string(),
    })
}

fn read_key(path: &Path) -> KeyFile {
    let text = match read_text(path) {
        Ok(text) => text,
        // The private half may be in the agent alone.
        Err(reason) => return beside(path).map_or(KeyFile::Unusable(reason), KeyFile::Public),
    };
    match decode_secret_key(&text, None) {
        // Such a file holds a handle: the key itself never leaves its hardware.
        Ok(key) if is_security_key(&key.algorithm()) => KeyFile::Public(key.public_key().clone()),
        Ok(key) => KeyFile::Ready(Arc::new(key)),
        Err(Error::KeyIsEncrypted) => KeyFile::Locked(public_half(path, &text)),
        // PEM encryption of old OpenSSH is told by its header.
        Err(_) if text.contains("ENCRYPTED") => KeyFile::Locked(public_half(path, &text)),
        Err(error) => match PublicKey::from_openssh(text.trim()) {
            Ok(public) => KeyFile::Public(public),
            Err(_) => KeyFile::Unusable(format!("not a usable private key: {error}")),
        },
    }
}

/// OpenSSH's own format has the public half in the clear; for others `ssh-keygen` writes a `.pub` file.
fn public_half(path: &Path, text: &str) -> Option<PublicKey> {
    if let Ok(key) = PrivateKey::from_openssh(text) {
        return Some(key.public_key().clone());
    }
    beside(path)
}

fn beside(path: &Path) -> Option<PublicKey> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".pub");
    let text = std::fs::read_to_string(PathBuf::from(beside)).ok()?;
    PublicKey::from_openssh(text.trim()).ok()
}

fn ask_and_decrypt(path: &Path, prompter: &dyn Prompter) -> Result<Arc<PrivateKey>, String> {
    let text = read_text(path)?;
    let question = format!("Passphrase of {}: ", path.display());
    for _ in 0..PASSPHRASE_TRIES {
        let Some(passphrase) = prompter.ask(&question).filter(|given| !given.expose().is_empty()) else {
            return Err("encrypted, and no passphrase was given".to_owned());
        };
        if let Ok(key) = decode_secret_key(&text, Some(passphrase.expose())) {
            return Ok(Arc::new(key));
        }
    }
    Err("encrypted, and the passphrase was wrong".to_owned())
}
