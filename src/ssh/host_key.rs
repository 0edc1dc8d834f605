//! The decision on a host's key: pinned in the inventory, or known from `known_hosts`, or refused.

use std::path::PathBuf;
use std::sync::Arc;

use russh::keys::ssh_key::HashAlg;
use russh::keys::{Algorithm, Certificate, PublicKey, PublicKeyOrCertificate};

use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;
use crate::model::ssh_options::UnknownHostKeys;

use super::host_certificate;
use super::host_key_algorithms::{self, HostKeyAlgorithms};
use super::known_hosts::{Acceptance, HostLines, HostNames, KnownHosts, Place, Verdict};
use super::settings::{Notify, SshSettings};

/// The files in which a host's key is looked up: the project's, the user's, the system's.
fn files(host: &Host, settings: &SshSettings) -> Vec<PathBuf> {
    let user = host.ssh.user_known_hosts.as_ref().unwrap_or(&settings.user_known_hosts);
    let global = host
        .ssh
        .global_known_hosts
        .as_ref()
        .unwrap_or(&settings.global_known_hosts);
    let mut files: Vec<PathBuf> = Vec::new();
    for file in settings.known_hosts.iter().chain(user).chain(global) {
        if !files.contains(file) {
            files.push(file.clone());
        }
    }
    files
}

/// How the key of an unknown host is accepted and where it is written.
#[derive(Clone)]
struct Welcome {
    known_hosts: Arc<KnownHosts>,
    file: Option<PathBuf>,
    notify: Notify,
}

/// What is expected of one host's key.
#[derive(Clone)]
pub(super) struct HostKeyPolicy {
    shown: String,
    trust_name: String,
    names: HostNames,
    pinned: Option<String>,
    lines: HostLines,
    algorithms: Option<String>,
    /// `None`: an unknown host is refused.
    welcome: Option<Welcome>,
}

impl HostKeyPolicy {
    /// The policy for a host.
    ///
    /// # Errors
    /// As [`KnownHosts::lines`].
    pub(super) fn for_host(
        host: &Host,
        settings: &SshSettings,
        known_hosts: &Arc<KnownHosts>,
    ) -> Result<Self, HostError> {
        let names = HostNames::new(&host.address, host.port, host.ssh.host_key_alias.as_deref());
        let mut lines = known_hosts.lines(&files(host, settings), &names)?;
        if let Some(file) = &host.ssh.revoked_host_keys {
            known_hosts.add_revoked(&mut lines, file)?;
        }
        // What is pinned needs no line, and none vouches for another key; a revoked key stays revoked.
        let lines = if host.host_key.is_some() {
            lines.only_revoked()
        } else {
            lines
        };
        let welcome = (host.ssh.unknown_host_keys == UnknownHostKeys::Accept).then(|| Welcome {
            known_hosts: Arc::clone(known_hosts),
            file: match &host.ssh.user_known_hosts {
                Some(files) => files.first().cloned(),
                None => settings.known_hosts.first().cloned(),
            },
            notify: settings.notify.clone(),
        });
        Ok(Self {
            shown: format!("{}:{}", host.address, host.port),
            trust_name: host.name.to_string(),
            names,
            pinned: host.host_key.clone(),
            lines,
            algorithms: host.ssh.host_key_algorithms.clone(),
            welcome,
        })
    }

    /// The name under which the host's key is kept.
    pub(super) fn known_name(&self) -> &str {
        &self.names.exact
    }

    /// The host key algorithms to offer.
    ///
    /// # Errors
    /// `E_CONNECT` when the configuration leaves none.
    pub(super) fn algorithms(&self) -> Result<HostKeyAlgorithms, HostError> {
        host_key_algorithms::choose(self.algorithms.as_deref(), &self.lines)
    }

