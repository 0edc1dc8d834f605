//! tdnf: Photon OS, Azure Linux. Written after its sources; nobody has run it here.
//!
//! Sections: those of [`super::dnf`], except that
//!
//! - `updates` and `included` are `check-update`: `NAME.ARCH VERSION-RELEASE REPOSITORY`; older versions write the
//!   three in reverse, with carriage returns between them, and without epochs.
//! - `simulation`: `upgrade --assumeno`: rows `NAME ARCH [EPOCH:]VERSION-RELEASE REPOSITORY SIZE` below `Installing:`,
//!   `Upgrading:`, `Removing:`, `Obsoleting:`; which package obsoletes which is not said.
//! - `advisories`: `updateinfo list`, lines `ID Security|Bugfix|Enhancement|Unknown FILE.rpm`. No severity, no CVE.
//! - `locks`: names of the files of `locks.d`, one a line.
//!
//! Sizes are those of installed files; download sizes are not known.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::HostError;
use crate::model::manager::Manager;
use crate::model::name::{PackageName, Version};
use crate::model::section::{Section, Sections};
use crate::model::update::{PackageKey, UpdateStatus};

use super::advisory::Fix;
use super::dnf::advisories::Advisories;
use super::dnf::{self, Knowledge};
use super::listing::{Listing, filled_lines};
use super::removal::needs_consent;
use super::rpm;

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a listing or a simulation that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    let table = Table::new(sections.text("simulation"));
    let sections = like_dnf(sections, &table);
    let (fixes, unparsed) = fixes(sections.text("advisories"), &table.epochs);
    let locks: Vec<&str> = filled_lines(sections.text("locks")).map(str::trim).collect();
    let known = Knowledge {
        manager: Manager::Tdnf,
        advisories: Advisories::new(fixes, &BTreeSet::new(), &sections),
        lock: |key: &PackageKey, _: &Version, _| {
            locks
                .contains(&key.package.as_str())
                .then(|| format!("locked by name in /etc/tdnf/locks.d: {}", key.package))
        },
    };
    let mut listing = dnf::updates(&sections, &known)?;
    listing.unparsed += unparsed;
    keep_removers_back(&table, &mut listing);
    Ok(listing)
}

/// Which of the new packages take another's place is not said: none of them is installed without consent then.
fn keep_removers_back(table: &Table, listing: &mut Listing) {
    if table.removed.is_empty() {
        return;
    }
    let names: Vec<&str> = table.removed.iter().map(String::as_str).collect();
    for update in &mut listing.updates {
        if update.is_pending() && update.from.is_none() {
            update.status = UpdateStatus::KeptBack;
            update.reason = Some(needs_consent(Manager::Tdnf, "the transaction would remove", &names));
            update.removes = table
                .removed
                .iter()
                .filter_map(|name| PackageName::new(name.as_str()).ok())
                .collect();
        }
    }
}

/// The table in dnf's words.
#[derive(Debug, Default)]
struct Table {
    text: String,
    /// Epochs by `NAME.ARCH`: other lists of tdnf leave them out.
    epochs: BTreeMap<String, String>,
    removed: Vec<String>,
}

impl Table {
    fn new(text: &str) -> Self {
        let mut table = Self::default();
        let mut part = "";
        for line in text.lines().map(str::trim_end) {
            match line {
                "Installing:" | "Upgrading:" | "Removing:" | "Obsoleting:" | "Downgrading:" | "Reinstalling:" => {
                    part = line;
                    table.text.push_str(line);
                    table.text.push('\n');
                }
                "" => part = "",
                _ if part.is_empty() => {}
                _ => table.row(part, line),
            }
        }
        table
    }

    fn row(&mut self, part: &str, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [name, arch, version, ..] = words.as_slice() {
            if let Some((epoch, _)) = version.split_once(':') {
                self.epochs.insert(format!("{name}.{arch}"), epoch.to_owned());
            }
            if matches!(part, "Removing:" | "Obsoleting:") {
                self.removed.push(crate::model::text::printable(name));
            }
        }
        self.text.push(' ');
        self.text.push_str(&words.join(" "));
        self.text.push('\n');
    }
}

