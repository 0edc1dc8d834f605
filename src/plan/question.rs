//! What a host is asked about its part of a draft, and what follows from its answers. Pure: whoever reaches the host
//! takes the next question from here and brings the answer.
//!
//! A host is asked for everything at once. Where its manager refuses that, or would need something that is left out,
//! it is asked for parts, until what cannot be installed is told apart from what can. What is left is always a set
//! that the host accepted as a whole.

mod replacing;
mod search;
mod verdict;

use std::collections::HashMap;
use std::sync::Arc;

use self::replacing::{displaced, with_replacing};
use self::search::Search;
use self::verdict::{Circumstances, Verdict, judge, removals, unasked_changes};
use super::PlanInputs;
use super::age::AgeKnowledge;
use super::shared::Shared;
use super::updates::{Restrictions, choose_installs};
use crate::model::error::{ErrorCode, HostError};
use crate::model::first_seen::FirstSeen;
use crate::model::known_exploited::KnownExploited;
use crate::model::manager::Manager;
use crate::model::name::{HostName, PackageName};
use crate::model::plan::{Basis, LeftOut, Plan, PlannedChange, PlannedHost, PlannedRemoval};
use crate::model::resolution::Resolution;
use crate::model::scan::HostScan;
use crate::model::update::{Update, UpdateStatus};
use crate::model::update_rule::UpdateRule;

/// The rules by which answers are judged, shared by the questions of a plan.
#[derive(Debug)]
pub struct QuestionRules {
    updates: UpdateRule,
    first_seen: FirstSeen,
    known_exploited: Option<KnownExploited>,
    now: jiff::Timestamp,
}

/// What one host is asked, question by question.
#[derive(Debug, Clone)]
pub struct HostQuestion {
    /// The host.
    pub host: HostName,
    /// Its package manager.
    pub manager: Manager,
    rules: Arc<QuestionRules>,
    /// The inventory's exclusions of the host.
    exclude: Vec<String>,
    os: String,
    machine: String,
    changes: Arc<[PlannedChange]>,
    may_bring: Arc<[PlannedChange]>,
    install: Vec<PackageName>,
    /// What of the changes the draft has not, because they take the place of packages which may go.
    replacing: Vec<PackageName>,
    /// Packages that may go.
    displaced: Vec<PackageName>,
    /// What the scan offered and is not among the changes.
    others: Vec<Update>,
    search: Search,
    error: Option<HostError>,
    seen: Vec<PlannedChange>,
}

/// One question: what exactly would these come to?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Exactly these versions.
    pub changes: Vec<PlannedChange>,
    /// New dependencies that are known already.
    pub may_bring: Vec<PlannedChange>,
    /// Packages that must be present, in whatever version the manager takes.
    pub install: Vec<PackageName>,
    /// Packages that may go where these take their place.
    pub displaced: Vec<PackageName>,
}

/// What became of a host's part of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct HostAnswer {
    /// The host.
    pub host: HostName,
    /// Its distribution's id.
    pub os: String,
    /// What it was offered that is not in the draft.
    pub seen: Vec<PlannedChange>,
    /// The complete transaction, or why it could not be found out.
    pub transaction: Result<HostTransaction, HostError>,
}

/// A transaction that the host's manager accepts as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTransaction {
    /// Every change, by package.
    pub changes: Arc<[PlannedChange]>,
    /// What goes, because the changes take its place.
    pub removes: Vec<PlannedRemoval>,
    /// What the draft left to the host's answer: it is among the changes, or left out with the answer's reason.
    pub replacing: Vec<PackageName>,
    /// What cannot be installed without breaking a rule, each with the reason.
    pub left_out: Vec<LeftOut>,
    /// Packages that must be present and that no repository of the host has.
    pub unknown: Vec<PackageName>,
    /// The answer about exactly these changes; `None` when none is left.
    pub resolution: Option<Arc<Resolution>>,
}

/// Answers of many hosts, of which equal parts are kept once.
#[derive(Debug, Default)]
pub struct SharedAnswers {
    changes: Shared<[PlannedChange]>,
    resolutions: Shared<Resolution>,
}

impl SharedAnswers {
    /// The same answer, sharing what equals that of an earlier one.
    pub fn share(&mut self, mut answer: HostAnswer) -> HostAnswer {
        if let Ok(transaction) = &mut answer.transaction {
            transaction.changes = self.changes.share(Arc::clone(&transaction.changes));
            let resolution = transaction.resolution.take();
            transaction.resolution = resolution.map(|resolution| self.resolutions.share(resolution));
        }
        answer
    }
}

/// The questions of a draft: one for each host that has changes or lacks nobody knows which of the packages that must
/// be present, in the order of the plan.
#[must_use]
pub fn questions(inputs: &PlanInputs<'_>, plan: &Plan) -> Vec<HostQuestion> {
    let scans: HashMap<&HostName, &HostScan> = inputs.scan.hosts.iter().map(|scan| (&scan.name, scan)).collect();
    let rules = Arc::new(QuestionRules {
        updates: inputs.playbook.updates.clone(),
        first_seen: inputs.first_seen.clone(),
        known_exploited: inputs.known_exploited.cloned(),
        now: inputs.now,
    });
    plan.hosts()
        .filter_map(|planned| {
            let exclude = inputs.inventory.host(planned.name.as_str())?.exclude.clone();
            let scan = scans.get(&planned.name).copied()?;
            HostQuestion::new(planned, scan, exclude, Arc::clone(&rules))
        })
        .collect()
}

