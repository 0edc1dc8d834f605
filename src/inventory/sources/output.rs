//! What the output of a program is: a native inventory, or what an inventory program of Ansible's prints for
//! `--list`. Told by its keys.

use super::include::CommandLine;
use super::{Includes, NativeSource};
use crate::inventory::ansible::has_native_key;

/// Keys of a native inventory, as JSON has them.
const NATIVE_KEYS: [&str; 5] = ["defaults", "hosts", "groups", "domains", "include"];

/// What a program printed.
#[derive(Debug)]
pub(super) enum Output {
    /// A native inventory.
    Native(NativeSource),
    /// Ansible's list of groups; whether it has the variables of the hosts too.
    List { has_variables: bool },
}

/// Tells what an output is.
///
/// # Errors
/// When it is empty.
pub(super) fn tell(line: &CommandLine, bytes: Vec<u8>) -> Result<(Output, Vec<u8>), String> {
    let trimmed = bytes.trim_ascii();
    if trimmed.is_empty() {
        return Err("it printed nothing".to_owned());
    }
    if trimmed.starts_with(b"{") {
        if let Ok(serde_json::Value::Object(keys)) = serde_json::from_slice(trimmed) {
            let is_native = !keys.is_empty() && keys.keys().all(|key| NATIVE_KEYS.contains(&key.as_str()));
            if !is_native {
                let has_variables = keys.contains_key("_meta");
                return Ok((Output::List { has_variables }, bytes));
            }
        } else if !has_native_key(&bytes) {
            // The list's reader says what is wrong with it.
            return Ok((Output::List { has_variables: true }, bytes));
        }
    }
    let native = NativeSource {
        name: line.name(),
        folder: line.folder.clone(),
        bytes: bytes.clone(),
        includes: Includes::Forbidden,
        path: None,
        command: None,
    };
    Ok((Output::Native(native), bytes))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn told(text: &str) -> &'static str {
        let line = CommandLine {
            words: vec!["./x".to_owned()],
            folder: "inventories".into(),
            timeout: Duration::from_secs(1),
        };
        match tell(&line, text.as_bytes().to_vec()) {
            Err(_) => "nothing",
            Ok((Output::Native(_), _)) => "native",
            Ok((Output::List { has_variables: true }, _)) => "list",
            Ok((Output::List { has_variables: false }, _)) => "bare list",
        }
    }

    #[test]
    fn the_keys_tell() {
        assert_eq!(told(" \n"), "nothing");
        assert_eq!(told("hosts: [a]"), "native");
        assert_eq!(told(r#"{"hosts": ["a"], "groups": {}}"#), "native");
        assert_eq!(
            told(r#"{"hosts": ["a"], "_meta": {"hostvars": {}}}"#),
            "list",
            "a group called hosts"
        );
        assert_eq!(told(r#"{"web": {"hosts": ["a"]}}"#), "bare list");
        assert_eq!(told(r#"{"web": ["a"], "hosts": ["b"]}"#), "bare list");
        assert_eq!(told("{}"), "bare list");
        assert_eq!(told(r#"{"web": "#), "list");
        assert_eq!(told("{hosts: [a]}"), "list", "flow YAML is no JSON");
    }
}
