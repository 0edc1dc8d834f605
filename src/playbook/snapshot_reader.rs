//! Reads `snapshot` of a playbook: whether the root file system is kept as it was before a host is changed.

use crate::model::document::{Fields, Reader};
use crate::model::run_rules::SnapshotRule;

const WORDS: [(&str, SnapshotRule); 3] = [
    ("never", SnapshotRule::Never),
    ("if-possible", SnapshotRule::IfPossible),
    ("required", SnapshotRule::Required),
];

/// The word; without the key none is made.
pub(super) fn read_snapshot(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<SnapshotRule> {
    match fields.get("snapshot") {
        Some(node) => reader.choice(node, &WORDS).map(|word| word.value),
        None => Some(SnapshotRule::default()),
    }
}
