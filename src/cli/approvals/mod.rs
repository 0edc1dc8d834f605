//! The approvals of a plan file: found beside it, read, and judged by the file of allowed signers.
//!
//! What must stay true: what is judged are the bytes of the plan that were read, never the file a second time; the
//! command line's word about signers and their number is never weakened by the plan's.

mod files;
mod signers;
pub mod signing;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::arguments::ApprovalOptions;
use super::failure::Failure;
use super::saved_plan::PlanFile;
use crate::model::allowed_signers::AllowedSigners;
use crate::model::approval::{ApprovalReport, ApprovalState};
use crate::model::diagnostic::Diagnostics;
use crate::model::text::{count, printable, shorten};
use crate::plan::approvals::{PlanToApprove, judge_approvals};

pub use files::signature_path;
pub use signers::{Signers, kept_path};

/// The approvals of a plan, and who was asked about them.
#[derive(Debug)]
pub struct Examined {
    /// The approvals, judged.
    pub report: ApprovalReport,
    /// The file of allowed signers.
    pub path: PathBuf,
    /// Who may sign.
    pub signers: AllowedSigners,
    /// What is wrong with that file.
    pub problems: Diagnostics,
}

/// How many people must have approved a plan: its own number, or the larger one that is asked for.
#[must_use]
pub fn required(own: usize, options: &ApprovalOptions) -> usize {
    let asked = options.required.and_then(|number| usize::try_from(number).ok());
    own.max(asked.unwrap_or(0))
}

/// Reads and judges the approvals of a plan.
///
/// # Errors
/// When the folder of the plan cannot be read, or holds more signatures than anybody makes.
pub fn examine(plan: &PlanFile, options: &ApprovalOptions, now: Timestamp) -> Result<Examined, Failure> {
    let Signers {
        path,
        signers,
        problems,
    } = signers::read(plan, options);
    let offered = files::offered(&plan.path, &plan.bytes)?;
    let rule = PlanToApprove::of(&plan.saved, required(0, options));
    Ok(Examined {
        report: judge_approvals(rule, &signers, &offered, now),
        path,
        signers,
        problems,
    })
}

/// What is written behind a signature: when it was made, and what the signer has to say. OpenSSH and patchwave take
/// no note of it when they check.
#[must_use]
pub fn remarks(now: Timestamp, comment: Option<&str>) -> String {
    let mut text = format!("Date: {}\n", now.strftime("%Y-%m-%dT%H:%M:%SZ"));
    if let Some(comment) = comment {
        let comment = shorten(&printable(&comment.replace('\n', " ")), files::LONGEST_REMARK);
        text.push_str(&format!("Comment: {comment}\n"));
    }
    text
}

/// What is missing, in a sentence without a full stop.
#[must_use]
pub fn what_is_missing(plan: &Path, report: &ApprovalReport) -> String {
    let given: Vec<&str> = report
        .approvals
        .iter()
        .filter(|approval| approval.state == ApprovalState::Valid)
        .filter_map(|approval| approval.signer.as_deref())
        .collect();
    let given = match given.as_slice() {
        [] => "none".to_owned(),
        names => format!("{} ({})", names.len(), names.join(", ")),
    };
    format!(
        "the plan `{}` needs {} and has {given}",
        plan.display(),
        count(report.required, "approval")
    )
}

/// What to do about it.
#[must_use]
pub fn next_command(plan: &Path, author: &str) -> String {
    let plan = plan.display();
    format!(
        "somebody other than {author} reads it and runs `patchwave approve {plan}`; `patchwave verify {plan}` shows \
         every signature"
    )
}
