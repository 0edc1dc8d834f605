//! Reads the keys of a playbook that are kept while hosts are changed: a file per key.

use super::budget_reader::read_counted;
use super::condition_reader::read_condition;
use super::half_done_reader::read_half_done;
use super::hook_reader::read_hooks;
use super::snapshot_reader::read_snapshot;
use crate::model::condition::ConditionRule;
use crate::model::document::{Fields, Reader};
use crate::model::run_rules::RunRules;

/// Reads them all, each with its mistakes.
pub(super) fn read_run_rules(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<RunRules> {
    let condition = match fields.get("condition") {
        Some(node) => read_condition(reader, node),
        None => Some(ConditionRule::default()),
    };
    let hooks = match fields.get("hooks") {
        Some(node) => read_hooks(reader, node),
        None => Some(Vec::new()),
    };
    let budget = read_counted(reader, fields);
    let half_done = read_half_done(reader, fields);
    let snapshot = read_snapshot(reader, fields);
    Some(RunRules {
        condition: condition?,
        budget: budget?,
        half_done: half_done?,
        hooks: hooks?,
        snapshot: snapshot?,
        ..RunRules::default()
    })
}
