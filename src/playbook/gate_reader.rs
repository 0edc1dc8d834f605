//! Reads gates: what is measured after a wave, how often, and how much of it may fail.

mod http;
mod prometheus;

use std::collections::HashMap;
use std::time::Duration;

use super::wave_reader::read_duration;
use crate::model::diagnostic::{Diagnostic, Place};
use crate::model::document::{Entry, Fields, Node, NodeValue, Reader, Scalar};
use crate::model::gate::{
    BaselineRule, DEFAULT_COUNT, DEFAULT_INTERVAL, DEFAULT_TIMEOUT, Gate, GateCheck, GatePlace, GateScope, Relook,
    UnitState, UnknownRule,
};
use crate::model::template::{check_template, is_template};

/// Measurements of one gate; more is monitoring.
const MOST_MEASUREMENTS: u64 = 10_000;

/// Reads the value of `gates`.
pub(super) fn read_gates(reader: &mut Reader, node: &Node) -> Option<Vec<Gate>> {
    let items = reader.list(node, "a list of gates")?;
    let gates: Vec<Option<Gate>> = items.iter().map(|item| read_gate(reader, item)).collect();
    let mut first: HashMap<&str, Place> = HashMap::new();
    for (item, gate) in items.iter().zip(&gates) {
        let Some(gate) = gate else {
            continue;
        };
        let place = reader.place(item.span);
        if let Some(earlier) = first.get(gate.name.as_str()) {
            let problem = Diagnostic::new(place, format!("the wave has two gates `{}`", gate.name));
            reader.report(problem.with_related(earlier.clone(), "the first one"));
        } else {
            first.insert(&gate.name, place);
        }
    }
    gates.into_iter().collect()
}

fn read_gate(reader: &mut Reader, node: &Node) -> Option<Gate> {
    let mut fields = reader.fields(node, "a gate")?;
    let name = match fields.get("name") {
        Some(node) => reader
            .parsed(node, "the name of the gate", check_name)
            .map(|name| name.value),
        None => {
            reader.problem(node.span, "the gate has no `name`", None);
            None
        }
    };
    let check = read_check(reader, &mut fields);
    let mut number = |key: &'static str, smallest: u64, default: u32| match fields.get(key) {
        Some(node) => reader
            .integer(node, &format!("`{key}`"), smallest, MOST_MEASUREMENTS)
            .and_then(|number| u32::try_from(number.value).ok()),
        None => Some(default),
    };
    let count = number("count", 1, DEFAULT_COUNT);
    let failures_allowed = number("failures_allowed", 0, 0);
    let row = read_row(reader, &mut fields);
    let interval = match fields.get("interval") {
        Some(node) => read_duration(reader, node),
        None => Some(DEFAULT_INTERVAL),
    };
    let timeout = match fields.get("timeout") {
        Some(node) => read_timeout(reader, node),
        None => Some(DEFAULT_TIMEOUT),
    };
    let unknown = read_word(reader, &mut fields, "unknown", &UNKNOWN);
    let baseline = read_word(reader, &mut fields, "baseline", &BASELINE);
    let scope = read_word(reader, &mut fields, "scope", &SCOPE);
    let relook = match fields.get("relook") {
        Some(node) => read_relook(reader, node),
        None => Some(Relook::default()),
    };
    reader.finish(fields);
    let row = row?;
    Some(Gate {
        name: name?,
        check: check?,
        count: row.count.map_or(count, Some)?,
        consecutive: row.consecutive,
        unknown: unknown?,
        baseline: baseline?,
        scope: scope?,
        relook: relook?,
        interval: interval?,
        failures_allowed: failures_allowed?,
        timeout: timeout?,
    })
}

const UNKNOWN: [(&str, UnknownRule); 3] = [
    ("pause", UnknownRule::Pause),
    ("fail", UnknownRule::Fail),
    ("pass", UnknownRule::Pass),
];

const BASELINE: [(&str, BaselineRule); 3] = [
    ("warn", BaselineRule::Warn),
    ("required", BaselineRule::Required),
    ("ignore", BaselineRule::Ignore),
];

const SCOPE: [(&str, GateScope); 3] = [
    ("host", GateScope::Host),
    ("wave", GateScope::Wave),
    ("fleet", GateScope::Fleet),
];

