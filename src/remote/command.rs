//! Runs one command of the operator on a host, its words given as data.

use std::time::Duration;

use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;
use super::{frame, program};
use crate::model::error::{ErrorCode, HostError};
use crate::model::section::Section;

/// How much longer a command may run than anybody waits for it: whoever waits tells the time that ran out from an exit
/// code of the command's own.
const GRACE: Duration = Duration::from_secs(2);

/// The script that runs the words as one command, without a shell in between. The host ends the command soon after the
/// deadline, where it has timeout(1).
///
/// # Errors
/// When a word holds a line break.
pub fn command_script(words: &[String], deadline: Duration, nonce: Nonce) -> Result<Script, UnsendableValue> {
    let seconds = (deadline + GRACE).as_secs().max(1).to_string();
    let data = std::iter::once(seconds.as_str()).chain(words.iter().map(String::as_str));
    Script::new("command", &program::command(), nonce, data)
}

/// What the command printed, and its exit code.
///
/// # Errors
/// When the host's answer is not complete: then the outcome is unknown.
pub fn parse_command(output: &ScriptOutput, nonce: &Nonce) -> Result<Section, HostError> {
    let sections = frame::parse(output, nonce)?;
    sections.get("command").cloned().ok_or_else(|| {
        HostError::new(
            ErrorCode::Protocol,
            "the host did not say what became of the command",
            "try it by hand",
        )
    })
}
