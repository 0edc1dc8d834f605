//! Which pending updates of a host are in the plan, and why the others are not. Pure.

use jiff::civil::Date;

use crate::model::host::Host;
use crate::model::pattern::Pattern;
use crate::model::plan::{LeftOut, PlannedChange};
use crate::model::scan::HostScan;
use crate::model::update::Update;
use crate::playbook::{UpdateRule, UpdateScope};

/// The changes of one host, by package, and the pending updates that a rule leaves out.
#[must_use]
pub fn choose_updates(
    scan: &HostScan,
    host: &Host,
    rule: &UpdateRule,
    today: Date,
) -> (Vec<PlannedChange>, Vec<LeftOut>) {
    let mut changes = Vec::new();
    let mut left_out = Vec::new();
    let mut complete = rule.only == UpdateScope::All;
    for update in scan.pending().filter(|update| is_wanted(update, &rule.only)) {
        match exclusion_reason(update, host, rule, today) {
            Some(reason) => left_out.push(LeftOut {
                package: update.package.clone(),
                reason,
            }),
            None => changes.push(PlannedChange::from(update)),
        }
    }
    complete &= left_out.is_empty();
    if !complete {
        // A new dependency belongs to updates that may have been left out. What a chosen update needs,
        // the manager brings by itself.
        changes.retain(|change| change.from.is_some() || names_it(&rule.only, change));
    }
    changes.sort();
    left_out.sort_by(|one, other| one.package.cmp(&other.package));
    (changes, left_out)
}

fn is_wanted(update: &Update, scope: &UpdateScope) -> bool {
    match scope {
        UpdateScope::All => true,
        UpdateScope::Security => update.security == Some(true),
        UpdateScope::Packages(patterns) => patterns.iter().any(|pattern| pattern.matches(update.package.as_str())),
    }
}

fn names_it(scope: &UpdateScope, change: &PlannedChange) -> bool {
    match scope {
        UpdateScope::Packages(patterns) => patterns.iter().any(|pattern| pattern.matches(change.package.as_str())),
        UpdateScope::All | UpdateScope::Security => false,
    }
}

fn exclusion_reason(update: &Update, host: &Host, rule: &UpdateRule, today: Date) -> Option<String> {
    let name = update.package.as_str();
    let by_playbook = rule
        .exclude
        .iter()
        .find(|exclusion| !exclusion.is_expired(today) && exclusion.package.matches(name))
        .map(|exclusion| match &exclusion.reason {
            Some(reason) => reason.clone(),
            None => format!("the playbook excludes `{}`", exclusion.package),
        });
    by_playbook.or_else(|| {
        let pattern = host.exclude.iter().find(|pattern| matches_text(pattern, name))?;
        Some(format!("the inventory excludes `{pattern}` on this host"))
    })
}

/// The inventory has checked its patterns; one that is no pattern excludes its own name.
fn matches_text(pattern: &str, name: &str) -> bool {
    Pattern::new(pattern).map_or(pattern == name, |pattern| pattern.matches(name))
}
