//! Whose inventory a file is, and in which form.

use crate::model::document::{Document, Node, NodeValue};
use crate::model::text::nearest;

/// The keys that a native inventory has at its top level.
pub(super) const NATIVE_KEYS: [&str; 5] = ["defaults", "hosts", "groups", "domains", "include"];

/// Whether a file without an extension is YAML: Ansible tries that first, and then INI.
pub(super) fn looks_like_yaml(bytes: &[u8], document: &Document) -> bool {
    if document
        .root
        .as_ref()
        .is_some_and(|root| matches!(root.value, NodeValue::Mapping(_)))
    {
        return true;
    }
    // YAML with a mistake in it: its mistakes are those to report.
    first_line(bytes).is_some_and(|line| line.starts_with(b"---") || line.ends_with(b":") || line.starts_with(b"{"))
}

/// Whether a file is in INI form by its first line, which YAML could only take for a list.
pub(super) fn is_ini(bytes: &[u8]) -> bool {
    first_line(bytes).is_some_and(|line| line.starts_with(b"[") && line.ends_with(b"]"))
}

/// The first line that says something.
fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b";"))
}

/// Whether the text of a YAML file has a native key at its top level. Looks at lines only: a file that has
/// one need not be read as Ansible's first.
pub(in crate::inventory) fn has_native_key(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').any(|line| {
        NATIVE_KEYS.iter().any(|key| {
            line.strip_prefix(key.as_bytes())
                .is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
        })
    })
}

/// Whether the tree of a file is a mapping at its top.
pub(super) fn is_mapping(root: &Node) -> bool {
    matches!(root.value, NodeValue::Mapping(_))
}

/// Whether the tree of a file is an inventory of Ansible's.
pub(super) fn is_ansible(root: &Node) -> bool {
    let NodeValue::Mapping(entries) = &root.value else {
        return false;
    };
    let is_native = entries.iter().any(|entry| NATIVE_KEYS.contains(&entry.key.as_str()));
    let is_slip = entries.iter().any(|entry| nearest(&entry.key, NATIVE_KEYS).is_some());
    let is_group = |node: &Node| match &node.value {
        NodeValue::Mapping(entries) => entries
            .iter()
            .any(|entry| matches!(entry.key.as_str(), "hosts" | "children" | "vars")),
        _ => false,
    };
    let is_ansible = entries
        .iter()
        .any(|entry| is_group(&entry.value) || entry.key == "all" || entry.key == "plugin");
    // Groups of which nothing is said are no mistake; anything else that is no group is.
    let is_bare = !entries.is_empty() && entries.iter().all(|entry| entry.value.is_empty_value());
    !is_native && (is_ansible || (is_bare && !is_slip))
}