fn like_dnf(sections: &Sections, table: &Table) -> Sections {
    Sections::new(
        sections
            .iter()
            .cloned()
            .map(|section| match section.name.as_str() {
                "updates" | "included" => Section {
                    stdout: candidates(&section.stdout, &table.epochs),
                    ..section
                },
                "simulation" => answered(section, table),
                _ => section,
            })
            .collect(),
    )
}

/// Older versions answer no with exit code 0, newer ones with an error of their own.
fn answered(mut section: Section, table: &Table) -> Section {
    let said_no = section.stdout.contains("Exiting on user Command") || section.stderr.contains("Operation aborted");
    if said_no {
        section.exit_code = 1;
        section.stderr.push_str("\nOperation aborted.\n");
    }
    section.stdout.clone_from(&table.text);
    section
}

/// Rows as `NAME|ARCH|VERSION|REPOSITORY|`. What is no row stays as it is, to be counted.
fn candidates(text: &str, epochs: &BTreeMap<String, String>) -> String {
    let mut found = String::new();
    for line in text.split('\n').filter(|line| !line.trim().is_empty()) {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if line.trim_end().contains('\r') {
            words.reverse();
        }
        match words.as_slice() {
            [label, version, repository] if label.contains('.') => {
                let (name, arch) = label.rsplit_once('.').unwrap_or((label, ""));
                let version = with_epoch(version, epochs.get(*label));
                found.push_str(&format!("{name}|{arch}|{version}|{repository}|\n"));
            }
            _ => found.push_str(&format!("{}\n", words.join(" "))),
        }
    }
    found
}

fn with_epoch(version: &str, epoch: Option<&String>) -> String {
    match epoch {
        Some(epoch) if !version.contains(':') => format!("{epoch}:{version}"),
        _ => version.to_owned(),
    }
}

fn fixes(text: &str, epochs: &BTreeMap<String, String>) -> (Vec<Fix>, usize) {
    let mut fixes = Vec::new();
    let mut unparsed = 0;
    for line in filled_lines(text) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let fix = match words.as_slice() {
            [id, kind @ ("Security" | "Bugfix" | "Enhancement" | "Unknown"), file] => fix(id, kind, file, epochs),
            _ => None,
        };
        match fix {
            Some(fix) => fixes.push(fix),
            None => unparsed += 1,
        }
    }
    (fixes, unparsed)
}

fn fix(id: &str, kind: &str, file: &str, epochs: &BTreeMap<String, String>) -> Option<Fix> {
    let file = file.rsplit('/').next()?;
    let (key, fixed) = rpm::parse_nevra(file.strip_suffix(".rpm").unwrap_or(file))?;
    let label = format!("{}.{}", key.package, key.arch);
    Some(Fix {
        advisory: id.to_owned(),
        security: kind == "Security",
        severity: String::new(),
        cves: Vec::new(),
        package: key.package.to_string(),
        arch: Some(key.arch.to_string()),
        fixed: with_epoch(fixed.as_str(), epochs.get(&label)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_in_both_orders() {
        let epochs = BTreeMap::from([("bash.x86_64".to_owned(), "1".to_owned())]);
        let old = format!("{:>80}\r{:>48}-2.ph4\rcurl.x86_64\n", "photon-updates", "8.1.2");
        assert_eq!(candidates(&old, &epochs), "curl|x86_64|8.1.2-2.ph4|photon-updates|\n");
        let new = "bash.x86_64    5.2-1.ph5    photon-updates\nwhat is this line now\n";
        assert_eq!(
            candidates(new, &epochs),
            "bash|x86_64|1:5.2-1.ph5|photon-updates|\nwhat is this line now\n"
        );
    }

    #[test]
    fn an_advisory_names_a_file() {
        let (fixes, unparsed) = fixes(
            "patch:PHSA-2026-5.0-1 Security curl-8.1.2-2.ph5.x86_64.rpm\npatch:PHSA-2026-5.0-2 Bugfix x86_64/foo-1-1.ph5.noarch.rpm\nnonsense\n",
            &BTreeMap::new(),
        );
        assert_eq!(unparsed, 1);
        let shown: Vec<_> = fixes.iter().map(|fix| (fix.package.as_str(), fix.security)).collect();
        assert_eq!(shown, [("curl", true), ("foo", false)]);
    }
}
