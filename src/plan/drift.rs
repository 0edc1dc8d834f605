//! How a host differs from its plan, seen before anything is changed there. Pure.
//!
//! What must stay true: nothing is missed. When no difference is graver than [`DriftClass::Superseded`], every planned
//! version is installed or the host's manager would install it, and it would change nothing else. The order of the
//! plan's changes, of the offers and of the steps decides nothing.

#[cfg(test)]
mod laws;
mod package;
mod removal;
mod system;
#[cfg(test)]
mod tests;
mod transaction;

use crate::manager::Installed;
use crate::model::drift::{DriftClass, DriftDifference, DriftPolicy, HostDrift};
use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::Facts;
use crate::model::plan::{PlannedChange, PlannedHost};
use crate::model::resolution::Resolution;
use crate::model::text::count;
use crate::model::update::Update;

pub use package::remaining_changes;
pub(in crate::plan) use package::{brings, is_same_arch};
pub use system::{absent, moved};

/// Compares a host with its plan. `updates` is what a probe just found pending. `resolution` is what the host says of
/// the changes that [`remaining_changes`] leaves; `None` where it was not asked because nothing is left to do or the
/// host is another one already.
///
/// A refusal with another code than `E_GONE` and `E_DRIFT` is no drift, and not looked at.
#[must_use]
pub fn classify(
    planned: &PlannedHost,
    facts: &Facts,
    installed: &Installed,
    updates: &[Update],
    resolution: Option<&Resolution>,
) -> HostDrift {
    let manager = facts.manager;
    let mut differences = Vec::new();
    let mut is_all_there = !planned.changes.is_empty();
    for change in planned.changes.iter() {
        let place = package::place(manager, change, installed);
        is_all_there &= place.is_there();
        differences.extend(place.difference(change));
        if place.is_to_be_changed() {
            let found = package::found(manager, change, installed, updates, resolution);
            differences.extend(found.difference(change));
        }
    }
    differences.extend(removal::differences(manager, &planned.removes, installed, resolution));
    if let Some(resolution) = resolution {
        let remaining = remaining_changes(manager, &planned.changes, installed);
        differences.extend(transaction::unplanned(manager, planned, &remaining, resolution));
        differences.extend(transaction::unexplained(resolution, &remaining, &differences));
    }
    differences.extend(system::differences(&planned.basis, facts, is_all_there));
    summary(differences)
}

/// The drift that these differences make. Nothing is decided yet.
#[must_use]
pub fn summary(mut differences: Vec<DriftDifference>) -> HostDrift {
    let key = |one: &DriftDifference| (one.package.clone(), one.arch.clone(), one.class, one.message.clone());
    differences.sort_by_cached_key(key);
    differences.dedup();
    HostDrift {
        class: differences
            .iter()
            .map(|difference| difference.class)
            .max()
            .unwrap_or(DriftClass::Identical),
        action: None,
        differences,
        instead: None,
    }
}

/// The same drift with what the policy says about it.
#[must_use]
pub fn decided(drift: HostDrift, policy: &DriftPolicy) -> HostDrift {
    HostDrift {
        action: policy.action(drift.class),
        ..drift
    }
}

/// The error of a host that fails because of its drift.
#[must_use]
pub fn drift_error(drift: &HostDrift) -> HostError {
    let gravest: Vec<&DriftDifference> = drift
        .differences
        .iter()
        .filter(|difference| difference.class == drift.class)
        .collect();
    let message = match gravest.as_slice() {
        [] => "the host no longer matches the plan".to_owned(),
        [only] => only.message.clone(),
        [first, rest @ ..] => format!("{}, and {} more", first.message, count(rest.len(), "difference")),
    };
    let (code, hint) = match drift.class {
        DriftClass::Vanished => (
            ErrorCode::Gone,
            "plan again to get what is offered now, or write `drift: {vanished: replan}` into the playbook",
        ),
        DriftClass::Superseded => (
            ErrorCode::Drift,
            "plan again, or write `drift: {superseded: pinned}` into the playbook",
        ),
        DriftClass::ExtraDependency => (ErrorCode::Drift, "plan again, so that the plan has all of it"),
        DriftClass::HostChanged | DriftClass::Identical | DriftClass::AlreadyThere => (
            ErrorCode::Drift,
            "somebody changed the host since the plan was made: look why, then plan again",
        ),
    };
    HostError::new(code, format!("{message}: nothing was changed"), hint)
}

fn difference(class: DriftClass, change: &PlannedChange, message: String) -> DriftDifference {
    DriftDifference {
        class,
        package: Some(change.package.clone()),
        arch: Some(change.arch.clone()),
        planned: Some(change.to.clone()),
        installed: Vec::new(),
        offered: Vec::new(),
        message,
    }
}
