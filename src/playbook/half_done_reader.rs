//! Reads the key `half_done` of a playbook: what is done about a transaction that was broken off.

use crate::model::document::{Fields, Reader};
use crate::model::run_rules::HalfDone;

const CHOICES: [(&str, HalfDone); 2] = [("fail", HalfDone::Fail), ("mend", HalfDone::Mend)];

/// Reads it; `fail` where it is not written.
pub(super) fn read_half_done(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<HalfDone> {
    match fields.get("half_done") {
        None => Some(HalfDone::default()),
        Some(node) => reader.choice(node, &CHOICES).map(|found| found.value),
    }
}
