//! What keeps a host from being rebooted, looked for right before the order, and waited for as the playbook says.

use std::time::{Duration, Instant};

use super::executor::{Turn, TurnResult};
use super::link::Link;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::facts::Facts;
use crate::model::reboot_rule::{RebootRule, WhenBlocked};
use crate::remote::reboot_blockers::{blockers_script, parse_blockers};
use crate::remote::transport::Transport;

/// Between two looks at a host that is blocked.
const PAUSE: Duration = Duration::from_secs(5);

/// Whether the host may be rebooted. A blocked host is looked at again until the playbook's time is up.
///
/// # Errors
/// `E_REBOOT` for a blocked host, where the playbook has it fail, and when what blocks it cannot be told.
pub(super) async fn allow<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    facts: &Facts,
    result: &mut TurnResult,
) -> Result<bool, HostError> {
    let rule: &RebootRule = &turn.rules.run.rebooting;
    if rule.blockers.is_empty() {
        return Ok(true);
    }
    let started = Instant::now();
    let mut told = Vec::new();
    loop {
        let found = look(turn, link, rule).await?;
        if found.is_empty() {
            return Ok(true);
        }
        if found != told {
            let (host, blockers) = (turn.host.name.clone(), found.clone());
            turn.tell(EventKind::HostBlocked { host, blockers }).await;
            told.clone_from(&found);
        }
        if started.elapsed() >= rule.wait.unwrap_or_default() {
            break;
        }
        tokio::time::sleep(PAUSE.min(rule.wait.unwrap_or(PAUSE))).await;
    }
    turn.note_pending(facts, result);
    match rule.blocked {
        WhenBlocked::Report => Ok(false),
        WhenBlocked::Fail => Err(HostError::new(
            ErrorCode::Reboot,
            format!("its reboot is due and was not made: {}", told.join("; ")),
            "see to what is named and run it again; `blocked: report` in the playbook leaves such hosts as they are",
        )),
    }
}

async fn look<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    rule: &RebootRule,
) -> Result<Vec<String>, HostError> {
    link.ask(
        |nonce| blockers_script(&rule.blockers, nonce),
        |output, nonce| parse_blockers(&rule.blockers, output, nonce),
        // Each command has a minute of its own.
        turn.limits
            .command
            .max(Duration::from_secs(60) * u32::try_from(rule.blockers.len() + 1).unwrap_or(1)),
    )
    .await
}
