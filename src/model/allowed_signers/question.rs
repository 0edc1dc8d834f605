//! Who may sign, by a file of allowed signers: the decision of `ssh-keygen -Y verify`, without its signature.

use jiff::Timestamp;

use super::{AllowedSigners, SignerLine};
use crate::model::approval::{SigningCertificate, SigningIdentity};
use crate::model::ssh_pattern;

/// Why somebody may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The line that says so, from 1.
    pub line: usize,
    /// From when on.
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// Why a line that has both the name and the key does not help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The line, from 1.
    pub line: usize,
    /// In words, without a full stop.
    pub reason: String,
}

impl AllowedSigners {
    /// Whether somebody may sign with that for a purpose at a time.
    ///
    /// # Errors
    /// What speaks against it, line by line; nothing when no line has both the name and the key.
    pub fn allows(
        &self,
        principal: &str,
        identity: &SigningIdentity,
        namespace: &str,
        now: Timestamp,
    ) -> Result<Grant, Vec<Refusal>> {
        let mut refusals = Vec::new();
        for line in self.lines.iter().filter(|line| line.names(principal)) {
            match judge(line, principal, identity, namespace, now) {
                Some(Ok(grant)) => return Ok(grant),
                Some(Err(reason)) => refusals.push(Refusal {
                    line: line.number,
                    reason,
                }),
                None => {}
            }
        }
        Err(refusals)
    }

    /// The names that a key goes by, in the order of the lines: those that stand in a line of its own, and those of
    /// its certificate where a line has the authority. Whether the time and the purpose fit is not asked.
    #[must_use]
    pub fn names_of(&self, identity: &SigningIdentity) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for line in self.lines.iter().filter(|line| has_key(line, identity)) {
            let found: Vec<&str> = match &identity.certificate {
                Some(certificate) => certificate.principals.iter().map(String::as_str).collect(),
                None => line.plain_names().collect(),
            };
            for name in found {
                if line.names(name) && !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        names
    }

    /// Names and keys that belong to one person, line by line: the names that a line spells out, and its key. The
    /// key of an authority is nobody's.
    pub fn belongings(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let own = self.lines.iter().filter(|line| !line.options.is_authority);
        own.map(|line| (line.key.as_str(), line.plain_names().collect()))
    }

    /// Keys that have a pattern instead of a name, line by line: nothing tells whose they are.
    pub fn keys_of_patterns(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.lines.iter().filter(|line| !line.options.is_authority);
        own.flat_map(|line| line.patterns().map(|pattern| (line.key.as_str(), pattern)))
    }

    /// How many lines allow somebody something.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nobody is allowed anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// A bare key has lines of its own, a certificate those of its authority; never the other way round.
fn has_key(line: &SignerLine, identity: &SigningIdentity) -> bool {
    match &identity.certificate {
        Some(certificate) => line.options.is_authority && line.key == certificate.authority,
        None => !line.options.is_authority && line.key == identity.key,
    }
}

/// What a line that has the name says of the key; `None` when it has another key.
fn judge(
    line: &SignerLine,
    principal: &str,
    identity: &SigningIdentity,
    namespace: &str,
    now: Timestamp,
) -> Option<Result<Grant, String>> {
    if !has_key(line, identity) {
        return None;
    }
    let flaw = identity
        .certificate
        .as_ref()
        .and_then(|certificate| certificate_flaw(certificate, principal, now))
        .or_else(|| line_flaw(line, namespace, now));
    if let Some(flaw) = flaw {
        return Some(Err(flaw));
    }
    let certificate = identity.certificate.as_ref();
    let later = certificate.and_then(|certificate| as_time(certificate.valid_after));
    let earlier = certificate.and_then(|certificate| as_time(certificate.valid_before));
    Some(Ok(Grant {
        line: line.number,
        since: line.options.valid_after.into_iter().chain(later).max(),
        until: line.options.valid_before.into_iter().chain(earlier).min(),
    }))
}

fn line_flaw(line: &SignerLine, namespace: &str, now: Timestamp) -> Option<String> {
    let options = &line.options;
    if let Some(namespaces) = options
        .namespaces
        .as_deref()
        .filter(|list| !ssh_pattern::picks(namespace, list))
    {
        return Some(format!("the key may sign for `{namespaces}`, not for `{namespace}`"));
    }
    // OpenSSH compares whole seconds, and the last one still counts.
    let now = now.as_second();
    match (options.valid_after, options.valid_before) {
        (Some(after), _) if now < after.as_second() => Some(format!("the key is valid only from {after}")),
        (_, Some(before)) if now > before.as_second() => Some(format!("the key was valid until {before}")),
        _ => None,
    }
}

fn certificate_flaw(certificate: &SigningCertificate, principal: &str, now: Timestamp) -> Option<String> {
    if !certificate.is_for_users {
        return Some("the certificate is a host's, not a user's".to_owned());
    }
    let now = u64::try_from(now.as_second()).unwrap_or(0);
    if now < certificate.valid_after {
        return Some(format!(
            "the certificate is valid only from {}",
            shown(certificate.valid_after)
        ));
    }
    if now >= certificate.valid_before {
        return Some(format!(
            "the certificate expired on {}",
            shown(certificate.valid_before)
        ));
    }
    if certificate.principals.is_empty() {
        return Some("the certificate is made out to nobody in particular".to_owned());
    }
    if !certificate.principals.iter().any(|name| name == principal) {
        return Some(format!("the certificate is not made out to `{principal}`"));
    }
    None
}

/// `None` for a time that has no end, or no beginning.
fn as_time(seconds: u64) -> Option<Timestamp> {
    if seconds == 0 {
        return None;
    }
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

fn shown(seconds: u64) -> String {
    as_time(seconds).map_or_else(|| "a day that has no name".to_owned(), |time| time.to_string())
}
