//! What is worth a warning about a draft, beside what the checks find in the plan itself. Pure.

use std::collections::HashSet;

use super::PlanInputs;
use crate::model::facts::Facts;
use crate::model::host::Host;
use crate::model::manager::Manager;
use crate::model::name::HostName;
use crate::model::plan::{PlannedHost, PlannedWave};
use crate::model::update::UpdateStatus;
use crate::model::update_rule::{AgeException, UpdateScope};

/// Exceptions from the minimum age that nobody can know of, where updates wait for it.
pub fn unknown_exploited(inputs: &PlanInputs<'_>, waves: &[PlannedWave]) -> Option<String> {
    let rule = inputs.playbook.updates.min_age.as_ref()?;
    let is_blind = inputs.known_exploited.is_none() && rule.except.contains(&AgeException::KnownExploited);
    let waits = |host: &PlannedHost| {
        let mut left_out = host.left_out.iter();
        left_out.any(|left| left.status == UpdateStatus::TooYoung)
    };
    let is_waiting = is_blind && waves.iter().flat_map(PlannedWave::hosts).any(waits);
    is_waiting.then(|| {
        "nothing is known to be exploited, because `min_age` names no list: `known_exploited: kev.json` with CISA's \
         catalogue lets such updates through"
            .to_owned()
    })
}

/// Own databases of pacman that are younger than this are as good as fetched, in seconds.
const FRESH_DATABASES: u64 = 3600;

/// Hosts of pacman that were asked about their own old databases: patchwave fetches into a copy that it does not keep,
/// so that an earlier refresh by it does not count.
pub fn old_databases(inputs: &PlanInputs<'_>, selected: &[&Host]) -> Option<String> {
    let is_old = |facts: &Facts| {
        let age = facts.metadata.age_seconds;
        facts.manager == Manager::Pacman
            && !facts.metadata.refreshed
            && age.is_none_or(|seconds| seconds > FRESH_DATABASES)
    };
    let scans = inputs.scan.hosts.iter();
    let old: HashSet<&HostName> = scans
        .filter(|scan| scan.facts.as_ref().is_some_and(is_old))
        .map(|scan| &scan.name)
        .collect();
    let names = selected.iter().map(|host| &host.name);
    let hosts: Vec<HostName> = names.filter(|name| old.contains(*name)).cloned().collect();
    (!hosts.is_empty()).then(|| {
        format!(
            "newer updates are not known: pacman's own databases, which patchwave never changes, were not fetched anew \
             on {}; `--refresh always` fetches a copy of them",
            super::names(&hosts)
        )
    })
}

/// Hosts of which a plan for security alone may leave fixes out, because nobody can tell them.
pub fn unknown_security(inputs: &PlanInputs<'_>, selected: &[&Host]) -> Option<String> {
    if inputs.playbook.updates.only != UpdateScope::Security {
        return None;
    }
    let scans = inputs.scan.hosts.iter();
    let unknown: HashSet<&HostName> = scans
        .filter(|scan| scan.pending().any(|update| update.security.is_none()))
        .map(|scan| &scan.name)
        .collect();
    let names = selected.iter().map(|host| &host.name);
    let hosts: Vec<HostName> = names.filter(|name| unknown.contains(*name)).cloned().collect();
    (!hosts.is_empty()).then(|| {
        format!(
            "left out, because whether they fix a security problem is unknown: updates of {}",
            super::names(&hosts)
        )
    })
}
