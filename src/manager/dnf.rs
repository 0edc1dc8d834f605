//! What dnf 4 and dnf 5 share: candidates, the table of a transaction, locks.
//!
//! Sections that both print:
//!
//! - `repositories`: lines `FOLDER yes|no`: repositories with metadata, and whether they have advisories.
//! - `updates`: `NAME|ARCH|EPOCH:VERSION-RELEASE|REPOSITORY|BYTES`: the newest version of each package,
//!   excluded ones too (`repoquery --upgrades --latest-limit=1`).
//! - `included`: the same without what the configuration excludes.
//! - `simulation`: `upgrade --assumeno`: the table of what would be done, exit code 1; or nothing to do, 0;
//!   77 when it wants root.
//! - `locks`: `versionlock list`. - `present`: `NAME|ARCH|[EPOCH:]VERSION-RELEASE` of the packages above
//!   that are installed.
//!
//! What would be installed now is what the table plans. A package that would replace another one removes
//! it, and nothing is removed without consent: it is kept back, with a notice.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::Version;
use crate::model::section::Sections;
use crate::model::update::{PackageKey, UpdateStatus};

use super::advisory::Fixes;
use super::listing::{Installed, Listing, Row, filled_lines, key, parse_installed};
use super::rpm;

/// Reads the updates; `fixes` are the advisories, `is_locked` knows the version locks.
pub(super) fn updates(
    manager: Manager,
    sections: &Sections,
    fixes: &Fixes<'_>,
    is_locked: impl Fn(&str) -> bool,
) -> Result<Listing, HostError> {
    let mut listing = Listing::default();
    let (candidates, unparsed) = candidates(sections.text("updates"));
    let (included, _) = self::candidates(sections.text("included"));
    let (present, not_understood) = parse_installed(sections.text("present"));
    listing.unparsed = unparsed + not_understood;
    if let Some(section) = sections.get("updates")
        && section.exit_code != 0
    {
        return Err(super::failure(manager, section.exit_code, &section.stderr));
    }
    let table = simulated_table(manager, sections, &mut listing)?;
    let is_simulated = table.is_some();
    let table = table.unwrap_or_default();
    listing.unparsed += table.unparsed;
    let mut planned = BTreeSet::new();
    for row in table.planned {
        let candidate = candidates.get(&row.key).filter(|other| other.to == row.to);
        let status = match row.replaces.as_slice() {
            [] => UpdateStatus::Upgradable,
            replaced => {
                listing.notices.push(format!(
                    "{} {} would replace {}: patchwave removes nothing without consent",
                    row.key.package,
                    row.to,
                    replaced.join(", ")
                ));
                UpdateStatus::KeptBack
            }
        };
        planned.insert(row.key.clone());
        let found = Row {
            from: newest(&present, &row.key),
            size: candidate.and_then(|candidate| candidate.size),
            key: row.key,
            to: row.to,
            repo: row.repo,
        };
        listing.updates.push(found.update(status));
    }
    for (key, candidate) in candidates {
        if planned.contains(&key) {
            continue;
        }
        let status = if is_locked(key.package.as_str()) {
            UpdateStatus::Held
        } else if !included.contains_key(&key) {
            UpdateStatus::Excluded
        } else if is_simulated {
            UpdateStatus::KeptBack
        } else {
            UpdateStatus::Upgradable
        };
        let found = Row {
            from: newest(&present, &key),
            key,
            to: candidate.to,
            repo: candidate.repo,
            size: candidate.size,
        };
        listing.updates.push(found.update(status));
    }
    for update in &mut listing.updates {
        fixes.annotate(update);
    }
    listing.tidy();
    Ok(listing)
}

/// What the simulation would do; `None` when there was none (no root). One that cannot be resolved keeps
/// everything back; one that failed otherwise is an error.
fn simulated_table(manager: Manager, sections: &Sections, listing: &mut Listing) -> Result<Option<Table>, HostError> {
    let Some(section) = sections.get("simulation") else {
        return Ok(None);
    };
    if section.exit_code == 77 {
        listing.notices.push(super::UNSIMULATED.to_owned());
        return Ok(None);
    }
    let answered_no = section.exit_code == 1 && section.stderr.contains("Operation aborted");
    if section.exit_code == 0 || answered_no {
        return Ok(Some(parse_table(&section.stdout)));
    }
    let problem = super::failure(
        manager,
        section.exit_code,
        &format!("{}\n{}", section.stderr, section.stdout),
    );
    if problem.code != ErrorCode::Dep {
        return Err(problem);
    }
    listing
        .notices
        .push(format!("no update can be installed now: {}", problem.message));
    Ok(Some(Table::default()))
}

/// The highest installed version; of several kernels the newest. A package may come in another
/// architecture than before (`noarch` to `x86_64`).
fn newest(present: &Installed, key: &PackageKey) -> Option<Version> {
    let same_name = || {
        let mut all = present.iter().filter(|(other, _)| other.package == key.package);
        match (all.next(), all.next()) {
            (Some((_, versions)), None) => Some(versions),
            _ => None,
        }
    };
    present
        .get(key)
        .or_else(same_name)?
        .iter()
        .max_by(|a, b| rpm::compare(a.as_str(), b.as_str()))
        .cloned()
}

