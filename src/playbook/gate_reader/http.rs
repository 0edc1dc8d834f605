//! Reads what belongs to a gate with `http`: status, body, method, headers.

use std::collections::BTreeMap;

use regex_automata::meta::Regex;

use super::{check_url, read_text};
use crate::model::document::{Fields, Node, NodeValue, Reader};
use crate::model::gate::{HttpCheck, HttpMethod, StatusPattern, Statuses};
use crate::model::template::is_template;

/// Headers that carry secrets. A playbook is read by many, and a plan file holds what it says.
const SECRET: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

const METHODS: [(&str, HttpMethod); 2] = [("GET", HttpMethod::Get), ("HEAD", HttpMethod::Head)];

pub(super) fn read_http(reader: &mut Reader, node: &Node, fields: &mut Fields<'_>) -> Option<HttpCheck> {
    let url = read_text(
        reader,
        node,
        "an address such as `http://{{ host.address }}/health`",
        check_url,
    );
    let status = match fields.get("status") {
        Some(node) => read_statuses(reader, node),
        None => Some(Statuses::default()),
    };
    let body = match fields.get("body") {
        Some(node) => read_body(reader, node),
        None => Some((None, None)),
    };
    let method = match fields.entry("method") {
        Some(entry) => {
            let method = reader.choice(&entry.value, &METHODS).map(|method| method.value);
            if method == Some(HttpMethod::Head) && fields.get("body").is_some() {
                reader.problem(entry.span, "an answer to `HEAD` has no body", None);
                None
            } else {
                method
            }
        }
        None => Some(HttpMethod::default()),
    };
    let headers = match fields.get("headers") {
        Some(node) => read_headers(reader, node),
        None => Some(BTreeMap::new()),
    };
    let (body, body_pattern) = body?;
    Some(HttpCheck {
        url: url?,
        status: status?,
        body,
        body_pattern,
        method: method?,
        headers: headers?,
    })
}

fn read_statuses(reader: &mut Reader, node: &Node) -> Option<Statuses> {
    let items = reader.one_or_many(node, "a status, a class such as `2xx`, or a list of them")?;
    let statuses: Vec<Option<StatusPattern>> = items
        .iter()
        .map(|item| {
            let status = reader.parsed(item, "a status or a class such as `2xx`", StatusPattern::parse);
            status.map(|status| status.value)
        })
        .collect();
    let statuses = Statuses::new(statuses.into_iter().collect::<Option<_>>()?);
    if statuses.is_none() {
        reader.problem(node.span, "no status would pass", None);
    }
    statuses
}

/// A text that the body holds, or an expression between two slashes that fits in it.
fn read_body(reader: &mut Reader, node: &Node) -> Option<(Option<String>, Option<String>)> {
    let text = read_text(reader, node, "a text that the body holds, or `/REGEX/`", |_| Ok(()))?;
    let pattern = text
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
        .filter(|pattern| !pattern.is_empty());
    let Some(pattern) = pattern else {
        return Some((Some(text), None));
    };
    if !is_template(pattern)
        && let Err(error) = Regex::new(pattern)
    {
        let why = error.to_string();
        let why = error.syntax_error().map_or(why, |error| last_line(&error.to_string()));
        reader.problem(node.span, format!("this is no regular expression: {why}"), None);
        return None;
    }
    Some((None, Some(pattern.to_owned())))
}

fn last_line(text: &str) -> String {
    let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or(text);
    line.trim().trim_start_matches("error: ").to_owned()
}

fn read_headers(reader: &mut Reader, node: &Node) -> Option<BTreeMap<String, String>> {
    let NodeValue::Mapping(entries) = &node.value else {
        reader.unexpected(node, "a mapping of headers");
        return None;
    };
    let mut headers = BTreeMap::new();
    let mut is_clean = true;
    for entry in entries {
        if SECRET.contains(&entry.key.to_ascii_lowercase().as_str()) {
            reader.hide_line(entry.value.span);
            let hint = "write a gate with `command` that has the secret from somewhere safe";
            let problem = format!("`{}` is a secret, and secrets do not belong into a playbook", entry.key);
            reader.problem(entry.span, problem, Some(hint.to_owned()));
            is_clean = false;
            continue;
        }
        if !is_header(&entry.key) {
            reader.problem(entry.span, "this cannot be the name of a header", None);
            is_clean = false;
        }
        match read_text(reader, &entry.value, "the value of a header", check_value) {
            Some(value) => drop(headers.insert(entry.key.clone(), value)),
            None => is_clean = false,
        }
    }
    is_clean.then_some(headers)
}

/// A token of RFC 9110, section 5.6.2.
fn is_header(name: &str) -> bool {
    let is_token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    !name.is_empty() && name.chars().all(is_token)
}

fn check_value(value: &str) -> Result<(), String> {
    if value.chars().all(|letter| letter == ' ' || letter.is_ascii_graphic()) {
        Ok(())
    } else {
        Err("the value of a header is one line of ASCII".to_owned())
    }
}
