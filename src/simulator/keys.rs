//! Key pairs for simulated hosts and for their one user.

use russh::keys::key::safe_rng;
use russh::keys::ssh_key::{HashAlg, LineEnding};
use russh::keys::{Algorithm, PrivateKey};

/// A key could not be made or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a key: {0}")]
pub struct KeyError(String);

/// An Ed25519 key pair, made in memory.
#[derive(Clone)]
pub struct SimulatedKey(pub(super) PrivateKey);

impl SimulatedKey {
    /// A new key from the system's randomness.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn generate() -> Result<Self, KeyError> {
        PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519)
            .map(Self)
            .map_err(|error| KeyError(error.to_string()))
    }

    /// The private key as OpenSSH writes it, for a file of mode 0600.
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn private_text(&self) -> Result<String, KeyError> {
        self.0
            .to_openssh(LineEnding::LF)
            .map(|text| text.to_string())
            .map_err(|error| KeyError(error.to_string()))
    }

    /// The public half as in `authorized_keys`: type and data, no comment.
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn public_text(&self) -> Result<String, KeyError> {
        self.0
            .public_key()
            .to_openssh()
            .map(|text| text.trim().to_owned())
            .map_err(|error| KeyError(error.to_string()))
    }

    /// The fingerprint as `ssh-keygen -l` shows it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }
}
