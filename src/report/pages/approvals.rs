//! The approvals of a plan: who signed with which key, and what each signature is worth.

use jiff::Timestamp;
use serde::Serialize;

use super::saved_plan::{minute, origin_lines};
use crate::model::allowed_signers::AllowedSigners;
use crate::model::approval::{Approval, ApprovalReport, ApprovalState};
use crate::model::diagnostic::Diagnostics;
use crate::model::name::RunId;
use crate::model::saved_plan::SavedPlan;
use crate::model::text::count;
use crate::report::page::{Line, Page, Tone};

/// The page of `verify`.
#[must_use]
pub fn approvals_page(saved: &SavedPlan, sha256: &str, report: &ApprovalReport) -> Page {
    let mut page = Page::new();
    page.lines(origin_lines(saved, Some(sha256)));
    page.lines(approval_lines(report));
    page.lines(vec![verdict(report)]);
    page
}

/// Each approval with its key and what is to be known of it.
#[must_use]
pub fn approval_lines(report: &ApprovalReport) -> Vec<Line> {
    report.approvals.iter().flat_map(lines_of).collect()
}

fn lines_of(approval: &Approval) -> Vec<Line> {
    let (word, tone) = match approval.state {
        ApprovalState::Valid => ("valid", Tone::Good),
        ApprovalState::SamePerson => ("valid, but not one more", Tone::Warning),
        ApprovalState::Author => ("valid, but the author's own", Tone::Warning),
        ApprovalState::Invalid => ("invalid", Tone::Bad),
    };
    let signer = approval.signer.as_deref().unwrap_or("somebody");
    let mut lines = vec![
        Line::new(0, signer, Tone::Strong)
            .and(": ", Tone::Plain)
            .and(word, tone)
            .and(format!("  {}", approval.file), Tone::Quiet),
    ];
    let mut further = |words: String, tone| lines.push(Line::new(2, words, tone));
    if let Some(reason) = &approval.reason {
        further(reason.clone(), Tone::Plain);
    }
    if let (Some(key), Some(kind)) = (&approval.key, &approval.key_type) {
        further(format!("key {kind} {key}"), Tone::Quiet);
    }
    if let Some(certificate) = &approval.certificate {
        further(format!("certificate \"{certificate}\""), Tone::Quiet);
    }
    let times = [
        approval.since.map(|since| format!("may sign since {}", minute(since))),
        approval.until.map(|until| format!("holds until {}", minute(until))),
        approval
            .date
            .as_ref()
            .map(|date| format!("made {date} by its own word")),
    ];
    let times: Vec<String> = times.into_iter().flatten().collect();
    if !times.is_empty() {
        further(times.join(", "), Tone::Quiet);
    }
    if let Some(comment) = &approval.comment {
        further(format!("says, not signed: {comment}"), Tone::Quiet);
    }
    lines
}

/// Whether there are enough, in one line.
#[must_use]
pub fn verdict(report: &ApprovalReport) -> Line {
    let given = format!("{} of {}", report.given, count(report.required, "approval"));
    match (report.is_expired, report.is_met, report.required) {
        (true, ..) => Line::new(0, "The plan has expired: no approval counts any more", Tone::Bad),
        (_, true, 0) => Line::new(
            0,
            format!("{}; none is needed", count(report.given, "approval")),
            Tone::Plain,
        ),
        (_, true, _) => Line::new(0, format!("{given}: the plan may be applied"), Tone::Good),
        (_, false, _) => Line::new(0, format!("{given}: the plan may not be applied"), Tone::Bad),
    }
}

/// The body of `verify`.
#[derive(Debug, Serialize)]
pub struct VerifyBody<'a> {
    path: &'a str,
    plan: &'a RunId,
    sha256: &'a str,
    author: &'a str,
    expires: Timestamp,
    signers: &'a str,
    /// The lines of that file that allow nobody, and why.
    problems: Vec<String>,
    #[serde(flatten)]
    report: &'a ApprovalReport,
}

impl<'a> VerifyBody<'a> {
    /// Puts together what is shown.
    #[must_use]
    pub fn new(
        path: &'a str,
        saved: &'a SavedPlan,
        sha256: &'a str,
        signers: &'a AllowedSigners,
        problems: &Diagnostics,
        report: &'a ApprovalReport,
    ) -> Self {
        Self {
            path,
            plan: &saved.id,
            sha256,
            author: &saved.author,
            expires: saved.expires,
            signers: &signers.file,
            problems: problems
                .iter()
                .map(|problem| format!("{}: {}", problem.place, problem.message))
                .collect(),
            report,
        }
    }
}