    /// Whether a certificate is good for the host, at a time in seconds since 1970.
    ///
    /// # Errors
    /// Why it is not, in words.
    pub(super) fn judge_certificate(&self, certificate: &Certificate, now: u64) -> Result<(), &'static str> {
        let inside = PublicKey::from(certificate.public_key().clone());
        if self.lines.revoked(&inside).is_some() {
            return Err("the key inside is revoked");
        }
        host_certificate::check(certificate, &self.names.principal, &self.lines.authorities(), now)
    }

    /// Accepts or refuses a certificate. One that is not good counts as the bare key inside, unless its
    /// authority is revoked: then nothing that it signed is believed.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub(super) async fn check_certificate(&self, certificate: &Certificate, now: u64) -> Result<(), HostError> {
        let Err(reason) = self.judge_certificate(certificate, now) else {
            return Ok(());
        };
        let inside = PublicKey::from(certificate.public_key().clone());
        let authority = PublicKey::from(certificate.signature_key().clone());
        if let (None, Some(place)) = (&self.pinned, self.lines.revoked(&authority)) {
            return Err(HostError::new(
                ErrorCode::HostKeyChanged,
                format!(
                    "{} shows a certificate of the authority {}, which is revoked by {place}",
                    self.shown,
                    fingerprint(&authority)
                ),
                "do not log in: somebody may have stolen the authority's key; let another one sign the host's key",
            ));
        }
        self.check(&inside).await.map_err(|mut error| {
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

    /// How a key is known that was accepted at a time in seconds since 1970, in words.
    pub(super) fn known_as(&self, offered: &PublicKeyOrCertificate, now: u64) -> String {
        let key = offered.public_key();
        let (kind, shown) = (key.algorithm(), fingerprint(&key));
        if self.pinned.is_some() {
            return format!("its {kind} key {shown} is the one that the inventory pins");
        }
        let good = offered
            .certificate()
            .filter(|certificate| self.judge_certificate(certificate, now).is_ok());
        let authority = good.and_then(|certificate| {
            let authority = PublicKey::from(certificate.signature_key().clone());
            let place = self.lines.place_of_authority(&authority)?.to_string();
            Some((place, fingerprint(&authority)))
        });
        match (authority, self.lines.place_of(&key)) {
            (Some((place, authority)), _) => {
                format!("its {kind} key {shown} has a certificate of the authority {authority} ({place})")
            }
            (None, Some(place)) => format!("its {kind} key {shown} is known from {place}"),
            (None, None) if self.welcome.is_some() => {
                format!("its {kind} key {shown} was not known, and is accepted now, as the configuration says")
            }
            (None, None) => format!("its {kind} key is {shown}"),
        }
    }

    /// Accepts or refuses a key.
    ///
    /// # Errors
    /// `E_HOSTKEY_UNKNOWN` or `E_HOSTKEY_CHANGED`.
    pub(super) async fn check(&self, offered: &PublicKey) -> Result<(), HostError> {
        let fingerprint = fingerprint(offered);
        let kind = offered.algorithm();
        let judged = self.judge(offered);
        let is_revoked = matches!(judged, Verdict::Revoked(_));
        if let (Some(pinned), Some(matches), false) = (&self.pinned, self.pinned_matches(offered), is_revoked) {
            return if matches {
                Ok(())
            } else {
                Err(self.changed(
                    &format!("its {kind} key is {fingerprint}, the inventory's `host_key` says {pinned}"),
                    "if the host was reinstalled, check the new fingerprint on its console and correct `host_key`",
                ))
            };
        }
        let verdict = match (judged, &self.welcome) {
            (Verdict::Unknown, Some(welcome)) => self.accept(welcome, offered, &fingerprint).await,
            (verdict, _) => verdict,
        };
        match verdict {
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

    async fn accept(&self, welcome: &Welcome, offered: &PublicKey, fingerprint: &str) -> Verdict {
        let name = self.known_name();
        let known_hosts = &welcome.known_hosts;
        match known_hosts.accept(&self.names, offered, welcome.file.as_deref()).await {
            Acceptance::Accepted => {}
            Acceptance::NotWritten(reason) => welcome.notify.say(&format!(
                "the key {fingerprint} of {name} was accepted, and not written down: {reason}"
            )),
            Acceptance::Judged(verdict) => return verdict,
        }
        Verdict::Known
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
        let name = self.known_name();
        if place.line == 0 {
            return format!(
                "two servers that are known as {name} showed different keys in this run: check both fingerprints \
                 on their consoles, and give each a `HostKeyAlias` or an address of its own"
            );
        }
        format!(
            "if the host was reinstalled, check the fingerprint on its console, remove line {} of {} \
             (ssh-keygen -R '{}' -f '{}') and run `patchwave trust {}`",
            place.line,
            place.file.display(),
            quotable(name),
            quotable(&place.file.display().to_string()),
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

/// A text as it stands between single quotes of a shell.
fn quotable(text: &str) -> String {
    text.replace('\'', r"'\''")
}

/// The fingerprint as `ssh-keygen -l` writes it: `SHA256:…`.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}
