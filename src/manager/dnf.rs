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
//! - `sizes`: the same of the packages that the table would install anew, in every version.
//! - `exclusions`: see [`exclusions`]. - `advisory-marks`: see [`advisories`].
//! - `locks`: `versionlock list`. - `present`: `NAME|ARCH|[EPOCH:]VERSION-RELEASE` of the packages above
//!   that are installed.
//!
//! What would be installed now is what the table plans. A package that would replace another one removes
//! it, and nothing is removed without consent: it is kept back, and names what it would remove.

pub(super) mod advisories;
mod exclusions;
mod problems;
pub(super) mod repositories;
mod subscription;
mod table;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::{PackageName, Version};
use crate::model::section::Sections;
use crate::model::update::{PackageKey, Update, UpdateStatus};

use advisories::Advisories;
use exclusions::Exclusions;
use problems::Problems;
use subscription::Subscription;
use table::{Table, TableRow, parse_table};

use super::listing::{Installed, Listing, Row, filled_lines, key, parse_installed};
use super::removal::needs_consent;
use super::rpm;

/// What a parser of this family gives besides the shared sections.
pub(super) struct Knowledge<'a, L> {
    /// Which manager it is.
    pub manager: Manager,
    /// The advisories of its repositories.
    pub advisories: Advisories<'a>,
    /// The lock that keeps a version of a package away, in words; the last value says whether the configuration
    /// lets the version be seen at all.
    pub lock: L,
}

/// Reads the updates.
pub(super) fn updates<L>(sections: &Sections, known: &Knowledge<'_, L>) -> Result<Listing, HostError>
where
    L: Fn(&PackageKey, &Version, bool) -> Option<String>,
{
    let mut listing = Listing::default();
    let (candidates, unparsed) = candidates(sections.text("updates"));
    let (included, _) = self::candidates(sections.text("included"));
    let (sizes, not_sized) = self::sizes(sections.text("sizes"));
    let (present, not_understood) = parse_installed(sections.text("present"));
    let (exclusions, not_settings) = Exclusions::new(sections.text("exclusions"));
    listing.unparsed = unparsed + not_sized + not_understood + not_settings + known.advisories.unparsed;
    if let Some(section) = sections.get("updates")
        && section.exit_code != 0
    {
        // A repository that could not be fetched, and of which nothing is known, leaves dnf without a list.
        let failure = super::failure(known.manager, section.exit_code, &section.stderr);
        return Err(super::refresh_problem(known.manager, sections).unwrap_or(failure));
    }
    let table = simulated_table(known.manager, sections, &mut listing)?;
    let problems = Problems::new(sections.get("simulation").map_or("", |section| section.stderr.as_str()));
    let is_simulated = table.is_some();
    let table = table.unwrap_or_default();
    listing.unparsed += table.unparsed;
    let mut planned = BTreeSet::new();
    for row in table.planned {
        planned.insert(row.key.clone());
        listing
            .updates
            .push(planned_update(known.manager, row, &candidates, &sizes, &present));
    }
    for (key, candidate) in candidates {
        if planned.contains(&key) {
            continue;
        }
        let from = newest(&present, &key);
        let is_included = included.contains_key(&key);
        let (status, reason) = if let Some(lock) = (known.lock)(&key, &candidate.to, is_included) {
            (UpdateStatus::Held, Some(lock))
        } else if !is_included {
            let reason = exclusions.reason(&key, &candidate.to, &candidate.repo);
            (UpdateStatus::Excluded, Some(reason))
        } else if is_simulated {
            let reason = problems.reason(&key, from.as_ref(), &candidate.to);
            let reason = reason.unwrap_or_else(|| "the manager leaves it out of the transaction".to_owned());
            (UpdateStatus::KeptBack, Some(reason))
        } else {
            (UpdateStatus::Upgradable, None)
        };
        let found = Row {
            from,
            key,
            to: candidate.to,
            repo: candidate.repo,
            size: candidate.size,
        };
        let mut update = found.update(status);
        update.reason = reason;
        listing.updates.push(update);
    }
    judge(sections, known, &mut listing);
    listing.tidy();
    Ok(listing)
}

/// A row of the table. What it would replace is not removed without consent.
fn planned_update(
    manager: Manager,
    row: TableRow,
    candidates: &Candidates,
    sizes: &Sizes,
    present: &Installed,
) -> Update {
    let candidate = candidates.get(&row.key).filter(|other| other.to == row.to);
    let size = candidate
        .and_then(|candidate| candidate.size)
        .or_else(|| sizes.get(&(row.key.clone(), row.to.clone())).copied());
    let found = Row {
        from: newest(present, &row.key),
        size,
        key: row.key,
        to: row.to,
        repo: row.repo,
    };
    if row.replaces.is_empty() {
        return found.update(UpdateStatus::Upgradable);
    }
    let mut update = found.update(UpdateStatus::KeptBack);
    let names: Vec<&str> = row.replaces.iter().map(String::as_str).collect();
    update.reason = Some(needs_consent(manager, "it would replace", &names));
    update.removes = row
        .replaces
        .iter()
        .filter_map(|name| PackageName::new(name.as_str()).ok())
        .collect();
    update
}

/// What subscriptions and advisories say of the updates.
fn judge<L>(sections: &Sections, known: &Knowledge<'_, L>, listing: &mut Listing) {
    let subscription = Subscription::new(known.manager, sections);
    for update in &mut listing.updates {
        if update.is_pending()
            && let Some(reason) = subscription.reason(&update.repo)
        {
            update.status = UpdateStatus::NeedsSubscription;
            update.reason = Some(reason);
        }
        known.advisories.annotate(update);
    }
    listing.notices.extend(subscription.notice());
    let notices = known.advisories.notices(&listing.updates);
    listing.notices.extend(notices);
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

type Candidates = BTreeMap<PackageKey, Candidate>;

/// Download sizes in bytes of exact versions.
type Sizes = BTreeMap<(PackageKey, Version), u64>;

fn sizes(text: &str) -> (Sizes, usize) {
    let mut found = Sizes::new();
    let mut unparsed = 0;
    for line in filled_lines(text) {
        match parse_candidate(line) {
            Some((key, candidate)) => {
                if let Some(size) = candidate.size {
                    found.insert((key, candidate.to), size);
                }
            }
            None => unparsed += 1,
        }
    }
    (found, unparsed)
}

fn candidates(text: &str) -> (Candidates, usize) {
    let mut found = Candidates::new();
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
