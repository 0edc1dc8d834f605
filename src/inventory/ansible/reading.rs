//! What is common to all forms of an inventory while it is read: groups, hosts, mistakes and warnings.

use super::address::{expand_hosts, split_port};
use super::data::Data;
use super::variables::Variable;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::range::MOST_NAMES;

/// Everything that was read so far, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) data: Data,
    pub(super) problems: Diagnostics,
    pub(super) warnings: Diagnostics,
}

impl Reading {
    /// Reports a mistake.
    pub(super) fn problem(&mut self, place: &Place, message: impl AsRef<str>, hint: &str) {
        self.problems
            .push(Diagnostic::new(place.clone(), message).with_hint(hint));
    }

    /// Reports what Ansible warns about, too.
    pub(super) fn warning(&mut self, place: &Place, message: impl AsRef<str>, hint: &str) {
        self.warnings
            .push(Diagnostic::new(place.clone(), message).with_hint(hint));
    }

    /// Puts a group into another one.
    pub(super) fn add_child(&mut self, group: usize, child: usize, place: &Place) {
        if !self.data.add_child(group, child, place) {
            let name = |position: usize| self.data.groups.get(position).map_or("", |group| group.name.as_str());
            let message = format!(
                "group `{}` would be above itself through `{}`",
                name(child),
                name(group)
            );
            self.problem(place, message, "take one of the two out of the other's children");
        }
    }

    /// Adds the hosts that a pattern such as `web[01:20]:2222` stands for to a group, with their variables.
    pub(super) fn add_hosts(
        &mut self,
        pattern: &str,
        group: usize,
        variables: &[(&'static str, Variable)],
        place: &Place,
    ) {
        let (names, port) = split_port(pattern);
        let names = match expand_hosts(names) {
            Ok(names) => names,
            Err(message) => {
                self.problem(
                    place,
                    message,
                    "ranges are written `web[01:20]`, `web[1:9:2]` or `rack-[a:f]`",
                );
                return;
            }
        };
        if self.data.hosts.len() + names.len() > MOST_NAMES {
            let problem = Diagnostic::new(place.clone(), "the inventory has more than 100,000 hosts");
            self.problems.push(problem);
            return;
        }
        for name in names {
            self.data.add_host(&name, port, Some(group), place);
            for (variable, value) in variables {
                self.set_host(&name, variable, value.clone());
            }
        }
    }

    /// Gives a host a variable.
    pub(super) fn set_host(&mut self, host: &str, name: &'static str, variable: Variable) {
        let place = variable.place.clone();
        if let Err(message) = self.data.set_host(host, name, variable) {
            self.problems.push(Diagnostic::new(place, message));
        }
    }

    /// Gives a group a variable.
    pub(super) fn set_group(&mut self, group: usize, name: &'static str, variable: Variable) {
        let place = variable.place.clone();
        if let Err(message) = self.data.set_group(group, name, variable) {
            self.problems.push(Diagnostic::new(place, message));
        }
    }
}
