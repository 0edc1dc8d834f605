//! The checks of a plan: what whoever applies it should know, each with a severity. Pure: the time is an input.
//!
//! A family of checks a file. What must stay true: a check says nothing about what it does not know, its code and
//! its sentence do not depend on the order of hosts, and what the playbook allows or makes an error is decided here
//! and nowhere else.

mod changes;
mod grouping;
mod hosts;
mod reboot;
mod rules;
mod structure;
#[cfg(test)]
mod tests;
mod time;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::finding::{Finding, LintRule, Severity};
use crate::model::lint_code::LintCode;
use crate::model::name::HostName;
use crate::model::past::PastDurations;
use crate::model::plan::Plan;
use crate::model::resolution::Resolution;
use crate::model::scan::Scan;

/// The word that stands for every check.
pub const ALL_CHECKS: &str = "all";

/// What the checks know beside the plan. Each part may be missing: then the checks that need it say nothing.
#[derive(Debug, Clone, Copy)]
pub struct LintInputs<'a> {
    /// The time at which the plan is read.
    pub now: Timestamp,
    /// Whether the plan would begin at that time, or is only made then.
    pub is_applied: bool,
    /// How long hosts took in past runs.
    pub past: Option<&'a PastDurations>,
    /// The hosts that the plan should have.
    pub selected: Option<&'a [HostName]>,
    /// What the hosts answered that were asked.
    pub resolutions: Option<&'a BTreeMap<HostName, Arc<Resolution>>>,
    /// The scan that the plan was made from.
    pub scan: Option<&'a Scan>,
    /// Until when the plan and its approvals hold.
    pub validities: &'a [Validity],
}

impl LintInputs<'_> {
    /// Nothing but the time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            is_applied: false,
            past: None,
            selected: None,
            resolutions: None,
            scan: None,
            validities: &[],
        }
    }
}

/// Something that must still hold while the plan runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validity {
    /// What it is, to begin a sentence with: `the plan`, `the approval of anna@example.org`.
    pub what: String,
    /// Until when it holds.
    pub until: Timestamp,
}

/// A finding before the playbook's word about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub code: LintCode,
    pub message: String,
    pub hint: String,
    pub hosts: Vec<HostName>,
}

type Check = fn(&Plan, &LintInputs<'_>) -> Vec<Draft>;

/// Every check. One that is taken out fails a test of its own.
const CHECKS: [Check; 15] = [
    structure::host_in_no_wave,
    structure::host_in_two_waves,
    structure::wave_without_gate,
    structure::domain_in_one_batch,
    hosts::unknown_host,
    hosts::disk_space,
    rules::expired_exclusion,
    changes::removal,
    changes::origin_change,
    changes::no_old_version,
    versions::downgrade,
    versions::major_version,
    versions::untested_version,
    reboot::kernel_without_reboot,
    time::all,
];

/// Lets every check read the plan. Errors come first, then by code; what the playbook allows is left out.
#[must_use]
pub fn lint(plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Finding> {
    let drafts = CHECKS.iter().flat_map(|check| check(plan, inputs)).collect();
    findings(drafts, &plan.rules.lint)
}

/// The checks that depend on the time at which a plan begins, for one that was made and checked before.
#[must_use]
pub fn lint_time(plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Finding> {
    findings(time::all(plan, inputs), &plan.rules.lint)
}

/// Whether a finding is of a check that [`lint_time`] makes again.
#[must_use]
pub fn is_of_time(finding: &Finding) -> bool {
    [LintCode::WindowTooShort, LintCode::ApprovalExpires]
        .iter()
        .any(|code| code.as_str() == finding.code)
}

/// Sorts findings for the page: errors first, then by code and sentence.
pub fn sort_findings(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (finding.severity, finding.code.clone(), finding.message.clone());
        key(one).cmp(&key(other))
    });
}

/// Findings with the playbook's word about each, sorted.
pub(super) fn findings(drafts: Vec<Draft>, rule: &LintRule) -> Vec<Finding> {
    let names = |words: &[String], code: LintCode| words.iter().any(|word| word == code.as_str());
    let mut findings: Vec<Finding> = drafts
        .into_iter()
        .filter(|draft| !(draft.code.may_be_allowed() && names(&rule.allow, draft.code)))
        .map(|draft| Finding {
            severity: if names(&rule.errors, draft.code) || rule.errors.iter().any(|word| word == ALL_CHECKS) {
                Severity::Error
            } else {
                draft.code.usual_severity()
            },
            code: draft.code.as_str().to_owned(),
            message: draft.message,
            hint: draft.hint,
            hosts: draft.hosts,
        })
        .collect();
    sort_findings(&mut findings);
    findings
}
