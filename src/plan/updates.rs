//! Which pending updates of a host are in the plan, and why the others are not. Pure.

use jiff::tz::TimeZone;

use super::age::AgeKnowledge;
use crate::manager::needs_consent;
use crate::model::first_seen::SeenVersion;
use crate::model::manager::Manager;
use crate::model::name::PackageName;
use crate::model::pattern::Pattern;
use crate::model::plan::{LeftOut, PlannedChange};
use crate::model::scan::HostScan;
use crate::model::update::{Update, UpdateStatus};
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
    /// Wanted updates that take the place of packages which may all go. They are planned only with the host's own
    /// answer, which says exactly what goes.
    pub replacing: Vec<Replacing>,
}

/// An update, or a new package, that takes the place of installed packages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replacing {
    /// The change.
    pub change: PlannedChange,
    /// What would go.
    pub removes: Vec<PackageName>,
}

/// What keeps a package of one host from being touched: the exclusions of playbook and inventory, and its age.
#[derive(Debug)]
pub struct Restrictions<'a> {
    rule: &'a UpdateRule,
    ages: AgeKnowledge<'a>,
    /// The playbook's exclusions that count today, each with its reason.
    excluded: Vec<(&'a Pattern, String)>,
    /// The inventory's exclusions of the host.
    own: Vec<Pattern>,
}

/// Why a package is left alone.
pub type Reason = (UpdateStatus, String);

impl<'a> Restrictions<'a> {
    /// Those of a host with these exclusions in the inventory.
    #[must_use]
    pub fn new(rule: &'a UpdateRule, ages: AgeKnowledge<'a>, own: &[String]) -> Self {
        let today = ages.now.to_zoned(TimeZone::UTC).date();
        let counts = rule.exclude.iter().filter(|exclusion| !exclusion.is_expired(today));
        let excluded = counts.map(|exclusion| {
            let mut reason = match &exclusion.reason {
                Some(reason) => reason.clone(),
                None => format!("the playbook excludes `{}`", exclusion.package),
            };
            if let Some(owner) = &exclusion.owner {
                reason.push_str(&format!(" (ask {owner})"));
            }
            (&exclusion.package, reason)
        });
        Self {
            rule,
            ages,
            excluded: excluded.collect(),
            // The inventory has checked its patterns.
            own: own.iter().filter_map(|text| Pattern::new(text).ok()).collect(),
        }
    }

    /// Whether the playbook allows any package to be removed.
    #[must_use]
    pub fn allows_some_removal(&self) -> bool {
        !self.rule.allow_removals.is_empty()
    }

    /// Why nobody may touch a package of that name; `None` when it may be touched.
    #[must_use]
    pub fn exclusion(&self, package: &PackageName) -> Option<Reason> {
        let name = package.as_str();
        let by_playbook = self.excluded.iter().find(|(pattern, _)| pattern.matches(name));
        let reason = by_playbook.map(|(_, reason)| reason.clone()).or_else(|| {
            let pattern = self.own.iter().find(|pattern| pattern.matches(name))?;
            Some(format!("the inventory excludes `{pattern}` on this host"))
        })?;
        Some((UpdateStatus::Excluded, reason))
    }

    /// Why a package may not be removed where a change takes its place, in a sentence; `None` when it may.
    #[must_use]
    pub fn kept(&self, manager: Manager, package: &PackageName) -> Option<String> {
        let mut allowed = self.rule.allow_removals.iter();
        let is_allowed = allowed.any(|pattern| pattern.matches(package.as_str()));
        if !is_allowed || !manager.replaces_with_consent() {
            return Some(needs_consent(manager, "it would remove", &[package.as_str()]));
        }
        let (_, reason) = self.exclusion(package)?;
        Some(format!("it would remove {package}, which is excluded: {reason}"))
    }

    /// Why a version is not taken yet; `None` when it is old enough or need not wait.
    #[must_use]
    pub fn youth(&self, seen: SeenVersion<'_>, update: Option<&Update>) -> Option<Reason> {
        let rule = self.rule.min_age.as_ref()?;
        if update.is_some_and(|update| self.ages.is_exempt(rule, update)) {
            return None;
        }
        let reason = self.ages.too_young(rule, seen)?;
        Some((UpdateStatus::TooYoung, reason))
    }
}

