//! The third step of planning: the finished plan is read by the checks.

use jiff::Timestamp;

use super::PAST_RUNS;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::coverage::Coverage;
use crate::model::estimate::Estimate;
use crate::model::finding::Finding;
use crate::model::name::HostName;
use crate::model::scan::Scan;
use crate::plan::estimate::estimate;
use crate::plan::lint::{LintInputs, Validity, by_rule, lint, sort_findings};
use crate::plan::{Planned, measure_coverage};
use crate::playbook::Playbook;

/// What is said about a plan.
#[derive(Debug, Default)]
pub(super) struct Examination {
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// How much of it the first wave exercises.
    pub coverage: Coverage,
    /// How long it is expected to take; `None` where nothing is known.
    pub estimate: Option<Estimate>,
}

/// Lets the checks read a plan that will hold until `expires`. The ledger knows how long things took in the past.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) fn examine(
    session: &Session<'_>,
    playbook: &Playbook,
    planned: &Planned,
    scan: &Scan,
    expires: Timestamp,
    ledger: &SqliteLedger,
) -> Result<Examination, Failure> {
    let past = ledger.past_durations(PAST_RUNS)?;
    let selected: Vec<HostName> = session
        .select(None, Some(&playbook.select))?
        .into_iter()
        .map(|host| host.name.clone())
        .collect();
    let validities = [Validity {
        what: "the plan".to_owned(),
        until: expires,
    }];
    let inputs = LintInputs {
        past: Some(&past),
        selected: Some(&selected),
        resolutions: Some(&planned.resolutions),
        scan: Some(scan),
        validities: &validities,
        ..LintInputs::at(planned.plan.made)
    };
    let mut findings = lint(&planned.plan, &inputs);
    findings.extend(by_rule(planned.findings.clone(), &planned.plan.rules.lint));
    sort_findings(&mut findings);
    Ok(Examination {
        findings,
        coverage: measure_coverage(&planned.plan),
        estimate: estimate(&planned.plan, &past),
    })
}