impl HostQuestion {
    fn new(planned: &PlannedHost, scan: &HostScan, exclude: Vec<String>, rules: Arc<QuestionRules>) -> Option<Self> {
        let Basis::Scanned { manager, os, arch, .. } = &planned.basis else {
            return None;
        };
        let restrictions = Restrictions::new(&rules.updates, rules.ages(), &exclude);
        let (install, _) = choose_installs(Some(*manager), &restrictions);
        let (changes, replacing) = with_replacing(planned, scan, &restrictions);
        if changes.is_empty() && install.is_empty() {
            return None;
        }
        let is_planned = |update: &&Update| {
            let mut changes = changes.iter();
            changes.any(|change| change.package == update.package && change.arch == update.arch)
        };
        let displaced = displaced(*manager, scan, &restrictions);
        Some(Self {
            host: planned.name.clone(),
            manager: *manager,
            exclude,
            os: os.clone(),
            machine: arch.clone(),
            may_bring: Arc::clone(&planned.may_bring),
            displaced,
            others: scan
                .updates
                .iter()
                .filter(|update| !is_planned(update))
                .cloned()
                .collect(),
            search: Search::new(changes.len(), install.len()),
            changes,
            replacing,
            install,
            rules,
            error: None,
            seen: Vec::new(),
        })
    }

    /// What the host is to be asked now; `None` when everything is known.
    #[must_use]
    pub fn next(&self) -> Option<Asked> {
        if self.error.is_some() {
            return None;
        }
        let wanted = self.search.next()?;
        let changes = self.changes.len();
        Some(Asked {
            changes: wanted
                .iter()
                .filter_map(|item| self.changes.get(*item).cloned())
                .collect(),
            may_bring: self.may_bring.to_vec(),
            install: wanted
                .iter()
                .filter_map(|item| self.install.get(item.checked_sub(changes)?).cloned())
                .collect(),
            displaced: self.displaced.clone(),
        })
    }

    /// Takes what the host said to the last question.
    pub fn answer(&mut self, answer: Result<Resolution, HostError>) {
        let Some(asked) = self.next() else { return };
        self.note_seen(&asked, &answer);
        let verdict = match &answer {
            Ok(resolution) => judge(&asked, resolution, &self.circumstances()),
            Err(error) => Verdict::Unanswered(error.clone()),
        };
        match (verdict, answer) {
            (Verdict::Unanswered(error), _) | (_, Err(error)) => self.error = Some(error),
            (Verdict::Accepted, Ok(resolution)) => self.search.accept(resolution),
            (Verdict::Refused(reason), Ok(_)) => self.search.refuse(reason),
        }
    }

    /// Refused or not, what the host was offered was seen: it grows old from now on.
    fn note_seen(&mut self, asked: &Asked, answer: &Result<Resolution, HostError>) {
        let Ok(resolution) = answer else { return };
        let new = unasked_changes(&asked.changes, resolution, &self.circumstances());
        for change in new {
            if !self.changes.contains(&change) && !self.seen.contains(&change) {
                self.seen.push(change);
            }
        }
    }

    /// What follows from the answers.
    #[must_use]
    pub fn into_answer(self) -> HostAnswer {
        let transaction = match &self.error {
            Some(error) => Err(error.clone()),
            None if self.next().is_some() => Err(HostError::new(
                ErrorCode::Interrupted,
                "the host was not asked to the end what its transaction comes to",
                "plan again",
            )),
            None => Ok(self.transaction()),
        };
        HostAnswer {
            host: self.host,
            os: self.os,
            seen: self.seen,
            transaction,
        }
    }

    fn transaction(&self) -> HostTransaction {
        let kept = self.search.kept();
        let mut changes: Vec<PlannedChange> = kept
            .iter()
            .filter_map(|item| self.changes.get(*item).cloned())
            .collect();
        let resolution = self.search.accepted().cloned();
        let mut removes = Vec::new();
        if let Some(resolution) = &resolution {
            changes.extend(unasked_changes(&changes, resolution, &self.circumstances()));
            removes = removals(resolution, &self.circumstances());
        }
        changes.sort();
        let (mut left_out, mut unknown) = (Vec::new(), Vec::new());
        for (item, reason) in self.search.refused() {
            let (package, is_install) = match self.changes.get(*item) {
                Some(change) => (change.package.clone(), false),
                None => match item
                    .checked_sub(self.changes.len())
                    .and_then(|item| self.install.get(item))
                {
                    Some(package) => (package.clone(), true),
                    None => continue,
                },
            };
            if is_install && reason.code == Some(ErrorCode::Gone) {
                unknown.push(package);
                continue;
            }
            // What is left out for its own sake has its own status.
            let status = if reason.package.as_deref() == Some(package.as_str()) {
                reason.status
            } else {
                UpdateStatus::KeptBack
            };
            left_out.push(LeftOut {
                package,
                status,
                reason: reason.text.clone(),
            });
        }
        left_out.sort_by(|one, other| (&one.package, &one.reason).cmp(&(&other.package, &other.reason)));
        HostTransaction {
            changes: changes.into(),
            removes,
            replacing: self.replacing.clone(),
            left_out,
            unknown,
            resolution: resolution.map(Arc::new),
        }
    }

    fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            restrictions: Restrictions::new(&self.rules.updates, self.rules.ages(), &self.exclude),
            manager: self.manager,
            os: &self.os,
            machine: &self.machine,
            planned: &self.changes,
            may_bring: &self.may_bring,
            others: &self.others,
        }
    }
}

impl QuestionRules {
    fn ages(&self) -> AgeKnowledge<'_> {
        AgeKnowledge {
            first_seen: &self.first_seen,
            known_exploited: self.known_exploited.as_ref(),
            now: self.now,
        }
    }
}
