//! What an upgrade of pacman would remove or break: replaced packages, and conflicts.
//!
//! `pacman -Sup` answers every question about a replacement with yes and leaves conflicts unchecked. A real run
//! without questions refuses a conflict, and then the whole upgrade; `alpm_sync_sysupgrade` in libalpm's `sync.c`
//! and `conflict.c` are the rules that are followed here.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::manager::dependents::{Needs, needed_name};
use crate::manager::listing::{Row, filled_lines};
use crate::manager::removal::needs_consent;
use crate::manager::version::alpm;
use crate::model::manager::Manager;
use crate::model::section::Sections;
use crate::model::text::{printable, shorten};
use crate::model::update::{Update, UpdateStatus};

use super::names;

/// What one package says of others, in its words: names, or `NAME>=VERSION`.
#[derive(Default, Clone)]
struct Package<'a> {
    version: &'a str,
    provides: Vec<&'a str>,
    conflicts: Vec<&'a str>,
    depends: Vec<&'a str>,
    replaces: Vec<&'a str>,
}

/// Installed and planned packages.
pub(super) struct Relations<'a> {
    planned: BTreeMap<&'a str, Package<'a>>,
    /// Installed packages that the upgrade does not touch.
    staying: BTreeMap<&'a str, Package<'a>>,
    /// Every installed package.
    installed: BTreeSet<&'a str>,
}

impl<'a> Relations<'a> {
    /// Reads the sections `details` and `relations`.
    pub(super) fn new(sections: &'a Sections, rows: &[Row]) -> Self {
        let planned = details(sections.text("details"));
        let mut staying = installed(sections.text("relations"));
        let installed = staying.keys().copied().collect();
        for row in rows {
            staying.remove(row.key.package.as_str());
        }
        for package in planned.values() {
            for replaced in package.replaces.iter().filter_map(|word| name_of(word)) {
                staying.remove(replaced);
            }
        }
        Self {
            planned,
            staying,
            installed,
        }
    }

    /// What each planned package needs.
    pub(super) fn needs(&self) -> Needs<'a> {
        let names = |package: &Package<'a>| package.depends.iter().map(|word| needed_name(word)).collect();
        self.planned
            .iter()
            .map(|(name, package)| (*name, names(package)))
            .collect()
    }

    /// Holds an update back that would remove a package, or that pacman would refuse.
    pub(super) fn judge(&self, mut update: Update) -> Update {
        let name = update.package.to_string();
        let Some(package) = self.planned.get(name.as_str()) else {
            return update;
        };
        let replaced = package.replaces.iter().filter_map(|word| name_of(word));
        let replaced: Vec<&str> = replaced.filter(|old| self.installed.contains(old)).collect();
        let reason = if !replaced.is_empty() {
            update.removes = names(replaced.iter().copied());
            needs_consent(Manager::Pacman, "it would replace", &replaced)
        } else if let Some((other, why)) = self.conflict(&name, package) {
            update.removes = names(std::iter::once(other));
            why
        } else {
            return update;
        };
        update.status = UpdateStatus::KeptBack;
        update.reason = Some(shorten(&printable(&reason), 300));
        update
    }

    /// An installed package that stays and cannot stand beside this one.
    fn conflict(&self, name: &str, package: &Package<'_>) -> Option<(&'a str, String)> {
        self.staying.iter().find_map(|(other, stays)| {
            let names_it = |list: &[&str], who: &str, version: &str, provides: &[&str]| {
                list.iter().any(|wanted| satisfies(wanted, who, version, provides))
            };
            let hits = names_it(&package.conflicts, other, stays.version, &stays.provides)
                || names_it(&stays.conflicts, name, package.version, &package.provides);
            hits.then(|| {
                let what = format!(
                    "it conflicts with {other} {}, which is installed: pacman would refuse the whole upgrade, or remove",
                    stays.version
                );
                let why = needs_consent(Manager::Pacman, &what, &[other]);
                (*other, why)
            })
        })
    }
}

/// The name in `NAME`, `NAME=1`, `NAME>=1`.
fn name_of(word: &str) -> Option<&str> {
    word.split(['<', '>', '=']).next().filter(|name| !name.is_empty())
}

/// Whether a package is what a dependency word names. What is provided without a version meets no demand for one.
fn satisfies(wanted: &str, name: &str, version: &str, provides: &[&str]) -> bool {
    let Some(wanted_name) = name_of(wanted) else {
        return false;
    };
    let demand = wanted.get(wanted_name.len()..).unwrap_or_default();
    if wanted_name == name {
        return is_met(demand, version);
    }
    provides.iter().any(|provided| {
        let Some(provided_name) = name_of(provided) else {
            return false;
        };
        let offered = provided.get(provided_name.len()..).unwrap_or_default();
        provided_name == wanted_name
            && (demand.is_empty() || (!offered.is_empty() && is_met(demand, offered.trim_start_matches('='))))
    })
}

fn is_met(demand: &str, version: &str) -> bool {
    let wanted = demand.trim_start_matches(['<', '>', '=']);
    if wanted.is_empty() {
        return true;
    }
    let order = alpm::compare(version, wanted);
    match demand.get(..demand.len() - wanted.len()) {
        Some("<") => order == Ordering::Less,
        Some("<=") => order != Ordering::Greater,
        Some(">") => order == Ordering::Greater,
        Some(">=") => order != Ordering::Less,
        _ => order == Ordering::Equal,
    }
}

/// `Name : NAME` begins a package; `None` stands for an empty list.
fn details(text: &str) -> BTreeMap<&str, Package<'_>> {
    let mut found: BTreeMap<&str, Package<'_>> = BTreeMap::new();
    let mut name = "";
    for line in filled_lines(text) {
        let Some((field, value)) = line.split_once(" : ") else {
            continue;
        };
        let list = || value.split_whitespace().filter(|word| *word != "None").collect();
        match field.trim() {
            "Name" => {
                name = value.trim();
                found.insert(name, Package::default());
            }
            field => {
                let Some(package) = found.get_mut(name) else {
                    continue;
                };
                match field {
                    "Version" => package.version = value.trim(),
                    "Provides" => package.provides = list(),
                    "Conflicts With" => package.conflicts = list(),
                    "Depends On" => package.depends = list(),
                    "Replaces" => package.replaces = list(),
                    _ => {}
                }
            }
        }
    }
    found
}

fn installed(text: &str) -> BTreeMap<&str, Package<'_>> {
    filled_lines(text)
        .filter_map(|line| {
            let mut fields = line.split('|');
            let (name, version) = (fields.next()?, fields.next()?);
            let mut list = || fields.next().unwrap_or_default().split_whitespace().collect();
            let package = Package {
                version,
                provides: list(),
                conflicts: list(),
                ..Package::default()
            };
            Some((name, package))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependency_words_are_met_as_libalpm_meets_them() {
        for (wanted, expected) in [
            ("foo", true),
            ("foo<2", true),
            ("foo>=1.5", true),
            ("foo=1.5", true),
            ("foo>1.5-1", false),
            ("bar", true),
            ("bar<3", true),
            ("bar>3", false),
            ("baz", true),
            ("baz>1", false),
            ("qux", false),
        ] {
            assert_eq!(
                satisfies(wanted, "foo", "1.5-1", &["bar=2", "baz"]),
                expected,
                "{wanted}"
            );
        }
    }
}
