//! OpenSSH's `known_hosts`, read the way OpenSSH reads it (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
//!
//! A pure function of the files' texts. russh's own check is not used: it ignores `@revoked` and
//! `@cert-authority`, knows no wildcards and no negation, and takes a host that is known by another key
//! type for an unknown one, which invites a downgrade to trust on first use.
//!
//! What must stay true: a revoked key is refused whatever else the files say; a certificate authority's
//! line is never a host's key; a line that cannot be read neither matches nor hides the others.

use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::PublicKey;
use russh::keys::ssh_key::known_hosts::HostPatterns;
use sha1::Sha1;

/// A `known_hosts` file that has been read.
#[derive(Debug, Clone)]
pub struct KnownHostsFile {
    /// Where it is, for messages.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
}

/// A line of a `known_hosts` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.file.display(), self.line)
    }
}

/// What the files say about an offered host key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The key is the host's.
    Known,
    /// Nothing is known of the host.
    Unknown,
    /// The host is known by another key of this type.
    Changed(Place),
    /// The host is known, but only by keys of other types. Not the same as unknown: somebody who stands
    /// between us and the host would offer a type that we have no key of.
    OtherType(Place),
    /// The key must not be accepted for this host.
    Revoked(Place),
}

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    None,
    CertificateAuthority,
    Revoked,
}

/// A line that speaks of one host.
#[derive(Debug, Clone)]
struct Line {
    place: Place,
    marker: Marker,
    key: PublicKey,
    /// The line names the host without the port that is used. OpenSSH accepts a key that it finds so,
    /// and concludes nothing from a key that it does not.
    without_port: bool,
}

/// The lines of all files that speak of one host.
#[derive(Debug, Clone, Default)]
pub(super) struct HostLines(Vec<Line>);

impl HostLines {
    /// Picks the lines for a host. `address` is what is connected to, as the inventory writes it.
    pub(super) fn find(files: &[KnownHostsFile], address: &str, port: u16) -> Self {
        let name = host_name(address, port);
        let portless = host_name(address, 22);
        let mut lines = Vec::new();
        for file in files {
            for (index, text) in file.text.lines().enumerate() {
                let exact = read_line(text, &name);
                let without_port = exact.is_none();
                if let Some((marker, key)) = exact.or_else(|| read_line(text, &portless)) {
                    lines.push(Line {
                        place: Place {
                            file: file.path.clone(),
                            line: index + 1,
                        },
                        marker,
                        key,
                        without_port,
                    });
                }
            }
        }
        Self(lines)
    }

    /// Judges an offered key.
    pub(super) fn judge(&self, offered: &PublicKey) -> Verdict {
        // The comment is part of `PublicKey`'s equality, so the key data are compared.
        let same = |line: &&Line| line.key.key_data() == offered.key_data();
        if let Some(line) = self.marked(Marker::Revoked).find(same) {
            return Verdict::Revoked(line.place.clone());
        }
        if self.marked(Marker::None).any(|line| same(&line)) {
            return Verdict::Known;
        }
        let mut others = self.marked(Marker::None).filter(|line| !line.without_port).peekable();
        let first = others.peek().map(|line| line.place.clone());
        let same_type = others.find(|line| line.key.algorithm() == offered.algorithm());
        match (same_type, first) {
            (Some(line), _) => Verdict::Changed(line.place.clone()),
            (None, Some(place)) => Verdict::OtherType(place),
            (None, None) => Verdict::Unknown,
        }
    }

    fn marked(&self, marker: Marker) -> impl Iterator<Item = &Line> {
        self.0.iter().filter(move |line| line.marker == marker)
    }

    /// The keys by which the host is known, in the files' order.
    pub(super) fn known_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.marked(Marker::None).map(|line| &line.key)
    }

    /// Whether a certificate authority is trusted for the host.
    pub(super) fn has_certificate_authority(&self) -> bool {
        self.marked(Marker::CertificateAuthority).next().is_some()
    }
}

/// The name under which `known_hosts` keeps a host: `name`, or `[name]:port` for another port than 22.
#[must_use]
pub fn host_name(address: &str, port: u16) -> String {
    let bare = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(address)
        .to_lowercase();
    if port == 22 { bare } else { format!("[{bare}]:{port}") }
}

/// Reads a file. A file that does not exist is empty; one that cannot be read is an error, because it may
/// hold a revoked key.
///
/// # Errors
/// When the file exists and cannot be read.
pub fn read_file(path: &Path) -> std::io::Result<KnownHostsFile> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(KnownHostsFile {
        path: path.to_owned(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// Whether a line holds a key of this host and of no other: such a line can be removed for it.
pub(super) fn is_only_of(text: &str, name: &str) -> bool {
    let patterns = text.split_ascii_whitespace().next().unwrap_or_default();
    !patterns.contains([',', '*', '?', '!']) && matches!(read_line(text, name), Some((Marker::None, _)))
}

fn read_line(text: &str, name: &str) -> Option<(Marker, PublicKey)> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let mut fields = text.split_ascii_whitespace();
    let mut field = fields.next()?;
    let marker = match field {
        "@cert-authority" => Marker::CertificateAuthority,
        "@revoked" => Marker::Revoked,
        // OpenSSH ignores lines with a marker that it does not know.
        other if other.starts_with('@') => return None,
        _ => Marker::None,
    };
    if marker != Marker::None {
        field = fields.next()?;
    }
    if !matches_patterns(field, name) {
        return None;
    }
    let (kind, data) = (fields.next()?, fields.next()?);
    let key = PublicKey::from_openssh(&format!("{kind} {data}")).ok()?;
    Some((marker, key))
}

/// Whether a comma-separated list of patterns names the host: at least one does and no `!` one does.
fn matches_patterns(patterns: &str, name: &str) -> bool {
    if patterns.starts_with("|1|") {
        return matches_hash(patterns, name);
    }
    let mut found = false;
    for pattern in patterns.split(',') {
        match pattern.strip_prefix('!') {
            Some(negated) if wildcard(&negated.to_lowercase(), name) => return false,
            Some(_) => {}
            None => found |= wildcard(&pattern.to_lowercase(), name),
        }
    }
    found
}

fn matches_hash(pattern: &str, name: &str) -> bool {
    let Ok(HostPatterns::HashedName { salt, hash }) = pattern.parse() else {
        return false;
    };
    match Hmac::<Sha1>::new_from_slice(&salt) {
        Ok(code) => code.chain_update(name.as_bytes()).verify_slice(&hash).is_ok(),
        Err(_) => false,
    }
}

/// `*` and `?` of OpenSSH patterns; every other character stands for itself.
fn wildcard(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go back to: after the last star, and one character further in the text each time.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some('?') => {
                p += 1;
                t += 1;
            }
            Some(character) if text.get(t) == Some(character) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after_star, from)) => {
                    retry = Some((after_star, from + 1));
                    p = after_star;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(|character| *character == '*'))
}
