//! pkg: packages of FreeBSD. Written after the sources of pkg 1.21 and 2.
//!
//! Sections:
//!
//! - `bootstrap`: `missing` when the base system has only the program that would fetch pkg.
//! - `repositories`: the catalogues that are there, a file each.
//! - `simulation`: `pkg upgrade -nU`; its exit code is 0 or 1 by the version of pkg. See [`dry_run`].
//! - `newer`: `pkg version -vRUL`: `NAME-VERSION < needs updating (remote has VERSION)`.
//! - `candidates`: `pkg rquery`: `NAME|ABI|VERSION|REPOSITORY`. It knows no download sizes.
//! - `holds`: the names of locked packages.
//! - `audit`, `audit-new`: `pkg audit -q -R json` of what is installed, and of what the upgrade would bring. See
//!   [`super::pkg_audit`].
//! - `base`: lines `running=`, `kernel=`, `userland=` (`freebsd-version`), `pkgbase=` `yes` or `no`.

mod dry_run;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::{PackageName, Version};
use crate::model::section::Sections;
use crate::model::update::{Update, UpdateStatus};

use super::listing::{Listing, Row, filled_lines, key};
use super::pkg_audit::Audit;
use dry_run::Step;

/// Packages of the base system (pkgbase): another thing than the ports.
const BASE: &str = "FreeBSD-";

/// pkg updates itself alone, before anything else.
const ITSELF: &str = "pkg";

/// Reads the updates.
///
/// # Errors
/// `E_UNSUPPORTED` without pkg itself, else what [`super::failure`] makes of a dry run that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    if sections.text("bootstrap").trim() == "missing" {
        return Err(HostError::new(
            ErrorCode::Unsupported,
            "FreeBSD without pkg: only the base system is there, which patchwave does not update",
            "run `pkg bootstrap` on the host if it is to have packages",
        ));
    }
    let mut listing = Listing::default();
    simulation_problem(sections, &mut listing)?;
    let reader = Reader::new(sections);
    let mut planned = BTreeSet::new();
    let mut removed = Vec::new();
    for step in dry_run::steps(sections.text("simulation"), &mut listing.unparsed) {
        let update = match step {
            Step::Install { name, from, to } => reader.update(name, from, to, UpdateStatus::Upgradable),
            Step::Locked { name, from, to } => reader.update(name, Some(from), to, UpdateStatus::Held),
            Step::Reinstall(label) => {
                listing
                    .notices
                    .push(format!("{label} would be installed again at the same version"));
                continue;
            }
            Step::Remove(name) => {
                removed.push(name);
                continue;
            }
        };
        match update {
            Some(update) => {
                planned.insert(update.package.clone());
                listing.updates.push(update);
            }
            None => listing.unparsed += 1,
        }
    }
    reader.add_kept_back(sections.text("newer"), &planned, &mut listing);
    notices(removed, sections, &mut listing);
    Audit::read(sections, &mut listing.unparsed).mark(&mut listing.updates);
    listing.tidy();
    Ok(listing)
}

/// Whether any catalogue is there.
#[must_use]
pub fn knows_repositories(sections: &Sections) -> bool {
    // Without pkg there is something else to say, which `updates` does.
    sections.get("bootstrap").is_some() || filled_lines(sections.text("repositories")).next().is_some()
}

/// A dry run that found something to do exits with 1 as one that failed does, in some versions.
fn simulation_problem(sections: &Sections, listing: &mut Listing) -> Result<(), HostError> {
    let Some(section) = sections.get("simulation").filter(|section| section.exit_code != 0) else {
        return Ok(());
    };
    let answered = |text: &str| text.contains("will be affected") || text.contains("up to date");
    if section.exit_code == 1 && answered(&section.stdout) {
        return Ok(());
    }
    super::nothing_installable(Manager::Pkg, section, listing)
}

fn notices(removed: Vec<&str>, sections: &Sections, listing: &mut Listing) {
    for name in removed {
        listing.notices.push(format!(
            "the upgrade would remove {name}: patchwave removes nothing without consent"
        ));
    }
    if sections.text("simulation").contains("New version of pkg detected") {
        listing
            .notices
            .push("pkg itself is updated before anything else; other updates can be installed after that".to_owned());
    }
    let base = sections.text("base");
    if let Some(userland) = base.lines().find_map(|line| line.strip_prefix("userland=")) {
        let how = if base.lines().any(|line| line == "pkgbase=yes") {
            "its own packages"
        } else {
            "`freebsd-update`"
        };
        listing.notices.push(format!(
            "the base system ({}) is updated with {how}: patchwave leaves it alone",
            crate::model::text::shorten(userland, 60)
        ));
    }
}

