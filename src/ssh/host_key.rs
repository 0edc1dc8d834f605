//! The decision on a host's key: pinned in the inventory, or known from `known_hosts`, or refused.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use russh::keys::ssh_key::HashAlg;
use russh::keys::{Algorithm, Certificate, EcdsaCurve, PublicKey, PublicKeyOrCertificate};

use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;

use super::host_certificate;
use super::known_hosts::{HostLines, KnownHostsFile, Place, Verdict, host_name, read_file};

/// The `known_hosts` files of a run, read once.
#[derive(Debug)]
pub(super) struct KnownHosts {
    paths: Vec<PathBuf>,
    files: OnceLock<Result<Arc<Vec<KnownHostsFile>>, HostError>>,
}

impl KnownHosts {
    /// Remembers the paths; they are read when the first host needs them.
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            files: OnceLock::new(),
        }
    }

    /// The files' texts.
    ///
    /// # Errors
    /// `E_HOSTKEY_UNKNOWN` when a file exists and cannot be read: it may revoke a key.
    pub(super) fn files(&self) -> Result<Arc<Vec<KnownHostsFile>>, HostError> {
        self.files
            .get_or_init(|| {
                let files: Result<Vec<_>, HostError> = self
                    .paths
                    .iter()
                    .map(|path| {
                        read_file(path).map_err(|error| {
                            HostError::new(
                                ErrorCode::HostKeyUnknown,
                                format!("cannot read {}: {error}", path.display()),
                                "make the file readable, or remove it",
                            )
                        })
                    })
                    .collect();
                files.map(Arc::new)
            })
            .clone()
    }
}

/// What is expected of one host's key.
#[derive(Debug, Clone)]
pub(super) struct HostKeyPolicy {
    shown: String,
    address: String,
    trust_name: String,
    known_name: String,
    pinned: Option<String>,
    lines: HostLines,
}

impl HostKeyPolicy {
    /// The policy for a host.
    ///
    /// # Errors
    /// As [`KnownHosts::files`].
    pub(super) fn for_host(host: &Host, known_hosts: &KnownHosts) -> Result<Self, HostError> {
        let lines = if host.host_key.is_some() {
            HostLines::default()
        } else {
            HostLines::find(&known_hosts.files()?, &host.address, host.port)
        };
        Ok(Self {
            shown: format!("{}:{}", host.address, host.port),
            address: host.address.clone(),
            trust_name: host.name.to_string(),
            known_name: host_name(&host.address, host.port),
            pinned: host.host_key.clone(),
            lines,
        })
    }

