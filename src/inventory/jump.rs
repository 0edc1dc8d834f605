//! The hosts that a connection goes through: each is a host of the inventory, and no way leads in a circle.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::collect::Collected;
use super::resolved::Inventory;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::Located;
use crate::model::host::Connect;
use crate::model::name::HostName;
use crate::model::text::nearest;

/// Reports every jump host that no host of the inventory is.
pub(super) fn check_jumps(collected: &Collected, problems: &mut Diagnostics) {
    for Located { value: name, place } in &collected.jumps {
        if collected.position(name).is_some() {
            continue;
        }
        let near = nearest(name.as_str(), collected.hosts.iter().map(|host| host.name.as_str()));
        let hint = near.map_or_else(
            || "a jump host is a host of the inventory; add it under `hosts`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("jump host `{name}` is not a host of the inventory");
        problems.push(Diagnostic::new(place.clone(), message).with_hint(hint));
    }
}

/// Makes each host's list the whole way: the first jump host's own way comes before it. `places` says where
/// each host's `jump` was written.
pub(super) fn complete_ways(inventory: &mut Inventory, places: &HashMap<HostName, Place>, problems: &mut Diagnostics) {
    let hosts = || inventory.hosts.iter().chain(&inventory.hops);
    let written: HashMap<HostName, Vec<HostName>> = hosts()
        .filter(|host| !host.jump.is_empty())
        .map(|host| (host.name.clone(), host.jump.clone()))
        .collect();
    let local: HashSet<HostName> = hosts()
        .filter(|host| host.connect == Connect::Local)
        .map(|host| host.name.clone())
        .collect();
    let mut circles: BTreeMap<HostName, (HostName, Place)> = BTreeMap::new();
    let hosts = inventory.hosts.iter_mut().chain(&mut inventory.hops);
    for host in hosts.filter(|host| !host.jump.is_empty()) {
        let Some(place) = places.get(&host.name) else {
            continue;
        };
        match way(&host.name, &written) {
            Ok(way) => {
                if let Some(hop) = way.iter().find(|hop| local.contains(*hop)) {
                    let message = format!("`{hop}` is this machine (`connect: local`) and cannot be gone through");
                    problems.push(Diagnostic::new(place.clone(), message).with_hint("leave it out of `jump`"));
                }
                host.jump = way;
            }
            // One report for each host that ways cross twice, best at that host itself.
            Err(hop) if hop == host.name => {
                circles.insert(hop, (host.name.clone(), place.clone()));
            }
            Err(hop) => {
                circles.entry(hop).or_insert_with(|| (host.name.clone(), place.clone()));
            }
        }
    }
    for (hop, (host, place)) in circles {
        let message = if hop == host {
            format!("`{host}` would be reached through itself")
        } else {
            format!("the way to `{host}` leads through `{hop}` twice")
        };
        let hint = if inventory.positions.contains_key(&hop) {
            format!("set `jump: []` on `{hop}` if it is reached directly")
        } else {
            format!("if `{hop}` is reached directly, leave it out of the block: `Host * !{hop}`")
        };
        problems.push(Diagnostic::new(place, message).with_hint(hint));
    }
}

/// The whole way to a host, the nearest first; or the host that it would come to twice.
fn way(target: &HostName, written: &HashMap<HostName, Vec<HostName>>) -> Result<Vec<HostName>, HostName> {
    let mut reversed: Vec<HostName> = Vec::new();
    let mut seen: HashSet<HostName> = HashSet::from([target.clone()]);
    let mut next = written.get(target);
    while let Some(hops) = next {
        for hop in hops.iter().rev() {
            if !seen.insert(hop.clone()) {
                return Err(hop.clone());
            }
            reversed.push(hop.clone());
        }
        // Only the first one's own way counts: the others are reached through it.
        next = hops.first().and_then(|first| written.get(first));
    }
    reversed.reverse();
    Ok(reversed)
}
