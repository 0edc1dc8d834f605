//! Whether the maintenance window is open (`window` of the playbook).

use jiff::Timestamp;

use super::Candidate;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::planning::PAST_RUNS;
use crate::cli::session::Session;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::estimate::about;
use crate::model::plan::Plan;
use crate::model::window::Window;
use crate::plan::window::{WindowState, between, in_zone, window_state};
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
    ask_window(plan.rules.window.as_ref(), candidate.ignores_window, session, now)
}

/// Refuses to begin outside a window. An emergency may ignore it, which is said.
///
/// # Errors
/// With [`Exit::OutsideWindow`], when the window is closed.
pub fn ask_window(
    window: Option<&Window>,
    is_ignored: bool,
    session: &Session<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(window) = window else { return Ok(()) };
    let failure = |message: String| {
        Failure::with_exit(
            Exit::OutsideWindow,
            format!("{message}; nothing was changed"),
            "apply it then; in an emergency `--ignore-window` begins at once",
        )
    };
    let opens = match window_state(window, now) {
        Ok(WindowState::Open { .. }) => return Ok(()),
        Ok(WindowState::Closed { opens, .. }) => opens,
        Err(error) if !is_ignored => return Err(failure(error.to_string())),
        Err(_) => return Ok(()),
    };
    let when = format!("{}, in {}", in_zone(window, opens), about(between(now, opens)));
    if is_ignored {
        let mut page = Page::new();
        page.line(
            format!("warning: the maintenance window is closed and is ignored; it opens at {when}"),
            Tone::Warning,
        );
        session.printer.notice(&page);
        return Ok(());
    }
    Err(failure(format!("the maintenance window is closed; it opens at {when}")))
}

/// When a run of this plan must not begin hosts any more.
///
/// # Errors
/// When the ledger cannot be read.
pub fn closing_time(plan: &Plan, is_ignored: bool, ledger: &SqliteLedger) -> Result<Option<ClosingTime>, Failure> {
    let Some(window) = plan.rules.window.clone().filter(|_| !is_ignored) else {
        return Ok(None);
    };
    let past = ledger.past_durations(PAST_RUNS)?;
    Ok(Some(ClosingTime { window, past }))
}
