//! apk: Alpine Linux, versions 2 and 3.
//!
//! Sections:
//!
//! - `repositories`: `/etc/apk/repositories`.
//! - `simulation`: `apk upgrade -s --no-self-upgrade`: `(1/4) Upgrading NAME (OLD -> NEW)`.
//! - `updates`: `apk list -u`: every newer version, pinned packages too.
//! - `details`: `apk list NAME…`: the architectures. `policy`: `apk policy NAME…`: the repositories.
//! - `sizes`: `apk query --format json …` (apk 3; empty from apk 2).
//! - `broken`: the names of packages whose script failed: every apk exits with 1 from then on.
//! - `world`: `/etc/apk/world`: a name with a version is pinned.
//!
//! apk knows of no advisories: whether an update fixes a security problem is unknown.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::Version;
use crate::model::section::Sections;
use crate::model::update::{Update, UpdateStatus};

use super::listing::{Listing, Row, filled_lines, join_lines, key};

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    let mut listing = Listing::default();
    resolve_problem(sections, &mut listing)?;
    let reader = Reader::new(sections, &mut listing);
    let mut planned = BTreeSet::new();
    for line in filled_lines(sections.text("simulation")) {
        match parse_step(line) {
            Step::Install { name, from, to } => match reader.update(name, from, to, UpdateStatus::Upgradable) {
                Some(update) => {
                    planned.insert(name);
                    listing.updates.push(update);
                }
                None => listing.unparsed += 1,
            },
            Step::Remove(name) => listing.notices.push(format!(
                "the upgrade would remove {name}: patchwave removes nothing without consent"
            )),
            Step::Unknown => listing.unparsed += 1,
            Step::None => {}
        }
    }
    let pinned = pinned(sections.text("world"));
    for (name, (from, to)) in newest(sections.text("updates"), sections.text("sizes"), &mut listing) {
        if planned.contains(name) {
            continue;
        }
        let status = if pinned.contains(name) {
            UpdateStatus::Held
        } else {
            UpdateStatus::KeptBack
        };
        match reader.update(name, Some(from), to, status) {
            Some(update) => listing.updates.push(update),
            None => listing.unparsed += 1,
        }
    }
    listing.tidy();
    Ok(listing)
}

/// Whether any repository is configured.
#[must_use]
pub fn knows_repositories(sections: &Sections) -> bool {
    filled_lines(sections.text("repositories")).any(|line| !line.trim_start().starts_with('#'))
}

fn resolve_problem(sections: &Sections, listing: &mut Listing) -> Result<(), HostError> {
    let Some(section) = sections.get("simulation") else {
        return Ok(());
    };
    if section.exit_code == 0 {
        return Ok(());
    }
    let names = join_lines(filled_lines(sections.text("broken")), 5);
    if section.exit_code == 1 && !names.is_empty() {
        listing.broken = Some(HostError::new(
            ErrorCode::Broken,
            format!("a script of {names} failed before, and every apk fails since"),
            "run `apk fix` on the host, then try again",
        ));
        return Ok(());
    }
    let said = format!("{}\n{}", section.stderr, section.stdout);
    let problem = super::failure(Manager::Apk, section.exit_code, &said);
    if problem.code != ErrorCode::Dep {
        return Err(problem);
    }
    listing
        .notices
        .push(format!("no update can be installed now: {}", problem.message));
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    Install {
        name: &'a str,
        from: Option<&'a str>,
        to: &'a str,
    },
    Remove(&'a str),
    Unknown,
    None,
}

/// `(1/4) Upgrading NAME (OLD -> NEW)`, `(2/4) Installing NAME (VERSION)`, `(3/4) Purging NAME (VERSION)`.
/// `@TAG` may follow the name.
fn parse_step(line: &str) -> Step<'_> {
    let Some((_, rest)) = line.strip_prefix('(').and_then(|rest| rest.split_once(") ")) else {
        return Step::None;
    };
    let mut words = rest.split(' ');
    let (Some(verb), Some(name)) = (words.next(), words.next()) else {
        return Step::Unknown;
    };
    let name = name.split('@').next().unwrap_or(name);
    let inner = rest.split_once('(').and_then(|(_, inner)| inner.split(')').next());
    match (verb, inner) {
        ("Upgrading" | "Replacing" | "Downgrading", Some(inner)) => match inner.split_once(" -> ") {
            Some((from, to)) => Step::Install {
                name,
                from: Some(from),
                to,
            },
            None => Step::Unknown,
        },
        ("Installing", Some(to)) => Step::Install { name, from: None, to },
        ("Purging", Some(_)) => Step::Remove(name),
        // The same version again, from another repository or with other flags: no update.
        ("Reinstalling" | "Re-installing", _) => Step::None,
        _ => Step::Unknown,
    }
}

/// `NAME-VERSION ARCH {ORIGIN} (LICENCE) [upgradable from: NAME-OLD]`. The version begins at the
/// second-last `-`.
fn parse_listed(line: &str) -> Option<(&str, &str, &str, Option<&str>)> {
    let mut words = line.split(' ');
    let (name, version) = split_label(words.next()?)?;
    let arch = words.next()?;
    let from = line
        .split_once("[upgradable from: ")
        .and_then(|(_, rest)| rest.strip_suffix(']'))
        .and_then(split_label)
        .map(|(_, version)| version);
    Some((name, version, arch, from))
}

