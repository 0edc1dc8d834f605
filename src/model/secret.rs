//! Secrets: values that cannot be printed, and references to where they are kept.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

/// A password or passphrase. It has no `Display`, its `Debug` shows nothing of it, it is serialised as
/// nothing, and its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the value over.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(SecretString::from(value))
    }

    /// The value, for the one place that hands it to a host or a cipher.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    /// Nothing of the value goes into a hash; equal secrets have equal hashes all the same.
    fn hash<H: Hasher>(&self, _state: &mut H) {}
}

impl Serialize for Secret {
    /// Only that there is one.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Where a secret is kept. An inventory of our own holds only such references, never the value; one of Ansible's
/// may hold the value itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretReference {
    /// An environment variable of this process.
    Env(String),
    /// A program and its arguments; the first line of its output is the secret. No shell is involved.
    Command(Vec<String>),
    /// A file of mode 0600 or stricter; its first line is the secret.
    File(PathBuf),
    /// Asked on the terminal, once per run; the text is the question.
    Prompt(String),
    /// It stands in an inventory of Ansible.
    Written(Secret),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        let shown = format!("{:?}", Secret::new("correct horse".to_owned()));
        assert!(!shown.contains("horse"));
    }
}
