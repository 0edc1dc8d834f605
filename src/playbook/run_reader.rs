//! Reads the keys of a playbook that are kept while hosts are changed: a file per key.

use super::budget_reader::read_counted;
use super::condition_reader::read_condition;
use super::half_done_reader::read_half_done;
use super::schema::not_yet;
use crate::model::condition::ConditionRule;
use crate::model::document::{Fields, Reader};
use crate::model::run_rules::RunRules;

/// What is read by name and not yet by meaning.
const LATER: [&str; 2] = ["hooks", "snapshot"];

/// Reads them all, each with its mistakes.
pub(super) fn read_run_rules(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<RunRules> {
    for key in LATER {
        if let Some(entry) = fields.hidden(key) {
            not_yet(reader, entry.span, &format!("`{key}`"));
        }
    }
    let condition = match fields.get("condition") {
        Some(node) => read_condition(reader, node),
        None => Some(ConditionRule::default()),
    };
    let budget = read_counted(reader, fields);
    let half_done = read_half_done(reader, fields);
    Some(RunRules {
        condition: condition?,
        budget: budget?,
        half_done: half_done?,
        ..RunRules::default()
    })
}
