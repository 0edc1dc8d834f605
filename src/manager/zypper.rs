//! zypper: SUSE and openSUSE.
//!
//! Sections:
//!
//! - `repositories`: lines `ALIAS yes|no`: repositories with metadata, and whether they have advisories.
//! - `updates`: `zypper -x list-updates --all`: every newer version, locked ones too.
//! - `simulation`: `zypper -x up --dry-run`: what would be installed now. Exit code 77 without root.
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
use crate::model::section::Sections;
use crate::model::update::{PackageKey, Update, UpdateStatus};

use super::advisory::{Fix, Fixes};
use super::listing::{Listing, filled_lines, key};
use super::rpm;
use super::xml::{Tag, tags};

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a listing or a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    if let Some(section) = sections.get("updates")
        && section.exit_code != 0
    {
        let said = format!("{}\n{}", section.stderr, messages(&section.stdout));
        return Err(super::failure(Manager::Zypper, section.exit_code, &said));
    }
    let mut listing = Listing::default();
    let locks = locks(sections.text("locks"));
    let plan = simulated(sections, &mut listing)?;
    let is_planned = plan.is_some();
    let mut seen = BTreeSet::new();
    for row in plan.unwrap_or_default() {
        seen.insert(row.key.clone());
        listing.updates.push(row.update(UpdateStatus::Upgradable));
    }
    for tag in tags(sections.text("updates")) {
        if tag.name != "source" && (tag.name != "update" || tag.get("kind") != "package") {
            continue;
        }
        if tag.name == "source" {
            // It stands inside the update that it is the repository of.
            if let Some(update) = listing.updates.last_mut()
                && update.repo.is_empty()
            {
                tag.get("alias").clone_into(&mut update.repo);
            }
            continue;
        }
        match Row::of_update(&tag) {
            Some(row) if seen.contains(&row.key) => fill_old_version(&mut listing.updates, row),
            Some(row) => {
                let status = if locks.iter().any(|lock| lock == row.key.package.as_str()) {
                    UpdateStatus::Held
                } else if is_planned {
                    UpdateStatus::KeptBack
                } else {
                    UpdateStatus::Upgradable
                };
                listing.updates.push(row.update(status));
            }
            None => listing.unparsed += 1,
        }
    }
    let fixes = fixes(sections.text("patches"), sections.text("patch-contents"));
    let fixes = Fixes::new(fixes, sections.text("repositories"));
    for update in &mut listing.updates {
        fixes.annotate(update);
    }
    listing.tidy();
    Ok(listing)
}

/// A kernel is installed beside the one that it is newer than; the simulation then names no old version, the
/// list of updates does.
fn fill_old_version(updates: &mut [Update], row: Row) {
    let planned = updates
        .iter_mut()
        .find(|update| update.key() == row.key && update.to == row.to);
    if let Some(update) = planned
        && update.from.is_none()
    {
        update.from = row.from;
    }
}

/// What the simulation would install; `None` when there was none (no root).
fn simulated(sections: &Sections, listing: &mut Listing) -> Result<Option<Vec<Row>>, HostError> {
    let Some(section) = sections.get("simulation") else {
        return Ok(None);
    };
    if section.exit_code == 77 {
        listing
            .notices
            .push("not root: new dependencies, and what cannot be installed, are unknown".to_owned());
        return Ok(None);
    }
    // 102 and 103 tell of a reboot, 106 of a repository that was skipped, 107 of a script.
    if !matches!(section.exit_code, 0 | 102 | 103 | 106 | 107) {
        let said = format!("{}\n{}", section.stderr, messages(&section.stdout));
        let problem = super::failure(Manager::Zypper, section.exit_code, &said);
        if problem.code != ErrorCode::Dep {
            return Err(problem);
        }
        listing
            .notices
            .push(format!("no update can be installed now: {}", problem.message));
        return Ok(Some(Vec::new()));
    }
    let mut part = "";
    let mut rows = Vec::new();
    for tag in tags(&section.stdout) {
        match tag.name {
            "solvable" if tag.get("type") != "package" => {}
            "solvable" if matches!(part, "to-upgrade" | "to-install" | "to-upgrade-change-arch") => {
                match Row::of_solvable(&tag) {
                    Some(row) => rows.push(row),
                    None => listing.unparsed += 1,
                }
            }
            "solvable" if part == "to-remove" => listing.notices.push(format!(
                "the updates together would remove {}: patchwave removes nothing without consent",
                tag.get("name")
            )),
            name if name.starts_with("to-") => part = name,
            _ => {}
        }
    }
    Ok(Some(rows))
}

