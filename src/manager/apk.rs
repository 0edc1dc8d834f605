//! apk: Alpine Linux, versions 2 and 3.
//!
//! Sections:
//!
//! - `repositories`: `/etc/apk/repositories`. `repository-ages`: lines `SECONDS INDEX`.
//! - `simulation`: `apk upgrade -s --no-self-upgrade`: `(1/4) Upgrading NAME (OLD -> NEW)`, without the packages
//!   that apk names as the cause when it refuses the whole upgrade; `blocked` is that first refusal.
//! - `updates`: `apk list -u`: every newer version, pinned packages too.
//! - `reasons`: what `apk add -s NAME=VERSION…` says of packages that are neither simulated nor pinned.
//! - `purged`: when the upgrade would remove packages: `apk info -r` of those, `apk info -P` of the new ones,
//!   `apk info -R` of all that are named.
//! - `details`: `apk list NAME…`: the architectures. `policy`: `apk policy NAME…`: the repositories.
//! - `sizes`: `apk query --format json …`; from apk 2, which has no such command, `NAME|VERSION|ARCHITECTURE|BYTES`.
//! - `broken`: the names of packages whose script failed: every apk exits with 1 from then on.
//! - `world`: `/etc/apk/world`: a name with a version or a tag is pinned.
//!
//! apk knows of no advisories: whether an update fixes a security problem is unknown.

mod known;
mod reasons;
mod relations;
pub(super) mod steps;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::PackageName;
use crate::model::section::Sections;
use crate::model::text::{printable, shorten};
use crate::model::update::{Update, UpdateStatus};

use super::dependents::hold_dependents;
use super::listing::{Listing, filled_lines, join_lines};
use super::removal::needs_consent;
use known::{Known, newest};
use reasons::{of_pin, pinned, unmet};
use relations::Relations;
use steps::{Step, parse_step};

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    let mut listing = Listing::default();
    let refused = resolve_problem(sections, &mut listing)?;
    let known = Known::new(sections, &mut listing);
    let planned = planned(sections, &known, &mut listing);
    let pinned = pinned(sections.text("world"));
    let mut unmet = unmet(sections.text("reasons"));
    for (name, reason) in reasons::unmet(sections.text("blocked")) {
        unmet.entry(name).or_insert(reason);
    }
    for (name, (from, to)) in newest(sections.text("updates"), sections.text("sizes"), &mut listing) {
        if planned.contains(name) {
            continue;
        }
        let (status, reason) = match pinned.get(name) {
            Some((word, status)) => (*status, of_pin(word, *status)),
            None => {
                let reason = unmet.get(name).or(refused.as_ref());
                let unknown = || "apk leaves it out of the upgrade".to_owned();
                (UpdateStatus::KeptBack, reason.map_or_else(unknown, Clone::clone))
            }
        };
        let update = known.update(name, Some(from), to, status);
        push(update.map(|update| with_reason(update, &reason)), &mut listing);
    }
    listing.tidy();
    Ok(listing)
}

/// Whether any repository is configured.
#[must_use]
pub fn knows_repositories(sections: &Sections) -> bool {
    filled_lines(sections.text("repositories")).any(|line| !line.trim_start().starts_with('#'))
}

/// Takes the steps of the simulation into the listing, and gives the names that they change.
fn planned<'a>(sections: &'a Sections, known: &Known<'_>, listing: &mut Listing) -> BTreeSet<&'a str> {
    let mut planned = BTreeSet::new();
    let mut removed = Vec::new();
    let mut updates: BTreeMap<&str, Update> = BTreeMap::new();
    for line in filled_lines(sections.text("simulation")) {
        let (name, update) = match parse_step(line) {
            Step::Install { name, from, to } => (name, known.update(name, from, to, UpdateStatus::Upgradable)),
            Step::Downgrade { name, from, to } => {
                let update = known.update(name, Some(from), to, UpdateStatus::KeptBack);
                let why = "it would go back to an older version: patchwave does that only when asked to";
                (name, update.map(|update| with_reason(update, why)))
            }
            Step::Remove { name, .. } => {
                removed.push(name);
                continue;
            }
            Step::Unknown => {
                listing.unparsed += 1;
                continue;
            }
            Step::None => continue,
        };
        planned.insert(name);
        match update {
            Some(update) => drop(updates.insert(name, update)),
            None => listing.unparsed += 1,
        }
    }
    hold_back_removals(&removed, sections.text("purged"), &mut updates, listing);
    planned
}

/// An upgrade that no longer needs what only it needed removes that, and a new package may take an old one's place;
/// apk does it in the same transaction.
fn hold_back_removals(removed: &[&str], purged: &str, updates: &mut BTreeMap<&str, Update>, listing: &mut Listing) {
    let relations = Relations::parse(purged);
    for name in removed {
        let mut is_said = false;
        for cause in relations.causes(name) {
            if let (Some(update), Ok(removed)) = (updates.get_mut(cause), PackageName::new(*name)) {
                is_said = true;
                update.status = UpdateStatus::KeptBack;
                update.removes.push(removed);
                let all: Vec<&str> = update.removes.iter().map(PackageName::as_str).collect();
                update.reason = Some(needs_consent(Manager::Apk, "apk would also remove", &all));
            }
        }
        if !is_said {
            listing.notices.push(format!(
                "the upgrade would remove {name}: patchwave removes nothing without consent"
            ));
        }
    }
    let mut all: Vec<Update> = std::mem::take(updates).into_values().collect();
    hold_dependents(Manager::Apk, &mut all, &relations.needs);
    listing.updates.extend(all);
}

fn with_reason(mut update: Update, reason: &str) -> Update {
    update.reason = Some(shorten(&printable(reason), 300));
    update
}

fn push(update: Option<Update>, listing: &mut Listing) {
    match update {
        Some(update) => listing.updates.push(update),
        None => listing.unparsed += 1,
    }
}

/// Why nothing can be installed now, in words, when that is so.
fn resolve_problem(sections: &Sections, listing: &mut Listing) -> Result<Option<String>, HostError> {
    let Some(section) = sections.get("simulation") else {
        return Ok(None);
    };
    if section.exit_code == 0 {
        return Ok(None);
    }
    let names = join_lines(filled_lines(sections.text("broken")), 5);
    if section.exit_code == 1 && !names.is_empty() {
        listing.broken = Some(HostError::new(
            ErrorCode::Broken,
            format!("a script of {names} failed before, and every apk fails since"),
            "run `patchwave repair HOST`, then try again",
        ));
        return Ok(None);
    }
    let said = format!("{}\n{}", section.stderr, section.stdout);
    let problem = super::failure(Manager::Apk, section.exit_code, &said);
    if problem.code != ErrorCode::Dep {
        return Err(problem);
    }
    let refused = filled_lines(&said)
        .skip_while(|line| !line.contains("unable to select packages"))
        .map(|line| line.trim_start_matches("ERROR: "));
    let message = join_lines(refused, 6);
    let message = if message.is_empty() { problem.message } else { message };
    listing
        .notices
        .push(format!("no update can be installed now: {message}"));
    Ok(Some(message))
}
