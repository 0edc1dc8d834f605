//! Collecting host keys, and writing those that somebody has accepted.
//!
//! Each host is asked for one key: of the types that it is known by, else the best that it has (Ed25519
//! first). Nobody logs in: the connection ends as soon as the key was seen.
//!
//! What must stay true: a key is only ever added; a different known key of the same host is removed only
//! when that was asked for by name, and only from our own file; a revoked key is never added.

use std::io::Write;
use std::path::Path;

use russh::keys::PublicKey;
use tokio::task::JoinSet;

use crate::model::error::HostError;
use crate::model::host::{Connect, Host};
use crate::model::name::HostName;

use super::handshake::{CapturedKey, HandshakeError};
use super::host_key::{HostKeyPolicy, fingerprint};
use super::known_hosts::{self, Place, Verdict};
use super::transport::{Purpose, SshTransport, allowed, internal};

/// What is known of a key that a host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKeyState {
    /// It is in `known_hosts`, or the pinned one, or certified by an authority that is trusted for the host.
    Known,
    /// Nothing is known of the host.
    Unknown,
    /// The host is known by another key.
    Changed(Place),
    /// It is not the key that the inventory pins.
    NotThePinned,
    /// It is revoked.
    Revoked(Place),
}

/// A key that a host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenHostKey {
    /// The type, as `known_hosts` writes it: `ssh-ed25519`.
    pub key_type: String,
    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
    /// What is known of it.
    pub state: HostKeyState,
    /// The host's name in `known_hosts`: its alias, `address` or `[address]:port`.
    pub known_name: String,
    /// The line to be written, without its end.
    pub line: String,
}

/// What one host showed.
#[derive(Debug, Clone)]
pub struct HostKeyReport {
    /// The host.
    pub host: HostName,
    /// Its key, or why there is none.
    pub outcome: Result<SeenHostKey, HostError>,
}

impl SshTransport {
    /// Asks hosts for their keys, in parallel; hosts that are not reached over SSH are left out. The
    /// reports come in the order of the hosts.
    pub async fn collect_host_keys(&self, hosts: &[Host]) -> Vec<HostKeyReport> {
        let mut tasks = JoinSet::new();
        let over_ssh = hosts.iter().filter(|host| host.connect == Connect::Ssh);
        for (index, host) in over_ssh.cloned().enumerate() {
            let transport = self.clone();
            tasks.spawn(async move {
                let outcome = transport.see_key(&host).await;
                (
                    index,
                    HostKeyReport {
                        host: host.name,
                        outcome,
                    },
                )
            });
        }
        let mut reports = tasks.join_all().await;
        reports.sort_by_key(|(index, _)| *index);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    async fn see_key(&self, host: &Host) -> Result<SeenHostKey, HostError> {
        allowed(host)?;
        let _permit = self.permit().await?;
        let jump = self.jump(&self.route(host)?).await?;
        let policy = HostKeyPolicy::for_host(host, &self.shared.settings, &self.shared.known_hosts)?;
        match self.reach(host, jump.as_ref(), &Purpose::Capture).await {
            Err(HandshakeError::Captured(captured)) => seen(&policy, &captured),
            Err(error) => Err(error.into_host_error()),
            Ok(_) => Err(internal("a server showed no key")),
        }
    }
}

fn seen(policy: &HostKeyPolicy, captured: &CapturedKey) -> Result<SeenHostKey, HostError> {
    let key = &captured.key;
    let known_name = policy.known_name().to_owned();
    let bare = PublicKey::from(key.key_data().clone());
    let text = bare
        .to_openssh()
        .map_err(|error| internal(&format!("a host key cannot be written: {error}")))?;
    let state = match (policy.judge(key), policy.pinned_matches(key)) {
        (Verdict::Revoked(place), _) => HostKeyState::Revoked(place),
        (_, Some(true)) => HostKeyState::Known,
        (_, Some(false)) => HostKeyState::NotThePinned,
        (_, None) if captured.certified => HostKeyState::Known,
        (Verdict::Known, None) => HostKeyState::Known,
        (Verdict::Unknown, None) => HostKeyState::Unknown,
        (Verdict::Changed(place) | Verdict::OtherType(place), None) => HostKeyState::Changed(place),
    };
    Ok(SeenHostKey {
        key_type: key.algorithm().to_string(),
        fingerprint: fingerprint(key),
        state,
        line: format!("{known_name} {}", text.trim()),
        known_name,
    })
}

/// The result of adding keys to a file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The new text.
    pub text: String,
    /// How many lines were added.
    pub added: usize,
    /// How many lines were removed because their host has another key now.
    pub removed: usize,
}

/// Adds the unknown keys among `keys` to a `known_hosts` text; with `replace_changed` also the changed
/// ones, whose old lines are removed. Every other line stays as it is, byte for byte.
#[must_use]
pub fn merge(text: &str, keys: &[SeenHostKey], replace_changed: bool) -> Merged {
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    let mut added: Vec<&str> = Vec::new();
    let before = lines.len();
    for key in keys {
        let wanted = match key.state {
            HostKeyState::Unknown => true,
            HostKeyState::Changed(_) => replace_changed,
            HostKeyState::Known | HostKeyState::NotThePinned | HostKeyState::Revoked(_) => false,
        };
        if !wanted {
            continue;
        }
        if matches!(key.state, HostKeyState::Changed(_)) {
            lines.retain(|line| !known_hosts::is_only_of(line, &key.known_name));
        }
        if !lines.contains(&key.line.as_str()) && !added.contains(&key.line.as_str()) {
            added.push(&key.line);
        }
    }
    let removed = before - lines.len();
    let count = added.len();
    lines.append(&mut added);
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    Merged {
        text,
        added: count,
        removed,
    }
}

/// Replaces a file in one step, with mode 0600, creating its folder.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn write_atomically(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    // Temporary files are made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
