//! Compares what is installed with what the plan says, before and after a transaction. Pure.

use std::collections::BTreeSet;

use crate::manager::{Installed, installed_versions};
use crate::model::error::{ErrorCode, HostError};
use crate::model::name::Version;
use crate::model::plan::PlannedChange;
use crate::model::run::Change;
use crate::model::text::count;
use crate::model::update::PackageKey;

/// The changes that are still to be made. What is at its planned version already is left out.
///
/// # Errors
/// `E_DRIFT` when a package is at neither the version the plan starts from nor the one it leads to.
pub fn remaining_changes(planned: &[PlannedChange], installed: &Installed) -> Result<Vec<PlannedChange>, HostError> {
    let mut remaining = Vec::new();
    let mut drifted = Vec::new();
    for change in planned {
        let versions = installed_versions(installed, change);
        if versions.contains(&&change.to) {
            continue;
        }
        let as_planned = match &change.from {
            Some(from) => versions.contains(&from),
            None => versions.is_empty(),
        };
        if as_planned {
            remaining.push(change.clone());
        } else {
            drifted.push(describe_drift(change, &versions));
        }
    }
    match drifted.as_slice() {
        [] => Ok(remaining),
        [first, rest @ ..] => Err(HostError::new(
            ErrorCode::Drift,
            if rest.is_empty() {
                first.clone()
            } else {
                format!("{first}, and {} more", count(rest.len(), "package"))
            },
            "somebody changed the host since the plan was made; nothing was done: plan again",
        )),
    }
}

fn describe_drift(change: &PlannedChange, versions: &[&Version]) -> String {
    let found = match versions {
        [] => "is not installed".to_owned(),
        versions => format!("is at {}", join(versions)),
    };
    match &change.from {
        Some(from) => format!("{} {found}, the plan starts from {from}", change.package),
        None => format!("{} {found}, the plan installs it anew", change.package),
    }
}

/// The planned changes that are not there, each in words.
#[must_use]
pub fn missing_changes(planned: &[PlannedChange], installed: &Installed) -> Vec<String> {
    planned
        .iter()
        .filter_map(|change| {
            let versions = installed_versions(installed, change);
            if versions.contains(&&change.to) {
                return None;
            }
            Some(match versions.as_slice() {
                [] => format!("{} is not installed", change.package),
                versions => format!("{} is at {}, not {}", change.package, join(versions), change.to),
            })
        })
        .collect()
}

/// Everything that differs between two lists of installed packages, in the order of the names.
#[must_use]
pub fn changes_between(before: &Installed, after: &Installed) -> Vec<Change> {
    let keys: BTreeSet<&PackageKey> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .flat_map(|key| {
            let old = before.get(key).map_or(&[][..], Vec::as_slice);
            let new = after.get(key).map_or(&[][..], Vec::as_slice);
            changes_of_package(key, old, new)
        })
        .collect()
}

fn changes_of_package(key: &PackageKey, old: &[Version], new: &[Version]) -> Vec<Change> {
    let mut gone = old.iter().filter(|version| !new.contains(version));
    let mut come = new.iter().filter(|version| !old.contains(version));
    let mut changes = Vec::new();
    loop {
        let (from, to) = (gone.next(), come.next());
        if from.is_none() && to.is_none() {
            return changes;
        }
        changes.push(Change {
            package: key.package.clone(),
            from: from.cloned(),
            to: to.cloned(),
        });
    }
}

fn join(versions: &[&Version]) -> String {
    versions
        .iter()
        .map(|version| version.as_str())
        .collect::<Vec<_>>()
        .join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::{Architecture, PackageName};

    fn key(package: &str, arch: &str) -> PackageKey {
        PackageKey {
            package: PackageName::new(package).unwrap(),
            arch: Architecture::new(arch).unwrap(),
        }
    }

    fn installed(rows: &[(&str, &str, &[&str])]) -> Installed {
        rows.iter()
            .map(|(package, arch, versions)| {
                (
                    key(package, arch),
                    versions.iter().map(|text| Version::new(*text).unwrap()).collect(),
                )
            })
            .collect()
    }

    fn change(package: &str, arch: &str, from: Option<&str>, to: &str) -> PlannedChange {
        let PackageKey { package, arch } = key(package, arch);
        PlannedChange {
            package,
            arch,
            from: from.map(|text| Version::new(text).unwrap()),
            to: Version::new(to).unwrap(),
            repo: String::new(),
            security: None,
            size: None,
        }
    }

    #[test]
    fn what_is_there_already_is_left_out() {
        let planned = [
            change("a", "amd64", Some("1"), "2"),
            change("b", "amd64", Some("1"), "2"),
        ];
        let found = installed(&[("a", "amd64", &["2"]), ("b", "amd64", &["1"])]);
        assert_eq!(remaining_changes(&planned, &found).unwrap(), [planned[1].clone()]);
    }

    #[test]
    fn a_version_that_the_plan_does_not_know_is_drift() {
        for (from, versions) in [(Some("1"), &["3"][..]), (Some("1"), &[]), (None, &["1"])] {
            let error = remaining_changes(
                &[change("a", "amd64", from, "2")],
                &installed(&[("a", "amd64", versions)]),
            )
            .unwrap_err();
            assert_eq!(error.code, ErrorCode::Drift);
        }
    }

    #[test]
    fn a_new_dependency_is_installed_where_it_is_absent() {
        let planned = [change("a", "amd64", None, "2")];
        assert_eq!(remaining_changes(&planned, &installed(&[])).unwrap().len(), 1);
    }

    #[test]
    fn a_package_may_become_architecture_independent() {
        let planned = [change("a", "all", Some("1"), "2")];
        assert_eq!(
            remaining_changes(&planned, &installed(&[("a", "amd64", &["1"])]))
                .unwrap()
                .len(),
            1
        );
        let foreign = [change("a", "amd64", Some("1"), "2")];
        assert!(remaining_changes(&foreign, &installed(&[("a", "i386", &["1"])])).is_err());
    }

    #[test]
    fn what_did_not_arrive_is_named() {
        let planned = [change("a", "amd64", Some("1"), "2"), change("b", "amd64", None, "1")];
        let missing = missing_changes(&planned, &installed(&[("a", "amd64", &["1"])]));
        assert_eq!(missing, ["a is at 1, not 2", "b is not installed"]);
    }

    #[test]
    fn a_kernel_that_is_installed_alongside_is_one_change() {
        let before = installed(&[("kernel", "x86_64", &["6.1", "6.2"]), ("old", "x86_64", &["1"])]);
        let after = installed(&[("kernel", "x86_64", &["6.2", "6.3"]), ("new", "x86_64", &["1"])]);
        let shown: Vec<String> = changes_between(&before, &after)
            .iter()
            .map(|change| {
                format!(
                    "{} {:?} {:?}",
                    change.package,
                    change.from.is_some(),
                    change.to.is_some()
                )
            })
            .collect();
        assert_eq!(shown, ["kernel true true", "new false true", "old true false"]);
    }
}
