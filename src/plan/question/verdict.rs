//! Whether a host's answer keeps the rules: nothing that is left out is touched, nothing is removed that may not go,
//! nothing becomes older. Pure.

use std::collections::HashMap;

use super::Asked;
use crate::model::error::{ErrorCode, HostError};
use crate::model::first_seen::SeenVersion;
use crate::model::manager::Manager;
use crate::model::name::{Architecture, PackageName, Version};
use crate::model::plan::{PlannedChange, PlannedRemoval};
use crate::model::resolution::{Offer, OfferSource, Resolution};
use crate::model::step::{Step, StepAction};
use crate::model::update::{Update, UpdateStatus};
use crate::plan::updates::Restrictions;

/// What an answer is held against.
pub struct Circumstances<'a> {
    /// What keeps packages from being touched.
    pub restrictions: Restrictions<'a>,
    /// The host's package manager.
    pub manager: Manager,
    /// The distribution's id.
    pub os: &'a str,
    /// The machine's architecture.
    pub machine: &'a str,
    /// The changes of the draft: what is among them was found good when the draft was made.
    pub planned: &'a [PlannedChange],
    /// New dependencies that the scan told of.
    pub may_bring: &'a [PlannedChange],
    /// What else the scan offered.
    pub others: &'a [Update],
}

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It can be planned as it is.
    Accepted,
    /// Not so; perhaps a part of it.
    Refused(Refusal),
    /// The question was not answered, and asking for less would not help.
    Unanswered(HostError),
}

/// Why a transaction is not planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The package that stands in the way, where one is known.
    pub package: Option<String>,
    /// The status of that package.
    pub status: UpdateStatus,
    /// The manager's error, when it refused itself.
    pub code: Option<ErrorCode>,
    /// In words.
    pub text: String,
}

/// Judges an answer.
pub fn judge(asked: &Asked, resolution: &Resolution, circumstances: &Circumstances<'_>) -> Verdict {
    if let Some(error) = &resolution.refusal {
        return match error.code {
            ErrorCode::Dep | ErrorCode::Gone | ErrorCode::Drift => Verdict::Refused(Refusal {
                package: None,
                status: UpdateStatus::KeptBack,
                code: Some(error.code),
                text: format!("the package manager refuses it: {}", error.message),
            }),
            _ => Verdict::Unanswered(error.clone()),
        };
    }
    let mut by_package: HashMap<&str, Vec<&PlannedChange>> = HashMap::with_capacity(asked.changes.len());
    for change in &asked.changes {
        by_package.entry(change.package.as_str()).or_default().push(change);
    }
    let is_asked = |step: &Step| {
        let changes = by_package.get(step.package.as_str());
        changes.is_some_and(|changes| changes.iter().any(|change| step.brings(change)))
    };
    let steps = resolution.steps.iter().filter(|step| !is_asked(step));
    let obstacle = steps
        .filter_map(|step| circumstances.obstacle(step, asked, resolution))
        .next();
    obstacle.map_or(Verdict::Accepted, Verdict::Refused)
}

