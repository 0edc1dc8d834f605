//! Compares what is installed with what the plan says, after a transaction. Pure.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::manager::version::compare;
use crate::manager::{Installed, installed_versions};
use crate::model::manager::Manager;
use crate::model::name::Version;
use crate::model::plan::{PlannedChange, PlannedRemoval};
use crate::model::run::Change;
use crate::model::update::PackageKey;

/// The planned changes that are not there, each in words.
#[must_use]
pub fn missing_changes(manager: Manager, planned: &[PlannedChange], installed: &Installed) -> Vec<String> {
    planned
        .iter()
        .filter_map(|change| {
            let versions = installed_versions(installed, change);
            let is_it = |version: &&Version| compare(manager, version, &change.to) == Ordering::Equal;
            if versions.iter().any(is_it) {
                return None;
            }
            Some(match versions.as_slice() {
                [] => format!("{} is not installed", change.package),
                versions => format!("{} is at {}, not {}", change.package, join(versions), change.to),
            })
        })
        .collect()
}

/// The planned removals that are still installed at the version that was to go, each in words.
#[must_use]
pub fn remaining_removals(manager: Manager, removes: &[PlannedRemoval], installed: &Installed) -> Vec<String> {
    let is_there = |removal: &&PlannedRemoval| {
        let of_name = installed.iter().filter(|(key, _)| key.package == removal.package);
        let mut versions = of_name.flat_map(|(_, versions)| versions);
        versions.any(|version| compare(manager, version, &removal.version) == Ordering::Equal)
    };
    let still = removes.iter().filter(is_there);
    still
        .map(|removal| format!("{} {} is still installed", removal.package, removal.version))
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

/// What of these changes is installed now, as far as the host was not there already.
#[must_use]
pub fn changes_since(planned: &[PlannedChange], after: &Installed) -> Vec<Change> {
    let mut changes: Vec<Change> = planned
        .iter()
        .filter(|change| {
            let versions = installed_versions(after, change);
            versions.contains(&&change.to) && change.from.as_ref() != Some(&change.to)
        })
        .map(|change| Change {
            package: change.package.clone(),
            from: change.from.clone(),
            to: Some(change.to.clone()),
        })
        .collect();
    changes.sort_by(|one, other| one.package.cmp(&other.package));
    changes
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
    fn what_did_not_arrive_is_named() {
        let planned = [change("a", "amd64", Some("1"), "2"), change("b", "amd64", None, "1")];
        let missing = missing_changes(Manager::Apt, &planned, &installed(&[("a", "amd64", &["1"])]));
        assert_eq!(missing, ["a is at 1, not 2", "b is not installed"]);
    }

    #[test]
    fn what_was_to_go_and_is_still_there_is_named() {
        let removes = [PlannedRemoval {
            package: PackageName::new("old").unwrap(),
            version: Version::new("1").unwrap(),
        }];
        let left = |rows: &[(&str, &str, &[&str])]| remaining_removals(Manager::Apt, &removes, &installed(rows));
        assert_eq!(left(&[("old", "all", &["1"])]), ["old 1 is still installed"]);
        assert_eq!(left(&[("a", "all", &["1"])]), Vec::<String>::new());
    }

    #[test]
    fn an_equal_version_in_another_text_has_arrived() {
        let planned = [change("a", "amd64", Some("1"), "0:1.0")];
        let found = installed(&[("a", "amd64", &["1.00"])]);
        assert_eq!(missing_changes(Manager::Apt, &planned, &found), Vec::<String>::new());
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
