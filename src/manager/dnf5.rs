//! dnf 5: Fedora 41 and later.
//!
//! Sections: those of [`super::dnf`]; `advisories`: `advisory info --json --updates`, descriptions left
//! out; `reboot-check`: `needs-restarting`.

use serde::Deserialize;

use crate::model::error::HostError;
use crate::model::manager::Manager;
use crate::model::section::Sections;

use super::advisory::{Fix, Fixes};
use super::dnf;
use super::listing::{Listing, filled_lines};
use super::rpm;

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a listing or a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    let (fixes, unparsed) = fixes(sections.text("advisories"));
    let fixes = Fixes::new(fixes, sections.text("repositories"));
    let locks: Vec<&str> = filled_lines(sections.text("locks"))
        .filter_map(|line| line.strip_prefix("Package name: "))
        .collect();
    let mut listing = dnf::updates(Manager::Dnf5, sections, &fixes, |name| {
        locks.iter().any(|lock| match lock.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *lock,
        })
    })?;
    listing.unparsed += unparsed;
    Ok(listing)
}

#[derive(Deserialize)]
struct Advisory {
    #[serde(rename = "Name", default)]
    name: String,
    #[serde(rename = "Severity", default)]
    severity: String,
    #[serde(rename = "Type", default)]
    kind: String,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default)]
    collections: Collections,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "Id", default)]
    id: String,
    #[serde(rename = "Type", default)]
    kind: String,
}

#[derive(Deserialize, Default)]
struct Collections {
    #[serde(default)]
    packages: Vec<String>,
}

fn fixes(text: &str) -> (Vec<Fix>, usize) {
    if text.trim().is_empty() {
        return (Vec::new(), 0);
    }
    let Ok(advisories) = serde_json::from_str::<Vec<Advisory>>(text) else {
        return (Vec::new(), 1);
    };
    let mut fixes = Vec::new();
    let mut unparsed = 0;
    for advisory in advisories {
        let cves: Vec<String> = advisory
            .references
            .iter()
            .filter(|reference| reference.kind == "cve")
            .map(|reference| reference.id.clone())
            .collect();
        for label in &advisory.collections.packages {
            match rpm::parse_nevra(label) {
                Some((key, fixed)) => fixes.push(Fix {
                    advisory: advisory.name.clone(),
                    security: advisory.kind == "security",
                    severity: advisory.severity.to_lowercase(),
                    cves: cves.clone(),
                    package: key.package.to_string(),
                    arch: Some(key.arch.to_string()),
                    fixed: fixed.to_string(),
                }),
                None => unparsed += 1,
            }
        }
    }
    (fixes, unparsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_is_none_is_counted() {
        assert_eq!(fixes("[{]").1, 1);
        assert_eq!(fixes("").1, 0);
        assert_eq!(fixes("[{\"collections\":{\"packages\":[\"nonsense\"]}}]").1, 1);
    }
}
