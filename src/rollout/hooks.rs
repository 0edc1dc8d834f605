//! Runs hooks, on hosts and on the controller, and undoes them.

use super::executor::{Turn, TurnResult};
use super::link::Link;
use crate::model::error::HostError;
use crate::model::hook::HookPoint;
use crate::remote::transport::Transport;

/// What follows from the hooks of a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HookVerdict {
    /// All are done.
    GoOn,
    /// The host is to be left out, for that reason.
    #[expect(dead_code, reason = "no hook is run yet")]
    Skip(String),
}

/// Runs the hooks of a point for a host.
///
/// # Errors
/// `E_HOOK` when one failed.
pub(super) async fn at_host<T: Transport>(
    _turn: &Turn<T>,
    _link: &mut Link<'_, T>,
    _point: HookPoint,
) -> Result<HookVerdict, HostError> {
    Ok(HookVerdict::GoOn)
}

/// Undoes what was begun for a host, the last first, however its turn ended.
pub(super) async fn undo_at_host<T: Transport>(_turn: &Turn<T>, _result: &mut TurnResult) {}