    /// The host key algorithms to offer, those of known keys first: a server picks the first that it has,
    /// and a host known by RSA alone must not look unknown because it also has an Ed25519 key.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        let mut known: Vec<Algorithm> = Vec::new();
        for key in self.lines.known_keys() {
            known.extend(signature_algorithms(&key.algorithm()));
        }
        let mut result: Vec<Algorithm> = Vec::new();
        for algorithm in known.into_iter().chain(default_algorithms()) {
            if !result.contains(&algorithm) {
                result.push(algorithm);
            }
        }
        result
    }

    /// The certificate algorithms to offer: none, unless an authority is trusted for the host.
    pub(super) fn certificate_algorithms(&self) -> Vec<Algorithm> {
        if self.lines.authorities().is_empty() {
            Vec::new()
        } else {
            default_algorithms()
        }
    }

    /// Whether a certificate is good for the host, at a time in seconds since 1970.
    ///
    /// # Errors
    /// Why it is not, in words.
    pub(super) fn judge_certificate(&self, certificate: &Certificate, now: u64) -> Result<(), &'static str> {
        let inside = PublicKey::from(certificate.public_key().clone());
        if self.lines.is_revoked(&inside) {
            return Err("the key inside is revoked");
        }
        host_certificate::check(certificate, &self.address, &self.lines.authorities(), now)
    }

    /// Accepts or refuses a certificate. One that is not good counts as the bare key inside.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub(super) fn check_certificate(&self, certificate: &Certificate, now: u64) -> Result<(), HostError> {
        let Err(reason) = self.judge_certificate(certificate, now) else {
            return Ok(());
        };
        let inside = PublicKey::from(certificate.public_key().clone());
        self.check(&inside).map_err(|mut error| {
            error.message = format!("{} (its certificate: {reason})", error.message);
            error
        })
    }

    /// Whether a key is the one that the inventory pins; `None` when it pins none.
    pub(super) fn pinned_matches(&self, offered: &PublicKey) -> Option<bool> {
        let pinned = self.pinned.as_ref()?;
        Some(pinned.trim().trim_end_matches('=') == fingerprint(offered))
    }

    /// What `known_hosts` says about a key.
    pub(super) fn judge(&self, offered: &PublicKey) -> Verdict {
        self.lines.judge(offered)
    }

    /// How a key is known that was accepted, in words.
    pub(super) fn known_as(&self, offered: &PublicKeyOrCertificate) -> String {
        let key = offered.public_key();
        let (kind, shown) = (key.algorithm(), fingerprint(&key));
        if self.pinned.is_some() {
            return format!("its {kind} key {shown} is the one that the inventory pins");
        }
        let authority = offered.certificate().and_then(|certificate| {
            let authority = PublicKey::from(certificate.signature_key().clone());
            Some((self.lines.place_of(&authority)?.to_string(), fingerprint(&authority)))
        });
        match (authority, self.lines.place_of(&key)) {
            (Some((place, authority)), _) => {
                format!("its {kind} key {shown} has a certificate of the authority {authority} ({place})")
            }
            (None, Some(place)) => format!("its {kind} key {shown} is known from {place}"),
            (None, None) => format!("its {kind} key is {shown}"),
        }
    }

    /// Accepts or refuses a key.
    ///
    /// # Errors
    /// `E_HOSTKEY_UNKNOWN` or `E_HOSTKEY_CHANGED`.
    pub(super) fn check(&self, offered: &PublicKey) -> Result<(), HostError> {
        let fingerprint = fingerprint(offered);
        let kind = offered.algorithm();
        if let (Some(pinned), Some(matches)) = (&self.pinned, self.pinned_matches(offered)) {
            return if matches {
                Ok(())
            } else {
                Err(self.changed(
                    &format!("its {kind} key is {fingerprint}, the inventory's `host_key` says {pinned}"),
                    "if the host was reinstalled, check the new fingerprint on its console and correct `host_key`",
                ))
            };
        }
        match self.judge(offered) {
            Verdict::Known => Ok(()),
            Verdict::Unknown => Err(self.unknown(&kind, &fingerprint)),
            Verdict::Changed(place) => Err(self.changed(
                &format!("its {kind} key is {fingerprint}, {place} has another"),
                &self.replace_line(&place),
            )),
            Verdict::OtherType(place) => Err(self.changed(
                &format!("it offers only the {kind} key {fingerprint}, and {place} knows it by another type"),
                &self.replace_line(&place),
            )),
            Verdict::Revoked(place) => Err(HostError::new(
                ErrorCode::HostKeyChanged,
                format!(
                    "{} offers the {kind} key {fingerprint}, which is revoked by {place}",
                    self.shown
                ),
                "do not log in: someone may have stolen the key; give the host a new one",
            )),
        }
    }

    fn unknown(&self, kind: &Algorithm, fingerprint: &str) -> HostError {
        let authority = if self.lines.authorities().is_empty() {
            ""
        } else {
            ", and no authority that is trusted for it vouches for it"
        };
        HostError::new(
            ErrorCode::HostKeyUnknown,
            format!(
                "the {kind} key {fingerprint} of {} is not in known_hosts{authority}",
                self.shown
            ),
            format!(
                "compare the fingerprint on the host's console, then run `patchwave trust {}`",
                self.trust_name
            ),
        )
    }

    fn replace_line(&self, place: &Place) -> String {
        format!(
            "if the host was reinstalled, check the fingerprint on its console, remove line {} of {} \
             (ssh-keygen -R '{}' -f '{}') and run `patchwave trust {}`",
            place.line,
            place.file.display(),
            self.known_name,
            place.file.display(),
            self.trust_name
        )
    }

    fn changed(&self, how: &str, remedy: &str) -> HostError {
        HostError::new(
            ErrorCode::HostKeyChanged,
            format!("{} is not the host that is known: {how}", self.shown),
            format!("this may be an attack; {remedy}"),
        )
    }
}

/// The fingerprint as `ssh-keygen -l` writes it: `SHA256:…`.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// The signature algorithms of a key type, best first; SHA-1 is not among them.
fn signature_algorithms(kind: &Algorithm) -> Vec<Algorithm> {
    match kind {
        Algorithm::Rsa { .. } => vec![
            Algorithm::Rsa {
                hash: Some(HashAlg::Sha512),
            },
            Algorithm::Rsa {
                hash: Some(HashAlg::Sha256),
            },
        ],
        other => vec![other.clone()],
    }
}

fn default_algorithms() -> Vec<Algorithm> {
    let mut all = vec![Algorithm::Ed25519];
    for curve in [EcdsaCurve::NistP256, EcdsaCurve::NistP384, EcdsaCurve::NistP521] {
        all.push(Algorithm::Ecdsa { curve });
    }
    all.extend(signature_algorithms(&Algorithm::Rsa { hash: None }));
    all
}
