//! Equal values of many hosts are kept in memory once: lists of changes, what hosts answered, what is foreseen.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use crate::model::plan::PlannedChange;

/// Values that were met.
#[derive(Debug)]
pub struct Shared<T: ?Sized>(HashSet<Arc<T>>);

impl<T: ?Sized> Default for Shared<T> {
    fn default() -> Self {
        Self(HashSet::new())
    }
}

impl<T: ?Sized + Eq + Hash> Shared<T> {
    /// The value that equals this one, or this one.
    pub fn share(&mut self, value: impl Borrow<T> + Into<Arc<T>>) -> Arc<T> {
        if let Some(known) = self.0.get(value.borrow()) {
            return Arc::clone(known);
        }
        let value: Arc<T> = value.into();
        self.0.insert(Arc::clone(&value));
        value
    }
}

/// Tells lists that were shared apart by where they are.
#[must_use]
pub fn place(list: &Arc<[PlannedChange]>) -> *const PlannedChange {
    list.as_ptr()
}
