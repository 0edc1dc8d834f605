//! Shares the hosts of a wave out to its batches. Pure.
//!
//! The sizes come from the planned size of the wave, never from survivors, and are never changed here. Which host
//! is in which batch is chosen so that the first batch meets as many different systems and transactions as it has
//! room for, and that the hosts of a domain are spread over the batches. Inside a batch the order stays.

use std::collections::HashMap;

use super::shared::place;
use crate::model::name::HostName;
use crate::model::plan::{Basis, PlannedChange, PlannedDomain, PlannedHost};

/// The batches of those sizes, which add up to the number of hosts. The hosts are in natural order.
#[must_use]
pub fn share_out_batches(hosts: Vec<PlannedHost>, sizes: &[usize], domains: &[PlannedDomain]) -> Vec<Vec<PlannedHost>> {
    let assignment = if sizes.len() > 1 {
        Spread::new(&hosts, sizes, domains).assign(sizes)
    } else {
        vec![0; hosts.len()]
    };
    let mut batches: Vec<Vec<PlannedHost>> = sizes.iter().map(|size| Vec::with_capacity(*size)).collect();
    for (host, batch) in hosts.into_iter().zip(assignment) {
        if let Some(batch) = batches.get_mut(batch) {
            batch.push(host);
        }
    }
    batches
}

/// A domain while batches are filled.
struct DomainShare {
    /// Its hosts in the wave that have something to do, in the order in which they are to run.
    members: Vec<usize>,
    /// The smallest number a batch with which all of them find a place.
    most: usize,
    /// Of those not placed yet.
    left: usize,
    /// How many the batches to come can take without exceeding `most`.
    room: usize,
    /// Placed in the batch that is being filled.
    here: usize,
}

struct Spread {
    /// Hosts in the order in which they are to run.
    order: Vec<usize>,
    /// The domains of each host, as positions.
    memberships: Vec<Vec<usize>>,
    domains: Vec<DomainShare>,
    /// The batch of each host.
    placed: Vec<Option<usize>>,
}

impl Spread {
    fn new(hosts: &[PlannedHost], sizes: &[usize], domains: &[PlannedDomain]) -> Self {
        let order = running_order(hosts);
        let mut memberships = vec![Vec::new(); hosts.len()];
        let positions: HashMap<&HostName, usize> = hosts
            .iter()
            .enumerate()
            .filter(|(_, host)| host.has_work())
            .map(|(position, host)| (&host.name, position))
            .collect();
        let mut rank = vec![0; hosts.len()];
        for (number, host) in order.iter().enumerate() {
            if let Some(rank) = rank.get_mut(*host) {
                *rank = number;
            }
        }
        let mut shares = Vec::new();
        for domain in domains {
            let found = domain.members.iter().filter_map(|name| positions.get(name).copied());
            let mut members: Vec<usize> = found.collect();
            if members.len() < 2 {
                continue;
            }
            members.sort_by_key(|host| rank.get(*host).copied());
            for host in &members {
                if let Some(list) = memberships.get_mut(*host) {
                    list.push(shares.len());
                }
            }
            let most = smallest_maximum(members.len(), sizes);
            shares.push(DomainShare {
                left: members.len(),
                room: sizes.iter().map(|size| most.min(*size)).sum(),
                members,
                most,
                here: 0,
            });
        }
        Self {
            order,
            memberships,
            domains: shares,
            placed: vec![None; hosts.len()],
        }
    }

