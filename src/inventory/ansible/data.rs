//! Groups and hosts as Ansible's inventory keeps them while it reads one source after the other.
//!
//! What must stay true: `all` and `ungrouped` are there from the start and have the first two positions; no
//! group is above itself.

use std::collections::{BTreeSet, HashMap};

use super::value::Value;
use super::variables::{PRIORITY, Variable, Variables};
use crate::model::diagnostic::Place;

/// The position of the group that holds every host.
pub(super) const ALL: usize = 0;

/// The position of the group of the hosts that no other group holds.
pub(super) const UNGROUPED: usize = 1;

/// Everything that was read.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) groups: Vec<Group>,
    pub(super) hosts: Vec<Host>,
    group_positions: HashMap<String, usize>,
    host_positions: HashMap<String, usize>,
}

/// A group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    /// Where it stands first; `None` for `all` and `ungrouped` that no file names.
    pub(super) place: Option<Place>,
    pub(super) parents: Vec<usize>,
    /// With the places that name them.
    pub(super) children: Vec<(usize, Place)>,
    /// The hosts that it names itself.
    pub(super) hosts: Vec<(usize, Place)>,
    pub(super) variables: Variables,
    pub(super) priority: i64,
}

/// A host.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) place: Place,
    /// The groups that name it.
    pub(super) groups: BTreeSet<usize>,
    pub(super) variables: Variables,
}

impl Default for Data {
    fn default() -> Self {
        let mut data = Self {
            groups: Vec::new(),
            hosts: Vec::new(),
            group_positions: HashMap::new(),
            host_positions: HashMap::new(),
        };
        data.push_group("all", None);
        data.push_group("ungrouped", None);
        data
    }
}

impl Data {
    /// The position of a group.
    pub(super) fn group(&self, name: &str) -> Option<usize> {
        self.group_positions.get(name).copied()
    }

    /// The group of that name, made when it is not there.
    pub(super) fn add_group(&mut self, name: &str, place: &Place) -> usize {
        self.group(name)
            .unwrap_or_else(|| self.push_group(name, Some(place.clone())))
    }

    fn push_group(&mut self, name: &str, place: Option<Place>) -> usize {
        let position = self.groups.len();
        self.group_positions.insert(name.to_owned(), position);
        self.groups.push(Group {
            name: name.to_owned(),
            place,
            parents: Vec::new(),
            children: Vec::new(),
            hosts: Vec::new(),
            variables: Variables::new(),
            priority: 1,
        });
        position
    }

    /// Puts one group into another. False when it would be above itself.
    pub(super) fn add_child(&mut self, group: usize, child: usize, place: &Place) -> bool {
        if group == child || child == ALL || self.ancestors(group).contains(&child) {
            return false;
        }
        let Some(upper) = self.groups.get_mut(group) else {
            return false;
        };
        if upper.children.iter().any(|(other, _)| *other == child) {
            return true;
        }
        upper.children.push((child, place.clone()));
        if let Some(lower) = self.groups.get_mut(child) {
            lower.parents.push(group);
        }
        true
    }

    /// The host of that name, made when it is not there, and put into a group. A port that stands behind the
    /// name counts only where the host stands first, as in Ansible.
    pub(super) fn add_host(&mut self, name: &str, port: Option<u32>, group: Option<usize>, place: &Place) {
        let position = match self.host_positions.get(name) {
            Some(position) => *position,
            None => self.push_host(name, port, place),
        };
        let (Some(group), Some(host)) = (group, self.hosts.get_mut(position)) else {
            return;
        };
        if host.groups.insert(group)
            && let Some(group) = self.groups.get_mut(group)
        {
            group.hosts.push((position, place.clone()));
        }
    }

    fn push_host(&mut self, name: &str, port: Option<u32>, place: &Place) -> usize {
        let position = self.hosts.len();
        self.host_positions.insert(name.to_owned(), position);
        let mut variables = Variables::new();
        if let Some(port) = port.filter(|port| *port != 0) {
            let value = Value::Number(port.to_string());
            let place = place.clone();
            variables.insert("ansible_port", vec![Variable { value, place }]);
        }
        self.hosts.push(Host {
            name: name.to_owned(),
            place: place.clone(),
            groups: BTreeSet::new(),
            variables,
        });
        position
    }

    /// Gives a group a variable. The error is what is wrong with its value.
    pub(super) fn set_group(&mut self, group: usize, name: &'static str, variable: Variable) -> Result<(), String> {
        let Some(group) = self.groups.get_mut(group) else {
            return Ok(());
        };
        if name == PRIORITY {
            let number = variable.value.text().and_then(|text| text.trim().parse().ok());
            group.priority = number.ok_or("the priority of a group is a whole number")?;
            return Ok(());
        }
        group.variables.entry(name).or_default().push(variable);
        Ok(())
    }

    /// Gives a host a variable. Where a group has the same name, Ansible gives it to the group.
    pub(super) fn set_host(&mut self, host: &str, name: &'static str, variable: Variable) -> Result<(), String> {
        if let Some(group) = self.group(host) {
            return self.set_group(group, name, variable);
        }
        let position = self.host_positions.get(host);
        if let Some(host) = position.and_then(|position| self.hosts.get_mut(*position))
            && name != PRIORITY
        {
            host.variables.entry(name).or_default().push(variable);
        }
        Ok(())
    }

    /// All groups above a group, itself left out.
    pub(super) fn ancestors(&self, group: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![group];
        while let Some(position) = open.pop() {
            for parent in self.groups.get(position).into_iter().flat_map(|group| &group.parents) {
                if found.insert(*parent) {
                    open.push(*parent);
                }
            }
        }
        found
    }

    /// What Ansible does when everything was read: groups without a parent are in `all`, and `ungrouped`
    /// holds the hosts that nothing else holds, and no others.
    pub(super) fn reconcile(&mut self) {
        for position in 1..self.groups.len() {
            if let Some(group) = self.groups.get_mut(position)
                && group.parents.is_empty()
            {
                group.parents.push(ALL);
            }
        }
        let closures: Vec<BTreeSet<usize>> = self.hosts.iter().map(|host| self.closure(&host.groups)).collect();
        for (host, closure) in self.hosts.iter_mut().zip(closures) {
            if closure.iter().any(|group| *group != ALL && *group != UNGROUPED) {
                host.groups.remove(&UNGROUPED);
            } else {
                host.groups.insert(UNGROUPED);
            }
        }
    }

    /// These groups and all above them.
    pub(super) fn closure(&self, groups: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut all = groups.clone();
        for group in groups {
            all.extend(self.ancestors(*group));
        }
        all
    }

    /// How deep each group lies: the longest way down from `all`.
    pub(super) fn depths(&self) -> Vec<usize> {
        let mut depths = vec![0_usize; self.groups.len()];
        // Nothing is above itself, so no way is longer than there are groups.
        let mut open: Vec<usize> = vec![ALL];
        let mut waiting: Vec<usize> = self.groups.iter().map(|group| group.parents.len()).collect();
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); self.groups.len()];
        for (position, group) in self.groups.iter().enumerate() {
            for parent in &group.parents {
                if let Some(below) = below.get_mut(*parent) {
                    below.push(position);
                }
            }
        }
        while let Some(group) = open.pop() {
            let depth = depths.get(group).copied().unwrap_or_default() + 1;
            for child in below.get(group).into_iter().flatten() {
                if let (Some(deepest), Some(left)) = (depths.get_mut(*child), waiting.get_mut(*child)) {
                    *deepest = depth.max(*deepest);
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        open.push(*child);
                    }
                }
            }
        }
        depths
    }
}
