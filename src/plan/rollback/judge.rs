//! Whether a host can go back as asked, by its own answer. Pure.

use std::cmp::Ordering;

use super::{Obstacle, WayBack};
use crate::manager::version::compare;
use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::{Architecture, PackageName, Version};
use crate::model::plan::PlannedChange;
use crate::model::resolution::{Offer, OfferSource, Resolution};
use crate::model::step::{Step, StepAction};
use crate::plan::drift::{brings, is_same_arch};

/// A way back that the host's manager would take exactly so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feasible {
    /// Each change with the place that the older version comes from, in words.
    pub changes: Vec<(PlannedChange, String)>,
    /// What came new with the run and goes again.
    pub removes: Vec<(PackageName, Version)>,
}

/// What is told of a package whose older version is nowhere.
const NOWHERE: &str = "no repository of the host has this version any more, and it is not kept on the host";

/// Judges a host's answer to the question for all changes of a way back.
///
/// # Errors
/// What is in the way: packages whose older version cannot be had, or one obstacle for the whole host.
pub fn judge(
    manager: Manager,
    way: &WayBack,
    resolution: &Resolution,
    machine: &str,
) -> Result<Feasible, Vec<Obstacle>> {
    if let Some(error) = &resolution.refusal {
        return Err(refused(manager, way, resolution, error));
    }
    if let Some(error) = &resolution.space {
        return Err(vec![of_host(error.message.clone())]);
    }
    let mut feasible = Feasible::default();
    let asked = |step: &&Step| way.changes.iter().any(|change| brings(manager, step, change));
    for step in resolution.steps.iter().filter(|step| !asked(step)) {
        match step.action {
            StepAction::Reinstall => {}
            // Only apk takes away by itself what nothing needs any more; the jobs of all others refuse to.
            StepAction::Remove if manager == Manager::Apk => feasible.removes.push(removal(manager, way, step)?),
            StepAction::Remove => return Err(vec![of_host(format!("it would also remove {}", step.package))]),
            StepAction::Install => {
                let change = returning(manager, way, resolution, step, machine)?;
                let source = source(manager, &change, &resolution.offers);
                feasible.changes.push((change, source.map_or(String::new(), in_words)));
            }
            StepAction::Upgrade | StepAction::Downgrade => {
                let to = step.to.as_deref().unwrap_or("another version");
                return Err(vec![of_host(format!("it would also take {} to {to}", step.package))]);
            }
        }
    }
    let is_told = !resolution.steps.is_empty() && resolution.unparsed == 0;
    let mut left = Vec::new();
    for change in &way.changes {
        if is_told && !resolution.steps.iter().any(|step| brings(manager, step, change)) {
            left.push(of_package(change, "the package manager would leave it as it is"));
            continue;
        }
        let found = source(manager, change, &resolution.offers);
        let mut change = change.clone();
        if let Some(offer) = found {
            change.size = offer.size;
            if offer.source == OfferSource::Repository {
                change.repo.clone_from(&offer.repo);
            }
        }
        feasible.changes.push((change, found.map_or(String::new(), in_words)));
    }
    if !left.is_empty() {
        return Err(left);
    }
    feasible.changes.sort();
    Ok(feasible)
}

/// Why the manager refuses, by package where that is known.
fn refused(manager: Manager, way: &WayBack, resolution: &Resolution, error: &HostError) -> Vec<Obstacle> {
    let is_about_versions = matches!(error.code, ErrorCode::Gone | ErrorCode::Dep | ErrorCode::Drift);
    let without_source = |change: &&PlannedChange| source(manager, change, &resolution.offers).is_none();
    let mut gone: Vec<Obstacle> = Vec::new();
    if is_about_versions && !resolution.offers_unknown {
        let changes = way.changes.iter().filter(without_source);
        gone.extend(changes.map(|change| of_package(change, NOWHERE)));
    }
    if gone.is_empty() {
        gone.push(of_host(format!("the package manager refuses it: {}", error.message)));
    }
    gone
}

/// Where exactly that version can be had; a repository before the host itself.
fn source<'a>(manager: Manager, change: &PlannedChange, offers: &'a [Offer]) -> Option<&'a Offer> {
    let is_it = |offer: &&Offer| {
        offer.package == change.package
            && is_same_arch(offer.arch.as_str(), change.arch.as_str())
            && compare(manager, &offer.version, &change.to) == Ordering::Equal
    };
    let found = || offers.iter().filter(is_it);
    let in_repository = found().find(|offer| offer.source == OfferSource::Repository);
    in_repository.or_else(|| found().next())
}

fn in_words(offer: &Offer) -> String {
    match (offer.source, offer.repo.as_str()) {
        (OfferSource::Repository, "") => "a repository".to_owned(),
        (OfferSource::Repository, repo) => format!("repository {repo}"),
        (OfferSource::Host, "") => "kept on the host".to_owned(),
        (OfferSource::Host, folder) => format!("the manager's cache, {folder}"),
    }
}

/// What the manager would remove must have come with the run.
fn removal(manager: Manager, way: &WayBack, step: &Step) -> Result<(PackageName, Version), Vec<Obstacle>> {
    let is_it = |(package, version): &&(PackageName, Version)| {
        let from = step.from.as_deref().and_then(|from| Version::new(from).ok());
        package.as_str() == step.package && from.is_none_or(|from| compare(manager, &from, version) == Ordering::Equal)
    };
    let found = way.new.iter().find(is_it).cloned();
    found.ok_or_else(|| {
        vec![of_host(format!(
            "it would also remove {}, which did not come with the run",
            step.package
        ))]
    })
}

/// What would come new must have been removed by the run.
fn returning(
    manager: Manager,
    way: &WayBack,
    resolution: &Resolution,
    step: &Step,
    machine: &str,
) -> Result<PlannedChange, Vec<Obstacle>> {
    let to = step.to.as_deref().and_then(|to| Version::new(to).ok());
    let is_it = |(package, version): &&(PackageName, Version)| {
        let is_version = |to: &Version| compare(manager, to, version) == Ordering::Equal;
        package.as_str() == step.package && to.as_ref().is_some_and(is_version)
    };
    let unknown = || {
        let to = step.to.as_deref().unwrap_or_default();
        vec![of_host(format!("it would also install {} {to}", step.package))]
    };
    let (package, version) = way.gone.iter().find(is_it).ok_or_else(unknown)?;
    let offer = resolution.offers.iter().find(|offer| offer.package == *package);
    let arch = match (&step.arch, offer) {
        (Some(arch), _) => Architecture::new(arch.as_str()).map_err(|_| unknown())?,
        (None, Some(offer)) if offer.arch.as_str() != "*" => offer.arch.clone(),
        _ => Architecture::new(machine).map_err(|_| unknown())?,
    };
    Ok(PlannedChange {
        package: package.clone(),
        arch,
        from: None,
        to: version.clone(),
        repo: offer.map(|offer| offer.repo.clone()).unwrap_or_default(),
        security: None,
        size: offer.and_then(|offer| offer.size),
    })
}

fn of_host(reason: String) -> Obstacle {
    Obstacle {
        package: None,
        version: None,
        reason,
    }
}

fn of_package(change: &PlannedChange, reason: &str) -> Obstacle {
    Obstacle {
        package: Some(change.package.clone()),
        version: Some(change.to.clone()),
        reason: reason.to_owned(),
    }
}
