//! The condition of a host before and after: only differences are told, and one that nobody allowed fails the host.

use super::executor::{Turn, TurnResult};
use super::link::Link;
use crate::model::condition::Condition;
use crate::model::error::HostError;
use crate::remote::transport::Transport;

/// What the host is like now; `None` when that is not known.
pub(super) async fn look<T: Transport>(_turn: &Turn<T>, _link: &mut Link<'_, T>) -> Option<Condition> {
    None
}

/// Compares with what was seen before.
///
/// # Errors
/// `E_SERVICE` for a difference that nobody allowed.
pub(super) async fn judge<T: Transport>(
    _turn: &Turn<T>,
    _link: &mut Link<'_, T>,
    _before: Option<&Condition>,
    _result: &mut TurnResult,
) -> Result<(), HostError> {
    Ok(())
}
