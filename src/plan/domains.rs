//! The domains that concern a plan. Pure.

use std::collections::BTreeSet;

use crate::inventory::Inventory;
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::natural_order::{natural_order, sort_naturally};
use crate::model::plan::PlannedDomain;

/// The domains that have hosts among the selected, in the order of their names.
#[must_use]
pub fn planned_domains(inventory: &Inventory, selected: &[&Host]) -> Vec<PlannedDomain> {
    let planned: BTreeSet<&HostName> = selected.iter().map(|host| &host.name).collect();
    let mut domains: Vec<PlannedDomain> = inventory
        .domains()
        .iter()
        .filter(|domain| domain.members.iter().any(|name| planned.contains(name)))
        .map(|domain| {
            let mut members = domain.members.clone();
            sort_naturally(&mut members);
            PlannedDomain {
                name: domain.name.clone(),
                limit: domain.limit(),
                members,
                down: Vec::new(),
                quorum: domain.quorum.clone(),
            }
        })
        .collect();
    domains.sort_by(|one, other| natural_order(one.name.as_str(), other.name.as_str()));
    domains
}
