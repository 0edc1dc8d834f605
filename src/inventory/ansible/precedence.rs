//! Which of several values of a variable counts for a host. The order is Ansible's: `all` in the inventory,
//! then its groups from the top down, then `group_vars/all`, then the other groups' files, then the host in
//! the inventory, then `host_vars`. Groups of the same depth come by `ansible_group_priority` and then by name;
//! the last one wins.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::data::{ALL, Data};
use super::sources::VariableFiles;
use super::variables::{Variable, Variables};

/// Who gave a variable a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Giver {
    /// The host itself.
    Host,
    /// A group, by position.
    Group(usize),
}

/// A value with the one who gave it.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) giver: Giver,
    pub(super) variable: Variable,
}

/// Every value that each variable was given for one host, the weakest first.
pub(super) type Chains = BTreeMap<&'static str, Vec<Given>>;

/// Answers for one host after the other; what hosts of the same groups have in common is worked out once.
pub(super) struct Precedence<'all> {
    data: &'all Data,
    files: &'all [VariableFiles],
    depths: Vec<usize>,
    common: HashMap<BTreeSet<usize>, Rc<Chains>>,
}

impl<'all> Precedence<'all> {
    pub(super) fn new(data: &'all Data, files: &'all [VariableFiles]) -> Self {
        Self {
            data,
            files,
            depths: data.depths(),
            common: HashMap::new(),
        }
    }

    /// What counts for a host. Hosts of the same groups that have no variables of their own get the same.
    pub(super) fn of(&mut self, host: usize, groups: &BTreeSet<usize>) -> Rc<Chains> {
        let common = match self.common.get(groups) {
            Some(common) => Rc::clone(common),
            None => {
                let common = Rc::new(self.of_groups(groups));
                self.common.insert(groups.clone(), Rc::clone(&common));
                common
            }
        };
        let Some(host) = self.data.hosts.get(host) else {
            return common;
        };
        let files: Vec<&Variables> = self
            .files
            .iter()
            .filter_map(|files| files.hosts.get(&host.name))
            .collect();
        if host.variables.is_empty() && files.iter().all(|file| file.is_empty()) {
            return common;
        }
        let mut chains = Chains::clone(&common);
        add(&mut chains, &Giver::Host, &host.variables);
        for file in files {
            add(&mut chains, &Giver::Host, file);
        }
        Rc::new(chains)
    }

    fn of_groups(&self, groups: &BTreeSet<usize>) -> Chains {
        let mut order: Vec<usize> = groups.iter().copied().filter(|group| *group != ALL).collect();
        order.sort_by_key(|group| {
            let depth = self.depths.get(*group).copied().unwrap_or_default();
            let group = self.data.groups.get(*group);
            (
                depth,
                group.map_or(1, |group| group.priority),
                group.map_or("", |group| group.name.as_str()),
            )
        });
        let mut chains = Chains::new();
        for group in std::iter::once(&ALL).chain(&order) {
            if let Some(content) = self.data.groups.get(*group) {
                add(&mut chains, &Giver::Group(*group), &content.variables);
            }
        }
        // The files of all sources for `all`, then source by source those of the other groups.
        for files in self.files {
            self.add_file(&mut chains, files, ALL);
        }
        for files in self.files {
            for group in &order {
                self.add_file(&mut chains, files, *group);
            }
        }
        chains
    }

    fn add_file(&self, chains: &mut Chains, files: &VariableFiles, group: usize) {
        let name = self.data.groups.get(group).map_or("", |group| group.name.as_str());
        if let Some(variables) = files.groups.get(name) {
            add(chains, &Giver::Group(group), variables);
        }
    }
}

fn add(chains: &mut Chains, giver: &Giver, variables: &Variables) {
    for (name, values) in variables {
        let given = values.iter().map(|variable| Given {
            giver: giver.clone(),
            variable: variable.clone(),
        });
        chains.entry(name).or_default().extend(given);
    }
}