/// One of a few words, or what holds when the playbook says nothing.
fn read_word<T: Copy + Default>(
    reader: &mut Reader,
    fields: &mut Fields<'_>,
    key: &'static str,
    words: &[(&str, T)],
) -> Option<T> {
    match fields.get(key) {
        Some(node) => reader.choice(node, words).map(|word| word.value),
        None => Some(T::default()),
    }
}

/// What `consecutive` says.
struct Row {
    consecutive: bool,
    /// How many in a row, when it is said here.
    count: Option<u32>,
}

/// `true`, `false`, or the number that `count` would have had.
fn read_row(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<Row> {
    let Some(node) = fields.get("consecutive") else {
        return Some(Row {
            consecutive: false,
            count: None,
        });
    };
    let is_number = matches!(&node.value, NodeValue::Scalar(scalar) if scalar.text.starts_with(|letter: char| letter.is_ascii_digit()));
    if !is_number {
        let consecutive = reader.boolean(node)?.value;
        return Some(Row {
            consecutive,
            count: None,
        });
    }
    if let Some(count) = fields.entry("count") {
        let hint = Some("write `consecutive: true` beside `count`".to_owned());
        reader.problem(count.span, "the gate says twice how often it is measured", hint);
        return None;
    }
    let number = reader.integer(node, "`consecutive`", 1, MOST_MEASUREMENTS)?;
    Some(Row {
        consecutive: true,
        count: u32::try_from(number.value).ok(),
    })
}

/// The shortest time after which a gate is looked at again: more is monitoring.
const SHORTEST_RELOOK: Duration = Duration::from_secs(1);

/// A duration, or `false`.
fn read_relook(reader: &mut Reader, node: &Node) -> Option<Relook> {
    if matches!(&node.value, NodeValue::Scalar(scalar) if scalar.resolved().as_bool() == Some(false)) {
        return Some(Relook::Never);
    }
    if matches!(&node.value, NodeValue::Scalar(scalar) if scalar.resolved().as_bool() == Some(true)) {
        return Some(Relook::default());
    }
    let every = read_duration(reader, node)?;
    if every < SHORTEST_RELOOK {
        let hint = Some("write `relook: false` for a gate that is never looked at again".to_owned());
        reader.problem(node.span, "a gate is looked at again after `1s` at least", hint);
        return None;
    }
    Some(Relook::Every(every))
}

pub(super) fn check_name(text: &str) -> Result<String, &'static str> {
    let is_name = !text.is_empty() && text.len() <= 255 && !text.contains(char::is_control);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("a name is one line of at most 255 bytes")
    }
}

pub(super) fn read_timeout(reader: &mut Reader, node: &Node) -> Option<Duration> {
    let timeout = read_duration(reader, node)?;
    if timeout.is_zero() {
        reader.problem(node.span, "a deadline of nothing is always missed", None);
        return None;
    }
    Some(timeout)
}

const CHECKS: &str = "write one of `http: URL`, `tcp: HOST:PORT`, `command: [PROGRAM, …]`, `unit: NAME` and \
                      `prometheus: {url: URL, query: QUERY, is: \"< 0.05\"}`";

/// Keys that belong to one kind of gate.
const OWNED: [(&str, &str); 6] = [
    ("status", "http"),
    ("body", "http"),
    ("method", "http"),
    ("headers", "http"),
    ("on", "command"),
    ("state", "unit"),
];

