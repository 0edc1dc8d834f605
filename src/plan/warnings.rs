//! What is worth a warning about a draft, beside what the checks find in the plan itself. Pure.

use std::collections::HashSet;

use super::PlanInputs;
use crate::model::host::Host;
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
