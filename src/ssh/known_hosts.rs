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

    /// Where a key is known from: its own line, or that of the authority that it is.
    pub(super) fn place_of(&self, key: &PublicKey) -> Option<&Place> {
        let known = self
            .marked(Marker::None)
            .chain(self.marked(Marker::CertificateAuthority));
        known
            .filter(|line| line.key.key_data() == key.key_data())
            .map(|line| &line.place)
            .next()
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
            .filter(|key| !self.is_revoked(key))
            .collect()
    }

    /// Whether a key, of a host or of an authority, is revoked.
    pub(super) fn is_revoked(&self, key: &PublicKey) -> bool {
        self.marked(Marker::Revoked)
            .any(|line| line.key.key_data() == key.key_data())
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
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const ED2: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G1sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X";
    const EC: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBBFwrS/hyLbQvjfxcCdUJfuCJrHoLPkwVZFElR/8UoxeWdCmRCnJLVNmaZfL1M0qOdDpTqCqmqnZh3/aWz9cWAc=";

    fn key(text: &str) -> PublicKey {
        PublicKey::from_openssh(text).unwrap()
    }

    fn judge_files(texts: &[&str], address: &str, port: u16, offered: &str) -> Verdict {
        let files: Vec<KnownHostsFile> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| KnownHostsFile {
                path: PathBuf::from(format!("file{number}")),
                text: (*text).to_owned(),
            })
            .collect();
        HostLines::find(&files, address, port).judge(&key(offered))
    }

    fn judge(text: &str, address: &str, port: u16) -> Verdict {
        judge_files(&[text], address, port, ED)
    }

    fn place(file: usize, line: usize) -> Place {
        Place {
            file: PathBuf::from(format!("file{file}")),
            line,
        }
    }

    #[test]
    fn names_ports_case_and_blanks_are_read_as_openssh_does() {
        for (line, address, port) in [
            (format!("web01 {ED}"), "web01", 22),
            (format!("web01 {ED}"), "WEB01", 22),
            (format!("WEB01,10.0.0.1 {ED} a comment"), "web01", 22),
            (format!("db01,10.0.0.1 {ED}"), "10.0.0.1", 22),
            (format!("  web01\t{}  # no comment", ED.replace(' ', "\t")), "web01", 22),
            (format!("[web01]:2222 {ED}"), "web01", 2222),
            (format!("::1 {ED}"), "::1", 22),
            (format!("[::1]:2222 {ED}"), "[::1]", 2222),
            (format!("*.example.net {ED}"), "a.b.example.net", 22),
            (format!("web?? {ED}"), "web01", 22),
            (format!("[web*]:2222 {ED}"), "web01", 2222),
            (format!("*,!db* {ED}"), "web01", 22),
            // A key that is known without its port is still the host's.
            (format!("web01 {ED}"), "web01", 2222),
        ] {
            assert_eq!(judge(&line, address, port), Verdict::Known, "{line}");
        }
    }

    #[test]
    fn what_names_another_host_does_not_match() {
        for (line, address, port) in [
            (format!("web01 {ED}"), "web011", 22),
            (format!("[web01]:2222 {ED}"), "web01", 22),
            (format!("[web01]:2222 {ED}"), "web01", 2223),
            (format!("*.example.net {ED}"), "example.net", 22),
            (format!("web?? {ED}"), "web1", 22),
            (format!("*,!web* {ED}"), "web01", 22),
            (format!("!web01,* {ED}"), "web01", 22),
            (format!("!db01 {ED}"), "web01", 22),
            (format!("# web01 {ED}"), "web01", 22),
            (format!("@unheard-of web01 {ED}"), "web01", 22),
            (format!("@cert-authority web01 {ED}"), "web01", 22),
            ("web01 ssh-ed25519 AAAA".to_owned(), "web01", 22),
            ("web01".to_owned(), "web01", 22),
            (String::new(), "web01", 22),
        ] {
            assert_eq!(judge(&line, address, port), Verdict::Unknown, "{line}");
        }
    }

    #[test]
    fn one_of_several_keys_is_enough_and_broken_lines_hide_nothing() {
        let text = format!("web01 {ED2}\nweb01 broken\n\nweb01 {ED}\n");
        assert_eq!(judge(&text, "web01", 22), Verdict::Known);
        let first = format!("web01 {ED2}");
        let second = format!("web01 {ED}");
        assert_eq!(judge_files(&[&first, &second], "web01", 22, ED), Verdict::Known);
    }

    #[test]
    fn a_changed_key_is_told_with_its_place() {
        let text = format!("# heading\nweb01 {EC}\nweb01 {ED2}\n");
        assert_eq!(
            judge_files(&["", &text], "web01", 22, ED),
            Verdict::Changed(place(1, 3))
        );
        let only_other = format!("web01 {EC}\n");
        assert_eq!(judge(&only_other, "web01", 22), Verdict::OtherType(place(0, 1)));
        // Nothing is concluded from a key of the same name on another port.
        assert_eq!(judge(&format!("web01 {ED2}"), "web01", 2222), Verdict::Unknown);
    }

    #[test]
    fn revoked_beats_known_in_any_file_and_order() {
        let known = format!("web01 {ED}");
        let revoked = format!("@revoked * {ED}");
        assert_eq!(
            judge_files(&[&known, &revoked], "web01", 22, ED),
            Verdict::Revoked(place(1, 1))
        );
        assert_eq!(
            judge(&format!("{revoked}\n{known}"), "web01", 2222),
            Verdict::Revoked(place(0, 1))
        );
        // Another key that is revoked says nothing about this one.
        assert_eq!(
            judge(&format!("@revoked * {ED2}\n{known}"), "web01", 22),
            Verdict::Known
        );
        assert_eq!(judge(&format!("@revoked * {ED2}"), "web01", 22), Verdict::Unknown);
    }

    /// The lines that `ssh-keygen -F` finds in a file.
    fn found_by_openssh(path: &Path, name: &str) -> Vec<usize> {
        let output = std::process::Command::new("ssh-keygen")
            .arg("-F")
            .arg(name)
            .arg("-f")
            .arg(path)
            .output()
            .unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .filter(|line| line.starts_with("# Host"))
            .filter_map(|line| line.split(" line ").nth(1)?.split(' ').next()?.parse().ok())
            .collect()
    }

    #[test]
    fn openssh_finds_the_same_lines() {
        if std::process::Command::new("ssh-keygen").arg("-?").output().is_err() {
            println!("left out: ssh-keygen is not installed");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known_hosts");
        let plain = format!("web01 {ED}\n[web01]:2222,db01 {ED2}\n::1 {EC}\nlonger.example.net {ED}\n");
        std::fs::write(&path, &plain).unwrap();
        // Every name becomes a hashed line of its own.
        let hashed = std::process::Command::new("ssh-keygen")
            .args(["-q", "-H", "-f"])
            .arg(&path)
            .output()
            .unwrap();
        assert!(hashed.status.success());
        let mut text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("web01"), "{text}");
        text.push_str(&plain);
        text.push_str(&format!(
            "*.example.net,!bad.example.net {ED}\nweb?? {EC}\n@cert-authority *.example.net {ED}\n\
             @revoked web0* {ED2}\n[*.example.net]:2222 {EC}\n!web01,* {ED}\nWEB02 {ED2}\n\tdb01  {ED}\n"
        ));
        std::fs::write(&path, &text).unwrap();
        let files = [read_file(&path).unwrap()];
        let mut found = 0;
        for address in [
            "web01",
            "web02",
            "web1",
            "db01",
            "::1",
            "a.example.net",
            "bad.example.net",
            "longer.example.net",
            "example.net",
        ] {
            for port in [22, 2222] {
                let ours: Vec<usize> = HostLines::find(&files, address, port)
                    .0
                    .iter()
                    .filter(|line| !line.without_port)
                    .map(|line| line.place.line)
                    .collect();
                let name = host_name(address, port);
                let theirs = found_by_openssh(&path, &name);
                assert_eq!(ours, theirs, "{name}\n{text}");
                found += theirs.len();
            }
        }
        assert!(found > 20, "{found}");
    }
}
