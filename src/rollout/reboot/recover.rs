//! The program that helps a host which did not come back from its reboot: on the controller, once, with a deadline.

use std::process::Stdio;
use std::time::Duration;

use super::super::executor::Turn;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::hook::{HookOutcome, HookPoint};
use crate::model::template::render_template;
use crate::model::text::{printable, shorten};
use crate::remote::transport::Transport;

/// The name in events.
const NAME: &str = "recover";

/// Deadline of the program. It is to switch something on, not to wait for it.
const DEADLINE: Duration = Duration::from_secs(5 * 60);

/// As much of its last line as is kept, in characters.
const LONGEST: usize = 300;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recovered {
    /// The playbook names no program.
    NothingToRun,
    /// It ran to its end with exit code 0.
    Done,
}

/// Runs the playbook's program, if there is one.
///
/// # Errors
/// `E_REBOOT` with both reasons when it could not be run or failed.
pub(super) async fn run<T: Transport>(turn: &Turn<T>, late: &HostError) -> Result<Recovered, HostError> {
    let words = &turn.rules.run.rebooting.recover;
    if words.is_empty() {
        return Ok(Recovered::NothingToRun);
    }
    let host = Some(turn.host.name.clone());
    let begun = EventKind::HookStarted {
        hook: NAME.to_owned(),
        at: HookPoint::Recover,
        host: host.clone(),
        wave: None,
        undo: false,
    };
    turn.keep(begun, "hook-started").await?;
    let words: Result<Vec<String>, _> = words.iter().map(|word| render_template(word, &turn.host)).collect();
    let said = match words {
        Ok(words) => execute(&words, turn, late).await,
        Err(error) => Err(error.to_string()),
    };
    let (outcome, detail) = match &said {
        Ok(detail) => (HookOutcome::Done, detail.clone()),
        Err(detail) => (HookOutcome::Failed, detail.clone()),
    };
    let ended = EventKind::HookFinished {
        hook: NAME.to_owned(),
        host,
        wave: None,
        undo: false,
        outcome,
        detail,
    };
    turn.tell(ended).await;
    said.map(|_| Recovered::Done).map_err(|detail| {
        HostError::new(
            ErrorCode::Reboot,
            format!("{}; `recover` of the playbook failed: {detail}", late.message),
            late.hint.clone(),
        )
    })
}

async fn execute<T>(words: &[String], turn: &Turn<T>, late: &HostError) -> Result<String, String> {
    let (program, arguments) = words.split_first().ok_or("the command is empty")?;
    let child = tokio::process::Command::new(program)
        .args(arguments)
        .env("PATCHWAVE_RUN", turn.run.as_str())
        .env("PATCHWAVE_HOST", turn.host.name.as_str())
        .env("PATCHWAVE_ADDRESS", &turn.host.address)
        .env("PATCHWAVE_REASON", &late.message)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(DEADLINE, child)
        .await
        .map_err(|_| "it did not end within 5m".to_owned())?
        .map_err(|error| format!("`{}` cannot be started: {error}", printable(program)))?;
    let last = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty());
        line.map(|line| shorten(&printable(line), LONGEST))
    };
    let said = last(&output.stderr)
        .or_else(|| last(&output.stdout))
        .unwrap_or_default();
    match output.status.code() {
        Some(0) => Ok(said),
        Some(code) => Err(format!("exit {code}: {said}")),
        None => Err("it was killed by a signal".to_owned()),
    }
}
