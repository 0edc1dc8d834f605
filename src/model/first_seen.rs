//! When the fleet first saw a version: what the minimum age of updates is counted from.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::name::{Architecture, HostName, PackageName, Version};
use super::scan::Scan;

/// Who saw a version first, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// When the scan ended that found it.
    pub at: Timestamp,
    /// The host that was offered it; the first of that scan, when there were several.
    pub host: HostName,
}

/// A version as hosts of one distribution are offered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeenVersion<'a> {
    /// The distribution's id.
    pub os: &'a str,
    /// The package.
    pub package: &'a PackageName,
    /// Its architecture.
    pub arch: &'a Architecture,
    /// The version.
    pub version: &'a Version,
}

/// When versions were first seen, by distribution, package, architecture and version.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FirstSeen {
    // Nested, so that a look-up copies no name. A package has few versions at a time.
    systems: HashMap<String, HashMap<PackageName, Vec<Row>>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    arch: Architecture,
    version: Version,
    sighting: Sighting,
}

impl FirstSeen {
    /// Notes a sighting; the earlier one of two counts.
    pub fn note(&mut self, seen: SeenVersion<'_>, sighting: Sighting) {
        let packages = self.systems.entry(seen.os.to_owned()).or_default();
        let rows = packages.entry(seen.package.clone()).or_default();
        let known = rows
            .iter_mut()
            .find(|row| row.arch == *seen.arch && row.version == *seen.version);
        match known {
            Some(row) if row.sighting.at <= sighting.at => {}
            Some(row) => row.sighting = sighting,
            None => rows.push(Row {
                arch: seen.arch.clone(),
                version: seen.version.clone(),
                sighting,
            }),
        }
    }

    /// Who saw a version first; `None` when nobody has.
    #[must_use]
    pub fn get(&self, seen: SeenVersion<'_>) -> Option<&Sighting> {
        let rows = self.systems.get(seen.os)?.get(seen.package.as_str())?;
        rows.iter()
            .find(|row| row.arch == *seen.arch && row.version == *seen.version)
            .map(|row| &row.sighting)
    }
}

/// Every version in a scan once, pending or not, with the first host in the scan's order that was offered it.
#[must_use]
pub fn seen_in_scan(scan: &Scan) -> Vec<(SeenVersion<'_>, &HostName)> {
    let mut known = HashSet::new();
    let mut seen = Vec::new();
    for host in &scan.hosts {
        let Some(facts) = &host.facts else { continue };
        for update in &host.updates {
            let version = SeenVersion {
                os: &facts.os.id,
                package: &update.package,
                arch: &update.arch,
                version: &update.to,
            };
            if known.insert(version) {
                seen.push((version, &host.name));
            }
        }
    }
    seen
}
