//! What an inventory program prints for `--list`: groups and the variables of hosts, in JSON.
//!
//! Pure: whoever runs the program hands its output over. Mistakes and values are placed at the command.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::reading::Reading;
use super::value::Value;
use super::variables::{Variable, known};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};

/// What an inventory program printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProgramOutput {
    /// The program and its arguments as a user would write them, under which mistakes are reported.
    pub command: String,
    /// What it printed for `--list`.
    pub list: Vec<u8>,
    /// What it printed for `--host NAME`, for each of [`hosts_to_ask`].
    pub hosts: BTreeMap<String, Vec<u8>>,
}

/// The hosts that the program has to be asked for one at a time with `--host NAME`: none when it gives all
/// variables at once, in `_meta`, as programs should.
///
/// # Errors
/// When what it printed for `--list` is not such a list.
pub fn hosts_to_ask(command: &str, list: &[u8]) -> Result<Vec<String>, Diagnostics> {
    let place = Place::of_file(command);
    let groups = object(list, &place, "what it printed for `--list`")?;
    if groups.contains_key("_meta") {
        return Ok(Vec::new());
    }
    let mut reading = Reading::default();
    read_groups(&groups, &place, &mut reading);
    reading
        .problems
        .into_result(reading.data.hosts.into_iter().map(|host| host.name).collect())
}

/// Whether a list names a host, or is none, which its reader reports.
pub(in crate::inventory) fn names_hosts(list: &[u8]) -> bool {
    let place = Place::of_file("");
    let Ok(groups) = object(list, &place, "") else {
        return true;
    };
    let mut reading = Reading::default();
    let hosts = read_groups(&groups, &place, &mut reading);
    !hosts.is_empty() || !reading.problems.is_empty()
}

/// Adds what a program said.
pub(super) fn read_program(output: &ProgramOutput, reading: &mut Reading) {
    let place = Place::of_file(&output.command);
    let groups = match object(&output.list, &place, "what it printed for `--list`") {
        Ok(groups) => groups,
        Err(problems) => return reading.problems.merge(problems),
    };
    let hosts = read_groups(&groups, &place, reading);
    if hosts.is_empty() {
        let warning = Diagnostic::new(place.clone(), "this program names no host");
        let hint = "it may not have been let in where it asks; run it by hand to see what it says";
        reading.warnings.push(warning.with_hint(hint).as_loss());
    }
    let meta = groups.get("_meta");
    let variables = meta.and_then(|meta| meta.get("hostvars"));
    if meta.is_some() && !variables.is_some_and(Json::is_object) {
        let message = "`_meta` of what it printed has no mapping `hostvars`";
        reading.problems.push(Diagnostic::new(place, message));
        return;
    }
    for host in hosts {
        if let Some(all) = variables {
            if let Some(variables) = all.get(&host).filter(|variables| !variables.is_null()) {
                set_host(&host, variables, &place, reading);
            }
        } else if let Some(bytes) = output.hosts.get(&host).filter(|bytes| !bytes.trim_ascii().is_empty()) {
            let place = Place::of_file(&format!("{} --host {host}", output.command.trim_end_matches(" --list")));
            match object(bytes, &place, "what it printed") {
                Ok(variables) => set_host(&host, &Json::Object(variables), &place, reading),
                Err(problems) => reading.problems.merge(problems),
            }
        }
    }
}

fn object(bytes: &[u8], place: &Place, what: &str) -> Result<Map<String, Json>, Diagnostics> {
    let problem = |message: String| {
        let hint = "an inventory program prints a JSON object of groups";
        Diagnostics::from(Diagnostic::new(place.clone(), message).with_hint(hint))
    };
    match serde_json::from_slice(bytes) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(problem(format!("{what} is not an object"))),
        // The error's own words name line, column and what was expected, never the text itself.
        Err(error) => Err(problem(format!("{what} is not JSON: {error}"))),
    }
}