struct Candidate {
    to: Version,
    repo: String,
    size: Option<u64>,
}

fn candidates(text: &str) -> (BTreeMap<PackageKey, Candidate>, usize) {
    let mut found: BTreeMap<PackageKey, Candidate> = BTreeMap::new();
    let mut unparsed = 0;
    for line in filled_lines(text) {
        let Some((key, candidate)) = parse_candidate(line) else {
            unparsed += 1;
            continue;
        };
        let is_older = found
            .get(&key)
            .is_some_and(|other| rpm::compare(candidate.to.as_str(), other.to.as_str()) == Ordering::Less);
        if !is_older {
            found.insert(key, candidate);
        }
    }
    (found, unparsed)
}

fn parse_candidate(line: &str) -> Option<(PackageKey, Candidate)> {
    let mut fields = line.split('|');
    let key = key(fields.next()?, fields.next()?)?;
    let to = Version::new(rpm::without_zero_epoch(fields.next()?)).ok()?;
    let repo = fields.next()?.to_owned();
    let size = fields.next()?.parse().ok();
    Some((key, Candidate { to, repo, size }))
}

/// What a transaction would do.
#[derive(Debug, Default)]
struct Table {
    planned: Vec<TableRow>,
    unparsed: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct TableRow {
    key: PackageKey,
    to: Version,
    repo: String,
    /// Packages of another name that it replaces.
    replaces: Vec<String>,
}

/// The parts of a table, by their headings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Planned,
    Other,
}

/// Reads ` NAME ARCH VERSION REPOSITORY SIZE UNIT` below headings such as `Upgrading:`. A long name of
/// dnf before 4.15 pushes the rest of its row to the next line. What a row replaces stands below it:
/// dnf 4 `replacing  NAME.ARCH VERSION`, dnf 5 a row of its own.
fn parse_table(text: &str) -> Table {
    let mut table = Table::default();
    let mut part = Part::Other;
    let mut words: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !line.starts_with(' ') {
            if !words.is_empty() {
                table.unparsed += 1;
                words.clear();
            }
            part = match line {
                _ if !line.ends_with(':') => part_after(line, part),
                _ if line.starts_with("Upgrading") || line.starts_with("Installing") => Part::Planned,
                _ => Part::Other,
            };
        } else if part == Part::Planned {
            match line.trim_start().strip_prefix("replacing ") {
                Some(rest) => table.replaced(rest),
                None => {
                    words.extend(line.split_whitespace());
                    if words.len() >= 6 {
                        table.add(&words);
                        words.clear();
                    }
                }
            }
        }
    }
    table
}

/// An empty line or a rule ends a part.
fn part_after(line: &str, part: Part) -> Part {
    if line.is_empty() || line.starts_with('=') || line.starts_with("Transaction") {
        Part::Other
    } else {
        part
    }
}

impl Table {
    fn add(&mut self, words: &[&str]) {
        let row = match words {
            [name, arch, evr, repo, ..] => {
                let to = Version::new(rpm::without_zero_epoch(evr)).ok();
                key(name, arch).zip(to).map(|(key, to)| TableRow {
                    key,
                    to,
                    repo: (*repo).to_owned(),
                    replaces: Vec::new(),
                })
            }
            _ => None,
        };
        match row {
            Some(row) => self.planned.push(row),
            None => self.unparsed += 1,
        }
    }

    fn replaced(&mut self, rest: &str) {
        let Some(first) = rest.split_whitespace().next() else {
            return;
        };
        let Some(row) = self.planned.last_mut() else {
            return;
        };
        // dnf 4 writes the architecture behind the name.
        let name = first
            .strip_suffix(&format!(".{}", row.key.arch))
            .or_else(|| first.strip_suffix(".noarch"))
            .unwrap_or(first);
        if name != row.key.package.as_str() {
            row.replaces.push(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_was_broken_is_put_together() {
        let table = parse_table(
            "Dependencies resolved.\n================\n Package   Arch  Version  Repository  Size\n================\nUpgrading:\n a-very-long-name-that-does-not-fit\n           noarch 1:1.1-1.el8 baseos 5.7 k\n foo       x86_64 1.2-1      baseos 6.0 k\nInstalling:\n new       noarch 2.0-1      extra  5.5 k\n     replacing  old.noarch 1.0-1\nSkipping packages with broken dependencies:\n bad       noarch 1.1-1      extra  5.4 k\n\nTransaction Summary\n================\nInstall  1 Package\n",
        );
        let shown: Vec<String> = table
            .planned
            .iter()
            .map(|row| format!("{} {} {:?}", row.key.package, row.to, row.replaces))
            .collect();
        assert_eq!(
            shown,
            [
                "a-very-long-name-that-does-not-fit 1:1.1-1.el8 []",
                "foo 1.2-1 []",
                "new 2.0-1 [\"old\"]"
            ]
        );
        assert_eq!(table.unparsed, 0);
    }
}
