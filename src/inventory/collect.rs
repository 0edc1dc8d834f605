//! Joins what several files, and several places of one file, say about the same hosts and groups.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::ansible::Told;
use super::schema::{FileContent, GroupEntry, HostEntry};
use super::settings::{Settings, combine};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::Located;
use crate::model::name::{GroupName, HostName};
use crate::model::range::MOST_NAMES;

/// A host with all that is said about it itself.
#[derive(Debug)]
pub(super) struct HostDefinition {
    pub(super) name: HostName,
    /// Where it stands first.
    pub(super) place: Place,
    pub(super) settings: Arc<Settings>,
    /// The groups that name it, by position.
    pub(super) groups: BTreeSet<usize>,
}

/// A group with all that is said about it.
#[derive(Debug)]
pub(super) struct GroupDefinition {
    pub(super) name: GroupName,
    pub(super) place: Place,
    pub(super) settings: Settings,
    pub(super) children: Vec<Located<GroupName>>,
    /// The positions of its own hosts, in the order in which it lists them; some may stand there twice.
    pub(super) listed: Vec<usize>,
}

/// All files as one.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) defaults: Settings,
    pub(super) hosts: Vec<HostDefinition>,
    pub(super) groups: Vec<GroupDefinition>,
    pub(super) jumps: Vec<Located<HostName>>,
    pub(super) told: HashMap<HostName, Arc<Told>>,
    positions: HashMap<HostName, usize>,
    group_positions: HashMap<GroupName, usize>,
}

/// Joins the files in the order given. Hosts come in the order in which they first stand there.
pub(super) fn collect(files: Vec<FileContent>, problems: &mut Diagnostics) -> Collected {
    let mut all = Collected::default();
    for file in files {
        combine(&mut all.defaults, &file.defaults, "`defaults`", problems);
        all.jumps.extend(file.jumps);
        all.told.extend(file.told);
        let mut entries: Vec<(HostEntry, Option<usize>)> = file.hosts.into_iter().map(|host| (host, None)).collect();
        for group in file.groups {
            let (position, hosts) = all.add_group(group, problems);
            entries.extend(hosts.into_iter().map(|host| (host, Some(position))));
        }
        // `hosts` and `groups` may stand in either order; the sort is stable, so a range stays in order.
        entries.sort_by(|(one, _), (other, _)| {
            (one.place.line, one.place.column).cmp(&(other.place.line, other.place.column))
        });
        for (host, group) in entries {
            all.add_host(host, group, problems);
        }
    }
    all
}

impl Collected {
    /// The position of a host.
    pub(super) fn position(&self, name: &HostName) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// The position of a group.
    pub(super) fn group_position(&self, name: &GroupName) -> Option<usize> {
        self.group_positions.get(name).copied()
    }

    fn add_group(&mut self, entry: GroupEntry, problems: &mut Diagnostics) -> (usize, Vec<HostEntry>) {
        let GroupEntry {
            name,
            place,
            settings,
            hosts,
            children,
        } = entry;
        if let Some(position) = self.group_position(&name)
            && let Some(group) = self.groups.get_mut(position)
        {
            combine(&mut group.settings, &settings, &format!("group `{name}`"), problems);
            group.children.extend(children);
            return (position, hosts);
        }
        let position = self.groups.len();
        self.group_positions.insert(name.clone(), position);
        self.groups.push(GroupDefinition {
            name,
            place,
            settings,
            children,
            listed: Vec::new(),
        });
        (position, hosts)
    }

    fn add_host(&mut self, entry: HostEntry, group: Option<usize>, problems: &mut Diagnostics) {
        let position = self.position(&entry.name).unwrap_or(self.hosts.len());
        if let Some(group) = group.and_then(|group| self.groups.get_mut(group)) {
            group.listed.push(position);
        }
        if let Some(host) = self.hosts.get_mut(position) {
            if host.settings.is_empty() {
                host.settings = entry.settings;
            } else if !entry.settings.is_empty() {
                let whose = format!("host `{}`", entry.name);
                combine(Arc::make_mut(&mut host.settings), &entry.settings, &whose, problems);
            }
            host.groups.extend(group);
            return;
        }
        if self.hosts.len() == MOST_NAMES {
            problems.push(Diagnostic::new(
                entry.place.clone(),
                "the inventory has more than 100,000 hosts",
            ));
        }
        if self.hosts.len() > MOST_NAMES {
            return;
        }
        self.positions.insert(entry.name.clone(), self.hosts.len());
        self.hosts.push(HostDefinition {
            name: entry.name,
            place: entry.place,
            settings: entry.settings,
            groups: group.into_iter().collect(),
        });
    }
}
