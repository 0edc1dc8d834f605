//! The errors of this folder, worded once.
//!
//! Every timeout names the phase that was waited for; every hint is something that can be done.

use std::time::Duration;

use crate::model::error::{ErrorCode, HostError};
use crate::model::name::HostName;
use crate::model::text::{printable, shorten};

/// `E_CONNECT`.
pub(super) fn connect(message: impl AsRef<str>, hint: impl AsRef<str>) -> HostError {
    HostError::new(ErrorCode::Connect, message, hint)
}

/// `E_TIMEOUT` in a phase, such as "waiting for the SSH banner of 10.0.0.5:22".
pub(super) fn timeout(phase: &str, limit: Duration, hint: impl AsRef<str>) -> HostError {
    let message = format!("timed out after {} {phase}", seconds(limit));
    HostError::new(ErrorCode::Timeout, message, hint)
}

/// `E_AUTH`.
pub(super) fn auth(message: impl AsRef<str>, hint: impl AsRef<str>) -> HostError {
    HostError::new(ErrorCode::Auth, message, hint)
}

/// `E_SUDO`.
pub(super) fn sudo(message: impl AsRef<str>, hint: impl AsRef<str>) -> HostError {
    HostError::new(ErrorCode::Sudo, message, hint)
}

/// `E_LOST` while something ran: the outcome is unknown.
pub(super) fn lost(reason: &str) -> HostError {
    HostError::new(
        ErrorCode::Lost,
        format!("the connection was lost while a script ran: {reason}; its outcome is unknown"),
        "run the command again: it looks at the host's state first and repeats nothing",
    )
}

/// The same error, told of the jump host that it happened on: of several, the one that failed itself.
pub(super) fn through(jump: &HostName, error: HostError) -> HostError {
    if error.message.starts_with("jump host ") {
        return error;
    }
    HostError::new(error.code, format!("jump host {jump}: {}", error.message), error.hint)
}

/// A duration as people write it: `10 s`, `1.5 s`, `300 ms`.
pub(super) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// The first bytes of foreign output as one safe, short line.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    shorten(&printable(text.trim()), 200)
}

/// The last line of foreign output that is not blank, safe and short.
pub(super) fn last_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(|line| shorten(&printable(line), 200))
}
