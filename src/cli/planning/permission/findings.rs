//! Whether the checks found nothing that stops the plan (`lint` of the playbook).
//!
//! What was found when the plan was made is in it; what depends on the time of the run is looked at again.

use jiff::Timestamp;

use super::Candidate;
use crate::cli::approvals::{examine, required};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::planning::PAST_RUNS;
use crate::cli::session::Session;
use crate::ledger::Ledger;
use crate::model::finding::{Finding, Severity};
use crate::model::lint_code::LintCode;
use crate::model::text::count;
use crate::plan::lint::{LintInputs, Validity, is_of_time, lint_time, sort_findings};
use crate::report::pages::findings::findings_page;

/// Shows what was found, and gives the errors among it.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) fn show(candidate: Candidate<'_>, session: &Session<'_>, now: Timestamp) -> Result<Vec<Finding>, Failure> {
    let findings = current_findings(candidate, session, now)?;
    let errors: Vec<Finding> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .cloned()
        .collect();
    // The page of the plan shows what was found when it was made; errors are shown beside the refusal.
    let shown: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| !errors.is_empty() || !candidate.saved.findings.contains(finding))
        .collect();
    session.printer.notice(&findings_page(&shown, session.options.verbose));
    Ok(errors)
}

/// Refuses a plan with errors.
///
/// # Errors
/// With [`Exit::Usage`]; with [`Exit::OutsideWindow`] when nothing but the time that is left is too short.
pub(super) fn refuse(errors: &[Finding]) -> Result<(), Failure> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(Failure::with_exit(
        exit_of(errors),
        format!(
            "the checks of the plan found {}; nothing was changed",
            count(errors.len(), "error")
        ),
        "do what the help says and plan again, or say in the playbook's `lint` that it may be so",
    ))
}

fn exit_of(errors: &[Finding]) -> Exit {
    let is_short = |finding: &Finding| finding.code == LintCode::WindowTooShort.as_str();
    if errors.iter().all(is_short) {
        Exit::OutsideWindow
    } else {
        Exit::Usage
    }
}

fn current_findings(candidate: Candidate<'_>, session: &Session<'_>, now: Timestamp) -> Result<Vec<Finding>, Failure> {
    let saved = candidate.saved;
    let past = session.ledger()?.past_durations(PAST_RUNS)?;
    let mut validities = vec![Validity {
        what: "the plan".to_owned(),
        until: saved.expires,
    }];
    validities.extend(approvals_hold(candidate, now));
    let inputs = LintInputs {
        is_applied: true,
        past: Some(&past),
        validities: &validities,
        ..LintInputs::at(now)
    };
    let kept = saved.findings.iter().filter(|finding| !is_of_time(finding)).cloned();
    let mut findings: Vec<Finding> = kept.chain(lint_time(&saved.plan, &inputs)).collect();
    if candidate.ignores_window {
        findings.retain(|finding| finding.code != LintCode::WindowTooShort.as_str());
    }
    sort_findings(&mut findings);
    Ok(findings)
}

/// When the first of the approvals that are needed ends. Whether there are enough is asked elsewhere.
fn approvals_hold(candidate: Candidate<'_>, now: Timestamp) -> Option<Validity> {
    let file = candidate.file?;
    if required(candidate.saved.plan.rules.approvals.required, candidate.approvals) == 0 {
        return None;
    }
    let examined = examine(file, candidate.approvals, now).ok()?;
    Some(Validity {
        what: "an approval that is needed".to_owned(),
        until: examined.report.holds_until?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: LintCode) -> Finding {
        Finding {
            severity: Severity::Error,
            code: code.as_str().to_owned(),
            message: String::new(),
            hint: String::new(),
            hosts: Vec::new(),
        }
    }

    #[test]
    fn a_window_that_is_too_short_has_the_code_of_the_window_unless_more_is_wrong() {
        let (short, other) = (error(LintCode::WindowTooShort), error(LintCode::Removal));
        assert!(refuse(&[]).is_ok());
        assert_eq!(exit_of(std::slice::from_ref(&short)), Exit::OutsideWindow);
        assert_eq!(exit_of(&[short, other]), Exit::Usage);
    }
}
