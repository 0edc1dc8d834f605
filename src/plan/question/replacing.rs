//! Which updates a host is asked about although they would remove packages: those of which all that would go may go. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::manager::Manager;
use crate::model::name::PackageName;
use crate::model::plan::{PlannedChange, PlannedHost};
use crate::model::scan::HostScan;
use crate::plan::updates::{Restrictions, choose_updates};

/// The changes of the draft and those that take the place of packages which may go, with the names of these.
pub(super) fn with_replacing(
    planned: &PlannedHost,
    scan: &HostScan,
    restrictions: &Restrictions<'_>,
) -> (Arc<[PlannedChange]>, Vec<PackageName>) {
    if !restrictions.allows_some_removal() {
        return (Arc::clone(&planned.changes), Vec::new());
    }
    let replacing = choose_updates(scan, restrictions).replacing;
    let names = replacing.iter().map(|one| one.change.package.clone()).collect();
    let further = replacing.into_iter().map(|one| one.change);
    let mut changes: Vec<PlannedChange> = planned.changes.iter().cloned().chain(further).collect();
    changes.sort();
    (changes.into(), names)
}

/// What the scan said would go and may. An answer may name others; they are judged by the same rule.
pub(super) fn displaced(manager: Manager, scan: &HostScan, restrictions: &Restrictions<'_>) -> Vec<PackageName> {
    if !restrictions.allows_some_removal() {
        return Vec::new();
    }
    let removes = scan.updates.iter().flat_map(|update| &update.removes);
    let may_go: BTreeSet<&PackageName> = removes
        .filter(|package| restrictions.kept(manager, package).is_none())
        .collect();
    may_go.into_iter().cloned().collect()
}
