//! zypper: SUSE and openSUSE.
//!
//! Sections:
//!
//! - `repositories`: lines `ALIAS yes|no`: repositories with metadata, and whether they have advisories.
//! - `updates`: `zypper -x list-updates --all`: every newer version, locked ones too.
//! - `simulation`: `zypper -x up --dry-run`: what would be installed now. Exit code 77 without root.
//! - `obsoletes`: of `zypper info --obsoletes` the lines `Name` and `Obsoletes` of the packages that would
//!   be new; empty unless something would be removed.
//! - `patches`: `zypper -x list-patches`. `patch-contents`: of `zypper info -t patch` the lines `Name` and
//!   `Conflicts`: a patch conflicts with the versions that it replaces.
//! - `locks`: `zypper locks`. `reboot-check`: `zypper needs-rebooting`.
//!
//! Patches and packages are separate worlds to zypper; patchwave installs packages and takes from the
//! patches what they fix.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::Version;
use crate::model::section::{Section, Sections};
use crate::model::update::{PackageKey, UpdateStatus};

use super::advisory::Fixes;
use super::listing::{Listing, Row, filled_lines, key};
use super::rpm;
use super::xml::{Tag, tags};
use super::zypper_patches::fixes;

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a listing or a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    if let Some(section) = sections.get("updates")
        && section.exit_code != 0
    {
        return Err(problem(section));
    }
    let mut listing = Listing::default();
    let plan = simulated(sections, &mut listing)?;
    let is_simulated = plan.is_some();
    let mut rows: BTreeMap<PackageKey, (Row, UpdateStatus)> = plan
        .into_iter()
        .flatten()
        .map(|(row, status)| (row.key.clone(), (row, status)))
        .collect();
    let locks = locks(sections.text("locks"));
    for row in newer_versions(sections.text("updates"), &mut listing) {
        if let Some((planned, _)) = rows.get_mut(&row.key) {
            // A kernel is installed beside the one that it is newer than: the simulation then names no
            // old version, the list of updates does.
            if planned.from.is_none() && planned.to == row.to {
                planned.from = row.from;
            }
            continue;
        }
        let status = if locks.iter().any(|lock| lock == row.key.package.as_str()) {
            UpdateStatus::Held
        } else if is_simulated {
            UpdateStatus::KeptBack
        } else {
            UpdateStatus::Upgradable
        };
        rows.insert(row.key.clone(), (row, status));
    }
    let fixes = fixes(sections.text("patches"), sections.text("patch-contents"));
    let fixes = Fixes::new(fixes, sections.text("repositories"));
    for (row, status) in rows.into_values() {
        let mut update = row.update(status);
        fixes.annotate(&mut update);
        listing.updates.push(update);
    }
    listing.tidy();
    Ok(listing)
}

/// The packages of `list-updates`; the repository stands in a tag inside each.
fn newer_versions(xml: &str, listing: &mut Listing) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for tag in tags(xml) {
        if tag.name == "update" && tag.get("kind") == "package" {
            match parse_row(&tag) {
                Some(row) => rows.push(row),
                None => listing.unparsed += 1,
            }
        } else if tag.name == "source"
            && let Some(row) = rows.last_mut()
        {
            tag.get("alias").clone_into(&mut row.repo);
        }
    }
    rows
}

/// What the simulation would install; `None` when there was none (no root).
fn simulated(sections: &Sections, listing: &mut Listing) -> Result<Option<Vec<(Row, UpdateStatus)>>, HostError> {
    let Some(section) = sections.get("simulation") else {
        return Ok(None);
    };
    match section.exit_code {
        // 102 and 103 tell of a reboot, 106 of a repository that was skipped, 107 of a script.
        0 | 102 | 103 | 106 | 107 => {}
        77 => {
            listing.notices.push(super::UNSIMULATED.to_owned());
            return Ok(None);
        }
        _ => {
            let problem = problem(section);
            if problem.code != ErrorCode::Dep {
                return Err(problem);
            }
            listing
                .notices
                .push(format!("no update can be installed now: {}", problem.message));
            return Ok(Some(Vec::new()));
        }
    }
    let (rows, removed) = steps(&section.stdout, listing);
    let obsoletes = obsoletes(sections.text("obsoletes"));
    let mut replacing = BTreeSet::new();
    for name in removed {
        let by = obsoletes.get(&name);
        let what = by.map_or_else(
            || format!("the updates together would remove {name}"),
            |by| format!("{by} would replace {name}"),
        );
        listing
            .notices
            .push(format!("{what}: patchwave removes nothing without consent"));
        replacing.extend(by);
    }
    let with_status = |row: Row| {
        if replacing.contains(&row.key.package.to_string()) {
            (row, UpdateStatus::KeptBack)
        } else {
            (row, UpdateStatus::Upgradable)
        }
    };
    Ok(Some(rows.into_iter().map(with_status).collect()))
}

