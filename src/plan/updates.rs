//! Which pending updates of a host are in the plan, and why the others are not. Pure.

use jiff::civil::Date;

use crate::model::host::Host;
use crate::model::manager::Manager;
use crate::model::pattern::Pattern;
use crate::model::plan::{LeftOut, PlannedChange};
use crate::model::scan::HostScan;
use crate::model::update::Update;
use crate::model::update_rule::{UpdateRule, UpdateScope};

/// What a plan does with the pending updates of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The changes, by package.
    pub changes: Vec<PlannedChange>,
    /// New dependencies that the changes may bring.
    pub may_bring: Vec<PlannedChange>,
    /// What a rule leaves out, and why.
    pub left_out: Vec<LeftOut>,
}

/// Chooses among the pending updates of one host.
#[must_use]
pub fn choose_updates(scan: &HostScan, host: &Host, rule: &UpdateRule, today: Date) -> Choice {
    let (mut changes, mut may_bring, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let only_scanned = scan.facts.as_ref().and_then(|facts| only_scanned(facts.manager));
    for update in scan.pending() {
        let wanted = is_wanted(update, &rule.only);
        let is_dependency = update.from.is_none() && !names_it(&rule.only, update);
        match only_scanned
            .clone()
            .or_else(|| exclusion_reason(update, host, rule, today))
        {
            Some(reason) if wanted => left_out.push(LeftOut {
                package: update.package.clone(),
                reason,
            }),
            Some(_) => {}
            None if is_dependency => may_bring.push(PlannedChange::from(update)),
            None if wanted => changes.push(PlannedChange::from(update)),
            None => {}
        }
    }
    // Where nothing is left out, everything that the manager said it would install is part of the plan.
    if rule.only == UpdateScope::All && left_out.is_empty() {
        changes.append(&mut may_bring);
    }
    if changes.is_empty() {
        may_bring.clear();
    }
    changes.sort();
    may_bring.sort();
    left_out.sort_by(|one, other| one.package.cmp(&other.package));
    Choice {
        changes,
        may_bring,
        left_out,
    }
}

/// Why nothing is ever installed on hosts of this manager.
fn only_scanned(manager: Manager) -> Option<String> {
    let why = manager.scan_only()?;
    Some(format!("patchwave only scans hosts with {manager}: {why}"))
}

fn is_wanted(update: &Update, scope: &UpdateScope) -> bool {
    match scope {
        UpdateScope::All => true,
        UpdateScope::Security => update.security == Some(true),
        UpdateScope::Packages(patterns) => patterns.iter().any(|pattern| pattern.matches(update.package.as_str())),
    }
}

/// Whether the package was asked for by its name, new or not.
fn names_it(scope: &UpdateScope, update: &Update) -> bool {
    match scope {
        UpdateScope::Packages(patterns) => patterns.iter().any(|pattern| pattern.matches(update.package.as_str())),
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
