//! Certificates of users (`PROTOCOL.certkeys`): reading them, and why a server may refuse one.
//!
//! The server judges; what is said here only explains a refusal.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use russh::keys::Certificate;
use russh::keys::ssh_key::certificate::CertType;

use crate::model::text::printable;

/// Where the certificate of a key lies, as `ssh-keygen -s` puts it.
pub(super) fn beside(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push("-cert.pub");
    PathBuf::from(name)
}

/// Reads a certificate of a user; `None` when there is no such file.
///
/// # Errors
/// Why it is of no use, in words.
pub(super) fn read(path: &Path) -> Result<Option<Certificate>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let certificate =
        Certificate::from_openssh(text.trim()).map_err(|error| format!("not a usable certificate: {error}"))?;
    if certificate.cert_type() == CertType::User {
        Ok(Some(certificate))
    } else {
        Err("it is a host's certificate, not a user's".to_owned())
    }
}

/// What speaks against a certificate for a user at a time, in seconds since 1970.
pub(super) fn flaw(certificate: &Certificate, user: &str, now: u64) -> Option<String> {
    if now >= certificate.valid_before() {
        return Some(format!("it expired on {}", date(certificate.valid_before())));
    }
    if now < certificate.valid_after() {
        return Some(format!("it is valid only from {}", date(certificate.valid_after())));
    }
    let principals = certificate.valid_principals();
    if principals.is_empty() {
        return Some("it is made out to nobody in particular".to_owned());
    }
    if principals.iter().any(|principal| principal == user) {
        return None;
    }
    let shown: Vec<String> = principals.iter().take(5).map(|name| printable(name)).collect();
    Some(format!("it is made out to {}, not to {user}", shown.join(", ")))
}

fn date(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map_or_else(|| "a day that has no name".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use russh::keys::key::safe_rng;
    use russh::keys::ssh_key::certificate::Builder;
    use russh::keys::{Algorithm, PrivateKey};

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn issue(principals: &[&str]) -> Certificate {
        let key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
        let mut builder =
            Builder::new_with_random_nonce(&mut safe_rng(), key.public_key(), NOW - 10, NOW + 10).unwrap();
        builder.cert_type(CertType::User).unwrap();
        for principal in principals {
            builder.valid_principal(*principal).unwrap();
        }
        if principals.is_empty() {
            builder.all_principals_valid().unwrap();
        }
        builder.sign(&key).unwrap()
    }

    #[test]
    fn each_flaw_is_told() {
        let good = issue(&["operator", "admin"]);
        assert_eq!(flaw(&good, "operator", NOW), None);
        let told = |certificate: &Certificate, user, now| flaw(certificate, user, now).unwrap();
        assert_eq!(told(&good, "operator", NOW + 10), "it expired on 2027-01-15T08:00:10Z");
        assert_eq!(
            told(&good, "operator", NOW - 11),
            "it is valid only from 2027-01-15T07:59:50Z"
        );
        assert_eq!(
            told(&good, "root", NOW),
            "it is made out to operator, admin, not to root"
        );
        assert!(told(&issue(&[]), "root", NOW).contains("nobody"));
    }
}
