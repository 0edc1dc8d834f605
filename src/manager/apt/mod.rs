//! apt: Debian, Ubuntu and kin.
//!
//! Sections of the probe (plain output of the named command under `LC_ALL=C`, where nothing else is said):
//!
//! - `support`, only after a refresh that failed: lines `codename=NAME`, `today=DATE`, and `end=DATE` of the
//!   release's support where the host has `distro-info`.
//! - `simulation`: `apt-get -s -q --with-new-pkgs upgrade`: what would be installed now.
//! - `upgradable`: `apt list --upgradable`: the same and what is held, phased or kept back.
//! - `unpinned`: lines of `apt list --upgradable` that are there only without the administrator's preferences
//!   and default release. What a repository itself withholds (`NotAutomatic`, as backports do) is not there either.
//! - `holds`: `apt-mark showhold`.
//! - `policy`: `apt-cache policy NAME…` of all of these: the versions between old and new.
//! - `obstacles`: for some of the packages that are kept back, `@ NAME[:ARCH]=VERSION` and what
//!   `apt-get -s install` of it says: what would have to go, or which dependency cannot be met.
//! - `sources`: `apt-cache policy`: where versions come from.
//! - `sizes`: lines `NAME|ARCHITECTURE|VERSION|BYTES`.
//! - `subscription`: `pro security-status --format json`, on hosts that have `pro`; `subscribed`: lines
//!   `NAME|ARCHITECTURE|VERSION` of what is installed of it, with the host's architecture as `native|ARCH|0`.
//! - `broken`: lines `NAME STATE` for packages between two states; `journal interrupted` for a dpkg
//!   that was killed.
//!
//! Only what the simulation installs is pending. Naming a phased package to apt installs it all the same, so
//! nothing may name one that is not in the simulation. In a chroot apt ignores phases, and takes any private mount
//! namespace for one: then the simulation holds the phased packages, and they are pending.
//!
//! An update is a security update when any version after the installed one, up to the candidate, comes
//! from a security archive: the candidate alone may be hidden behind the `-updates` suite. It is unknown on a host
//! without any security archive, and for versions that only repositories without a name (no `Label` and no
//! `Origin`: flat folders) offer. apt knows neither severities nor CVEs.
//!
//! Without root all of this is as true; only the refresh is root's.

mod known;
mod obstacles;
mod policy;
mod reasons;
mod rows;
mod sources;
mod subscription;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::section::Sections;
use crate::model::update::{PackageKey, Update, UpdateStatus};

use super::listing::{Listing, Row, filled_lines, join_lines};
use super::version;
use known::Known;
use sources::Sources;

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    if let Some(section) = sections.get("simulation")
        && section.exit_code != 0
    {
        return Err(super::failure(Manager::Apt, section.exit_code, &section.stderr));
    }
    let known = Known::new(sections);
    let simulated = rows::simulation(sections.text("simulation"));
    let upgradable = rows::upgradable(sections.text("upgradable"));
    let unpinned = rows::upgradable(sections.text("unpinned"));
    let mut listing = Listing {
        unparsed: known.unparsed + simulated.unparsed + upgradable.unparsed + unpinned.unparsed,
        broken: broken(sections.text("broken")),
        ..Listing::default()
    };
    let planned: BTreeSet<PackageKey> = simulated.rows.iter().map(|row| row.key.clone()).collect();
    for row in simulated.rows {
        listing.updates.push(simulated_update(&known, row));
    }
    for row in upgradable.rows {
        if !is_planned(&planned, &row.key) {
            listing.updates.push(waiting_update(&known, &planned, row));
        }
    }
    for row in unpinned.rows {
        listing.updates.push(pinned_update(&known, row));
    }
    subscription::read(sections, &mut listing);
    listing.tidy();
    Ok(listing)
}

/// Whether any repository's metadata is on the host.
#[must_use]
pub fn knows_repositories(sections: &Sections) -> bool {
    Sources::parse(sections.text("sources")).is_some_repository()
}

/// What the simulation installs. A preference above 1000 has it install older versions: those need a word of
/// consent that patchwave has no way to give, so they are none of its updates.
fn simulated_update(known: &Known<'_>, row: Row) -> Update {
    let is_downgrade = row
        .from
        .as_ref()
        .is_some_and(|from| version::compare(Manager::Apt, from, &row.to) == Ordering::Greater);
    if is_downgrade {
        let reason = reasons::downgrade(&row);
        return known.update(row, UpdateStatus::Excluded, Some(reason));
    }
    known.update(row, UpdateStatus::Upgradable, None)
}

/// What has a newer version that the simulation does not install.
fn waiting_update(known: &Known<'_>, planned: &BTreeSet<PackageKey>, row: Row) -> Update {
    let (status, reason) = if known.is_held(&row.key) {
        (UpdateStatus::Held, reasons::held(&row))
    } else if let Some(percentage) = known.phase(&row) {
        (UpdateStatus::Phased, reasons::phased(percentage))
    } else {
        (UpdateStatus::KeptBack, reasons::kept_back(known, planned, &row))
    };
    let mut update = known.update(row, status, Some(reason));
    if status == UpdateStatus::KeptBack {
        update.removes = known.obstacles.removes(&update.key(), &update.to);
    }
    update
}

/// What is there only without the host's own preferences.
fn pinned_update(known: &Known<'_>, row: Row) -> Update {
    let (status, reason) = if known.is_held(&row.key) {
        (UpdateStatus::Held, reasons::held(&row))
    } else {
        (UpdateStatus::Excluded, reasons::pinned(known, &row))
    };
    known.update(row, status, Some(reason))
}

/// The list names the installed architecture, the plan the new one: they differ when one of them is `all`.
fn is_planned(planned: &BTreeSet<PackageKey>, key: &PackageKey) -> bool {
    let is_all = |key: &PackageKey| key.arch.as_str() == "all";
    planned.contains(key)
        || planned
            .iter()
            .any(|other| other.package == key.package && (is_all(other) || is_all(key)))
}

/// `NAME ABBREVIATION` in words: the second letter of the abbreviation is the state, the third says that it must be
/// installed anew (dpkg-query(1)).
fn between(line: &str) -> String {
    let Some((name, state)) = line.trim().rsplit_once(' ') else {
        return line.to_owned();
    };
    let mut letters = state.chars().skip(1);
    let words = match (letters.next(), letters.next()) {
        (_, Some('R')) => "must be installed anew",
        (Some('F'), _) => "is half-configured",
        (Some('U'), _) => "is unpacked and not configured",
        (Some('H'), _) => "is half-installed",
        (Some('W' | 't'), _) => "waits for its triggers",
        _ => return line.to_owned(),
    };
    format!("{name} {words}")
}

/// A package between two states has its new version already: without this it would pass for up to date.
fn broken(text: &str) -> Option<HostError> {
    let found: Vec<String> = filled_lines(text).map(between).collect();
    let names = join_lines(found.iter().map(String::as_str), 5);
    (!names.is_empty()).then(|| {
        HostError::new(
            ErrorCode::Broken,
            format!("packages are not fully installed: {names}"),
            "run `patchwave repair HOST`, then try again",
        )
    })
}