/// Chooses among the pending updates of one host.
#[must_use]
pub fn choose_updates(scan: &HostScan, restrictions: &Restrictions<'_>) -> Choice {
    let (mut changes, mut may_bring, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let rule = restrictions.rule;
    let only_scanned = scan.facts.as_ref().and_then(|facts| only_scanned(facts.manager));
    let os = scan.facts.as_ref().map_or("", |facts| facts.os.id.as_str());
    for update in scan.pending() {
        let wanted = is_wanted(update, &rule.only);
        let is_dependency = update.from.is_none() && !names_it(&rule.only, update);
        if !wanted && !is_dependency {
            continue;
        }
        let seen = SeenVersion {
            os,
            package: &update.package,
            arch: &update.arch,
            version: &update.to,
        };
        let reason = only_scanned
            .clone()
            .or_else(|| restrictions.exclusion(&update.package))
            .or_else(|| restrictions.youth(seen, Some(update)));
        match reason {
            Some((status, reason)) if wanted => left_out.push(LeftOut {
                package: update.package.clone(),
                status,
                reason,
            }),
            Some(_) => {}
            None if is_dependency => may_bring.push(PlannedChange::from(update)),
            None => changes.push(PlannedChange::from(update)),
        }
    }
    let (replacing, kept_back) = choose_replacing(scan, restrictions);
    // Where nothing is left out, everything that the manager said it would install is part of the plan.
    if rule.only == UpdateScope::All && left_out.is_empty() {
        changes.append(&mut may_bring);
    }
    if changes.is_empty() {
        may_bring.clear();
    }
    changes.sort();
    may_bring.sort();
    left_out.extend(kept_back);
    left_out.sort_by(|one, other| (&one.package, &one.reason).cmp(&(&other.package, &other.reason)));
    Choice {
        changes,
        may_bring,
        left_out,
        replacing,
    }
}

/// Of the wanted updates that would remove packages those that may, and why the others stay kept back. Neither where
/// the playbook allows no removal at all.
fn choose_replacing(scan: &HostScan, restrictions: &Restrictions<'_>) -> (Vec<Replacing>, Vec<LeftOut>) {
    let (mut replacing, mut kept_back) = (Vec::new(), Vec::new());
    let Some(facts) = scan.facts.as_ref().filter(|_| restrictions.allows_some_removal()) else {
        return (replacing, kept_back);
    };
    let is_held = |update: &&Update| update.status == UpdateStatus::KeptBack && !update.removes.is_empty();
    for update in scan.updates.iter().filter(is_held) {
        if !is_wanted(update, &restrictions.rule.only) {
            continue;
        }
        let seen = SeenVersion {
            os: &facts.os.id,
            package: &update.package,
            arch: &update.arch,
            version: &update.to,
        };
        let mut removals = update.removes.iter();
        let kept = removals.find_map(|gone| restrictions.kept(facts.manager, gone));
        let reason = restrictions
            .exclusion(&update.package)
            .or_else(|| restrictions.youth(seen, Some(update)))
            .or_else(|| Some((UpdateStatus::KeptBack, kept?)));
        match reason {
            Some((status, reason)) => kept_back.push(LeftOut {
                package: update.package.clone(),
                status,
                reason,
            }),
            None => replacing.push(Replacing {
                change: PlannedChange::from(update),
                removes: update.removes.clone(),
            }),
        }
    }
    replacing.sort();
    (replacing, kept_back)
}

/// The packages of `install` that a host is asked for, and those that a rule keeps away from it.
#[must_use]
pub fn choose_installs(manager: Option<Manager>, restrictions: &Restrictions<'_>) -> (Vec<PackageName>, Vec<LeftOut>) {
    let (mut wanted, mut left_out) = (Vec::new(), Vec::new());
    for package in &restrictions.rule.install {
        let reason = manager
            .and_then(only_scanned)
            .or_else(|| restrictions.exclusion(package));
        match reason {
            None => wanted.push(package.clone()),
            Some((status, reason)) => left_out.push(LeftOut {
                package: package.clone(),
                status,
                reason,
            }),
        }
    }
    (wanted, left_out)
}

/// Why nothing is ever installed on hosts of this manager.
fn only_scanned(manager: Manager) -> Option<Reason> {
    let why = manager.scan_only()?;
    let reason = format!("patchwave only scans hosts with {manager}: {why}");
    Some((UpdateStatus::Excluded, reason))
}

fn is_wanted(update: &Update, scope: &UpdateScope) -> bool {
    match scope {
        UpdateScope::All => true,
        UpdateScope::Security => update.security == Some(true),
        UpdateScope::Packages(_) => names_it(scope, update),
    }
}

/// Whether the package was asked for by its name, new or not.
fn names_it(scope: &UpdateScope, update: &Update) -> bool {
    match scope {
        UpdateScope::Packages(patterns) => patterns.iter().any(|pattern| pattern.matches(update.package.as_str())),
        UpdateScope::All | UpdateScope::Security => false,
    }
}
