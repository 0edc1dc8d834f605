//! Plans one host again when its turn has come, from what it is offered now and under the plan's own rule. Pure.
//!
//! What must stay true: what was old enough for the plan is old enough now; a version that came since is as young as
//! the run, because nobody saw it before. No catalogue of exploited vulnerabilities is at hand then, so that a fix that
//! came since waits as well: the safe side.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::age::AgeKnowledge;
use super::updates::{Choice, Restrictions, choose_updates};
use crate::model::first_seen::{FirstSeen, SeenVersion, Sighting};
use crate::model::host::Host;
use crate::model::name::PackageName;
use crate::model::plan::{Basis, PlannedChange, PlannedHost};
use crate::model::scan::HostScan;
use crate::model::update::{PackageKey, UpdateStatus};
use crate::model::update_rule::UpdateRule;

/// What the host gets instead of what was planned. Packages that the rule wants present keep their planned versions.
///
/// What else was planned and is not chosen may come along at its planned version: the plan's new dependencies, and
/// what packages of a narrow rule needed. What the plan kept back, because it needs what is left out, stays kept back.
#[must_use]
pub fn choose_again(rule: &UpdateRule, scan: &HostScan, host: &Host, planned: &PlannedHost, now: Timestamp) -> Choice {
    let first_seen = seen_by_plan(planned);
    let ages = AgeKnowledge {
        first_seen: &first_seen,
        known_exploited: None,
        now,
    };
    let restrictions = Restrictions::new(rule, ages, &host.exclude);
    let mut choice = choose_updates(scan, &restrictions);
    // What goes is not chosen again: an update that takes the place of others stands where the plan has all of these.
    let goes = |package: &PackageName| planned.removes.iter().any(|removal| removal.package == *package);
    let replacing = choice.replacing.iter().filter(|one| one.removes.iter().all(goes));
    choice.changes.extend(replacing.map(|one| one.change.clone()));
    let kept_back = |package: &PackageName| {
        let mut left_out = planned.left_out.iter();
        left_out.find(|one| one.status == UpdateStatus::KeptBack && one.package == *package)
    };
    let again = choice.changes.iter().filter_map(|change| kept_back(&change.package));
    choice.left_out.extend(again.cloned());
    choice.changes.retain(|change| kept_back(&change.package).is_none());
    let known: BTreeSet<PackageKey> = choice.changes.iter().map(|change| change.key()).collect();
    let wanted = planned.changes.iter().filter(|change| {
        change.from.is_none() && rule.install.contains(&change.package) && !known.contains(&change.key())
    });
    choice.changes.extend(wanted.cloned());
    choice.changes.sort();
    let known: BTreeSet<PackageKey> = choice
        .changes
        .iter()
        .chain(&choice.may_bring)
        .map(|one| one.key())
        .collect();
    let is_left_out = |change: &PlannedChange| choice.left_out.iter().any(|one| one.package == change.package);
    let carried = planned.changes.iter().chain(planned.may_bring.iter());
    let carried: BTreeSet<PlannedChange> = carried
        .filter(|change| !known.contains(&change.key()) && !is_left_out(change))
        .filter(|change| restrictions.exclusion(&change.package).is_none())
        .cloned()
        .collect();
    choice.may_bring.extend(carried);
    choice.may_bring.sort();
    choice
}

fn seen_by_plan(planned: &PlannedHost) -> FirstSeen {
    let mut first_seen = FirstSeen::default();
    let Basis::Scanned { os, .. } = &planned.basis else {
        return first_seen;
    };
    for change in planned.changes.iter().chain(planned.may_bring.iter()) {
        let seen = SeenVersion {
            os,
            package: &change.package,
            arch: &change.arch,
            version: &change.to,
        };
        let sighting = Sighting {
            at: Timestamp::UNIX_EPOCH,
            host: planned.name.clone(),
        };
        first_seen.note(seen, sighting);
    }
    first_seen
}
