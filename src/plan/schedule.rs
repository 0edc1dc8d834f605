//! Which host may start while others are down. Pure: it is told what happens and says what may come next.
//!
//! A host is down from its start until it ended well. One that failed after it was touched, and one that cannot be
//! reached, stays down for the rest of the run, because nobody knows that it serves again. No domain ever has more
//! hosts down than its limit because of the run.
//!
//! The schedule can be made anew from a journal: `starts` of every host that was begun, `ends` of every one that ended,
//! `loses` of every one that was seen to be down later. Hosts that an earlier controller began and left stay begun.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::model::name::{DomainName, HostName};
use crate::model::plan::{Basis, Plan, PlannedDomain, PlannedHost};
use crate::model::quorum::QuorumRule;
use crate::model::scan::HostState;

/// What is known of the hosts of domains while a plan runs.
#[derive(Debug, Clone)]
pub struct DomainSchedule {
    domains: Vec<Domain>,
    /// The domains of each host that is in any, as positions.
    memberships: HashMap<HostName, Arc<[usize]>>,
}

#[derive(Debug, Clone)]
struct Domain {
    name: DomainName,
    limit: usize,
    members: Vec<HostName>,
    quorum: Option<QuorumRule>,
    running: Vec<HostName>,
    /// The host for which its quorum command is asked now.
    asked_for: Option<HostName>,
    /// Down for the rest of the run.
    lost: Vec<HostName>,
}

/// Hosts of a batch that have not started, in their order.
#[derive(Debug, Clone)]
pub struct Waiting<'a>(VecDeque<Candidate<'a>>);

#[derive(Debug, Clone)]
struct Candidate<'a> {
    host: &'a PlannedHost,
    domains: Arc<[usize]>,
}

impl Waiting<'_> {
    /// Whether every host of the batch has started, or never may.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What may come next in a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<'a> {
    /// This host starts now. It is out of the waiting ones.
    Start(&'a PlannedHost),
    /// This host can never start in this run, for the reason. It is out of the waiting ones.
    Never(&'a PlannedHost, Exhausted),
    /// A running host must end first.
    Wait,
    /// Nobody waits.
    Nobody,
}

/// A domain that has no host to spare any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    /// Its name.
    pub domain: DomainName,
    /// How many of its hosts may be down.
    pub limit: usize,
    /// Those that are, in the order in which that became known.
    pub down: Vec<HostName>,
}