/// Adds the groups; gives back every host that they name, in order.
fn read_groups(groups: &Map<String, Json>, place: &Place, reading: &mut Reading) -> Vec<String> {
    let mut hosts = Vec::new();
    for (name, content) in groups.iter().filter(|(name, _)| *name != "_meta") {
        if name.is_empty() {
            reading
                .problems
                .push(Diagnostic::new(place.clone(), "a group has no name"));
            continue;
        }
        let group = reading.data.add_group(name, place);
        match content {
            Json::Object(content)
                if ["hosts", "vars", "children"]
                    .iter()
                    .any(|key| content.contains_key(*key)) =>
            {
                read_group(name, group, content, place, reading, &mut hosts);
            }
            // The old short form: a host of that name, with its variables.
            Json::Object(variables) => {
                reading.data.add_host(name, None, Some(group), place);
                hosts.push(name.clone());
                set_group(group, variables, place, reading);
            }
            // The short form: a list of hosts.
            other => add_hosts(name, group, other, place, reading, &mut hosts),
        }
    }
    hosts
}

fn read_group(
    name: &str,
    group: usize,
    content: &Map<String, Json>,
    place: &Place,
    reading: &mut Reading,
    hosts: &mut Vec<String>,
) {
    if let Some(list) = content.get("hosts") {
        add_hosts(name, group, list, place, reading, hosts);
    }
    match content.get("vars") {
        Some(Json::Object(variables)) => set_group(group, variables, place, reading),
        None => {}
        Some(_) => {
            let message = format!("`vars` of group `{name}` is not an object");
            reading.problems.push(Diagnostic::new(place.clone(), message));
        }
    }
    let children = match content.get("children") {
        Some(Json::Array(children)) => children.iter().filter_map(Json::as_str).collect(),
        // Python goes through the keys of a mapping in the same way.
        Some(Json::Object(children)) => children.keys().map(String::as_str).collect(),
        None => Vec::new(),
        Some(_) => {
            let message = format!("`children` of group `{name}` is not a list");
            reading.problems.push(Diagnostic::new(place.clone(), message));
            Vec::new()
        }
    };
    for child in children {
        let child = reading.data.add_group(child, place);
        reading.add_child(group, child, place);
    }
}

fn add_hosts(name: &str, group: usize, list: &Json, place: &Place, reading: &mut Reading, hosts: &mut Vec<String>) {
    let Some(list) = list.as_array() else {
        let message = format!("`hosts` of group `{name}` is not a list");
        reading.problems.push(Diagnostic::new(place.clone(), message));
        return;
    };
    for host in list {
        match host.as_str().filter(|host| !host.is_empty()) {
            Some(host) => {
                reading.data.add_host(host, None, Some(group), place);
                hosts.push(host.to_owned());
            }
            None => {
                let message = format!("a host of group `{name}` is not a name");
                reading.problems.push(Diagnostic::new(place.clone(), message));
            }
        }
    }
}

fn set_group(group: usize, variables: &Map<String, Json>, place: &Place, reading: &mut Reading) {
    for (name, value) in variables {
        if let Some(name) = known(name) {
            reading.set_group(group, name, variable(value, place));
        }
    }
}

fn set_host(host: &str, variables: &Json, place: &Place, reading: &mut Reading) {
    let Some(variables) = variables.as_object() else {
        let message = format!("the variables of host `{host}` are not an object");
        reading.problems.push(Diagnostic::new(place.clone(), message));
        return;
    };
    for (name, value) in variables {
        if let Some(name) = known(name) {
            reading.set_host(host, name, variable(value, place));
        }
    }
}

fn variable(value: &Json, place: &Place) -> Variable {
    let value = match value {
        Json::Null => Value::Nothing,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) => Value::Collection("a list"),
        Json::Object(object) if object.contains_key("__ansible_vault") => Value::Encrypted,
        Json::Object(object) => match object.get("__ansible_unsafe").and_then(Json::as_str) {
            Some(text) => Value::Literal(text.to_owned()),
            None => Value::Collection("a mapping"),
        },
    };
    Variable {
        value,
        place: place.clone(),
    }
}
