//! pacman: Arch Linux and kin.
//!
//! Sections, all against a private copy of the databases, or the host's own when nothing was refreshed:
//!
//! - `repositories`: the names of the database files.
//! - `updates`: `pacman -Qu`: `NAME OLD -> NEW`, with `[ignored]`. Exit code 1 when there is none.
//! - `simulation`: `NAME|VERSION|ARCH|REPOSITORY|BYTES`: what `pacman -Su` would install.
//! - `ignored`: the same for the packages that the host's configuration ignores.
//!
//! pacman knows of no advisories: whether an update fixes a security problem is unknown.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::Version;
use crate::model::section::Sections;
use crate::model::update::UpdateStatus;

use super::listing::{Listing, Row, filled_lines, key};

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
    resolve_problem(sections, &mut listing)?;
    let replacing = replacing(sections.text("simulation"));
    for line in filled_lines(sections.text("simulation")) {
        let Some(row) = parse_row(line) else {
            // pacman's own words begin with a colon or name what they are; they are no rows.
            listing.unparsed += usize::from(line.contains('|'));
            continue;
        };
        let name = row.key.package.to_string();
        let status = if replacing.contains(name.as_str()) {
            listing.notices.push(format!(
                "{name} would replace another package: patchwave removes nothing without consent"
            ));
            UpdateStatus::KeptBack
        } else {
            UpdateStatus::Upgradable
        };
        let from = older.remove(&name).map(|old| old.from);
        listing.updates.push(Row { from, ..row }.update(status));
    }
    for line in filled_lines(sections.text("ignored")) {
        if let Some(row) = parse_row(line)
            && let Some(old) = older.remove(row.key.package.as_str())
        {
            let from = Some(old.from);
            listing.updates.push(Row { from, ..row }.update(UpdateStatus::Held));
        }
    }
    // What the resolver leaves out has no architecture here; most packages of that kind are `any`.
    for (name, old) in older {
        let status = if old.ignored {
            UpdateStatus::Held
        } else {
            UpdateStatus::KeptBack
        };
        match key(&name, "any") {
            Some(key) => listing.updates.push(
                Row {
                    key,
                    from: Some(old.from),
                    to: old.to,
                    repo: String::new(),
                    size: None,
                }
                .update(status),
            ),
            None => listing.unparsed += 1,
        }
    }
    listing.tidy();
    Ok(listing)
}

/// Whether any repository's database is on the host.
#[must_use]
pub fn knows_repositories(sections: &Sections) -> bool {
    filled_lines(sections.text("repositories")).next().is_some()
}

/// An upgrade that cannot be resolved keeps everything back; one that failed otherwise is an error.
fn resolve_problem(sections: &Sections, listing: &mut Listing) -> Result<(), HostError> {
    let Some(section) = sections.get("simulation") else {
        return Ok(());
    };
    if section.exit_code == 0 {
        return Ok(());
    }
    let said = format!("{}\n{}", section.stderr, section.stdout);
    let problem = super::failure(Manager::Pacman, section.exit_code, &said);
    if problem.code != ErrorCode::Dep {
        return Err(problem);
    }
    listing
        .notices
        .push(format!("no update can be installed now: {}", problem.message));
    Ok(())
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

/// `:: Replace OLD with REPOSITORY/NEW? [Y/n]`: what `--noconfirm` would agree to.
fn replacing(text: &str) -> BTreeSet<&str> {
    filled_lines(text)
        .filter_map(|line| line.strip_prefix(":: Replace "))
        .filter_map(|rest| rest.split(" with ").nth(1)?.split('?').next())
        .map(|target| target.rsplit('/').next().unwrap_or(target))
        .collect()
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
