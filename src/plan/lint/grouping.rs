//! Puts equal observations of many hosts together, so that each is said once with its hosts.

use std::collections::BTreeMap;

use crate::model::name::HostName;
use crate::model::text::count;

/// As many names as a sentence shows.
const NAMES: usize = 5;

/// Observations with the hosts that they were made on, each host once and in the order of the plan.
pub struct Groups<'a, K> {
    hosts: BTreeMap<K, Vec<&'a HostName>>,
}

impl<'a, K: Ord> Groups<'a, K> {
    pub fn new() -> Self {
        Self { hosts: BTreeMap::new() }
    }

    pub fn add(&mut self, observation: K, host: &'a HostName) {
        let hosts = self.hosts.entry(observation).or_default();
        if hosts.last() != Some(&host) {
            hosts.push(host);
        }
    }

    pub fn into_rows(self) -> impl Iterator<Item = (K, Vec<HostName>)> {
        self.hosts
            .into_iter()
            .map(|(observation, hosts)| (observation, hosts.into_iter().cloned().collect()))
    }
}

/// Some names in a sentence: the first, then the number of the others.
pub fn some_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<&str> = names.iter().copied().take(NAMES).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1 host is`, `3 hosts are`.
pub fn hosts_are(hosts: usize) -> String {
    let verb = if hosts == 1 { "is" } else { "are" };
    format!("{} {verb}", count(hosts, "host"))
}
