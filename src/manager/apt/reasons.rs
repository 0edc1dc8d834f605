//! Why an update waits, in words.

use std::collections::BTreeSet;

use crate::manager::listing::Row;
use crate::manager::removal::needs_consent;
use crate::model::manager::Manager;
use crate::model::update::PackageKey;

use super::known::Known;

pub(super) fn held(row: &Row) -> String {
    format!(
        "the host's administrator holds it (`apt-mark unhold {}` releases it)",
        row.key.package
    )
}

pub(super) fn phased(percentage: u8) -> String {
    format!("the distribution gives it to {percentage} % of machines so far, and this host is not among them")
}

pub(super) fn downgrade(row: &Row) -> String {
    let from = row.from.as_ref().map_or("", |version| version.as_str());
    format!("the host's preferences ask for a downgrade from {from}")
}

/// Which priorities keep the version away. The administrator's preferences are what makes the difference: with
/// the repositories' own priorities the version would be the candidate.
pub(super) fn pinned(known: &Known<'_>, row: &Row) -> String {
    let setting = "the host's preferences pin it";
    let Some(policy) = known.policies.get(&row.key) else {
        return setting.to_owned();
    };
    let to = row.to.as_str();
    match (policy.priority(to), policy.best_below(to)) {
        (Some(priority), _) if priority < 0 => format!("{setting}: {to} has the priority {priority}"),
        (Some(priority), Some((other, higher))) if higher > priority => {
            format!("{setting}: {other} has the priority {higher}, {to} only {priority}")
        }
        _ => setting.to_owned(),
    }
}

/// What apt said when it was asked for the package by name.
pub(super) fn kept_back(known: &Known<'_>, planned: &BTreeSet<PackageKey>, row: &Row) -> String {
    let Some(obstacle) = known.obstacles.get(&row.key, &row.to) else {
        return "its dependencies cannot be met now; apt was not asked which".to_owned();
    };
    if !obstacle.unmet.is_empty() {
        return format!("unmet: {}", obstacle.unmet.join("; "));
    }
    if !obstacle.removes.is_empty() {
        let names: Vec<&str> = obstacle.removes.iter().map(String::as_str).collect();
        return needs_consent(Manager::Apt, "it would remove", &names);
    }
    let waits = obstacle
        .installs
        .iter()
        .filter(|other| other.key != row.key && !planned.contains(&other.key))
        .find_map(|other| {
            let name = &other.key.package;
            if known.is_held(&other.key) {
                Some(format!("it needs {name} {}, which is held", other.to))
            } else {
                let percentage = known.phase(other)?;
                Some(format!(
                    "it needs {name} {}, which is phased ({percentage} %)",
                    other.to
                ))
            }
        });
    waits.unwrap_or_else(|| "apt keeps it back, and installs it only when it is named".to_owned())
}