    fn assign(mut self, sizes: &[usize]) -> Vec<usize> {
        let mut head = 0;
        for (batch, size) in sizes.iter().enumerate() {
            let mut free = *size;
            self.take_what_must(batch, *size, &mut free);
            self.fill(batch, &mut free, &mut head, false);
            self.fill(batch, &mut free, &mut head, true);
        }
        self.placed.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// Hosts of domains for which the later batches have no room.
    fn take_what_must(&mut self, batch: usize, size: usize, free: &mut usize) {
        for number in 0..self.domains.len() {
            let Some(domain) = self.domains.get_mut(number) else {
                continue;
            };
            domain.here = 0;
            domain.room = domain.room.saturating_sub(domain.most.min(size));
        }
        for number in 0..self.domains.len() {
            while *free > 0 {
                let must = self.domains.get(number).filter(|domain| domain.left > domain.room);
                let next = must.and_then(|domain| {
                    let mut members = domain.members.iter().copied();
                    members.find(|host| self.is_waiting(*host))
                });
                let Some(host) = next else { break };
                self.put(host, batch);
                *free -= 1;
            }
        }
    }

    /// Hosts in their order; those of a domain that has its share already only when nobody else is left.
    fn fill(&mut self, batch: usize, free: &mut usize, head: &mut usize, whoever: bool) {
        let mut at = *head;
        while *free > 0 {
            let Some(host) = self.order.get(at).copied() else {
                return;
            };
            if self.is_waiting(host) && (whoever || self.fits(host)) {
                self.put(host, batch);
                *free -= 1;
            }
            if at == *head && !self.is_waiting(host) {
                *head += 1;
            }
            at += 1;
        }
    }

    fn is_waiting(&self, host: usize) -> bool {
        self.placed.get(host).is_some_and(Option::is_none)
    }

    fn fits(&self, host: usize) -> bool {
        let domains = self.memberships.get(host).into_iter().flatten();
        domains
            .filter_map(|number| self.domains.get(*number))
            .all(|domain| domain.here < domain.most)
    }

    fn put(&mut self, host: usize, batch: usize) {
        if let Some(placed) = self.placed.get_mut(host) {
            *placed = Some(batch);
        }
        for number in self.memberships.get(host).into_iter().flatten() {
            if let Some(domain) = self.domains.get_mut(*number) {
                domain.here += 1;
                domain.left = domain.left.saturating_sub(1);
            }
        }
    }
}

/// The smallest number with which so many hosts find a place when each batch takes no more of them.
fn smallest_maximum(members: usize, sizes: &[usize]) -> usize {
    let holds = |most: usize| sizes.iter().map(|size| most.min(*size)).sum::<usize>() >= members;
    let (mut low, mut high) = (1, members);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// What makes hosts alike: their system, and what they get.
type System<'a> = Option<(&'a str, &'a str, &'a str)>;
type Kind<'a> = (System<'a>, *const PlannedChange);

/// First one host of each system, then one of each other transaction, then the rest in proportion, so that every
/// part of the order is a likeness of the whole.
fn running_order(hosts: &[PlannedHost]) -> Vec<usize> {
    let mut kinds: HashMap<Kind<'_>, (usize, usize)> = HashMap::new();
    let mut kinds_of_system: HashMap<System<'_>, usize> = HashMap::new();
    // Of each host: the number of its kind within its system, and its own number within its kind.
    let mut rows: Vec<(Kind<'_>, usize, usize)> = Vec::with_capacity(hosts.len());
    for host in hosts {
        let system = match &host.basis {
            Basis::Scanned { os, version, arch, .. } => Some((os.as_str(), version.as_str(), arch.as_str())),
            Basis::Unknown { .. } => None,
        };
        let kind = (system, place(&host.changes));
        let (number, count) = kinds.entry(kind).or_insert_with(|| {
            let kinds = kinds_of_system.entry(system).or_default();
            *kinds += 1;
            (*kinds - 1, 0)
        });
        rows.push((kind, *number, *count));
        *count += 1;
    }
    let mut order: Vec<(bool, usize, u64, usize)> = rows
        .iter()
        .enumerate()
        .map(|(position, (kind, number, rank))| {
            let size = kinds.get(kind).map_or(1, |(_, count)| (*count).max(1));
            // Where in its kind the host stands, in parts of 2^32, which no wave is large enough to exhaust.
            let middle = (2 * *rank as u64 + 1) << 31;
            let part = middle / size as u64;
            if *rank == 0 {
                (false, *number, 0, position)
            } else {
                (true, 0, part, position)
            }
        })
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, _, _, position)| position).collect()
}

#[cfg(test)]
mod tests {
    use super::smallest_maximum;

    #[test]
    fn a_domain_is_spread_as_far_as_the_sizes_allow() {
        assert_eq!(smallest_maximum(4, &[1, 5, 4]), 2);
        assert_eq!(smallest_maximum(3, &[1, 5, 4]), 1);
        assert_eq!(smallest_maximum(10, &[1, 5, 4]), 5);
        assert_eq!(smallest_maximum(2, &[1, 1]), 1);
    }
}
