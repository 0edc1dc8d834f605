//! pacman: Arch Linux and kin.
//!
//! Sections, all against a private copy of the databases, or the host's own when nothing was refreshed:
//!
//! - `repositories`: the names of the database files. `repository-ages`: lines `SECONDS NAME.db`.
//! - `updates`: `pacman -Qu`: `NAME OLD -> NEW`, with `[ignored]`. Exit code 1 when there is none.
//! - `simulation`: `NAME|VERSION|ARCH|REPOSITORY|BYTES`: what `pacman -Su` would install, without the packages
//!   that `blocked` names: pacman's lines `:: …` about dependencies that keep it from the whole upgrade.
//! - `ignored`: the same rows for packages with a newer version that the simulation leaves out.
//! - `details`: of `pacman -Si` for the simulated packages `Name`, `Version`, `Provides`, `Depends On`,
//!   `Conflicts With`, `Replaces`.
//! - `relations`: `NAME|VERSION|PROVIDES|CONFLICTS` of each installed package.
//! - `ignore`: `package GLOB`, `group NAME`, `member GROUP PACKAGE`: what `pacman.conf(5)` ignores.
//! - `foreign`: the names of installed packages that no repository has.
//!
//! `pacman -Sup` checks dependencies and no conflicts, and replaces packages without saying so: both are found
//! in [`conflicts`] from `details` and `relations`.
//!
//! pacman knows of no advisories: whether an update fixes a security problem is unknown.

mod conflicts;
mod reasons;

use std::collections::BTreeMap;

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::{PackageName, Version};
use crate::model::section::Sections;
use crate::model::text::{count, printable, shorten};
use crate::model::update::{Update, UpdateStatus};

use super::dependents::hold_dependents;
use super::listing::{Listing, Row, filled_lines, key};
use conflicts::Relations;
use reasons::{Ignored, blocked};

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a listing or a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    let mut listing = Listing::default();
    if let Some(section) = sections.get("updates")
        && section.exit_code != 0
        && section.stderr.contains("error:")
    {
        return Err(super::failure(Manager::Pacman, section.exit_code, &section.stderr));
    }
    let mut older = older_versions(sections.text("updates"), &mut listing);
    let refused = resolve_problem(sections)?;
    if let Some(problem) = &refused {
        listing
            .notices
            .push(format!("no update can be installed now: {problem}"));
    }
    let planned = planned(sections, &mut listing);
    let relations = Relations::new(sections, &planned);
    for row in planned {
        let from = older.remove(row.key.package.as_str()).map(|old| old.from);
        let update = Row { from, ..row }.update(UpdateStatus::Upgradable);
        listing.updates.push(relations.judge(update));
    }
    hold_dependents(Manager::Pacman, &mut listing.updates, &relations.needs());
    let left = LeftOut {
        ignored: Ignored::parse(sections.text("ignore")),
        blocked: blocked(sections.text("blocked")),
        refused,
    };
    left_out(sections, older, &left, &mut listing);
    notices(sections, &left, &mut listing);
    listing.tidy();
    Ok(listing)
}

/// Whether any repository's database is on the host.
#[must_use]
pub fn knows_repositories(sections: &Sections) -> bool {
    filled_lines(sections.text("repositories")).next().is_some()
}

/// The rows of the simulation. pacman's own words between them are no rows.
fn planned(sections: &Sections, listing: &mut Listing) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in filled_lines(sections.text("simulation")) {
        match parse_row(line) {
            Some(row) => rows.push(row),
            None => listing.unparsed += usize::from(line.contains('|')),
        }
    }
    rows
}

struct LeftOut<'a> {
    ignored: Ignored<'a>,
    blocked: BTreeMap<&'a str, String>,
    refused: Option<String>,
}

impl LeftOut<'_> {
    fn judge(&self, row: Row, ignored: bool) -> Update {
        let name = row.key.package.to_string();
        let (status, reason) = if ignored {
            (UpdateStatus::Excluded, self.ignored.reason(&name))
        } else if let Some(reason) = self.blocked.get(name.as_str()) {
            (UpdateStatus::KeptBack, reason.clone())
        } else {
            let reason = self.refused.clone();
            let reason = reason.unwrap_or_else(|| "pacman leaves it out of the upgrade".to_owned());
            (UpdateStatus::KeptBack, reason)
        };
        let mut update = row.update(status);
        update.reason = Some(shorten(&printable(&reason), 300));
        update
    }
}

