//! Checks of the playbook's rules.

use jiff::tz::TimeZone;

use super::{Draft, LintInputs};
use crate::model::lint_code::LintCode;
use crate::model::plan::Plan;

/// Exclusions that have run out: what they held back comes now.
pub fn expired_exclusion(plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Draft> {
    let today = inputs.now.to_zoned(TimeZone::UTC).date();
    let expired = plan
        .rules
        .updates
        .exclude
        .iter()
        .filter(|exclusion| exclusion.is_expired(today));
    expired
        .map(|exclusion| {
            let until = exclusion.until.map(|day| day.to_string()).unwrap_or_default();
            Draft {
                code: LintCode::ExpiredExclusion,
                message: format!(
                    "the exclusion of `{}` ended on {until} and no longer counts",
                    exclusion.package
                ),
                hint: "give it a later day in the playbook, or take it out".to_owned(),
                hosts: Vec::new(),
            }
        })
        .collect()
}
