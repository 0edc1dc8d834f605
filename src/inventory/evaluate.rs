//! From the tree of a target expression to a set of hosts.

use std::collections::BTreeSet;

use super::Inventory;
use crate::model::expression::{ExpressionError, Term, Word};
use crate::model::host::Host;
use crate::model::pattern::Pattern;
use crate::model::text::nearest;

/// Most unknown names of one range that a message lists.
const MOST_LISTED: usize = 5;

/// A set of hosts, by position in the inventory.
#[derive(Debug, Clone)]
pub(super) struct Hosts(Vec<bool>);

impl Hosts {
    fn none(inventory: &Inventory) -> Self {
        Self(vec![false; inventory.hosts().len()])
    }

    pub(super) fn all(inventory: &Inventory) -> Self {
        Self(vec![true; inventory.hosts().len()])
    }

    fn matching(inventory: &Inventory, test: impl Fn(&Host) -> bool) -> Self {
        Self(inventory.hosts().iter().map(test).collect())
    }

    fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    fn insert(&mut self, position: usize) {
        if let Some(slot) = self.0.get_mut(position) {
            *slot = true;
        }
    }

    fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(slot, other)| *slot |= other);
    }

    pub(super) fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(slot, other)| *slot &= other);
    }

    fn remove(&mut self, other: &Self) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(slot, other)| *slot &= !other);
    }

    pub(super) fn of<'inventory>(&self, inventory: &'inventory Inventory) -> Vec<&'inventory Host> {
        inventory
            .hosts()
            .iter()
            .zip(&self.0)
            .filter(|(_, picked)| **picked)
            .map(|(host, _)| host)
            .collect()
    }
}

/// The evaluation of one expression, and every word of it that matches nothing.
pub(super) struct Evaluation<'inventory> {
    inventory: &'inventory Inventory,
    pub(super) errors: BTreeSet<ExpressionError>,
}

impl<'inventory> Evaluation<'inventory> {
    pub(super) fn new(inventory: &'inventory Inventory) -> Self {
        Self {
            inventory,
            errors: BTreeSet::new(),
        }
    }

    /// The hosts that a term picks.
    pub(super) fn term(&mut self, term: &Term) -> Hosts {
        match term {
            Term::All => Hosts::all(self.inventory),
            Term::Name(word) => self.name(word),
            Term::Group(word) => self.group(word),
            Term::Label { key, value } => self.label(key, value.as_ref()),
            Term::Not(inner) => {
                let mut hosts = Hosts::all(self.inventory);
                hosts.remove(&self.term(inner));
                hosts
            }
            Term::And(terms) => {
                let mut hosts = Hosts::all(self.inventory);
                for term in terms {
                    hosts.keep(&self.term(term));
                }
                hosts
            }
            Term::Or(terms) => self.or(terms),
        }
    }

    /// What is negated is taken away from the others, wherever it stands; from all, when there are no others.
    fn or(&mut self, terms: &[Term]) -> Hosts {
        let mut wanted: Option<Hosts> = None;
        let mut unwanted = Hosts::none(self.inventory);
        for term in terms {
            if let Term::Not(inner) = term {
                unwanted.add(&self.term(inner));
            } else {
                let hosts = self.term(term);
                match &mut wanted {
                    Some(wanted) => wanted.add(&hosts),
                    None => wanted = Some(hosts),
                }
            }
        }
        let mut hosts = wanted.unwrap_or_else(|| Hosts::all(self.inventory));
        hosts.remove(&unwanted);
        hosts
    }

    fn name(&mut self, word: &Word) -> Hosts {
        let mut hosts = Hosts::none(self.inventory);
        let mut unknown: Vec<&Pattern> = Vec::new();
        for pattern in &word.patterns {
            if !pattern.is_plain() {
                let matching = Hosts::matching(self.inventory, |host| pattern.matches(host.name.as_str()));
                if matching.is_empty() {
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
        if !unknown.is_empty() {
            self.unknown_name(word, &unknown);
        }
        hosts
    }

    fn unknown_name(&mut self, word: &Word, unknown: &[&Pattern]) {
        let names = self.inventory.hosts().iter().map(|host| host.name.as_str());
        let groups = self.inventory.groups().iter().map(|group| group.name.as_str());
        let (message, hint) = match unknown {
            [only] if only.is_plain() => {
                let near = nearest(only.as_str(), names.chain(groups)).map(|near| format!("did you mean `{near}`?"));
                let joined = word.text.contains([':', ';']).then(|| {
                    "hosts are joined by `,` (or), `&` (and) and `!` (not); `:` is not supported by this version yet"
                        .to_owned()
                });
                (format!("there is no host and no group `{only}`"), joined.or(near))
            }
            [only] => (format!("no host matches `{only}`"), None),
            many => {
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
        self.error(word, message, hint);
    }

    fn group(&mut self, word: &Word) -> Hosts {
        let mut hosts = Hosts::none(self.inventory);
        for pattern in &word.patterns {
            if pattern.as_str() == "all" || pattern.as_str() == "*" {
                hosts = Hosts::all(self.inventory);
            } else if self
                .inventory
                .groups()
                .iter()
                .any(|group| pattern.matches(group.name.as_str()))
            {
                hosts.add(&self.members(|group| pattern.matches(group)));
            } else {
                let groups = self.inventory.groups().iter().map(|group| group.name.as_str());
                let near = nearest(pattern.as_str(), groups).map(|near| format!("did you mean `{near}`?"));
                let what = if pattern.is_plain() {
                    "there is no group"
                } else {
                    "no group matches"
                };
                self.error(word, format!("{what} `{pattern}`"), near);
            }
        }
        hosts
    }

    fn members(&self, test: impl Fn(&str) -> bool) -> Hosts {
        Hosts::matching(self.inventory, |host| {
            host.groups.iter().any(|group| test(group.as_str()))
        })
    }

    fn label(&mut self, key: &Word, value: Option<&Word>) -> Hosts {
        let has = |word: &Word, text: &str| word.patterns.iter().any(|pattern| pattern.matches(text));
        let labels = || self.inventory.hosts().iter().flat_map(|host| &host.labels);
        if !labels().any(|(name, _)| has(key, name)) {
            let near = nearest(&key.text, labels().map(|(name, _)| name.as_str()));
            let near = near.map(|near| format!("did you mean `{near}`?"));
            self.error(key, format!("no host has a label `{}`", key.text), near);
            return Hosts::none(self.inventory);
        }
        if let Some(value) = value
            && !labels().any(|(name, text)| has(key, name) && has(value, text))
        {
            let values = labels()
                .filter(|(name, _)| has(key, name))
                .map(|(_, text)| text.as_str());
            let near = nearest(&value.text, values).map(|near| format!("did you mean `{near}`?"));
            self.error(
                value,
                format!("no host has the label `{}={}`", key.text, value.text),
                near,
            );
        }
        Hosts::matching(self.inventory, |host| {
            host.labels
                .iter()
                .any(|(name, text)| has(key, name) && value.is_none_or(|value| has(value, text)))
        })
    }

    fn error(&mut self, word: &Word, message: String, hint: Option<String>) {
        self.errors.insert(ExpressionError {
            offset: word.offset,
            length: word.length,
            message,
            hint,
        });
    }
}
