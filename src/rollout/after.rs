//! After the planned versions are proved: services are restarted as the playbook says, and no unit may have failed.
//!
//! What must stay true: a unit that had failed before the update is no failure of the update.

use super::executor::{Turn, TurnResult};
use super::link::Link;
use super::restart::{self, restart};
use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::Facts;
use crate::model::host::RebootPolicy;
use crate::model::restart::RestartPolicy;
use crate::model::text::printable;
use crate::remote::command::{command_script, parse_command};
use crate::remote::probe::{ProbeRequest, Refresh, parse_probe, probe_script};
use crate::remote::script::Nonce;
use crate::remote::transport::{ScriptOutput, Transport};

/// As many lines of a failed unit's journal as are shown.
const JOURNAL_LINES: &str = "8";

/// Restarts and looks. The facts that come back are those after the restarts.
///
/// # Errors
/// `E_SERVICE` for a unit that failed with the update or does not run after its restart, and for an sshd that
/// nobody could log in to a second time.
pub(super) async fn settle<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    failed_before: Option<&[String]>,
    facts: Facts,
    result: &mut TurnResult,
) -> Result<Facts, HostError> {
    judge(turn, link, failed_before, &facts, result).await?;
    // A reboot renews everything, and does it better.
    if turn.restart.policy != RestartPolicy::Auto || will_reboot(turn, &facts) {
        return Ok(facts);
    }
    let Some(restarted) = restart(turn, link, &facts).await? else {
        return Ok(facts);
    };
    let failure = restart::failure(&restarted);
    result.told.push(restart::restarted_event(turn, &restarted));
    result.restarted = restarted;
    let looked = look(turn, link).await;
    if let Some(error) = failure {
        if let Ok(facts) = &looked {
            turn.note_pending(facts, result);
        }
        if let Some(failed) = result.restarted.failed.first() {
            result.excerpt = journal(turn, link, &failed.unit).await;
        }
        return Err(error);
    }
    let facts = looked?;
    judge(turn, link, failed_before, &facts, result).await?;
    Ok(facts)
}

/// Whether the host is rebooted whatever is restarted.
fn will_reboot<T: Transport>(turn: &Turn<T>, facts: &Facts) -> bool {
    match turn.planned.reboot {
        RebootPolicy::Never => false,
        RebootPolicy::IfNeeded => facts.reboot.required && !facts.reboot.is_curable(),
        RebootPolicy::Always => true,
    }
}

/// What the host is now.
///
/// # Errors
/// When it cannot be asked.
pub(super) async fn look<T: Transport>(turn: &Turn<T>, link: &mut Link<'_, T>) -> Result<Facts, HostError> {
    Ok(probe(turn, link, false, parse_probe).await?.facts)
}

/// Asks the host what it is now, with what is installed or without, and fetches nothing.
///
/// # Errors
/// When it cannot be asked.
pub(super) async fn probe<T: Transport, A>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    installed: bool,
    parse: impl Fn(&ScriptOutput, &Nonce) -> Result<A, HostError>,
) -> Result<A, HostError> {
    let request = ProbeRequest {
        refresh: Refresh::Never,
        installed,
        lock_wait: turn.limits.read_lock_wait,
    };
    let wait = turn.limits.command + turn.limits.read_lock_wait;
    link.ask(|nonce| probe_script(&request, nonce), parse, wait).await
}

/// Units that failed and had not failed before.
fn newly_failed(before: Option<&[String]>, after: &Facts) -> Vec<String> {
    // What is unknown is no difference.
    let (Some(before), Some(after)) = (before, &after.failed_units) else {
        return Vec::new();
    };
    after.iter().filter(|unit| !before.contains(unit)).cloned().collect()
}

async fn judge<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    failed_before: Option<&[String]>,
    after: &Facts,
    result: &mut TurnResult,
) -> Result<(), HostError> {
    let failed = newly_failed(failed_before, after);
    let Some(first) = failed.first() else { return Ok(()) };
    turn.note_pending(after, result);
    result.excerpt = journal(turn, link, first).await;
    Err(HostError::new(
        ErrorCode::Service,
        format!(
            "failed with the update, and had not failed before: {}",
            failed.join(", ")
        ),
        format!("`systemctl status {first}` on the host says why; the planned versions are installed"),
    ))
}

/// The last lines of a unit's journal; none where there is no journal.
pub(super) async fn journal<T: Transport>(turn: &Turn<T>, link: &mut Link<'_, T>, unit: &str) -> Vec<String> {
    let words = [
        "journalctl",
        "--unit",
        unit,
        "--lines",
        JOURNAL_LINES,
        "--no-pager",
        "--output",
        "cat",
    ]
    .map(str::to_owned);
    let answer = link
        .ask(
            |nonce| command_script(&words, turn.limits.command, nonce),
            parse_command,
            turn.limits.command,
        )
        .await;
    match answer {
        Ok(section) if section.exit_code == 0 => section.stdout.lines().map(printable).collect(),
        _ => Vec::new(),
    }
}
