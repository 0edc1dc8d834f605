//! dnf 4: RHEL 8 and 9 and kin, Amazon Linux 2023.
//!
//! Sections: those of [`super::dnf`]; `advisories`: `updateinfo list`, lines `ID KIND NEVRA`;
//! `cves`: `updateinfo list --with-cve`, lines `CVE KIND NEVRA`; `reboot-check`: `needs-restarting -r`.

use std::collections::BTreeMap;

use crate::model::error::HostError;
use crate::model::manager::Manager;
use crate::model::section::Sections;

use super::advisory::{Fix, Fixes};
use super::dnf;
use super::listing::{Listing, filled_lines};
use super::rpm;

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a listing or a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    let (fixes, unparsed) = fixes(sections.text("advisories"), sections.text("cves"));
    let fixes = Fixes::new(fixes, sections.text("repositories"));
    let locks: Vec<&str> = filled_lines(sections.text("locks")).collect();
    let mut listing = dnf::updates(Manager::Dnf4, sections, &fixes, |name| {
        locks.iter().any(|lock| lock_names(lock, name))
    })?;
    listing.unparsed += unparsed;
    Ok(listing)
}

fn fixes(advisories: &str, cves: &str) -> (Vec<Fix>, usize) {
    let mut cves_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in filled_lines(cves) {
        if let Some((cve, _, label)) = three_words(line) {
            cves_of.entry(label).or_default().push(cve);
        }
    }
    let mut fixes = Vec::new();
    let mut unparsed = 0;
    for line in filled_lines(advisories) {
        let fix = three_words(line).and_then(|(id, kind, label)| {
            let (key, fixed) = rpm::parse_nevra(label)?;
            let (severity, security) = match kind.strip_suffix("/Sec.") {
                Some(severity) => (severity.to_lowercase(), true),
                None => (String::new(), kind == "security"),
            };
            let cves = cves_of.get(label).cloned().unwrap_or_default();
            Some(Fix {
                advisory: id.to_owned(),
                security,
                severity,
                // The list of CVEs does not say whose they are; those of a security advisory are its own.
                cves: cves.into_iter().filter(|_| security).map(str::to_owned).collect(),
                package: key.package.to_string(),
                arch: Some(key.arch.to_string()),
                fixed: fixed.to_string(),
            })
        });
        match fix {
            Some(fix) => fixes.push(fix),
            None => unparsed += 1,
        }
    }
    (fixes, unparsed)
}

fn three_words(line: &str) -> Option<(&str, &str, &str)> {
    let mut words = line.split_whitespace();
    let found = (words.next()?, words.next()?, words.next()?);
    words.next().is_none().then_some(found)
}

/// Whether a line of `versionlock list` (`NAME-EPOCH:VERSION-RELEASE.*`, or a pattern) is about a package.
fn lock_names(lock: &str, name: &str) -> bool {
    let lock = lock.trim_start_matches('!');
    let locked = lock
        .rsplit_once('.')
        .and_then(|(rest, _)| rest.rsplit_once('-'))
        .and_then(|(rest, _)| rest.rsplit_once('-'))
        .map_or(lock, |(name, _)| name);
    match locked.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == locked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_told_by_name() {
        assert!(lock_names("pw-held-0:1.0-1.*", "pw-held"));
        assert!(!lock_names("pw-held-0:1.0-1.*", "pw"));
        assert!(lock_names("kernel*", "kernel-core"));
        assert!(lock_names("!foo-0:1-1.*", "foo"));
    }

    #[test]
    fn an_advisory_of_another_kind_is_no_security_update() {
        let (fixes, unparsed) = fixes(
            "RHSA-1 Important/Sec. foo-1:1.1-1.noarch\nRHBA-2 bugfix foo-1:1.2-1.noarch\nwhat is this line\n",
            "CVE-2026-1 Important/Sec. foo-1:1.1-1.noarch\n",
        );
        assert_eq!(unparsed, 1);
        let shown: Vec<_> = fixes
            .iter()
            .map(|fix| (fix.security, fix.cves.len(), fix.fixed.as_str()))
            .collect();
        assert_eq!(shown, [(true, 1, "1:1.1-1"), (false, 0, "1:1.2-1")]);
    }
}
