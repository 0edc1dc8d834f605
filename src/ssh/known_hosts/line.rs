//! One line of a `known_hosts` file, and whether its patterns name a host.
//!
//! What must stay true: a line that cannot be read is no line at all; it neither matches nor hides others.

use russh::keys::{Algorithm, PublicKey};

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// A host's key.
    None,
    /// An authority that signs hosts' keys.
    CertificateAuthority,
    /// A key that must not be accepted.
    Revoked,
}

/// A line in its parts, not looked at any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'text> {
    /// What it is for.
    pub(super) marker: Marker,
    /// Names, patterns, or one hashed name.
    pub(super) patterns: &'text str,
    /// Key type, key and comment.
    pub(super) key: &'text str,
}

/// Takes a line apart; `None` for comments, empty lines and what OpenSSH leaves out.
pub(super) fn split(text: &str) -> Option<Parts<'_>> {
    let text = text.trim_ascii();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let (first, rest) = word(text)?;
    let marker = match first {
        "@cert-authority" => Marker::CertificateAuthority,
        "@revoked" => Marker::Revoked,
        // OpenSSH leaves lines with a marker out that it does not know.
        other if other.starts_with('@') => return None,
        _ => Marker::None,
    };
    let (patterns, key) = if marker == Marker::None {
        (first, rest)
    } else {
        word(rest)?
    };
    Some(Parts { marker, patterns, key })
}

fn word(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once([' ', '\t'])?;
    Some((word, rest.trim_ascii_start()))
}

/// The key of a line. Types that nobody knows are left out, as OpenSSH does.
pub(super) fn key(text: &str) -> Option<PublicKey> {
    let mut fields = text.split_ascii_whitespace();
    let (kind, data) = (fields.next()?, fields.next()?);
    let key = PublicKey::from_openssh(&format!("{kind} {data}")).ok()?;
    (!matches!(key.algorithm(), Algorithm::Other(_))).then_some(key)
}

/// Whether a comma-separated list has a name that must be compared character by character.
pub(super) fn has_patterns(list: &str) -> bool {
    list.contains(['*', '?', '!'])
}

/// Whether a comma-separated list of patterns names a host: at least one does and no `!` one does. Both are in
/// lower case.
pub(super) fn names(list: &str, name: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(negated) if wildcard(negated, name) => return false,
            Some(_) => {}
            None => found = found || wildcard(pattern, name),
        }
    }
    found
}

/// `*` and `?` of OpenSSH patterns, byte by byte as there; every other one stands for itself.
pub(in crate::ssh) fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go back to: after the last star, and one byte further in the text each time.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t += 1;
            }
            Some(byte) if text.get(t) == Some(byte) => {
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
        .is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}
