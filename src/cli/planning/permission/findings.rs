//! Whether the checks found nothing that stops the plan (`lint` of the playbook).
//!
//! What was found when the plan was made is in it; what depends on the time of the run is looked at again.

use jiff::Timestamp;

use super::Candidate;
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

/// Shows what was found, and refuses a plan with errors among it.
///
/// # Errors
/// With [`Exit::Usage`], when there is an error; or when the ledger cannot be read.
pub(super) fn check(candidate: Candidate<'_>, session: &Session<'_>, now: Timestamp) -> Result<(), Failure> {
    let findings = current_findings(candidate, session, now)?;
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    // The page of the plan shows what was found when it was made; errors are shown beside the refusal.
    let shown: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| errors > 0 || !candidate.saved.findings.contains(finding))
        .collect();
    session.printer.notice(&findings_page(&shown, session.options.verbose));
    if errors == 0 {
        return Ok(());
    }
    Err(Failure::with_exit(
        Exit::Usage,
        format!(
            "the checks of the plan found {}; nothing was changed",
            count(errors, "error")
        ),
        "do what the help says and plan again, or say in the playbook's `lint` that it may be so",
    ))
}

fn current_findings(candidate: Candidate<'_>, session: &Session<'_>, now: Timestamp) -> Result<Vec<Finding>, Failure> {
    let saved = candidate.saved;
    let past = session.ledger()?.past_durations(PAST_RUNS)?;
    let validities = [Validity {
        what: "the plan".to_owned(),
        until: saved.expires,
    }];
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
