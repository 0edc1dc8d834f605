//! `RevokedHostKeys` of ssh_config(5): a file of keys that no host may have.
//!
//! What must stay true: as for OpenSSH, a file that is not there or cannot be understood lets no host pass. Of its
//! two forms the text is read; the binary one (KRL) is recognised, and refused.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use russh::keys::PublicKey;

use super::files::KnownHosts;
use super::line::Marker;
use super::{HostLines, Line, Place};
use crate::model::error::{ErrorCode, HostError};

/// How a key revocation list begins (OpenSSH's PROTOCOL.krl).
const KRL: &[u8] = b"SSHKRL\n\0";

/// What a file revokes, or why that is not known.
pub(super) type RevokedKeys = Result<Arc<[Line]>, HostError>;

impl KnownHosts {
    /// Adds the keys that a file revokes, which is read once.
    ///
    /// # Errors
    /// `E_HOSTKEY_UNKNOWN` when the file cannot be read or understood.
    pub(in crate::ssh) fn add_revoked(&self, lines: &mut HostLines, path: &Path) -> Result<(), HostError> {
        let mut files = self.revoked.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = files.entry(path.to_owned()).or_insert_with(|| read(path));
        lines.0.extend(keys.clone()?.iter().cloned());
        Ok(())
    }
}

fn read(path: &Path) -> RevokedKeys {
    let refuse = |reason: &str| {
        HostError::new(
            ErrorCode::HostKeyUnknown,
            format!(
                "no host key can be checked against `RevokedHostKeys {}`: {reason}",
                path.display()
            ),
            "make it a readable text file with one public key on each line",
        )
    };
    let bytes = std::fs::read(path).map_err(|error| refuse(&error.to_string()))?;
    if bytes.starts_with(KRL) {
        return Err(refuse(
            "it is a key revocation list (KRL), which patchwave does not read",
        ));
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = PublicKey::from_openssh(line).map_err(|_| refuse(&format!("line {} is no key", number + 1)))?;
        lines.push(Line {
            place: Place {
                file: path.to_owned(),
                line: number + 1,
            },
            marker: Marker::Revoked,
            key,
            without_port: false,
        });
    }
    Ok(lines.into())
}
