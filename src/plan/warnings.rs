//! What is worth a warning about a draft. Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::tz::TimeZone;

use super::PlanInputs;
use super::shared::place;
use crate::model::host::Host;
use crate::model::name::{HostName, PackageName, Version};
use crate::model::plan::{Basis, PlannedChange, PlannedHost, PlannedWave};
use crate::model::update::UpdateStatus;
use crate::model::update_rule::{AgeException, Exclusion, UpdateScope};

/// Exclusions of the playbook that ended.
pub fn ended_exclusions(inputs: &PlanInputs<'_>) -> Vec<String> {
    let today = inputs.now.to_zoned(TimeZone::UTC).date();
    let exclusions = inputs.playbook.updates.exclude.iter();
    exclusions
        .filter(|exclusion| exclusion.is_expired(today))
        .map(expired_in_words)
        .collect()
}

fn expired_in_words(exclusion: &Exclusion) -> String {
    let until = exclusion.until.map(|day| day.to_string()).unwrap_or_default();
    format!(
        "the exclusion of `{}` ended on {until} and no longer counts",
        exclusion.package
    )
}

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

type System<'a> = (&'a str, &'a str);
type Tested<'a> = BTreeMap<(System<'a>, &'a PackageName), BTreeSet<&'a Version>>;

/// Versions that a later wave would get and an earlier one would not, though it gets another of the same package.
pub fn untested_versions(waves: &[PlannedWave]) -> Vec<String> {
    let mut tested: Tested<'_> = BTreeMap::new();
    let mut warnings = BTreeSet::new();
    for wave in waves {
        let rows = distinct_changes(wave);
        let mut told: HashSet<(System<'_>, &PackageName, &Version)> = HashSet::new();
        for (system, change) in &rows {
            let Some(versions) = tested.get(&(*system, &change.package)) else {
                continue;
            };
            if versions.contains(&change.to) || !told.insert((*system, &change.package, &change.to)) {
                continue;
            }
            let known: Vec<&str> = versions.iter().map(|version| version.as_str()).collect();
            let (os, release) = system;
            warnings.insert(format!(
                "wave `{}` would get {} {} on {os} {release}; earlier waves get {}",
                wave.name,
                change.package,
                change.to,
                known.join(", ")
            ));
        }
        for (system, change) in rows {
            tested.entry((system, &change.package)).or_default().insert(&change.to);
        }
    }
    warnings.into_iter().collect()
}

/// The changes of a wave, those of equal hosts once.
fn distinct_changes(wave: &PlannedWave) -> Vec<(System<'_>, &PlannedChange)> {
    let mut lists = HashSet::new();
    let mut rows = Vec::new();
    for host in wave.hosts() {
        let Basis::Scanned { os, version, .. } = &host.basis else {
            continue;
        };
        let system = (os.as_str(), version.as_str());
        if lists.insert((system, place(&host.changes))) {
            rows.extend(host.changes.iter().map(|change| (system, change)));
        }
    }
    rows
}
