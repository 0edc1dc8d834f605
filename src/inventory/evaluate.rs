//! From the tree of a target expression to a set of hosts.

use std::collections::BTreeSet;

use super::Inventory;
use super::hosts::Hosts;
use crate::model::diagnostic::Diagnostics;
use crate::model::expression::{AnsibleList, Expression, ExpressionError, NameRegex, Span, Term, Word};
use crate::model::known::Knowledge;
use crate::model::text::nearest;

/// The evaluation of one expression, and every word of it that matches nothing.
pub(super) struct Evaluation<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) knowledge: &'a Knowledge,
    pub(super) expression: &'a Expression,
    pub(super) errors: BTreeSet<ExpressionError>,
    /// What is wrong with the lists that it names, by their own lines.
    pub(super) list_problems: Diagnostics,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(inventory: &'a Inventory, expression: &'a Expression, knowledge: &'a Knowledge) -> Self {
        Self {
            inventory,
            knowledge,
            expression,
            errors: BTreeSet::new(),
            list_problems: Diagnostics::default(),
        }
    }

    /// The hosts that the whole expression picks.
    ///
    /// # Errors
    /// Every word that matches nothing.
    pub(super) fn hosts(mut self) -> Result<Hosts, Diagnostics> {
        let expression = self.expression;
        let hosts = self.term(expression.term());
        let mut problems = self.list_problems;
        for error in self.errors {
            problems.merge(expression.locate(error));
        }
        problems.into_result(hosts)
    }

    /// The hosts that a term picks.
    pub(super) fn term(&mut self, term: &Term) -> Hosts {
        match term {
            Term::All => Hosts::all(self.inventory),
            Term::Name(word) => self.name(word),
            Term::AnsibleName(word) => self.ansible_name(word),
            Term::Group(word) => self.group(word),
            Term::Label { key, value } => self.label(key, value.as_ref()),
            Term::Regex(regex) => self.regex(regex),
            Term::File { path, span } => self.file(path, *span),
            Term::State(word) => self.state(word),
            Term::Not(inner) => {
                let mut hosts = Hosts::all(self.inventory);
                hosts.remove(&self.term(inner));
                hosts
            }
            Term::And(terms) => self.every(terms),
            Term::Or(terms) => self.or(terms),
            Term::Ansible(list) => self.ansible_list(list),
        }
    }

    fn every(&mut self, terms: &[Term]) -> Hosts {
        let mut hosts = Hosts::all(self.inventory);
        for term in terms {
            hosts.keep(&self.term(term));
        }
        hosts
    }

    fn any(&mut self, terms: &[Term]) -> Hosts {
        let mut hosts = Hosts::none(self.inventory);
        for term in terms {
            hosts.add(&self.term(term));
        }
        hosts
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

    /// Plain items first, then those with `&`, then those with `!`, as Ansible does.
    fn ansible_list(&mut self, list: &AnsibleList) -> Hosts {
        if let Some(word) = &list.whole
            && let Some(position) = self.inventory.positions.get(word.text.as_str())
        {
            let mut parts = Evaluation::new(self.inventory, self.expression, self.knowledge);
            parts.any(&list.wanted);
            if parts.errors.is_empty() {
                let message = format!(
                    "`{0}` is the name of a host, and could also mean what its parts pick",
                    word.text
                );
                self.error(word.span, message, Some("join hosts by `,` instead of `:`".to_owned()));
            }
            let mut hosts = Hosts::none(self.inventory);
            hosts.insert(*position);
            return hosts;
        }
        let mut hosts = if list.wanted.is_empty() {
            Hosts::all(self.inventory)
        } else {
            self.any(&list.wanted)
        };
        let required = self.every(&list.required);
        hosts.keep(&required);
        let refused = self.any(&list.refused);
        hosts.remove(&refused);
        hosts
    }

    /// Hosts of that name and hosts of groups of that name.
    fn regex(&mut self, regex: &NameRegex) -> Hosts {
        let hosts = Hosts::matching(self.inventory, |host| {
            regex.matches(host.name.as_str()) || host.groups.iter().any(|group| regex.matches(group.as_str()))
        });
        let groups = self.inventory.groups();
        if hosts.is_empty() && !groups.iter().any(|group| regex.matches(group.name.as_str())) {
            let span = Span {
                offset: regex.offset,
                length: regex.length,
            };
            let hint = "it must match where a name begins; `.*` matches anything";
            let message = format!("no host and no group matches `~{}`", regex.text);
            self.error(span, message, Some(hint.to_owned()));
        }
        hosts
    }

    pub(super) fn group(&mut self, word: &Word) -> Hosts {
        let mut hosts = Hosts::none(self.inventory);
        let is_group = |pattern: &crate::model::pattern::Pattern| {
            let groups = self.inventory.groups();
            groups.iter().any(|group| pattern.matches(group.name.as_str()))
        };
        if let Some(subscript) = &word.subscript
            && !word.patterns.iter().any(is_group)
            && let Some(picked) = self.positions(word, subscript)
        {
            return picked;
        }
        if word.patterns.is_empty() {
            let base = word.subscript.as_ref().map_or("", |subscript| subscript.base.as_str());
            self.unknown_group(word.span, base, true);
        }
        for pattern in &word.patterns {
            if pattern.as_str() == "all" || pattern.as_str() == "*" {
                hosts = Hosts::all(self.inventory);
            } else if is_group(pattern) {
                hosts.add(&self.members(|group| pattern.matches(group)));
            } else {
                self.unknown_group(word.span, pattern.as_str(), pattern.is_plain());
            }
        }
        hosts
    }

    fn unknown_group(&mut self, span: Span, name: &str, is_plain: bool) {
        let groups = self.inventory.groups().iter().map(|group| group.name.as_str());
        let near = nearest(name, groups).map(|near| format!("did you mean `{near}`?"));
        let what = if is_plain {
            "there is no group"
        } else {
            "no group matches"
        };
        self.error(span, format!("{what} `{name}`"), near);
    }

    pub(super) fn members(&self, test: impl Fn(&str) -> bool) -> Hosts {
        Hosts::matching(self.inventory, |host| {
            host.groups.iter().any(|group| test(group.as_str()))
        })
    }

    fn label(&mut self, key: &Word, value: Option<&Word>) -> Hosts {
        let labels = || self.inventory.hosts().iter().flat_map(|host| &host.labels);
        if !labels().any(|(name, _)| key.matches(name)) {
            let near = nearest(&key.text, labels().map(|(name, _)| name.as_str()));
            let near = near.map(|near| format!("did you mean `{near}`?"));
            self.error(key.span, format!("no host has a label `{}`", key.text), near);
            return Hosts::none(self.inventory);
        }
        if let Some(value) = value
            && !labels().any(|(name, text)| key.matches(name) && value.matches(text))
        {
            let values = labels()
                .filter(|(name, _)| key.matches(name))
                .map(|(_, text)| text.as_str());
            let near = nearest(&value.text, values).map(|near| format!("did you mean `{near}`?"));
            self.error(
                value.span,
                format!("no host has the label `{}={}`", key.text, value.text),
                near,
            );
        }
        Hosts::matching(self.inventory, |host| {
            host.labels
                .iter()
                .any(|(name, text)| key.matches(name) && value.is_none_or(|value| value.matches(text)))
        })
    }

    pub(super) fn error(&mut self, span: Span, message: String, hint: Option<String>) {
        self.errors.insert(ExpressionError {
            offset: span.offset,
            length: span.length,
            message,
            hint,
        });
    }
}
