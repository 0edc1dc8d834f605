//! apk's simulation: `(1/4) Upgrading NAME (OLD -> NEW)` and kin. It does not say the architecture.

use super::Steps;
use crate::manager::apk::steps::{Step, parse_step};
use crate::model::step::StepAction;

pub(super) fn read(said: &str, found: &mut Steps) {
    for line in said.lines() {
        match parse_step(line) {
            Step::Install { name, from: None, to } => found.add(StepAction::Install, name, "", None, Some(to)),
            Step::Install { name, from, to } => found.add(StepAction::Upgrade, name, "", from, Some(to)),
            Step::Downgrade { name, from, to } => found.add(StepAction::Downgrade, name, "", Some(from), Some(to)),
            Step::Remove { name, version } => found.add(StepAction::Remove, name, "", Some(version), None),
            Step::Unknown => found.unparsed += 1,
            Step::None => {}
        }
    }
}
