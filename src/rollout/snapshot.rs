//! A snapshot of a host's root file system before it is changed, where the playbook asks for one.
//!
//! What must stay true: its name is kept before it is made. Where one is required and there is none, nothing is changed.

use super::executor::Turn;
use super::link::Link;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::run_rules::SnapshotRule;
use crate::remote::snapshot::{SnapshotState, SnapshotStep, parse_snapshot, snapshot_script};
use crate::remote::transport::Transport;

/// Makes it, or finds the one that was made before.
///
/// # Errors
/// When one is required and the host cannot make it: nothing was changed.
pub(super) async fn make<T: Transport>(turn: &Turn<T>, link: &mut Link<'_, T>) -> Result<(), HostError> {
    let rule = turn.rules.run.snapshot;
    if rule == SnapshotRule::Never {
        return Ok(());
    }
    let reason = match look_and_make(turn, link).await {
        Ok(SnapshotState::None(reason)) => HostError::new(
            ErrorCode::Manager,
            format!("no snapshot can be made: {reason}"),
            "write `snapshot: if-possible` into the playbook, or leave such hosts out",
        ),
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    if rule == SnapshotRule::Required || reason.code == ErrorCode::Internal {
        let message = format!("{}: nothing was changed", reason.message);
        return Err(HostError::new(reason.code, message, reason.hint));
    }
    keep(turn, format!("none: {}", reason.message)).await
}

async fn look_and_make<T: Transport>(turn: &Turn<T>, link: &mut Link<'_, T>) -> Result<SnapshotState, HostError> {
    let found = ask(turn, link, SnapshotStep::Look).await?;
    let planned = match found {
        SnapshotState::None(_) => return Ok(found),
        SnapshotState::Made(name) => {
            keep(turn, name.clone()).await?;
            return Ok(SnapshotState::Made(name));
        }
        SnapshotState::Possible(name) => name,
    };
    keep(turn, planned.clone()).await?;
    let made = ask(turn, link, SnapshotStep::Make).await?;
    // snapper gives it a number only then.
    if let SnapshotState::Made(name) = &made
        && *name != planned
    {
        keep(turn, name.clone()).await?;
    }
    Ok(made)
}

async fn ask<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    step: SnapshotStep,
) -> Result<SnapshotState, HostError> {
    let script = |nonce| snapshot_script(&turn.run, step, nonce);
    link.ask(script, parse_snapshot, turn.limits.command).await
}

async fn keep<T: Transport>(turn: &Turn<T>, snapshot: String) -> Result<(), HostError> {
    let host = turn.host.name.clone();
    turn.keep(EventKind::HostSnapshot { host, snapshot }, "host-snapshot")
        .await
}
