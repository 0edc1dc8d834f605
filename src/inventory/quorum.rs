//! Reads `quorum` of a domain.

use std::time::Duration;

use crate::model::diagnostic::Diagnostic;
use crate::model::document::{Node, NodeValue, Reader};
use crate::model::duration::parse_duration;
use crate::model::quorum::{QuorumPlace, QuorumRule};
use crate::model::template::check_template;

const PLACES: [(&str, QuorumPlace); 2] = [("host", QuorumPlace::Host), ("controller", QuorumPlace::Controller)];

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
const DEFAULT_WAIT: Duration = Duration::from_secs(10 * 60);

/// Reads the value of `quorum`.
pub(super) fn read_quorum(reader: &mut Reader, node: &Node) -> Option<QuorumRule> {
    let mut fields = reader.fields(node, "`quorum`")?;
    let command = match fields.get("command") {
        Some(node) => read_command(reader, node),
        None => {
            let hint = "write `command: [PROGRAM, ARGUMENT, …]`; it agrees when it exits with 0";
            reader.problem(node.span, "`quorum` has no `command`", Some(hint.to_owned()));
            None
        }
    };
    let on = match fields.get("on") {
        Some(node) => reader.choice(node, &PLACES).map(|place| place.value),
        None => Some(QuorumPlace::default()),
    };
    let mut duration = |key: &'static str, default: Duration| match fields.get(key) {
        Some(node) => read_duration(reader, node, key),
        None => Some(default),
    };
    let timeout = duration("timeout", DEFAULT_TIMEOUT);
    let interval = duration("interval", DEFAULT_INTERVAL);
    let wait = duration("wait", DEFAULT_WAIT);
    reader.finish(fields);
    Some(QuorumRule {
        command: command?,
        on: on?,
        timeout: timeout?,
        interval: interval?,
        wait: wait?,
    })
}

fn read_duration(reader: &mut Reader, node: &Node, key: &str) -> Option<Duration> {
    let duration = reader.parsed(node, "a duration such as `30s`", parse_duration)?.value;
    if duration.is_zero() {
        reader.problem(node.span, format!("`{key}` must be longer than nothing"), None);
        return None;
    }
    Some(duration)
}

fn read_command(reader: &mut Reader, node: &Node) -> Option<Vec<String>> {
    if let NodeValue::Scalar(scalar) = &node.value {
        let words: Vec<&str> = scalar.text.split_whitespace().collect();
        let hint = format!("no shell is involved; write it as a list: `[{}]`", words.join(", "));
        let message = "expected a program and its arguments as a list, found text";
        reader.problem(node.span, message, Some(hint));
        return None;
    }
    let items = reader.list(node, "a program and its arguments as a list")?;
    if items.is_empty() {
        reader.problem(node.span, "the program is missing", None);
        return None;
    }
    let words: Vec<Option<String>> = items.iter().map(|item| read_word(reader, item)).collect();
    words.into_iter().collect()
}

fn read_word(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.scalar(node, "a word")?.text.clone();
    let Err(error) = check_template(&text) else {
        return Some(text);
    };
    let place = match error.offset {
        Some(offset) => reader.inside(node).shifted(offset, error.length),
        None => reader.place(node.span),
    };
    reader.report(Diagnostic::new(place, error.message).with_optional_hint(error.hint));
    None
}