fn split_label(label: &str) -> Option<(&str, &str)> {
    let release = label.rfind('-')?;
    let version = label.get(..release)?.rfind('-')?;
    Some((label.get(..version)?, label.get(version + 1..)?))
}

/// For each package of `apk list -u` the version that apk itself takes for the newest; where it does not
/// say (apk 2), the one that it lists last.
fn newest<'a>(text: &'a str, sizes: &str, listing: &mut Listing) -> BTreeMap<&'a str, (&'a str, &'a str)> {
    let chosen: BTreeSet<(String, String)> = parse_sizes(sizes)
        .into_iter()
        .map(|size| (size.name, size.version))
        .collect();
    let mut found: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for line in filled_lines(text) {
        match parse_listed(line) {
            Some((name, version, _, Some(from))) => {
                let is_chosen = |version: &str| chosen.contains(&(name.to_owned(), version.to_owned()));
                if found.get(name).is_none_or(|(_, other)| !is_chosen(other)) {
                    found.insert(name, (from, version));
                }
            }
            _ => listing.unparsed += 1,
        }
    }
    found
}

/// Names of `world` that a version is bound to (`NAME=VERSION`, `NAME<VERSION`, `NAME~VERSION`).
fn pinned(text: &str) -> BTreeSet<&str> {
    text.split_whitespace()
        .filter(|word| !word.starts_with('!'))
        .filter_map(|word| {
            let end = word.find(['=', '<', '>', '~'])?;
            word.get(..end)
        })
        .collect()
}

#[derive(Deserialize)]
struct Size {
    name: String,
    version: String,
    #[serde(default, rename = "file-size")]
    size: Option<u64>,
}

fn parse_sizes(text: &str) -> Vec<Size> {
    serde_json::from_str(text).unwrap_or_default()
}

struct Reader<'a> {
    architectures: BTreeMap<(&'a str, &'a str), &'a str>,
    repositories: BTreeMap<(&'a str, &'a str), &'a str>,
    sizes: BTreeMap<(String, String), u64>,
}

impl<'a> Reader<'a> {
    fn new(sections: &'a Sections, listing: &mut Listing) -> Self {
        let mut architectures = BTreeMap::new();
        for line in filled_lines(sections.text("details")) {
            match parse_listed(line) {
                Some((name, version, arch, _)) => {
                    architectures.insert((name, version), arch);
                }
                None => listing.unparsed += 1,
            }
        }
        Self {
            architectures,
            repositories: policies(sections.text("policy")),
            sizes: parse_sizes(sections.text("sizes"))
                .into_iter()
                .filter_map(|size| Some(((size.name, size.version), size.size?)))
                .collect(),
        }
    }

    fn update(&self, name: &str, from: Option<&str>, to: &str, status: UpdateStatus) -> Option<Update> {
        let arch = self.architectures.get(&(name, to))?;
        let key = key(name, arch)?;
        let from = match from {
            Some(from) => Some(Version::new(from).ok()?),
            None => None,
        };
        let row = Row {
            key,
            from,
            to: Version::new(to).ok()?,
            repo: self
                .repositories
                .get(&(name, to))
                .map_or_else(String::new, |repo| (*repo).to_owned()),
            size: self.sizes.get(&(name.to_owned(), to.to_owned())).copied(),
        };
        Some(row.update(status))
    }
}

/// `NAME policy:`, then `  VERSION:`, then `    PLACE` for each place that has it.
fn policies(text: &str) -> BTreeMap<(&str, &str), &str> {
    let mut found = BTreeMap::new();
    let (mut name, mut version) = ("", "");
    for line in filled_lines(text) {
        if let Some(package) = line.strip_suffix(" policy:") {
            name = package;
        } else if let Some(place) = line.strip_prefix("    ") {
            let place = place.rsplit(' ').next().unwrap_or(place);
            if !place.ends_with("apk/db/installed") {
                found.entry((name, version)).or_insert(place);
            }
        } else if let Some(row) = line.strip_prefix("  ").and_then(|row| row.strip_suffix(':')) {
            version = row;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_both_versions_are_read() {
        let install = |name, from, to| Step::Install { name, from, to };
        assert_eq!(
            parse_step("(1/4) Upgrading lib (1.0-r0 -> 1.1-r0)"),
            install("lib", Some("1.0-r0"), "1.1-r0")
        );
        assert_eq!(
            parse_step("( 2/14) Installing so:x@edge (2-r0)"),
            install("so:x", None, "2-r0")
        );
        assert_eq!(parse_step("(3/4) Purging old (1-r0)"), Step::Remove("old"));
        assert_eq!(parse_step("OK: 67.8 MiB in 67 packages"), Step::None);
        assert_eq!(parse_step("(3/4) Frobbing"), Step::Unknown);
    }

    #[test]
    fn a_name_may_hold_dashes_and_digits() {
        assert_eq!(
            split_label("py3-foo-2to3-1.0_rc1-r0"),
            Some(("py3-foo-2to3", "1.0_rc1-r0"))
        );
        assert_eq!(split_label("x"), None);
    }

    #[test]
    fn pins_are_told_from_plain_names() {
        let found = pinned("alpine-base\nfoo=1.0-r0\nbar~2\nbaz>1 !qux=1 tagged@edge\n");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["bar", "baz", "foo"]);
    }
}
