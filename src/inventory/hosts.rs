//! A set of hosts, by position in the inventory. Of some it may be unknown whether they belong to it.

use super::Inventory;
use crate::model::host::Host;
use crate::model::truth::Truth;

/// A set of hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hosts(Vec<Truth>);

impl Hosts {
    pub(super) fn none(inventory: &Inventory) -> Self {
        Self(vec![Truth::No; inventory.hosts().len()])
    }

    pub(super) fn all(inventory: &Inventory) -> Self {
        Self(vec![Truth::Yes; inventory.hosts().len()])
    }

    pub(super) fn matching(inventory: &Inventory, test: impl Fn(&Host) -> bool) -> Self {
        Self(inventory.hosts().iter().map(|host| test(host).into()).collect())
    }

    pub(super) fn judged(inventory: &Inventory, test: impl Fn(&Host) -> Truth) -> Self {
        Self(inventory.hosts().iter().map(test).collect())
    }

    /// Whether no host is surely in it.
    pub(super) fn is_empty(&self) -> bool {
        !self.0.contains(&Truth::Yes)
    }

    pub(super) fn insert(&mut self, position: usize) {
        if let Some(slot) = self.0.get_mut(position) {
            *slot = Truth::Yes;
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.each(other, Truth::or);
    }

    pub(super) fn keep(&mut self, other: &Self) {
        self.each(other, Truth::and);
    }

    pub(super) fn remove(&mut self, other: &Self) {
        self.each(other, |slot, other| slot.and(!other));
    }

    fn each(&mut self, other: &Self, join: impl Fn(Truth, Truth) -> Truth) {
        for (slot, other) in self.0.iter_mut().zip(&other.0) {
            *slot = join(*slot, *other);
        }
    }

    /// The hosts of which it is known that they are, or unknown whether they are, in it, in the order of the
    /// inventory.
    pub(super) fn of<'inventory>(&self, inventory: &'inventory Inventory, truth: Truth) -> Vec<&'inventory Host> {
        inventory
            .hosts()
            .iter()
            .zip(&self.0)
            .filter(|(_, slot)| **slot == truth)
            .map(|(host, _)| host)
            .collect()
    }
}
