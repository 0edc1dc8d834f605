//! Runs a hook of the operator on a host: its words as data, a JSON document on its standard input, for a limited time.
//!
//! Where the host has `setsid`, the hook leads a session of its own: when it has ended, or its time is up, what it
//! left running there is ended, too.
//!
//! Sections of the answer: `hook` with what it printed and its exit code; `in-time`, exit code 0 unless it was ended
//! because its time was up.

use std::time::Duration;

use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;
use super::{frame, program};
use crate::model::error::{ErrorCode, HostError};
use crate::model::section::Section;

/// The kind of the script.
pub const KIND: &str = "hook";

/// The names of the variables that every hook finds in its environment, in the order of
/// [`HookRequest::variables`].
pub const VARIABLES: [&str; 6] = [
    "PATCHWAVE_RUN",
    "PATCHWAVE_HOOK",
    "PATCHWAVE_AT",
    "PATCHWAVE_UNDO",
    "PATCHWAVE_HOST",
    "PATCHWAVE_WAVE",
];

/// What is to run.
#[derive(Debug, Clone, Copy)]
pub struct HookRequest<'a> {
    /// The program and its arguments.
    pub words: &'a [String],
    /// The values of [`VARIABLES`], each one line.
    pub variables: &'a [String; 6],
    /// The document, one line.
    pub document: &'a str,
    /// After it the program is told to end, and five seconds later it is killed. Whole seconds, at least one.
    pub deadline: Duration,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAnswer {
    /// What it printed, and its exit code.
    pub section: Section,
    /// Whether it ended by itself.
    pub in_time: bool,
}

/// The script that runs a hook.
///
/// # Errors
/// When a variable or the document is not one line, or a word holds a carriage return or a NUL.
pub fn hook_script(request: HookRequest<'_>, nonce: Nonce) -> Result<Script, UnsendableValue> {
    let seconds = request.deadline.as_secs() + u64::from(request.deadline.subsec_nanos() > 0);
    let mut data = vec![seconds.max(1).to_string()];
    data.extend(request.variables.iter().cloned());
    data.push(request.document.to_owned());
    for word in request.words {
        let lines: Vec<&str> = word.split('\n').collect();
        data.push(lines.len().to_string());
        data.extend(lines.into_iter().map(str::to_owned));
    }
    Script::new(KIND, &program::hook(), nonce, data)
}

/// What became of a hook.
///
/// # Errors
/// When the host's answer is not complete: then the outcome is unknown.
pub fn parse_hook(output: &ScriptOutput, nonce: &Nonce) -> Result<HookAnswer, HostError> {
    let sections = frame::parse(output, nonce)?;
    match (sections.get("hook"), sections.get("in-time")) {
        (Some(section), Some(in_time)) => Ok(HookAnswer {
            section: section.clone(),
            in_time: in_time.exit_code == 0,
        }),
        _ => Err(HostError::new(
            ErrorCode::Protocol,
            "the host did not say what became of the hook",
            "try it by hand",
        )),
    }
}

/// The words of a request, read back from the data of its script. For simulated hosts.
#[must_use]
pub fn words_of(data: &[String]) -> Vec<String> {
    let mut rest = data.iter().skip(2 + VARIABLES.len());
    let mut words = Vec::new();
    while let Some(lines) = rest.next().and_then(|number| number.parse().ok()) {
        words.push(rest.by_ref().take(lines).cloned().collect::<Vec<_>>().join("\n"));
    }
    words
}
