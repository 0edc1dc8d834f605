//! Whether hosts may be changed now (`window` and `blackouts` of the playbook).

use jiff::Timestamp;

use super::Candidate;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::planning::PAST_RUNS;
use crate::cli::session::Session;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::estimate::about;
use crate::model::plan::Plan;
use crate::model::window::{Calendar, IgnoredWindow};
use crate::plan::window::{WindowState, between, in_zone, why_closed, window_state};
use crate::report::page::{Page, Tone};
use crate::rollout::{ClosingTime, has_work};

/// Refuses a plan outside its window. One that changes nothing needs none.
///
/// # Errors
/// With [`Exit::OutsideWindow`], when the window is closed.
pub(super) fn check(candidate: Candidate<'_>, session: &Session<'_>, now: Timestamp) -> Result<(), Failure> {
    let plan = &candidate.saved.plan;
    if !has_work(plan) {
        return Ok(());
    }
    ask_window(&plan.rules.calendar(), candidate.ignores_window, session, now)
}

/// Refuses to begin outside a window. An emergency may ignore it, which is said.
///
/// # Errors
/// With [`Exit::OutsideWindow`], when the window is closed.
pub fn ask_window(calendar: &Calendar, is_ignored: bool, session: &Session<'_>, now: Timestamp) -> Result<(), Failure> {
    let failure = |message: String| {
        Failure::with_exit(
            Exit::OutsideWindow,
            format!("{message}; nothing was changed"),
            "apply it then; in an emergency `--ignore-window` begins at once",
        )
    };
    let (opens, blackout) = match window_state(calendar, now) {
        Ok(WindowState::Open { .. }) => return Ok(()),
        Ok(WindowState::Closed { opens, blackout, .. }) => (opens, blackout),
        Err(error) if !is_ignored => return Err(failure(error.to_string())),
        Err(_) => return Ok(()),
    };
    let closed = why_closed(blackout.as_deref());
    let when = format!("{}, in {}", in_zone(calendar, opens), about(between(now, opens)));
    if is_ignored {
        let mut page = Page::new();
        page.line(
            format!("warning: {closed}, which is ignored; hosts may be changed from {when}"),
            Tone::Warning,
        );
        session.printer.notice(&page);
        return Ok(());
    }
    Err(failure(format!("{closed}; hosts may be changed from {when}")))
}

/// When a run of this plan must not begin hosts any more. What is ignored is told in its journal.
///
/// # Errors
/// When the ledger cannot be read.
pub fn closing_time(
    plan: &Plan,
    ignored: Option<IgnoredWindow>,
    ledger: &SqliteLedger,
) -> Result<Option<ClosingTime>, Failure> {
    let calendar = plan.rules.calendar();
    if calendar.is_empty() {
        return Ok(None);
    }
    let past = ledger.past_durations(PAST_RUNS)?;
    Ok(Some(ClosingTime {
        calendar,
        past,
        ignored,
    }))
}
