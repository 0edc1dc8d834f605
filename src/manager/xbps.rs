//! xbps: Void Linux. Written after the sources of xbps 0.59 and 0.60.
//!
//! Sections:
//!
//! - `simulation`: `xbps-install -un`: `NAME-VERSION ACTION ARCHITECTURE REPOSITORY INSTALLED DOWNLOAD`, sizes in
//!   bytes. `ACTION` is `update`, `install`, `hold`, `remove`, `configure`, …
//! - `repositories`: `xbps-query -L`: `NUMBER ADDRESS (RSA …)`, the number -1 for one that is not there.
//! - `present`: `STATE NAME-VERSION` of everything installed; a state other than `ii` is half of it.
//! - `holds`: `xbps-query -H`: `NAME-VERSION` of packages on hold.
//! - `replaced`: `NAME PATTERN`: what a planned package replaces; empty unless something would go.
//!
//! xbps knows of no advisories: whether an update fixes a security problem is unknown.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::{PackageName, Version};
use crate::model::section::Sections;
use crate::model::update::{Update, UpdateStatus};

use super::listing::{Listing, Row, filled_lines, join_lines, key};

/// xbps updates itself alone, before anything else.
const ITSELF: &str = "xbps";

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    let mut listing = Listing {
        broken: half_installed(sections.text("present")),
        ..Listing::default()
    };
    resolve_problem(sections, &mut listing)?;
    let reader = Reader::new(sections);
    let mut removed = Vec::new();
    for line in filled_lines(sections.text("simulation")) {
        match reader.step(line) {
            Some(Step::Update(update)) => listing.updates.push(*update),
            Some(Step::Remove(name)) => removed.push(name),
            Some(Step::Other) => {}
            None => listing.unparsed += 1,
        }
    }
    attribute_removals(removed, sections.text("replaced"), &mut listing);
    if listing.updates.iter().any(|update| update.package.as_str() == ITSELF) {
        listing.notices.push(
            "xbps itself is updated before anything else; other updates show up in the scan after that".to_owned(),
        );
    }
    listing.tidy();
    Ok(listing)
}

/// Whether the index of any repository is there.
#[must_use]
pub fn knows_repositories(sections: &Sections) -> bool {
    filled_lines(sections.text("repositories")).any(|line| {
        line.split_whitespace()
            .next()
            .and_then(|number| number.parse::<i64>().ok())
            .is_some_and(|number| number >= 0)
    })
}

/// `xbps-install -n` aborts for unresolved dependencies, libraries and conflicts: nothing at all is listed then.
fn resolve_problem(sections: &Sections, listing: &mut Listing) -> Result<(), HostError> {
    let Some(section) = sections.get("simulation").filter(|section| section.exit_code != 0) else {
        return Ok(());
    };
    super::nothing_installable(Manager::Xbps, section, listing)
}

fn half_installed(present: &str) -> Option<HostError> {
    let names: Vec<&str> = filled_lines(present)
        .filter_map(|line| line.split_once(' '))
        .filter(|(state, _)| *state != "ii")
        .map(|(_, label)| label)
        .collect();
    (!names.is_empty()).then(|| {
        HostError::new(
            ErrorCode::Broken,
            format!(
                "unpacked and not configured, or removed in part: {}",
                join_lines(names.into_iter(), 5)
            ),
            "run `xbps-reconfigure -a` on the host, then try again",
        )
    })
}

enum Step {
    Update(Box<Update>),
    Remove(PackageName),
    Other,
}

struct Reader<'a> {
    present: BTreeMap<&'a str, &'a str>,
    held: BTreeSet<&'a str>,
}

impl<'a> Reader<'a> {
    fn new(sections: &'a Sections) -> Self {
        let labels = |name: &str| filled_lines(sections.text(name));
        Self {
            present: labels("present")
                .filter_map(|line| split_label(line.split_once(' ')?.1))
                .collect(),
            held: labels("holds").filter_map(split_label).map(|(name, _)| name).collect(),
        }
    }

    fn step(&self, line: &str) -> Option<Step> {
        let mut words = line.split_whitespace();
        let (name, version) = split_label(words.next()?)?;
        let status = match words.next()? {
            "update" | "install" if self.held.contains(name) => UpdateStatus::Held,
            "update" | "install" => UpdateStatus::Upgradable,
            "hold" => UpdateStatus::Held,
            "remove" => return Some(Step::Remove(PackageName::new(name).ok()?)),
            "configure" | "reinstall" | "download" => return Some(Step::Other),
            _ => return None,
        };
        let (arch, repo) = (words.next()?, words.next()?);
        let size = words.nth(1).and_then(|bytes| bytes.parse().ok());
        let from = match self.present.get(name) {
            Some(from) => Some(Version::new(*from).ok()?),
            None => None,
        };
        let row = Row {
            key: key(name, arch)?,
            from,
            to: Version::new(version).ok()?,
            repo: if repo == "-" { String::new() } else { repo.to_owned() },
            size,
        };
        // A package on hold that is up to date is listed as well.
        if row.from.as_ref() == Some(&row.to) {
            return Some(Step::Other);
        }
        let mut update = row.update(status);
        if status == UpdateStatus::Held {
            update.reason = Some("on hold on the host (`xbps-pkgdb -m unhold` ends it)".to_owned());
        }
        Some(Step::Update(Box::new(update)))
    }
}

/// Puts what would go to the package that replaces it; what nobody is found to replace becomes a notice.
fn attribute_removals(removed: Vec<PackageName>, replaced: &str, listing: &mut Listing) {
    for name in removed {
        let replacer = filled_lines(replaced)
            .filter_map(|line| line.split_once(' '))
            .find(|(_, pattern)| {
                let end = pattern.find(['<', '>', '=']).unwrap_or(pattern.len());
                pattern.get(..end).map(str::trim) == Some(name.as_str())
            })
            .map(|(replacer, _)| replacer);
        let update = replacer.and_then(|replacer| {
            listing
                .updates
                .iter_mut()
                .find(|update| update.package.as_str() == replacer)
        });
        match update {
            Some(update) => {
                update.removes.push(name);
                super::dependents::hold_remover(Manager::Xbps, update);
            }
            None => listing.notices.push(format!(
                "the upgrade would remove {name}: patchwave removes nothing without consent"
            )),
        }
    }
}

/// `NAME-VERSION_REVISION`: a version holds no `-`.
fn split_label(label: &str) -> Option<(&str, &str)> {
    label.rsplit_once('-').filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_dashes() {
        assert_eq!(
            split_label("linux6.6-headers-6.6.58_1"),
            Some(("linux6.6-headers", "6.6.58_1"))
        );
        assert_eq!(split_label("nothing"), None);
    }
}
