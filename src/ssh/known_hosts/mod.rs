//! OpenSSH's `known_hosts`, read the way OpenSSH reads it (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
//!
//! russh's own check is not used: it ignores `@revoked` and `@cert-authority`, knows no wildcards and no
//! negation, and takes a host that is known by another key type for an unknown one, which invites a
//! downgrade to trust on first use.
//!
//! What must stay true: a revoked key is refused whatever else the files say; a certificate authority's
//! line is never a host's key; a line that cannot be read neither matches nor hides the others.

mod accept;
mod append;
mod files;
mod index;
pub(super) mod line;
mod revoked;
#[cfg(test)]
mod scale;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use russh::keys::PublicKey;

use accept::Accepted;
use index::Index;
use line::Marker;

pub(super) use accept::Acceptance;
pub(super) use files::KnownHosts;

/// A line of a `known_hosts` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1; 0 for a key that was accepted in this very run.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(formatter, "the key that this run accepted first"),
            line => write!(formatter, "{}:{line}", self.file.display()),
        }
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

/// The names under which a host is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostNames {
    /// The host's name here: `HostKeyAlias`, `name` or `[name]:port`. New keys are written under it.
    pub(super) exact: String,
    /// The name without the port, when another port than 22 is used. OpenSSH accepts a key that it finds
    /// so, and concludes nothing from a key that it does not.
    pub(super) without_port: Option<String>,
    /// The name that a certificate must be made out to.
    pub(super) principal: String,
}

impl HostNames {
    /// The names of a host that is connected to at `address`, as the inventory writes it.
    pub(super) fn new(address: &str, port: u16, alias: Option<&str>) -> Self {
        match alias {
            Some(alias) => Self {
                exact: alias.to_lowercase(),
                without_port: None,
                principal: alias.to_owned(),
            },
            None => Self {
                exact: host_name(address, port),
                without_port: (port != 22).then(|| host_name(address, 22)),
                principal: host_name(address, 22),
            },
        }
    }
}

/// A line that speaks of one host.
#[derive(Debug, Clone)]
struct Line {
    place: Place,
    marker: Marker,
    key: PublicKey,
    without_port: bool,
}

/// The lines of all files that speak of one host.
#[derive(Debug, Clone, Default)]
pub(super) struct HostLines(Vec<Line>);

impl HostLines {
    fn find(indexes: &[Arc<Index>], accepted: &[Accepted], names: &HostNames) -> Self {
        let mut lines = Self::default();
        for index in indexes {
            lines.add(index, &names.exact, true, false);
        }
        lines.0.extend(accepted.iter().map(|accepted| Line {
            place: accepted.place.clone(),
            marker: Marker::None,
            key: accepted.key.clone(),
            without_port: false,
        }));
        if let Some(name) = &names.without_port {
            // Hashed names are dear, and what they give here only counts for a host that is not known.
            let is_new = lines.marked(Marker::None).next().is_none();
            for index in indexes {
                lines.add(index, name, is_new, true);
            }
            // Behind one address, another port may be another machine: a host that has a line of its own has no
            // other keys. Revoked keys and authorities count all the same.
            lines
                .0
                .retain(|line| is_new || line.marker != Marker::None || !line.without_port);
        }
        lines
    }

    /// The same, without what makes a key known: for a host whose key is pinned.
    pub(super) fn only_revoked(mut self) -> Self {
        self.0.retain(|line| line.marker == Marker::Revoked);
        self
    }

    fn add(&mut self, index: &Index, name: &str, hashed: bool, without_port: bool) {
        for line in index.find(name, hashed) {
            let Some(key) = line::key(&line.key) else { continue };
            let place = Place {
                file: index.path.clone(),
                line: line.number,
            };
            if without_port && self.0.iter().any(|other| other.place == place) {
                continue;
            }
            self.0.push(Line {
                place,
                marker: line.marker,
                key,
                without_port,
            });
        }
    }

    /// Judges an offered key.
    pub(super) fn judge(&self, offered: &PublicKey) -> Verdict {
        // The comment is part of `PublicKey`'s equality, so the key data are compared.
        let same = |line: &&Line| line.key.key_data() == offered.key_data();
        if let Some(place) = self.revoked(offered) {
            return Verdict::Revoked(place);
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

    /// Where a key is known from as the host's own.
    pub(super) fn place_of(&self, key: &PublicKey) -> Option<&Place> {
        self.place_as(Marker::None, key)
    }

    /// Where a key is known from as an authority's.
    pub(super) fn place_of_authority(&self, key: &PublicKey) -> Option<&Place> {
        self.place_as(Marker::CertificateAuthority, key)
    }

    fn place_as(&self, marker: Marker, key: &PublicKey) -> Option<&Place> {
        self.marked(marker)
            .find(|line| line.key.key_data() == key.key_data())
            .map(|line| &line.place)
    }

    fn marked(&self, marker: Marker) -> impl Iterator<Item = &Line> {
        self.0.iter().filter(move |line| line.marker == marker)
    }

    /// The keys by which the host is known, in the files' order.
    pub(super) fn known_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.marked(Marker::None).map(|line| &line.key)
    }

    /// The certificate authorities that are trusted for the host, but for revoked ones.
    pub(super) fn authorities(&self) -> Vec<&PublicKey> {
        self.marked(Marker::CertificateAuthority)
            .map(|line| &line.key)
            .filter(|key| self.revoked(key).is_none())
            .collect()
    }

    /// Whether a certificate can matter: somebody vouches for the host, or somebody's word is revoked.
    pub(super) fn speaks_of_certificates(&self) -> bool {
        self.0.iter().any(|line| line.marker != Marker::None)
    }

    /// The line that revokes a key, of a host or of an authority.
    pub(super) fn revoked(&self, key: &PublicKey) -> Option<Place> {
        self.place_as(Marker::Revoked, key).cloned()
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

/// Whether a line holds a key of this host and of no other: such a line can be removed for it.
pub(super) fn is_only_of(text: &str, name: &str) -> bool {
    let Some(parts) = line::split(text) else { return false };
    parts.marker == Marker::None
        && !line::has_patterns(parts.patterns)
        && !parts.patterns.contains(',')
        && line::key(parts.key).is_some()
        && !Index::new(std::path::Path::new(""), text).find(name, true).is_empty()
}