/// The text of `<message type="error">…`: zypper's XML mode says its errors there.
fn messages(xml: &str) -> String {
    xml.split("<message type=\"error\">")
        .skip(1)
        .filter_map(|rest| rest.split("</message>").next())
        .collect::<Vec<_>>()
        .join("\n")
}

struct Row {
    key: PackageKey,
    from: Option<Version>,
    to: Version,
    repo: String,
}

impl Row {
    fn of_update(tag: &Tag<'_>) -> Option<Self> {
        Self::new(tag, String::new())
    }

    fn of_solvable(tag: &Tag<'_>) -> Option<Self> {
        Self::new(tag, tag.get("repository").to_owned())
    }

    fn new(tag: &Tag<'_>, repo: String) -> Option<Self> {
        let old = rpm::without_zero_epoch(tag.get("edition-old"));
        let from = match old {
            "" => None,
            old => Some(Version::new(old).ok()?),
        };
        Some(Self {
            key: key(tag.get("name"), tag.get("arch"))?,
            from,
            to: Version::new(rpm::without_zero_epoch(tag.get("edition"))).ok()?,
            repo,
        })
    }

    fn update(self, status: UpdateStatus) -> Update {
        Update {
            package: self.key.package,
            arch: self.key.arch,
            from: self.from,
            to: self.to,
            repo: self.repo,
            status,
            security: None,
            severity: None,
            advisories: Vec::new(),
            cves: Vec::new(),
            size: None,
        }
    }
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

struct Patch {
    security: bool,
    severity: String,
    cves: Vec<String>,
}

fn fixes(patches: &str, contents: &str) -> Vec<Fix> {
    let patches = needed_patches(patches);
    let mut fixes = Vec::new();
    let mut current = None;
    for line in filled_lines(contents) {
        let (field, value) = match line.split_once(" : ") {
            Some((field, value)) if !line.starts_with(' ') => (field.trim(), value.trim()),
            _ => ("", line.trim()),
        };
        if field == "Name" {
            current = patches.get_key_value(value);
        }
        if let Some((id, patch)) = current
            && matches!(field, "Conflicts" | "")
            && let Some((package, fixed)) = value.split_once(" < ")
        {
            let (package, arch) = package_and_architecture(package.trim());
            fixes.push(Fix {
                advisory: id.clone(),
                security: patch.security,
                severity: patch.severity.clone(),
                cves: patch.cves.clone(),
                package,
                arch,
                fixed: fixed.trim().to_owned(),
            });
        }
    }
    fixes
}

/// `foo`, or `foo.x86_64` as SUSE's own patches write it.
fn package_and_architecture(text: &str) -> (String, Option<String>) {
    const ARCHITECTURES: [&str; 11] = [
        "noarch",
        "x86_64",
        "i586",
        "i686",
        "aarch64",
        "aarch64_ilp32",
        "ppc64le",
        "s390x",
        "armv7hl",
        "riscv64",
        "src",
    ];
    match text.rsplit_once('.') {
        Some((name, arch)) if ARCHITECTURES.contains(&arch) => (name.to_owned(), Some(arch.to_owned())),
        _ => (text.to_owned(), None),
    }
}

fn needed_patches(xml: &str) -> BTreeMap<String, Patch> {
    let mut patches = BTreeMap::new();
    let mut current = String::new();
    for tag in tags(xml) {
        if tag.name == "update" && tag.get("kind") == "patch" {
            tag.get("name").clone_into(&mut current);
            patches.insert(
                current.clone(),
                Patch {
                    security: tag.get("category") == "security",
                    severity: tag.get("severity").to_lowercase(),
                    cves: Vec::new(),
                },
            );
        } else if tag.name == "issue"
            && tag.get("type") == "cve"
            && let Some(patch) = patches.get_mut(&current)
        {
            patch.cves.push(tag.get("id").to_owned());
        }
    }
    patches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::section::Section;

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

    #[test]
    fn suse_writes_many_conflicts_below_each_other() {
        let found = fixes(
            "<update kind=\"patch\" name=\"SUSE-1\" category=\"security\" severity=\"important\"><issue type=\"cve\" id=\"CVE-1\"/></update>",
            "Name        : SUSE-1\nConflicts   : [3]\n    srcpackage:bind < 9.16.6\n    libbind9.x86_64 < 9.16.6-1\n    bind-doc.noarch < 9.16.6-1\n",
        );
        let shown: Vec<_> = found
            .iter()
            .map(|fix| (fix.package.as_str(), fix.arch.as_deref(), fix.fixed.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("srcpackage:bind", None, "9.16.6"),
                ("libbind9", Some("x86_64"), "9.16.6-1"),
                ("bind-doc", Some("noarch"), "9.16.6-1")
            ]
        );
        assert!(found.iter().all(|fix| fix.security && fix.cves == ["CVE-1"]));
    }
}
