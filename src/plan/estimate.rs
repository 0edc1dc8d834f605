//! How long a plan is expected to take, from what its hosts took in the past. Pure.
//!
//! Where nothing is known of any of its hosts, nothing is said. A host of which nothing is known counts as the
//! middle one of those that are known.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use crate::model::estimate::Estimate;
use crate::model::name::HostName;
use crate::model::past::PastDurations;
use crate::model::plan::{Basis, Gate, Plan, PlannedDomain, PlannedHost, PlannedWave};

/// Estimates a plan; `None` where nothing is known of any host that has changes.
#[must_use]
pub fn estimate(plan: &Plan, past: &PastDurations) -> Option<Estimate> {
    let (known, unknown): (Vec<&PlannedHost>, Vec<&PlannedHost>) = plan
        .hosts()
        .filter(|host| is_changed(host))
        .partition(|host| past.of(&host.name).is_some());
    let mut durations: Vec<Duration> = known.iter().filter_map(|host| past.of(&host.name)).collect();
    durations.sort_unstable();
    let middle = durations.get(durations.len() / 2).copied()?;
    let clock = Clock {
        past,
        middle,
        domains: domains_of(plan),
    };
    Some(Estimate {
        duration: plan.waves.iter().map(|wave| clock.wave(wave)).sum(),
        runs: past.runs,
        unknown: unknown.len(),
    })
}

/// What a plan waits for at least, however fast its hosts are: soaks, and gates that pass at once.
#[must_use]
pub fn waiting_alone(plan: &Plan) -> Duration {
    let waves = plan.waves.iter().filter(|wave| wave.hosts().any(is_changed));
    waves.map(waiting).sum()
}

fn waiting(wave: &PlannedWave) -> Duration {
    wave.soak + wave.gates.iter().map(shortest).sum::<Duration>()
}

fn is_changed(host: &PlannedHost) -> bool {
    matches!(host.basis, Basis::Scanned { .. }) && !host.changes.is_empty()
}

fn domains_of(plan: &Plan) -> BTreeMap<&HostName, Vec<(usize, &PlannedDomain)>> {
    let mut domains: BTreeMap<&HostName, Vec<(usize, &PlannedDomain)>> = BTreeMap::new();
    for (index, domain) in plan.domains.iter().enumerate() {
        for member in &domain.members {
            domains.entry(member).or_default().push((index, domain));
        }
    }
    domains
}

struct Clock<'a> {
    past: &'a PastDurations,
    middle: Duration,
    domains: BTreeMap<&'a HostName, Vec<(usize, &'a PlannedDomain)>>,
}

impl Clock<'_> {
    fn wave(&self, wave: &PlannedWave) -> Duration {
        let hosts: Duration = wave.batches.iter().map(|batch| self.batch(batch, wave.parallel)).sum();
        if wave.hosts().any(is_changed) {
            hosts + waiting(wave)
        } else {
            hosts
        }
    }

    /// Hosts start in their order as soon as another ends; a domain takes no less than its hosts one after another,
    /// as many at once as may be down.
    fn batch(&self, batch: &[PlannedHost], parallel: usize) -> Duration {
        let mut ends: BinaryHeap<Reverse<Duration>> = BinaryHeap::new();
        let mut of_domains: BTreeMap<usize, (Duration, usize)> = BTreeMap::new();
        let mut last = Duration::ZERO;
        for host in batch.iter().filter(|host| is_changed(host)) {
            let duration = self.past.of(&host.name).unwrap_or(self.middle);
            for (index, domain) in self.domains.get(&host.name).into_iter().flatten() {
                of_domains.entry(*index).or_insert((Duration::ZERO, domain.limit)).0 += duration;
            }
            let begin = if ends.len() < parallel.max(1) {
                Duration::ZERO
            } else {
                ends.pop().map_or(Duration::ZERO, |Reverse(end)| end)
            };
            ends.push(Reverse(begin + duration));
            last = last.max(begin + duration);
        }
        let domains = of_domains
            .values()
            .map(|(sum, limit)| *sum / u32::try_from(*limit).unwrap_or(u32::MAX).max(1));
        domains.fold(last, Duration::max)
    }
}

/// A gate of which every measurement passes at once.
fn shortest(gate: &Gate) -> Duration {
    gate.interval * gate.count.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::test_plans::{host, plan, wave};

    fn past(hosts: &[(&str, u64)]) -> PastDurations {
        let turns = hosts
            .iter()
            .map(|(name, minutes)| (HostName::new(*name).unwrap(), Duration::from_secs(60 * minutes)));
        PastDurations::from_turns(12, turns)
    }

    fn minutes(plan: &Plan, past: &PastDurations) -> u64 {
        estimate(plan, past).unwrap().duration.as_secs() / 60
    }

    #[test]
    fn batches_and_soaks_follow_each_other_and_hosts_run_beside_each_other() {
        let hosts = |names: &[&str]| names.iter().map(|name| host(name, &["x"])).collect::<Vec<_>>();
        let past = past(&[("a", 10), ("b", 20), ("c", 30), ("d", 5)]);
        let mut one = wave("one", vec![hosts(&["a", "b"]), hosts(&["c", "d"])]);
        one.parallel = 2;
        assert_eq!(minutes(&plan(vec![one.clone()]), &past), 20 + 30);
        one.soak = Duration::from_secs(600);
        assert_eq!(minutes(&plan(vec![one.clone()]), &past), 20 + 30 + 10);
        one.parallel = 1;
        assert_eq!(minutes(&plan(vec![one]), &past), 10 + 20 + 30 + 5 + 10);
        let mut narrow = wave("narrow", vec![hosts(&["a", "b", "c"])]);
        narrow.parallel = 2;
        // c begins when a ends.
        assert_eq!(minutes(&plan(vec![narrow]), &past), 40);
    }

    #[test]
    fn a_domain_takes_its_hosts_one_after_another() {
        let names = ["a", "b", "c"];
        let mut plan = plan(vec![wave(
            "one",
            vec![names.iter().map(|name| host(name, &["x"])).collect()],
        )]);
        let past = past(&[("a", 10), ("b", 10), ("c", 10)]);
        assert_eq!(minutes(&plan, &past), 10);
        plan.domains = vec![PlannedDomain {
            name: crate::model::name::DomainName::new("db").unwrap(),
            limit: 1,
            members: names.iter().map(|name| HostName::new(*name).unwrap()).collect(),
            down: Vec::new(),
            quorum: None,
        }];
        assert_eq!(minutes(&plan, &past), 30);
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        let plan = plan(vec![wave(
            "one",
            vec![vec![host("a", &["x"]), host("b", &["x"]), host("idle", &[])]],
        )]);
        assert_eq!(estimate(&plan, &past(&[])), None);
        assert_eq!(estimate(&plan, &past(&[("idle", 4)])), None, "it has nothing to do");
        let estimated = estimate(&plan, &past(&[("a", 40)])).unwrap();
        assert_eq!(
            estimated.in_words(),
            "about 40 minutes, from 12 past runs; 1 host never patched before"
        );
    }
}