impl Circumstances<'_> {
    /// Why a step that was not asked for cannot be taken.
    fn obstacle(&self, step: &Step, asked: &Asked, resolution: &Resolution) -> Option<Refusal> {
        let refused = |status, text| {
            Some(Refusal {
                package: Some(step.package.clone()),
                status,
                code: None,
                text,
            })
        };
        let from = step.from.as_deref().unwrap_or("the installed version");
        match step.action {
            StepAction::Remove => {
                let text = self.removal(step).err()?;
                return refused(UpdateStatus::KeptBack, text);
            }
            StepAction::Downgrade => {
                let to = step.to.as_deref().unwrap_or("an older version");
                let text = format!("it would take {} back from {from} to {to}", step.package);
                return refused(UpdateStatus::KeptBack, text);
            }
            StepAction::Reinstall => return None,
            StepAction::Install | StepAction::Upgrade => {}
        }
        if self.planned.iter().any(|change| step.brings(change)) {
            return None;
        }
        let Some(change) = self.change_of(step, resolution) else {
            let text = format!("it would bring {}, whose version cannot be understood", step.package);
            return refused(UpdateStatus::KeptBack, text);
        };
        let (status, reason) = self.restriction(&change)?;
        if asked.install.contains(&change.package) {
            return refused(status, reason);
        }
        let text = format!("it needs {} {}, which is left out: {reason}", change.package, change.to);
        refused(status, text)
    }

    /// What goes with a step that removes, or why it may not go.
    fn removal(&self, step: &Step) -> Result<PlannedRemoval, String> {
        let package = PackageName::new(step.package.as_str());
        let package =
            package.map_err(|_| format!("it would remove {}, whose name cannot be understood", step.package))?;
        if let Some(why) = self.restrictions.kept(self.manager, &package) {
            return Err(why);
        }
        match step.from.as_deref().map(Version::new) {
            Some(Ok(version)) => Ok(PlannedRemoval { package, version }),
            _ => Err(format!(
                "it would remove {package}, and the host does not say at which version"
            )),
        }
    }

    fn restriction(&self, change: &PlannedChange) -> Option<(UpdateStatus, String)> {
        let seen = SeenVersion {
            os: self.os,
            package: &change.package,
            arch: &change.arch,
            version: &change.to,
        };
        let by_name = self.restrictions.exclusion(&change.package);
        by_name.or_else(|| self.restrictions.youth(seen, self.scanned(change)))
    }

    /// What the scan said of exactly that version.
    fn scanned(&self, change: &PlannedChange) -> Option<&Update> {
        let same =
            |update: &&Update| update.package == change.package && update.arch == change.arch && update.to == change.to;
        self.others.iter().find(same)
    }

    /// A step that nobody asked for as a change, with what the host and the scan say about it.
    fn change_of(&self, step: &Step, resolution: &Resolution) -> Option<PlannedChange> {
        let package = PackageName::new(step.package.as_str()).ok()?;
        let to = Version::new(step.to.as_deref()?).ok()?;
        let is_it = |arch: &Architecture| step.arch.as_deref().is_none_or(|own| own == arch.as_str());
        if let Some(known) = self
            .may_bring
            .iter()
            .find(|change| change.package == package && change.to == to && is_it(&change.arch))
        {
            return Some(known.clone());
        }
        let offers = || {
            let all = resolution.offers.iter();
            all.filter(|offer| offer.package == package && offer.version == to && is_it(&offer.arch))
        };
        let in_repository = offers().find(|offer| offer.source == OfferSource::Repository);
        let offer: Option<&Offer> = in_repository.or_else(|| offers().next());
        let same = |update: &&Update| update.package == package && is_it(&update.arch);
        let scanned = self.others.iter().filter(same).find(|update| update.to == to);
        let arch = match &step.arch {
            Some(arch) => Architecture::new(arch.as_str()).ok()?,
            None => match (offer, scanned) {
                (Some(offer), _) => offer.arch.clone(),
                (None, Some(update)) => update.arch.clone(),
                (None, None) => Architecture::new(self.machine).ok()?,
            },
        };
        let from = match (&step.from, step.action) {
            (Some(from), _) => Some(Version::new(from.as_str()).ok()?),
            // A manager that does not say what is installed: the scan did.
            (None, StepAction::Upgrade) => self.others.iter().find(same).and_then(|update| update.from.clone()),
            (None, _) => None,
        };
        Some(PlannedChange {
            package,
            arch,
            from,
            to,
            repo: match (offer, scanned) {
                (Some(offer), _) if !offer.repo.is_empty() => offer.repo.clone(),
                (_, Some(update)) => update.repo.clone(),
                _ => String::new(),
            },
            security: scanned.and_then(|update| update.security),
            size: offer
                .and_then(|offer| offer.size)
                .or_else(|| scanned.and_then(|update| update.size)),
        })
    }
}

/// What goes with the accepted transaction, in the order of the names.
pub fn removals(resolution: &Resolution, circumstances: &Circumstances<'_>) -> Vec<PlannedRemoval> {
    let steps = resolution.steps.iter();
    let mut removals: Vec<PlannedRemoval> = steps
        .filter(|step| step.action == StepAction::Remove)
        .filter_map(|step| circumstances.removal(step).ok())
        .collect();
    removals.sort();
    removals.dedup();
    removals
}

/// What the accepted transaction brings beside the changes that were asked for.
pub fn unasked_changes(
    asked: &[PlannedChange],
    resolution: &Resolution,
    circumstances: &Circumstances<'_>,
) -> Vec<PlannedChange> {
    let is_asked = |step: &&Step| asked.iter().any(|change| step.brings(change));
    let steps = resolution.steps.iter().filter(|step| !is_asked(step));
    let brings = |step: &&Step| matches!(step.action, StepAction::Install | StepAction::Upgrade);
    steps
        .filter(brings)
        .filter_map(|step| {
            let mut planned = circumstances.planned.iter();
            let planned = planned.find(|change| step.brings(change));
            planned.cloned().or_else(|| circumstances.change_of(step, resolution))
        })
        .collect()
}