impl DomainSchedule {
    /// The schedule of a plan before its first host. Hosts that did not answer the scan are down already, those that
    /// were left out of the plan again among them.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut schedule = Self::of_domains(&plan.domains);
        for host in plan.domains.iter().flat_map(|domain| &domain.down) {
            schedule.loses(host);
        }
        for host in plan.hosts().filter(|host| is_down(host)) {
            schedule.loses(&host.name);
        }
        schedule
    }

    fn of_domains(domains: &[PlannedDomain]) -> Self {
        let mut memberships: HashMap<HostName, Vec<usize>> = HashMap::new();
        for (number, domain) in domains.iter().enumerate() {
            for host in &domain.members {
                memberships.entry(host.clone()).or_default().push(number);
            }
        }
        Self {
            domains: domains
                .iter()
                .map(|domain| Domain {
                    name: domain.name.clone(),
                    limit: domain.limit,
                    members: domain.members.clone(),
                    quorum: domain.quorum.clone(),
                    running: Vec::new(),
                    asked_for: None,
                    lost: Vec::new(),
                })
                .collect(),
            memberships: memberships
                .into_iter()
                .map(|(host, domains)| (host, domains.into()))
                .collect(),
        }
    }

    /// The hosts of a batch, none of which has started.
    #[must_use]
    pub fn waiting<'a>(&self, batch: &'a [PlannedHost]) -> Waiting<'a> {
        let candidates = batch.iter().map(|host| Candidate {
            host,
            domains: self.memberships.get(&host.name).cloned().unwrap_or_default(),
        });
        Waiting(candidates.collect())
    }

    /// Lets a host of the batch wait again that was to start next and did not.
    pub fn put_back<'a>(&self, waiting: &mut Waiting<'a>, host: &'a PlannedHost) {
        waiting.0.push_front(Candidate {
            host,
            domains: self.memberships.get(&host.name).cloned().unwrap_or_default(),
        });
    }

    /// What may come next: the first host in order that may start, or the first that never may. A host with
    /// nothing to do is not taken down by its turn, so it may always start.
    pub fn next<'a>(&self, waiting: &mut Waiting<'a>) -> Next<'a> {
        let mut verdict = None;
        for (position, candidate) in waiting.0.iter().enumerate() {
            match self.obstacle(candidate) {
                None => {
                    verdict = Some((position, None));
                    break;
                }
                Some(domain) if domain.lost_without(&candidate.host.name) >= domain.limit => {
                    verdict = Some((position, Some(domain.exhausted())));
                    break;
                }
                Some(_) => {}
            }
        }
        let Some((position, obstacle)) = verdict else {
            return if waiting.0.is_empty() { Next::Nobody } else { Next::Wait };
        };
        match (waiting.0.remove(position), obstacle) {
            (Some(candidate), None) => Next::Start(candidate.host),
            (Some(candidate), Some(exhausted)) => Next::Never(candidate.host, exhausted),
            (None, _) => Next::Nobody,
        }
    }

    /// A domain that keeps the host from starting now; one that keeps it for ever before any other.
    fn obstacle(&self, candidate: &Candidate<'_>) -> Option<&Domain> {
        if !candidate.host.has_work() {
            return None;
        }
        let name = &candidate.host.name;
        let domains = candidate.domains.iter().filter_map(|number| self.domains.get(*number));
        let closed = domains.filter(|domain| domain.is_asked() || domain.is_full_for(name));
        closed.max_by_key(|domain| domain.lost_without(name) >= domain.limit)
    }

    /// A host starts: it is down until it ends. One that has started already is not counted again.
    pub fn starts(&mut self, host: &HostName) {
        self.each_domain(host, |domain| {
            if !domain.running.contains(host) {
                domain.running.push(host.clone());
            }
        });
    }

    /// A host is asked for before it starts: it counts as down meanwhile, and a quorum command is asked for one host at
    /// a time, because its answer is about the domain as it is then.
    pub fn asks(&mut self, host: &HostName) {
        self.starts(host);
        self.each_domain(host, |domain| {
            if domain.quorum.is_some() {
                domain.asked_for = Some(host.clone());
            }
        });
    }

    /// The answer about a host has come; it is not down unless it starts now.
    pub fn answers(&mut self, host: &HostName) {
        self.each_domain(host, |domain| {
            domain.asked_for.take_if(|asked| asked == host);
        });
        self.ends(host, false);
    }

    /// A host ended, and is down or not for the rest of the run. That it started need not be known.
    pub fn ends(&mut self, host: &HostName, stays_down: bool) {
        self.each_domain(host, |domain| domain.running.retain(|running| running != host));
        if stays_down {
            self.loses(host);
        }
    }

    /// A host was seen to be down, in whatever state it ended: it stays down for the rest of the run.
    pub fn loses(&mut self, host: &HostName) {
        self.each_domain(host, |domain| {
            if !domain.lost.contains(host) {
                domain.lost.push(host.clone());
            }
        });
    }

    fn each_domain(&mut self, host: &HostName, mut change: impl FnMut(&mut Domain)) {
        let Some(domains) = self.memberships.get(host).cloned() else {
            return;
        };
        for number in domains.iter() {
            if let Some(domain) = self.domains.get_mut(*number) {
                change(domain);
            }
        }
    }

    /// The other hosts of this host's domains that are up, as far as is known.
    #[must_use]
    pub fn companions<'a>(&'a self, host: &'a HostName) -> BTreeSet<&'a HostName> {
        self.domains_of(host)
            .flat_map(|domain| domain.others_up(host))
            .collect()
    }

    fn domains_of(&self, host: &HostName) -> impl Iterator<Item = &Domain> {
        let numbers = self.memberships.get(host).map_or(&[][..], |numbers| numbers);
        numbers.iter().filter_map(|number| self.domains.get(*number))
    }

    /// What must agree before this host is taken down: each of its domains that asks, with its other hosts that are up.
    pub fn quorums<'a>(
        &'a self,
        host: &'a HostName,
    ) -> impl Iterator<Item = (&'a DomainName, &'a QuorumRule, Vec<&'a HostName>)> {
        self.domains_of(host).filter_map(move |domain| {
            let rule = domain.quorum.as_ref()?;
            Some((&domain.name, rule, domain.others_up(host).collect()))
        })
    }

    /// How many hosts of each domain are down now, in the order of the plan's domains.
    #[must_use]
    pub fn down(&self) -> Vec<usize> {
        let is_lost = |domain: &Domain, host: &HostName| domain.lost.contains(host);
        let down = |domain: &Domain| {
            let running = domain.running.iter().filter(|host| !is_lost(domain, host)).count();
            running + domain.lost.len()
        };
        self.domains.iter().map(down).collect()
    }
}

/// Whether a host did not answer when it was planned: nobody knows that it serves.
pub(super) fn is_down(host: &PlannedHost) -> bool {
    matches!(&host.basis, Basis::Unknown { error } if HostState::from_error(error.code).is_unreachable())
}

impl Domain {
    /// The members besides this one that are up, as far as is known.
    fn others_up<'a>(&'a self, host: &'a HostName) -> impl Iterator<Item = &'a HostName> {
        let is_up = move |name: &&HostName| *name != host && !self.running.contains(name) && !self.lost.contains(name);
        self.members.iter().filter(is_up)
    }

    fn is_asked(&self) -> bool {
        self.asked_for.is_some()
    }

    fn is_full_for(&self, host: &HostName) -> bool {
        self.running.len() + self.lost_without(host) >= self.limit
    }

    /// Those that stay down, apart from the host itself: its own turn takes nobody else down.
    fn lost_without(&self, host: &HostName) -> usize {
        self.lost.len() - usize::from(self.lost.contains(host))
    }

    fn exhausted(&self) -> Exhausted {
        Exhausted {
            domain: self.name.clone(),
            limit: self.limit,
            down: self.lost.clone(),
        }
    }
}

impl std::fmt::Display for Exhausted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (domain, limit) = (&self.domain, self.limit);
        let down = super::names(&self.down);
        write!(
            formatter,
            "domain `{domain}` may have {limit} of its hosts down, and these stay down: {down}"
        )
    }
}
