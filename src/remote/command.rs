//! Runs one command of the operator on a host, its words given as data.

use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;
use super::{frame, program};
use crate::model::error::{ErrorCode, HostError};
use crate::model::section::Section;

/// The script that runs the words as one command, without a shell in between.
///
/// # Errors
/// When a word holds a line break.
pub fn command_script(words: &[String], nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new("command", &program::command(), nonce, words)
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
