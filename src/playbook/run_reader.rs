//! Reads the keys of a playbook that are kept while hosts are changed: a file per key.

use super::budget_reader::read_counted;
use super::schema::not_yet;
use super::snapshot_reader::read_snapshot;
use crate::model::document::{Fields, Reader};
use crate::model::run_rules::RunRules;

/// What is read by name and not yet by meaning.
const LATER: [&str; 3] = ["hooks", "condition", "half_done"];

/// Reads them all, each with its mistakes.
pub(super) fn read_run_rules(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<RunRules> {
    for key in LATER {
        if let Some(entry) = fields.hidden(key) {
            not_yet(reader, entry.span, &format!("`{key}`"));
        }
    }
    let budget = read_counted(reader, fields);
    let snapshot = read_snapshot(reader, fields);
    Some(RunRules {
        budget: budget?,
        snapshot: snapshot?,
        ..RunRules::default()
    })
}
