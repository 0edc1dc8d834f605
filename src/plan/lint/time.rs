//! Checks of how long the plan is expected to take: against its window, its validity and that of its approvals.
//!
//! Where nothing is known of its hosts, soaks and gates alone are what it takes at least.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Draft, LintInputs};
use crate::model::estimate::{Estimate, about};
use crate::model::lint_code::LintCode;
use crate::model::plan::Plan;
use crate::plan::estimate::{estimate, waiting_alone};
use crate::plan::window::{WindowError, WindowState, between, in_zone, window_state};

/// When the plan would begin, and until when it may go on; `None` for ever.
struct Span {
    begins: Timestamp,
    ends: Option<Timestamp>,
}

/// How long the plan takes.
#[derive(Clone, Copy)]
struct Takes {
    /// From past runs, where there were any.
    estimated: Option<Estimate>,
    /// Soaks and gates.
    at_least: Duration,
}

impl Takes {
    fn duration(self) -> Duration {
        self.estimated.map_or(self.at_least, |estimated| estimated.duration)
    }

    fn in_words(self) -> String {
        match self.estimated {
            Some(estimated) => estimated.in_words(),
            None => format!("{} or more, from its soaks and gates alone", about(self.at_least)),
        }
    }
}

/// The checks of this file.
pub fn all(plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Draft> {
    let takes = Takes {
        estimated: inputs.past.and_then(|past| estimate(plan, past)),
        at_least: waiting_alone(plan),
    };
    let span = match span(plan, inputs.now) {
        Ok(span) => span,
        Err(error) => return vec![unreadable(&error)],
    };
    let mut drafts = Vec::new();
    drafts.extend(window_too_short(plan, inputs, &span, takes));
    drafts.extend(approval_expires(plan, inputs, &span, takes));
    drafts
}

fn span(plan: &Plan, now: Timestamp) -> Result<Span, WindowError> {
    Ok(match window_state(&plan.rules.calendar(), now)? {
        WindowState::Open { until, .. } => Span {
            begins: now,
            ends: until,
        },
        WindowState::Closed { opens, until, .. } => Span {
            begins: opens,
            ends: until,
        },
    })
}

fn unreadable(error: &WindowError) -> Draft {
    Draft {
        code: LintCode::WindowTooShort,
        message: format!("whether the maintenance window is open cannot be told: {error}"),
        hint: "install the database of time zones (`tzdata`), or correct `window.tz` in the playbook".to_owned(),
        hosts: Vec::new(),
    }
}

/// The window is shorter than the plan: as a whole while it is made, what is left of it when it is applied.
fn window_too_short(plan: &Plan, inputs: &LintInputs<'_>, span: &Span, takes: Takes) -> Option<Draft> {
    let left = between(span.begins, span.ends?);
    // Nobody knows in which of its openings a plan will be applied that is only made now.
    let open = if inputs.is_applied {
        left
    } else {
        let windows = plan.rules.windows.iter().map(|window| window.length);
        windows.fold(left, Duration::max)
    };
    (takes.duration() > open).then(|| Draft {
        code: LintCode::WindowTooShort,
        message: format!(
            "the plan takes {}, and the window is open for {}",
            takes.in_words(),
            about(open)
        ),
        hint: "make the window longer, `parallel` higher or soaks shorter, or apply a part with `--limit`".to_owned(),
        hosts: Vec::new(),
    })
}

/// What must hold while the plan runs ends before it does, or before its window opens.
fn approval_expires(plan: &Plan, inputs: &LintInputs<'_>, span: &Span, takes: Takes) -> Vec<Draft> {
    let end = SignedDuration::try_from(takes.duration())
        .ok()
        .and_then(|takes| span.begins.checked_add(takes).ok());
    let Some(end) = end.filter(|end| *end > inputs.now) else {
        return Vec::new();
    };
    let calendar = plan.rules.calendar();
    let words = |at: Timestamp| {
        if calendar.is_empty() {
            at.strftime("%Y-%m-%d %H:%M UTC").to_string()
        } else {
            in_zone(&calendar, at)
        }
    };
    let ending = inputs.validities.iter().filter(|validity| validity.until < end);
    ending
        .map(|validity| {
            let when = if validity.until < span.begins {
                format!("the window opens only at {}", words(span.begins))
            } else {
                format!("the run is expected to go on until {}", words(end))
            };
            Draft {
                code: LintCode::ApprovalExpires,
                message: format!("{} holds until {}, and {when}", validity.what, words(validity.until)),
                hint: "let it hold for longer (`--valid`), or apply it earlier".to_owned(),
                hosts: Vec::new(),
            }
        })
        .collect()
}
