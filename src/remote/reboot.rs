//! A reboot that begins about a second after the answer was sent, so that the answer arrives.
//!
//! That the host did reboot is proved by a probe with another boot id, never by this answer.

use crate::model::error::HostError;

use super::frame;
use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;

/// The kind of the script that reboots a host.
pub const KIND: &str = "reboot";

/// The script that tells the host to reboot. It needs root.
///
/// # Errors
/// None in practice: it sends no value.
pub fn reboot_script(nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new(KIND, "main() { :; }", nonce, [] as [&str; 0])
}

/// Reads what scheduling a reboot printed.
///
/// # Errors
/// `E_SUDO` without root, `E_REBOOT` when the host could not schedule it, `E_LOST` or `E_PROTOCOL` when
/// the answer is not complete (the host may reboot nevertheless).
pub fn parse_reboot(output: &ScriptOutput, nonce: &Nonce) -> Result<(), HostError> {
    frame::parse(output, nonce)?;
    Ok(())
}
