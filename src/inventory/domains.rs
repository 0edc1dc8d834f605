//! Reads `domains`, and finds their hosts. Names that are not there, and domains without a host, are mistakes.

use std::collections::HashMap;

use super::Inventory;
use super::quorum::read_quorum;
use super::select::evaluate;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::{Node, Reader};
use crate::model::domain::{Domain, MaxDown};
use crate::model::expression::{Expression, Origin};
use crate::model::known::Knowledge;
use crate::model::name::DomainName;
use crate::model::quorum::QuorumRule;

/// A domain as it is written.
#[derive(Debug, Clone)]
pub(super) struct DomainEntry {
    name: DomainName,
    place: Place,
    select: Expression,
    select_place: Place,
    max_down: MaxDown,
    quorum: Option<QuorumRule>,
}

/// Reads the value of `domains`.
pub(super) fn read_domains(reader: &mut Reader, node: &Node) -> Vec<DomainEntry> {
    let Some(fields) = reader.fields(node, "`domains`") else {
        return Vec::new();
    };
    let mut domains = Vec::new();
    for entry in fields.entries() {
        let name = DomainName::new(entry.key.as_str())
            .map_err(|error| reader.problem(entry.span, error.to_string(), None))
            .ok();
        let Some(mut fields) = reader.fields(&entry.value, "a domain") else {
            continue;
        };
        let select = match fields.get("select") {
            Some(node) => read_select(reader, node).map(|select| (select, reader.place(node.span))),
            None => {
                let hint = Some("write `{select: \"group:NAME\", max_down: 1}`".to_owned());
                reader.problem(entry.span, "the domain does not `select` its hosts", hint);
                None
            }
        };
        let max_down = match fields.get("max_down") {
            Some(node) => read_max_down(reader, node),
            None => {
                let message = "the domain does not say how many may be down (`max_down`)";
                reader.problem(
                    entry.span,
                    message,
                    Some("write `max_down: 1` or `max_down: 25%`".to_owned()),
                );
                None
            }
        };
        let quorum = fields.get("quorum").map(|node| read_quorum(reader, node));
        reader.finish(fields);
        // A mistake in it was reported.
        let quorum = quorum.flatten();
        if let (Some(name), Some((select, select_place)), Some(max_down)) = (name, select, max_down) {
            domains.push(DomainEntry {
                name,
                place: reader.place(entry.span),
                select,
                select_place,
                max_down,
                quorum,
            });
        }
    }
    domains
}

fn read_select(reader: &mut Reader, node: &Node) -> Option<Expression> {
    let scalar = reader.scalar(node, "a target expression")?;
    let origin = Origin {
        place: reader.inside(node),
        source: reader.source(),
    };
    let place = origin.place.clone();
    let expression = match Expression::from_file(&scalar.text, origin) {
        Ok(expression) => expression,
        Err(problems) => {
            reader.report_all(problems);
            return None;
        }
    };
    let mut refused: Vec<Diagnostic> = Vec::new();
    for word in expression.state_words() {
        let message = format!(
            "`{}` depends on the last scan; which hosts belong together must not",
            word.text
        );
        let place = place.shifted(word.span.offset, word.span.length);
        refused.push(Diagnostic::new(place, message).with_hint("select them by name, group or label"));
    }
    for ((_, path), span) in expression.lists() {
        let place = place.shifted(span.offset, span.length);
        let message = format!("a domain cannot read the list `@{path}`");
        refused.push(Diagnostic::new(place, message).with_hint("make a group of these hosts"));
    }
    let is_allowed = refused.is_empty();
    refused.into_iter().for_each(|problem| reader.report(problem));
    is_allowed.then_some(expression)
}

fn read_max_down(reader: &mut Reader, node: &Node) -> Option<MaxDown> {
    let expected = "a number of hosts from 1, or a part such as `25%`";
    let parsed = reader.parsed(node, expected, |text| {
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
            text.parse::<usize>().ok().filter(|number| is_number && *number > 0)
        };
        let limit = match text.strip_suffix('%') {
            Some(percent) => number(percent)
                .and_then(|percent| u8::try_from(percent).ok())
                .filter(|percent| *percent <= 100)
                .map(MaxDown::Percent),
            None => number(text).map(MaxDown::Count),
        };
        limit.ok_or_else(|| format!("expected {expected}, found `{text}`"))
    });
    parsed.map(|limit| limit.value)
}

/// The domains with their hosts.
pub(super) fn find_members(
    entries: Vec<DomainEntry>,
    inventory: &Inventory,
    problems: &mut Diagnostics,
) -> Vec<Domain> {
    let mut first: HashMap<DomainName, Place> = HashMap::new();
    let mut domains = Vec::new();
    for entry in entries {
        if let Some(earlier) = first.get(&entry.name) {
            let problem = Diagnostic::new(entry.place, format!("there are two domains `{}`", entry.name));
            problems.push(problem.with_related(earlier.clone(), "the first one"));
            continue;
        }
        first.insert(entry.name.clone(), entry.place.clone());
        let picked = match evaluate(inventory, &entry.select, &Knowledge::default()) {
            Ok(picked) => picked.hosts,
            Err(more) => {
                problems.merge(more);
                continue;
            }
        };
        if picked.is_empty() {
            let message = format!("domain `{}` has no host: `{}` picks none", entry.name, entry.select);
            problems.push(Diagnostic::new(entry.select_place, message));
            continue;
        }
        domains.push(Domain {
            members: picked.into_iter().map(|host| host.name.clone()).collect(),
            name: entry.name,
            place: entry.place,
            select: entry.select,
            max_down: entry.max_down,
            quorum: entry.quorum,
        });
    }
    domains
}
