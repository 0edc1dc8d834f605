//! Equal lists of changes are kept in memory once, however many hosts have them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::plan::PlannedChange;

/// Lists of changes that were met.
#[derive(Debug, Default)]
pub struct SharedChanges(HashSet<Arc<[PlannedChange]>>);

impl SharedChanges {
    /// The list that equals this one, or this one.
    pub fn share(&mut self, changes: Vec<PlannedChange>) -> Arc<[PlannedChange]> {
        if let Some(known) = self.0.get(changes.as_slice()) {
            return Arc::clone(known);
        }
        let list: Arc<[PlannedChange]> = changes.into();
        self.0.insert(Arc::clone(&list));
        list
    }
}

/// Tells lists that were shared apart by where they are.
#[must_use]
pub fn place(list: &Arc<[PlannedChange]>) -> *const PlannedChange {
    list.as_ptr()
}