/// What has a newer version and would not be installed. Where even its repository is not known, it has no
/// architecture here; most packages of that kind are `any`.
fn left_out(sections: &Sections, mut older: BTreeMap<String, Older>, left: &LeftOut<'_>, listing: &mut Listing) {
    for line in filled_lines(sections.text("ignored")) {
        if let Some(row) = parse_row(line)
            && let Some(old) = older.remove(row.key.package.as_str())
        {
            let from = Some(old.from);
            listing.updates.push(left.judge(Row { from, ..row }, old.ignored));
        }
    }
    for (name, old) in older {
        let Some(key) = key(&name, "any") else {
            listing.unparsed += 1;
            continue;
        };
        let row = Row {
            key,
            from: Some(old.from),
            to: old.to,
            repo: String::new(),
            size: None,
        };
        listing.updates.push(left.judge(row, old.ignored));
    }
}

fn notices(sections: &Sections, left: &LeftOut<'_>, listing: &mut Listing) {
    if let Some(reason) = left.blocked.values().next() {
        listing.notices.push(format!(
            "pacman refuses the whole upgrade ({reason}): without {} it is a partial one, which Arch does not support",
            left.blocked.keys().copied().collect::<Vec<_>>().join(", ")
        ));
    }
    let is_keyring = |update: &&Update| update.is_pending() && update.package.as_str() == "archlinux-keyring";
    if listing.updates.iter().find(is_keyring).is_some() && listing.updates.len() > 1 {
        listing.notices.push(
            "archlinux-keyring is among the updates: if a signature is refused, upgrade it alone first, then the rest"
                .to_owned(),
        );
    }
    let foreign: Vec<&str> = filled_lines(sections.text("foreign")).collect();
    if !foreign.is_empty() {
        let shown: Vec<&str> = foreign.iter().take(5).copied().collect();
        let more = if foreign.len() > shown.len() { ", …" } else { "" };
        listing.notices.push(format!(
            "{} in no repository ({}{more}): their updates are unknown",
            count(foreign.len(), "installed package"),
            shown.join(", ")
        ));
    }
}

/// An upgrade that cannot be resolved keeps everything back; one that failed otherwise is an error.
fn resolve_problem(sections: &Sections) -> Result<Option<String>, HostError> {
    let Some(section) = sections.get("simulation") else {
        return Ok(None);
    };
    if section.exit_code == 0 {
        return Ok(None);
    }
    let said = format!("{}\n{}", section.stderr, section.stdout);
    let problem = super::failure(Manager::Pacman, section.exit_code, &said);
    if problem.code != ErrorCode::Dep {
        return Err(problem);
    }
    // What is behind a colon pair says more than the line above it.
    let telling = said.lines().find_map(|line| line.strip_prefix(":: "));
    Ok(Some(telling.map_or(problem.message, str::to_owned)))
}

struct Older {
    from: Version,
    to: Version,
    ignored: bool,
}

fn older_versions(text: &str, listing: &mut Listing) -> BTreeMap<String, Older> {
    let mut older = BTreeMap::new();
    for line in filled_lines(text) {
        match parse_older(line) {
            Some((name, versions)) => {
                older.insert(name, versions);
            }
            None => listing.unparsed += 1,
        }
    }
    older
}

fn parse_older(line: &str) -> Option<(String, Older)> {
    let mut words = line.split(' ');
    let name = words.next()?.to_owned();
    let from = Version::new(words.next()?).ok()?;
    if words.next()? != "->" {
        return None;
    }
    let to = Version::new(words.next()?).ok()?;
    let ignored = words.next().is_some();
    Some((name, Older { from, to, ignored }))
}

fn parse_row(line: &str) -> Option<Row> {
    let mut fields = line.split('|');
    let (name, version, arch) = (fields.next()?, fields.next()?, fields.next()?);
    Some(Row {
        key: key(name, arch)?,
        from: None,
        to: Version::new(version).ok()?,
        repo: fields.next()?.to_owned(),
        size: fields.next()?.parse().ok(),
    })
}

/// The names that are names.
fn names<'a>(words: impl Iterator<Item = &'a str>) -> Vec<PackageName> {
    words.filter_map(|word| PackageName::new(word).ok()).collect()
}
