//! What target expressions may ask beside the inventory: what the last scan of each host found, and lists of
//! names in files. Whoever evaluates an expression is handed this; nothing here reads anything.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::diagnostic::Place;
use super::document::Located;
use super::facts::OperatingSystem;
use super::manager::Manager;
use super::name::{HostName, RunId};
use super::scan::{HostScan, HostState, Scan};

/// What is known beside the inventory.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    /// The last scan of each host that was ever scanned.
    pub scanned: HashMap<HostName, LastScan>,
    /// The lists of names that expressions ask for, by the path that they give.
    pub lists: BTreeMap<ListPath, NameList>,
    /// Whether a scan will tell more: then it is no mistake that nothing is known yet, nor that no host was
    /// seen with a certain system.
    pub awaits_scan: bool,
    /// Systems that hosts had before the newest scan, in which they may not have answered.
    pub earlier_systems: Vec<OperatingSystem>,
}

/// A list's path, and the folder of the file that names it; `None` stands for the working directory.
pub type ListPath = (Option<PathBuf>, String);

/// The newest scan of one host.
#[derive(Debug, Clone, PartialEq)]
pub struct LastScan {
    /// The scan.
    pub scan: RunId,
    /// When it ended.
    pub finished: Timestamp,
    /// What the host answered; `None` when it did not.
    pub state: Option<KnownState>,
}

/// What a host's answer says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownState {
    /// The system.
    pub os: OperatingSystem,
    /// The package manager in charge.
    pub manager: Manager,
    /// Updates that would be installed now.
    pub updates: usize,
    /// Of these, those known to fix a security problem.
    pub security: usize,
    /// Of these, those of which it is unknown whether they fix one.
    pub perhaps_security: usize,
    /// Whether a reboot is needed.
    pub reboot: bool,
}

impl KnownState {
    /// What an answer says; `None` when the host did not answer everything.
    #[must_use]
    pub fn of(host: &HostScan) -> Option<Self> {
        let facts = host.facts.as_ref().filter(|_| host.state == HostState::Ok)?;
        Some(Self {
            os: facts.os.clone(),
            manager: facts.manager,
            updates: host.pending().count(),
            security: host.pending().filter(|update| update.security == Some(true)).count(),
            perhaps_security: host.pending().filter(|update| update.security.is_none()).count(),
            reboot: facts.reboot.required,
        })
    }
}

impl Knowledge {
    /// The same, with a scan's answers in place of older ones, for the waves that it decides. It is the last word:
    /// a system that no host was ever seen with is a misspelt one now.
    #[must_use]
    pub fn with_scan(&self, scan: &Scan) -> Self {
        let mut all = self.clone();
        all.awaits_scan = false;
        let earlier = self
            .scanned
            .values()
            .filter_map(|last| Some(last.state.as_ref()?.os.clone()));
        all.earlier_systems.extend(earlier);
        for host in &scan.hosts {
            let newest = LastScan {
                scan: scan.id.clone(),
                finished: scan.finished,
                state: KnownState::of(host),
            };
            all.scanned.insert(host.name.clone(), newest);
        }
        all
    }

    /// What a host's last scan says about it, if it answered.
    #[must_use]
    pub fn state(&self, host: &HostName) -> Option<&KnownState> {
        self.scanned.get(host)?.state.as_ref()
    }
}

/// Names of hosts and groups out of a file: one a line; what follows a `#` is a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameList {
    /// The file, under which mistakes are reported.
    pub file: Arc<str>,
    /// Its text.
    pub source: Arc<str>,
    /// The names.
    pub names: Vec<Located<String>>,
}

impl NameList {
    /// Reads the text of a list.
    #[must_use]
    pub fn parse(file: &str, text: &str) -> Self {
        let file: Arc<str> = file.into();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let names = text.lines().enumerate().filter_map(|(index, line)| {
            let said = line.split('#').next().unwrap_or_default();
            let name = said.trim();
            let before = said.len() - said.trim_start().len();
            let place = Place {
                file: Arc::clone(&file),
                line: index + 1,
                column: said.get(..before).unwrap_or_default().chars().count() + 1,
                length: name.chars().count(),
            };
            let value = name.to_owned();
            (!name.is_empty()).then_some(Located { value, place })
        });
        Self {
            names: names.collect(),
            source: text.into(),
            file: Arc::clone(&file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_name_a_line_with_its_place() {
        let list = NameList::parse("x.retry", "\u{feff}web01\r\n\n# all of it\n  db01  # the old one\n");
        let found: Vec<(&str, usize, usize, usize)> = list
            .names
            .iter()
            .map(|name| {
                (
                    name.value.as_str(),
                    name.place.line,
                    name.place.column,
                    name.place.length,
                )
            })
            .collect();
        assert_eq!(found, [("web01", 1, 1, 5), ("db01", 4, 3, 4)]);
    }
}
