//! Reads the keys of a playbook that are kept while hosts are changed: a file per key.

use super::budget_reader::read_counted;
use super::hook_reader::read_hooks;
use super::schema::not_yet;
use crate::model::document::{Fields, Reader};
use crate::model::run_rules::RunRules;

/// What is read by name and not yet by meaning.
const LATER: [&str; 3] = ["condition", "half_done", "snapshot"];

/// Reads them all, each with its mistakes.
pub(super) fn read_run_rules(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<RunRules> {
    for key in LATER {
        if let Some(entry) = fields.hidden(key) {
            not_yet(reader, entry.span, &format!("`{key}`"));
        }
    }
    let hooks = match fields.get("hooks") {
        Some(node) => read_hooks(reader, node),
        None => Some(Vec::new()),
    };
    let budget = read_counted(reader, fields);
    Some(RunRules {
        budget: budget?,
        hooks: hooks?,
        ..RunRules::default()
    })
}
