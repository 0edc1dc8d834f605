//! Merge keys (`<<: *defaults`): what YAML 1.1 says of them, as every common tool does it.
//!
//! A key that the mapping holds itself always wins; of several merged mappings the first that has the
//! key wins.

use std::collections::HashSet;

use super::node::{Entry, Node, NodeValue};

/// The key that merges.
pub(super) const MERGE_KEY: &str = "<<";

/// Adds what the mapping does not hold itself. Gives back every value that cannot be merged.
pub(super) fn merge_into(entries: &mut Vec<Entry>, merged: Vec<Node>) -> Vec<Node> {
    if merged.is_empty() {
        return Vec::new();
    }
    let mut present: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    let mut refused = Vec::new();
    for node in merged.into_iter().flat_map(sources) {
        match node.value {
            NodeValue::Mapping(more) => {
                entries.extend(more.into_iter().filter(|entry| present.insert(entry.key.clone())));
            }
            NodeValue::Scalar(_) | NodeValue::Sequence(_) => refused.push(node),
        }
    }
    refused
}

/// `<<` holds one mapping or a list of them.
fn sources(node: Node) -> Vec<Node> {
    match node.value {
        NodeValue::Sequence(items) => items,
        NodeValue::Scalar(_) | NodeValue::Mapping(_) => vec![node],
    }
}
