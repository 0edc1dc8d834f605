//! A reboot that begins about a second after the answer was sent, so that the answer arrives.
//!
//! Section of the answer: `reboot`, exit code 0 when it is scheduled, 77 without root.
//!
//! That the host did reboot is proved by a probe with another boot id, never by this answer.

use crate::model::error::{ErrorCode, HostError};

use super::frame;
use super::job::needs_root;
use super::program;
use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;

/// The kind of the script that reboots a host.
pub const KIND: &str = "reboot";

/// The script that tells the host to reboot. It needs root.
///
/// # Errors
/// None in practice: it sends no value.
pub fn reboot_script(nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new(KIND, &program::reboot(), nonce, [] as [&str; 0])
}

/// Reads what scheduling a reboot printed.
///
/// # Errors
/// `E_SUDO` without root, `E_REBOOT` when the host could not schedule it, `E_LOST` or `E_PROTOCOL` when
/// the answer is not complete (the host may reboot nevertheless).
pub fn parse_reboot(output: &ScriptOutput, nonce: &Nonce) -> Result<(), HostError> {
    let sections = frame::parse(output, nonce)?;
    match sections.get("reboot") {
        Some(section) if section.exit_code == 0 => Ok(()),
        Some(section) if section.exit_code == 77 => Err(needs_root("a reboot")),
        Some(section) => Err(HostError::new(
            ErrorCode::Reboot,
            format!(
                "the host could not schedule a reboot (exit code {}): {}",
                section.exit_code,
                section.stderr.trim()
            ),
            "reboot it by hand",
        )),
        None => Err(HostError::new(
            ErrorCode::Protocol,
            "the host did not answer whether it reboots",
            "look whether it does, then try again",
        )),
    }
}
