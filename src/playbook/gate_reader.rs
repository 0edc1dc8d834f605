//! Reads gates: what is measured after a wave, how often, and how much of it may fail.

use std::collections::HashMap;
use std::time::Duration;

use super::wave_reader::read_duration;
use crate::model::diagnostic::{Diagnostic, Place};
use crate::model::document::{Entry, Fields, Node, NodeValue, Reader, Scalar};
use crate::model::plan::{Gate, GateCheck, GatePlace};
use crate::model::template::{check_template, is_template};

/// Measurements that must pass, when the playbook does not say.
pub(super) const DEFAULT_COUNT: u32 = 1;

/// Time between two measurements, when the playbook does not say.
pub(super) const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// Deadline of one measurement, when the playbook does not say: a slow page is worse than no page, and a
/// test suite belongs on a machine of its own.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The status that an answer must have, when the playbook does not say.
pub(super) const DEFAULT_STATUS: u16 = 200;

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
    let interval = match fields.get("interval") {
        Some(node) => read_duration(reader, node),
        None => Some(DEFAULT_INTERVAL),
    };
    let timeout = match fields.get("timeout") {
        Some(node) => read_timeout(reader, node),
        None => Some(DEFAULT_TIMEOUT),
    };
    reader.finish(fields);
    Some(Gate {
        name: name?,
        check: check?,
        count: count?,
        interval: interval?,
        failures_allowed: failures_allowed?,
        timeout: timeout?,
    })
}

fn check_name(text: &str) -> Result<String, &'static str> {
    let is_name = !text.is_empty() && text.len() <= 255 && !text.contains(char::is_control);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("a name is one line of at most 255 bytes")
    }
}

fn read_timeout(reader: &mut Reader, node: &Node) -> Option<Duration> {
    let timeout = read_duration(reader, node)?;
    if timeout.is_zero() {
        reader.problem(node.span, "a deadline of nothing is always missed", None);
        return None;
    }
    Some(timeout)
}

/// Exactly one of the keys that say what is measured, and the keys that belong to it.
fn read_check(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<GateCheck> {
    let given: Vec<&Entry> = ["http", "tcp", "command"]
        .iter()
        .filter_map(|key| fields.entry(key))
        .collect();
    let hint = || Some("write one of `http: URL`, `tcp: HOST:PORT` and `command: [PROGRAM, …]`".to_owned());
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
    for (key, owner) in [("status", "http"), ("body", "http"), ("on", "command")] {
        let entry = fields.entry(key);
        if let Some(entry) = entry.filter(|_| !kind.is_empty() && kind != owner && !is_from_controller(entry)) {
            reader.problem(
                entry.span,
                format!("`{key}` belongs to a gate with `{owner}`, not `{kind}`"),
                None,
            );
        }
    }
    check
}

/// `on: controller` says of `http` and `tcp` what they do anyway.
fn is_from_controller(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| {
        entry.key == "on" && matches!(&entry.value.value, NodeValue::Scalar(scalar) if scalar.text == "controller")
    })
}

fn read_kind(reader: &mut Reader, entry: &Entry, fields: &mut Fields<'_>) -> Option<GateCheck> {
    match entry.key.as_str() {
        "http" => read_http(reader, &entry.value, fields),
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

fn read_http(reader: &mut Reader, node: &Node, fields: &mut Fields<'_>) -> Option<GateCheck> {
    let url = read_text(
        reader,
        node,
        "an address such as `http://{{ host.address }}/health`",
        check_url,
    );
    let status = match fields.get("status") {
        Some(node) => reader
            .integer(node, "`status`", 100, 599)
            .and_then(|status| u16::try_from(status.value).ok()),
        None => Some(DEFAULT_STATUS),
    };
    let body = fields
        .get("body")
        .map(|node| read_text(reader, node, "a text that the body holds", |_| Ok(())));
    let body = match body {
        Some(body) => Some(body?),
        None => None,
    };
    Some(GateCheck::Http {
        url: url?,
        status: status?,
        body,
    })
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
fn read_text(
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