/// What a dry run would install, and the names that it would remove.
fn steps(xml: &str, listing: &mut Listing) -> (Vec<Row>, Vec<String>) {
    let mut part = "";
    let (mut rows, mut removed) = (Vec::new(), Vec::new());
    for tag in tags(xml) {
        match tag.name {
            "solvable" if tag.get("type") != "package" => {}
            "solvable" if part == "to-remove" => removed.push(tag.get("name").to_owned()),
            "solvable" if matches!(part, "to-upgrade" | "to-install" | "to-upgrade-change-arch") => {
                match parse_row(&tag) {
                    Some(row) => rows.push(row),
                    None => listing.unparsed += 1,
                }
            }
            name if name.starts_with("to-") => part = name,
            _ => {}
        }
    }
    (rows, removed)
}

fn problem(section: &Section) -> HostError {
    let said = format!("{}\n{}", section.stderr, messages(&section.stdout));
    super::failure(Manager::Zypper, section.exit_code, &said)
}

/// The text of `<message type="error">…`: zypper's XML mode says its errors there.
fn messages(xml: &str) -> String {
    xml.split("<message type=\"error\">")
        .skip(1)
        .filter_map(|rest| rest.split("</message>").next())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A package as both of zypper's lists write it.
fn parse_row(tag: &Tag<'_>) -> Option<Row> {
    let from = match rpm::without_zero_epoch(tag.get("edition-old")) {
        "" => None,
        old => Some(Version::new(old).ok()?),
    };
    Some(Row {
        key: key(tag.get("name"), tag.get("arch"))?,
        from,
        to: Version::new(rpm::without_zero_epoch(tag.get("edition"))).ok()?,
        repo: tag.get("repository").to_owned(),
        size: None,
    })
}

/// Which new package replaces which old one: by the old one's name.
fn obsoletes(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut name = "";
    for line in filled_lines(text) {
        let value = match line.split_once(" : ") {
            Some((field, value)) if !line.starts_with(' ') => {
                if field.trim() == "Name" {
                    name = value.trim();
                    continue;
                }
                value.trim()
            }
            _ => line.trim(),
        };
        if let Some(old) = value.split(' ').next() {
            found.insert(old.to_owned(), name.to_owned());
        }
    }
    found
}

/// The names in the table of `zypper locks`: `NUMBER | NAME | TYPE | REPOSITORY | COMMENT`.
fn locks(text: &str) -> Vec<String> {
    filled_lines(text)
        .filter_map(|line| {
            let mut columns = line.split('|').map(str::trim);
            columns.next()?.parse::<u32>().ok()?;
            columns.next().map(str::to_owned)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_that_is_installed_beside_the_old_one_has_an_old_version() {
        let section = |name: &str, stdout: &str| Section {
            name: name.to_owned(),
            stdout: stdout.to_owned(),
            stderr: String::new(),
            exit_code: 0,
        };
        let sections = Sections::new(vec![
            section(
                "updates",
                "<update kind=\"package\" name=\"kernel-default\" edition=\"6.4.0-2\" arch=\"x86_64\" edition-old=\"6.4.0-1\"><source alias=\"upd\"/></update>",
            ),
            section(
                "simulation",
                "<to-install><solvable type=\"package\" name=\"kernel-default\" edition=\"6.4.0-2\" arch=\"x86_64\" repository=\"upd\"/></to-install>",
            ),
        ]);
        let listing = updates(&sections).unwrap();
        let shown: Vec<_> = listing
            .updates
            .iter()
            .map(|update| (update.from.as_ref().map(Version::as_str), update.to.as_str()))
            .collect();
        assert_eq!(shown, [(Some("6.4.0-1"), "6.4.0-2")]);
    }
}
