//! Reads one wave: which hosts, how many at once, how many may fail, and what must hold afterwards.

use std::time::Duration;

use super::gate_reader::read_gates;
use super::schema::read_expression;
use super::{Share, WaveRule, WaveSelection};
use crate::model::document::{Entry, Fields, Node, Reader};
use crate::model::duration::parse_duration;
use crate::model::name::WaveName;

/// More hosts than any inventory has.
const MOST_HOSTS: u64 = 100_000;

/// Reads one item of `waves`.
pub(super) fn read_wave(reader: &mut Reader, node: &Node) -> Option<WaveRule> {
    let mut fields = reader.fields(node, "a wave")?;
    let name = match fields.get("name") {
        Some(node) => reader
            .parsed(node, "the name of the wave", |text| WaveName::new(text))
            .map(|name| name.value),
        None => {
            reader.problem(node.span, "the wave has no `name`", None);
            None
        }
    };
    let selection = read_selection(reader, &mut fields);
    let batches = match fields.get("batch") {
        Some(node) => read_batches(reader, node),
        None => Some(vec![Share::Percent(100)]),
    };
    let parallel = match fields.get("parallel") {
        Some(node) => reader
            .integer(node, "`parallel`", 1, MOST_HOSTS)
            .and_then(|number| usize::try_from(number.value).ok())
            .map(Some),
        None => Some(None),
    };
    let max_failures = fields.get("max_failures").map(|node| read_share(reader, node, 0));
    let soak = match fields.get("soak") {
        Some(node) => read_duration(reader, node),
        None => Some(Duration::ZERO),
    };
    let gates = match fields.get("gates") {
        Some(node) => read_gates(reader, node),
        None => Some(Vec::new()),
    };
    reader.finish(fields);
    let max_failures = match max_failures {
        Some(share) => Some(share?),
        None => None,
    };
    Some(WaveRule {
        name: name?,
        selection: selection?,
        batches: batches?,
        parallel: parallel?,
        max_failures,
        soak: soak?,
        gates: gates?,
    })
}

/// Exactly one of the keys that say which hosts.
fn read_selection(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<WaveSelection> {
    let given: Vec<&Entry> = ["select", "rest", "one_of_each"]
        .iter()
        .filter_map(|key| fields.entry(key))
        .collect();
    let hint = || Some("write `select: EXPRESSION`, or `rest: true` for the hosts of no other wave".to_owned());
    match given.as_slice() {
        [] => {
            reader.problem(fields.span, "the wave does not say which hosts it has", hint());
            None
        }
        [only] => read_hosts(reader, only),
        [_, others @ ..] => {
            // Each is read, so that its own mistakes show too.
            for entry in &given {
                read_hosts(reader, entry);
            }
            for entry in others {
                reader.problem(entry.span, "the wave says twice which hosts it has", hint());
            }
            None
        }
    }
}

fn read_hosts(reader: &mut Reader, entry: &Entry) -> Option<WaveSelection> {
    let node = &entry.value;
    match entry.key.as_str() {
        "select" => read_expression(reader, node).map(WaveSelection::Expression),
        "rest" => {
            if reader.boolean(node)?.value {
                return Some(WaveSelection::Rest);
            }
            reader.problem(
                node.span,
                "`rest` can only be `true`",
                Some("leave it out instead".to_owned()),
            );
            None
        }
        _ => reader
            .choice(node, &[("release", ())])
            .map(|_| WaveSelection::OneOfEachRelease),
    }
}

fn read_batches(reader: &mut Reader, node: &Node) -> Option<Vec<Share>> {
    let items = reader.one_or_many(node, "a number of hosts, a percentage, or a list of them")?;
    if items.is_empty() {
        reader.problem(node.span, "`batch` has at least one size", None);
        return None;
    }
    let shares: Vec<Option<Share>> = items.iter().map(|item| read_share(reader, item, 1)).collect();
    shares.into_iter().collect()
}

pub(super) fn read_share(reader: &mut Reader, node: &Node, smallest: usize) -> Option<Share> {
    let expected = "a number of hosts such as `5`, or a percentage such as `10%`";
    let share = reader.parsed(node, expected, |text| {
        let share = match text.strip_suffix('%') {
            Some(percent) => parse_number(percent.trim_end())
                .and_then(|number| u8::try_from(number).ok())
                .map(Share::Percent),
            None => parse_number(text).map(Share::Count),
        };
        match share {
            Some(Share::Percent(percent)) if percent > 100 => Err("a percentage goes up to `100%`".to_owned()),
            Some(Share::Percent(percent)) if usize::from(percent) < smallest => {
                Err("at least `1%` is needed".to_owned())
            }
            Some(Share::Count(number)) if number < smallest => Err("at least `1` is needed".to_owned()),
            Some(share) => Ok(share),
            None => Err(format!(
                "expected {expected}, found `{}`",
                crate::model::text::printable(text)
            )),
        }
    });
    share.map(|share| share.value)
}

fn parse_number(text: &str) -> Option<usize> {
    let is_number = (1..=6).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// A duration such as `30s`.
pub(super) fn read_duration(reader: &mut Reader, node: &Node) -> Option<Duration> {
    reader
        .parsed(node, "a duration such as `30s` or `1h30m`", parse_duration)
        .map(|duration| duration.value)
}
