//! What a manager would do beyond the plan, and refusals that no package explains. Pure.

use super::package::{brings, is_same_arch, names};
use crate::model::drift::{DriftClass, DriftDifference};
use crate::model::error::ErrorCode;
use crate::model::manager::Manager;
use crate::model::name::{Architecture, PackageName, Version};
use crate::model::plan::{PlannedChange, PlannedHost};
use crate::model::resolution::Resolution;
use crate::model::rollback::Consent;
use crate::model::step::{Step, StepAction};

/// The steps that the plan does not have. A package that remains to be changed and goes to another version is no such
/// step: its planned version cannot be had then. One that is at its planned version already, and would leave it, is.
pub(super) fn unplanned(
    manager: Manager,
    planned: &PlannedHost,
    remaining: &[PlannedChange],
    resolution: &Resolution,
) -> Vec<DriftDifference> {
    let consent = Consent::to_remove(&planned.removes);
    let is_unplanned = |step: &&Step| {
        let is_of_step =
            |change: &PlannedChange| change.package.as_str() == step.package && is_same(step, change.arch.as_str());
        let is_brought = |change: &PlannedChange| brings(manager, step, change);
        let is_planned = remaining.iter().any(is_of_step) || planned.changes.iter().any(is_brought);
        let is_change = is_planned && step.action != StepAction::Remove;
        let is_expected = planned.may_bring.iter().any(is_brought);
        !is_change && !is_expected && !consent.allows_removal(step)
    };
    resolution
        .steps
        .iter()
        .filter(is_unplanned)
        .map(|step| DriftDifference {
            class: DriftClass::ExtraDependency,
            package: PackageName::new(&step.package).ok(),
            arch: step.arch.as_deref().and_then(|arch| Architecture::new(arch).ok()),
            planned: None,
            installed: version(step.from.as_deref()).into_iter().collect(),
            offered: version(step.to.as_deref()).into_iter().collect(),
            message: format!(
                "the transaction would also {}, which is not planned",
                step_in_words(step)
            ),
        })
        .collect()
}

/// A refusal for what is gone or has changed, when no difference of a package says the same.
pub(super) fn unexplained(
    resolution: &Resolution,
    remaining: &[PlannedChange],
    differences: &[DriftDifference],
) -> Option<DriftDifference> {
    let refusal = resolution.refusal.as_ref()?;
    let (class, is_explained) = match refusal.code {
        ErrorCode::Gone => (
            DriftClass::Vanished,
            differences.iter().any(|one| one.class == DriftClass::Vanished),
        ),
        ErrorCode::Drift if refusal.message.contains("would also") => (DriftClass::ExtraDependency, false),
        ErrorCode::Drift => (DriftClass::HostChanged, false),
        _ => return None,
    };
    let named = remaining
        .iter()
        .find(|change| class == DriftClass::HostChanged && names(&refusal.message, change.package.as_str()));
    (!is_explained).then(|| DriftDifference {
        class,
        package: named.map(|change| change.package.clone()),
        arch: named.map(|change| change.arch.clone()),
        planned: named.map(|change| change.to.clone()),
        installed: Vec::new(),
        offered: Vec::new(),
        message: refusal.message.clone(),
    })
}

fn is_same(step: &Step, arch: &str) -> bool {
    is_same_arch(step.arch.as_deref().unwrap_or("*"), arch)
}

fn version(text: Option<&str>) -> Option<Version> {
    Version::new(text?).ok()
}

fn step_in_words(step: &Step) -> String {
    let action = step.action.as_str();
    match (&step.from, &step.to) {
        (Some(from), Some(to)) => format!("{action} {} from {from} to {to}", step.package),
        (None, Some(to)) => format!("{action} {} {to}", step.package),
        (Some(from), None) => format!("{action} {} {from}", step.package),
        (None, None) => format!("{action} {}", step.package),
    }
}
