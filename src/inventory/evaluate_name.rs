//! Bare names of target expressions: hosts, groups, globs, ranges, and positions in groups.
//!
//! `web[1:3]` could be the hosts web1 to web3, and in Ansible's words the second to the fourth host of the group
//! web. The hosts are meant when they are all there; the positions when none of them is and there is such a
//! group; anything between is a mistake that names both. `web[01:03]` is hosts. In a pattern of Ansible nothing decides between the
//! two when both are there and differ.

use super::evaluate::Evaluation;
use super::hosts::Hosts;
use crate::model::expression::{Subscript, Word};
use crate::model::name::HostName;
use crate::model::pattern::Pattern;
use crate::model::text::nearest;

/// Most unknown names of one range that a message lists.
const MOST_LISTED: usize = 5;

impl Evaluation<'_> {
    /// A bare name as patchwave means it.
    pub(super) fn name(&mut self, word: &Word) -> Hosts {
        let (hosts, unknown) = self.by_name(word, false);
        let is_padded = word.subscript.as_ref().is_some_and(|subscript| subscript.is_padded);
        let subscripted = if is_padded { None } else { self.subscripted(word) };
        let Some((positions, subscript)) = subscripted else {
            self.unknown_names(word, &unknown);
            return hosts;
        };
        let is_range = subscript.last != Some(subscript.first) || word.patterns.len() > 1;
        if hosts.is_empty() {
            return positions;
        }
        let is_complete = unknown.is_empty() && is_range;
        if !is_complete && hosts != positions {
            self.two_readings(word, subscript);
        }
        hosts
    }

    /// A bare name as Ansible means it: a glob picks groups too, and what ends in `[…]` is positions.
    pub(super) fn ansible_name(&mut self, word: &Word) -> Hosts {
        let (hosts, unknown) = self.by_name(word, true);
        let Some((positions, subscript)) = self.subscripted(word) else {
            self.unknown_names(word, &unknown);
            self.same_name(word);
            return hosts;
        };
        if !hosts.is_empty() && hosts != positions {
            self.two_readings(word, subscript);
        }
        positions
    }

    /// Hosts by name, and the alternatives that name nothing.
    fn by_name<'word>(&mut self, word: &'word Word, globs_pick_groups: bool) -> (Hosts, Vec<&'word Pattern>) {
        let mut hosts = Hosts::none(self.inventory);
        let mut unknown: Vec<&Pattern> = Vec::new();
        for pattern in &word.patterns {
            if !pattern.is_plain() {
                let mut matching = Hosts::matching(self.inventory, |host| pattern.matches(host.name.as_str()));
                let groups = self.inventory.groups();
                let is_group = globs_pick_groups && groups.iter().any(|group| pattern.matches(group.name.as_str()));
                if is_group {
                    matching.add(&self.members(|group| pattern.matches(group)));
                } else if matching.is_empty() {
                    unknown.push(pattern);
                }
                hosts.add(&matching);
            } else if let Some(position) = self.inventory.positions.get(pattern.as_str()) {
                hosts.insert(*position);
            } else if self.inventory.group(pattern.as_str()).is_some() {
                hosts.add(&self.members(|group| pattern.matches(group)));
            } else {
                unknown.push(pattern);
            }
        }
        (hosts, unknown)
    }

    /// A host and a group of one name: Ansible means the group, and a bare name here the host.
    fn same_name(&mut self, word: &Word) {
        let Some(position) = self.inventory.positions.get(word.text.as_str()) else {
            return;
        };
        if self.inventory.group(&word.text).is_none() {
            return;
        }
        let mut host = Hosts::none(self.inventory);
        host.insert(*position);
        if host != self.members(|group| group == word.text) {
            let message = format!("`{}` is the name of a host and of a group", word.text);
            let hint = format!(
                "write `group:{0}` for the group, or a glob for the host alone",
                word.text
            );
            self.error(word.span, message, Some(hint));
        }
    }

    /// The hosts at the positions that a word could mean, when it could.
    fn subscripted<'word>(&mut self, word: &'word Word) -> Option<(Hosts, &'word Subscript)> {
        let subscript = word.subscript.as_ref()?;
        Some((self.positions(word, subscript)?, subscript))
    }

    /// The hosts of a group at some positions; `None` when there is no such group.
    pub(super) fn positions(&mut self, word: &Word, subscript: &Subscript) -> Option<Hosts> {
        let members: Vec<HostName> = if subscript.base == "all" {
            self.inventory.hosts().iter().map(|host| host.name.clone()).collect()
        } else {
            self.inventory.group(&subscript.base)?;
            self.in_order_of_ansible(&subscript.base)
        };
        let count = i64::try_from(members.len()).unwrap_or(i64::MAX);
        let from_start = |position: i64| if position < 0 { count + position } else { position };
        let first = from_start(subscript.first);
        let last = subscript.last.map_or(count - 1, from_start).min(count - 1);
        let mut hosts = Hosts::none(self.inventory);
        for position in first.max(0)..=last {
            let name = usize::try_from(position)
                .ok()
                .and_then(|position| members.get(position));
            if let Some(position) = name.and_then(|name| self.inventory.positions.get(name)) {
                hosts.insert(*position);
            }
        }
        if hosts.is_empty() && !self.names_a_host(word) {
            let message = format!("`{}` has no host at that position: it has {count}", subscript.base);
            let hint = "positions count from 0; `[-1]` is the last one";
            self.error(word.span, message, Some(hint.to_owned()));
        }
        Some(hosts)
    }

    fn names_a_host(&self, word: &Word) -> bool {
        self.inventory
            .hosts()
            .iter()
            .any(|host| word.matches(host.name.as_str()))
    }

    /// The hosts of a group as Ansible counts them: its own, then those of its children, then of theirs.
    fn in_order_of_ansible(&self, name: &str) -> Vec<HostName> {
        let mut members: Vec<HostName> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut queue: std::collections::VecDeque<&str> = [name].into();
        let mut visited = std::collections::HashSet::from([name]);
        while let Some(group) = queue.pop_front().and_then(|name| self.inventory.group(name)) {
            members.extend(group.listed.iter().filter(|host| seen.insert((*host).clone())).cloned());
            queue.extend(
                group
                    .children
                    .iter()
                    .map(AsRef::as_ref)
                    .filter(|child| visited.insert(*child)),
            );
        }
        members
    }

    fn two_readings(&mut self, word: &Word, subscript: &Subscript) {
        let message = format!(
            "`{0}` could mean hosts of that name, and positions in the group `{1}`",
            word.text, subscript.base
        );
        let inside = word.text.strip_prefix(subscript.base.as_str()).unwrap_or_default();
        let hint = format!(
            "write `group:{}{inside}` for the positions, or the names of the hosts",
            subscript.base
        );
        self.error(word.span, message, Some(hint));
    }

    fn unknown_names(&mut self, word: &Word, unknown: &[&Pattern]) {
        let names = self.inventory.hosts().iter().map(|host| host.name.as_str());
        let groups = self.inventory.groups().iter().map(|group| group.name.as_str());
        let (message, hint) = match (unknown, &word.subscript) {
            ([], Some(subscript)) if word.patterns.is_empty() => {
                let near = nearest(&subscript.base, groups).map(|near| format!("did you mean `{near}`?"));
                (format!("there is no group `{}`", subscript.base), near)
            }
            ([], _) => return,
            ([only], _) if only.is_plain() => {
                let near = nearest(only.as_str(), names.chain(groups)).map(|near| format!("did you mean `{near}`?"));
                (
                    format!("there is no host and no group `{only}`"),
                    state_hint(only.as_str()).or(near),
                )
            }
            ([only], _) => (format!("no host matches `{only}`"), None),
            (many, _) => {
                let mut listed: Vec<String> = many
                    .iter()
                    .take(MOST_LISTED)
                    .map(|pattern| format!("`{pattern}`"))
                    .collect();
                if many.len() > MOST_LISTED {
                    listed.push(format!("{} more", many.len() - MOST_LISTED));
                }
                let hint = "a range names each of its hosts; a glob such as `web*` picks those that are there";
                (
                    format!("there are no hosts {}", listed.join(", ")),
                    Some(hint.to_owned()),
                )
            }
        };
        self.error(word.span, message, hint);
    }
}

/// A word that only means something together with a number, or is one.
fn state_hint(word: &str) -> Option<String> {
    match word {
        "updates" | "security" => Some(format!("for hosts with pending ones write `{word}>0`")),
        "kernel" | "reboots" => Some("hosts that need one are `reboot`".to_owned()),
        _ if word.contains("::") => Some("between IPv6 addresses stands `,`".to_owned()),
        _ => None,
    }
}