struct Reader<'a> {
    /// Architecture and repository, by name and version.
    candidates: BTreeMap<(&'a str, &'a str), (&'a str, &'a str)>,
    locked: BTreeSet<&'a str>,
}

impl<'a> Reader<'a> {
    fn new(sections: &'a Sections) -> Self {
        let candidate = |line: &'a str| {
            let mut fields = line.split('|');
            let (name, abi) = (fields.next()?, fields.next()?);
            let (version, repo) = (fields.next()?, fields.next()?);
            Some(((name, version), (architecture(abi), repo)))
        };
        Self {
            candidates: filled_lines(sections.text("candidates"))
                .filter_map(candidate)
                .collect(),
            locked: filled_lines(sections.text("holds")).collect(),
        }
    }

    fn update(&self, name: &str, from: Option<&str>, to: &str, status: UpdateStatus) -> Option<Update> {
        let (arch, repo) = self.candidates.get(&(name, to))?;
        let from = match from {
            Some(from) => Some(Version::new(from).ok()?),
            None => None,
        };
        let row = Row {
            key: key(name, arch)?,
            from,
            to: Version::new(to).ok()?,
            repo: (*repo).to_owned(),
            size: None,
        };
        let is_held = status == UpdateStatus::Held || self.locked.contains(name);
        let (status, reason) = if name.starts_with(BASE) {
            (
                UpdateStatus::Excluded,
                Some("a package of the base system, which patchwave does not update"),
            )
        } else if is_held {
            (UpdateStatus::Held, Some("locked on the host (`pkg unlock` ends it)"))
        } else {
            (status, None)
        };
        let mut update = row.update(status);
        update.reason = reason.map(str::to_owned);
        Some(update)
    }

    /// What has a newer version and is not part of the dry run.
    fn add_kept_back(&self, newer: &str, planned: &BTreeSet<PackageName>, listing: &mut Listing) {
        let waits_for_pkg = planned.iter().any(|name| name.as_str() == ITSELF);
        for line in filled_lines(newer) {
            let Some((name, from, to)) = parse_newer(line) else {
                listing.unparsed += 1;
                continue;
            };
            if planned.iter().any(|known| known.as_str() == name) {
                continue;
            }
            match self.update(name, Some(from), to, UpdateStatus::KeptBack) {
                Some(mut update) => {
                    if update.status == UpdateStatus::KeptBack && waits_for_pkg {
                        update.reason = Some("pkg itself has to be updated first".to_owned());
                    }
                    listing.updates.push(update);
                }
                None => listing.unparsed += 1,
            }
        }
    }
}

/// `NAME-VERSION    <   needs updating (remote has VERSION)`.
fn parse_newer(line: &str) -> Option<(&str, &str, &str)> {
    let (label, rest) = line.split_once(char::is_whitespace)?;
    let (name, from) = split_label(label)?;
    let to = rest.rsplit_once(" has ")?.1.strip_suffix(')')?;
    rest.trim_start().starts_with('<').then_some((name, from, to))
}

/// `NAME-VERSION`: a version holds no `-`.
pub(super) fn split_label(label: &str) -> Option<(&str, &str)> {
    label.rsplit_once('-').filter(|(name, _)| !name.is_empty())
}

/// `amd64` of the ABI `FreeBSD:14:amd64`; `*` is for every architecture.
fn architecture(abi: &str) -> &str {
    match abi.rsplit(':').next() {
        Some("*") | None => "all",
        Some(arch) => arch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_version_is_read() {
        assert_eq!(
            parse_newer("py311-foo-1.0_1,2    <   needs updating (remote has 1.1,2)"),
            Some(("py311-foo", "1.0_1,2", "1.1,2"))
        );
        assert_eq!(parse_newer("foo-1.0   ?   orphaned: misc/foo"), None);
        assert_eq!(architecture("FreeBSD:14:*"), "all");
        assert_eq!(architecture("FreeBSD:14:aarch64"), "aarch64");
    }
}