/// Exactly one of the keys that say what is measured, and the keys that belong to it.
fn read_check(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<GateCheck> {
    let given: Vec<&Entry> = ["http", "tcp", "command", "prometheus", "unit"]
        .iter()
        .filter_map(|key| fields.entry(key))
        .collect();
    let hint = || Some(CHECKS.to_owned());
    let (kind, check) = match given.as_slice() {
        [] => {
            reader.problem(fields.span, "the gate does not say what is measured", hint());
            ("", None)
        }
        [only] => (only.key.as_str(), read_kind(reader, only, fields)),
        [_, others @ ..] => {
            for entry in others {
                reader.problem(entry.span, "a gate measures one thing", hint());
            }
            ("", None)
        }
    };
    for (key, owner) in OWNED {
        let entry = fields.entry(key);
        if let Some(entry) = entry.filter(|_| !kind.is_empty() && kind != owner && !is_where_it_is(kind, entry)) {
            reader.problem(
                entry.span,
                format!("`{key}` belongs to a gate with `{owner}`, not `{kind}`"),
                None,
            );
        }
    }
    check
}

/// `on: controller` says of `http`, `tcp` and `prometheus` what they do anyway, and `on: host` of `unit`.
fn is_where_it_is(kind: &str, entry: Option<&Entry>) -> bool {
    let place = if kind == "unit" { "host" } else { "controller" };
    entry.is_some_and(|entry| {
        entry.key == "on" && matches!(&entry.value.value, NodeValue::Scalar(scalar) if scalar.text == place)
    })
}

fn read_kind(reader: &mut Reader, entry: &Entry, fields: &mut Fields<'_>) -> Option<GateCheck> {
    match entry.key.as_str() {
        "http" => http::read_http(reader, &entry.value, fields).map(GateCheck::Http),
        "prometheus" => prometheus::read_prometheus(reader, &entry.value),
        "unit" => {
            let unit = read_text(reader, &entry.value, "the name of a unit", check_unit);
            let state = read_word(reader, fields, "state", &STATES);
            Some(GateCheck::Unit {
                unit: unit?,
                state: state?,
            })
        }
        "tcp" => read_text(reader, &entry.value, "`HOST:PORT`", check_tcp).map(|address| GateCheck::Tcp { address }),
        _ => {
            let run = read_command(reader, &entry.value);
            let on = match fields.get("on") {
                Some(node) => {
                    let places = [("host", GatePlace::Host), ("controller", GatePlace::Controller)];
                    reader.choice(node, &places).map(|place| place.value)
                }
                None => Some(GatePlace::default()),
            };
            Some(GateCheck::Command { run: run?, on: on? })
        }
    }
}

const STATES: [(&str, UnitState); 3] = [
    ("active", UnitState::Active),
    ("inactive", UnitState::Inactive),
    ("failed", UnitState::Failed),
];

/// The letters of systemd.unit(5); what a template becomes is checked when it is known.
fn check_unit(text: &str) -> Result<(), String> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || ":-_.\\@".contains(letter);
    if is_template(text) || (!text.starts_with('-') && text.len() <= 255 && text.chars().all(is_letter)) {
        Ok(())
    } else {
        Err("expected the name of a unit, as in `nginx.service`".to_owned())
    }
}

fn check_url(text: &str) -> Result<(), String> {
    let is_url = ["http://", "https://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    if is_url {
        Ok(())
    } else {
        Err("an address begins with `http://` or `https://`".to_owned())
    }
}

fn check_tcp(text: &str) -> Result<(), String> {
    let port = text
        .rsplit_once(':')
        .filter(|(host, _)| !host.is_empty())
        .map(|(_, port)| port.trim());
    let is_port =
        |port: &str| is_template(text) && port.ends_with("}}") || port.parse::<u16>().is_ok_and(|port| port > 0);
    if port.is_some_and(is_port) {
        Ok(())
    } else {
        Err("expected `HOST:PORT`, as in `{{ host.address }}:5432`".to_owned())
    }
}

/// Text that may be a template, which is checked as far as it can be without a host.
pub(super) fn read_text(
    reader: &mut Reader,
    node: &Node,
    expected: &str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Option<String> {
    let scalar: &Scalar = reader.scalar(node, expected)?;
    if let Err(message) = check(&scalar.text) {
        reader.problem(node.span, message, None);
        return None;
    }
    if let Err(error) = check_template(&scalar.text) {
        let place = match error.offset {
            Some(offset) => reader.inside(node).shifted(offset, error.length),
            None => reader.place(node.span),
        };
        reader.report(Diagnostic::new(place, error.message).with_optional_hint(error.hint));
        return None;
    }
    Some(scalar.text.clone())
}

pub(super) fn read_command(reader: &mut Reader, node: &Node) -> Option<Vec<String>> {
    if let NodeValue::Scalar(scalar) = &node.value {
        let words: Vec<&str> = scalar.text.split_whitespace().collect();
        let hint = format!("no shell is involved; write it as a list: `[{}]`", words.join(", "));
        reader.problem(
            node.span,
            "expected a program and its arguments as a list, found text",
            Some(hint),
        );
        return None;
    }
    let items = reader.list(node, "a program and its arguments as a list")?;
    if items.is_empty() {
        reader.problem(node.span, "the program is missing", None);
        return None;
    }
    let words: Vec<Option<String>> = items
        .iter()
        .map(|item| read_text(reader, item, "a word", |_| Ok(())))
        .collect();
    words.into_iter().collect()
}
