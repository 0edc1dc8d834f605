//! Answers target expressions: which hosts of the inventory are meant.
//!
//! A word that matches nothing is an error wherever it stands, behind a `!` too: a misspelt exclusion
//! would otherwise reach hosts that were to be spared.

use std::collections::BTreeSet;

use super::Inventory;
use crate::model::diagnostic::Diagnostics;
use crate::model::expression::{Expression, ExpressionError, Term, Word};
use crate::model::host::Host;
use crate::model::pattern::Pattern;
use crate::model::text::{count, nearest};

/// The hosts that were picked, in the order of the inventory; never empty.
pub type Selection<'inventory> = Vec<&'inventory Host>;

/// Most unknown names of one range that a message lists.
const MOST_LISTED: usize = 5;

/// Why no hosts can be picked. Nothing was contacted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// An expression names what is not there.
    #[error("{0}")]
    Unknown(Diagnostics),
    /// Every word matches something, but no host is left.
    #[error("`{expression}` picks none of the {} of the inventory", count(*hosts, "host"))]
    Empty {
        /// The expressions, joined by `&`.
        expression: String,
        /// How many hosts there are.
        hosts: usize,
    },
    /// `--expect` names another number.
    #[error("{selected} selected, but {expected} expected", selected = count(*selected, "host"))]
    Unexpected {
        /// How many are selected.
        selected: usize,
        /// How many are expected.
        expected: usize,
    },
}

impl SelectionError {
    /// What to do about it, where the message does not say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unknown(_) => None,
            Self::Empty { hosts: 0, .. } => Some("add hosts to the inventory"),
            Self::Empty { .. } => Some("`patchwave inventory list` shows every host with its groups and labels"),
            Self::Unexpected { .. } => Some("`patchwave inventory list` with the same `--limit` shows which"),
        }
    }
}

/// The hosts that every one of the expressions picks; all hosts without an expression.
///
/// # Errors
/// When an expression names what is not there, no host is left, or their number is not `expect`.
pub fn select_hosts<'inventory>(
    inventory: &'inventory Inventory,
    expressions: &[Expression],
    expect: Option<usize>,
) -> Result<Selection<'inventory>, SelectionError> {
    let mut picked = Hosts::all(inventory);
    let mut problems = Diagnostics::default();
    for expression in expressions {
        match pick(inventory, expression) {
            Ok(hosts) => picked.keep(&hosts),
            Err(more) => problems.merge(more),
        }
    }
    if !problems.is_empty() {
        return Err(SelectionError::Unknown(problems));
    }
    let selection = picked.of(inventory);
    if let Some(expected) = expect.filter(|expected| *expected != selection.len()) {
        return Err(SelectionError::Unexpected {
            selected: selection.len(),
            expected,
        });
    }
    if selection.is_empty() {
        let joined: Vec<&str> = expressions.iter().map(Expression::as_str).collect();
        let expression = if joined.is_empty() {
            "all".to_owned()
        } else {
            joined.join(" & ")
        };
        return Err(SelectionError::Empty {
            expression,
            hosts: inventory.hosts().len(),
        });
    }
    Ok(selection)
}

/// The hosts that one expression picks, in the order of the inventory; there may be none.
///
/// # Errors
/// When it names what is not there.
pub fn evaluate<'inventory>(
    inventory: &'inventory Inventory,
    expression: &Expression,
) -> Result<Vec<&'inventory Host>, Diagnostics> {
    pick(inventory, expression).map(|hosts| hosts.of(inventory))
}

fn pick(inventory: &Inventory, expression: &Expression) -> Result<Hosts, Diagnostics> {
    let mut evaluation = Evaluation {
        inventory,
        errors: BTreeSet::new(),
    };
    let hosts = evaluation.term(expression.term());
    let mut problems = Diagnostics::default();
    for error in evaluation.errors {
        problems.merge(expression.locate(error));
    }
    problems.into_result(hosts)
}

/// A set of hosts, by position in the inventory.
#[derive(Debug, Clone)]
struct Hosts(Vec<bool>);

impl Hosts {
    fn none(inventory: &Inventory) -> Self {
        Self(vec![false; inventory.hosts().len()])
    }

    fn all(inventory: &Inventory) -> Self {
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

    fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(slot, other)| *slot &= other);
    }

    fn remove(&mut self, other: &Self) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(slot, other)| *slot &= !other);
    }

    fn of<'inventory>(&self, inventory: &'inventory Inventory) -> Vec<&'inventory Host> {
        inventory
            .hosts()
            .iter()
            .zip(&self.0)
            .filter(|(_, picked)| **picked)
            .map(|(host, _)| host)
            .collect()
    }
}

struct Evaluation<'inventory> {
    inventory: &'inventory Inventory,
    errors: BTreeSet<ExpressionError>,
}

impl Evaluation<'_> {
    fn term(&mut self, term: &Term) -> Hosts {
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
