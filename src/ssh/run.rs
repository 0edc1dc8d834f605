//! Runs one script in a started program: the part that hosts and this machine have in common.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;
use crate::remote::privilege::{split_terminal, terminal_head, terminal_shell};
use crate::remote::transport::{ScriptOutput, ScriptRequest};

use super::dialogue::{Dialogue, Step};
use super::failure;
use super::privilege::{Ascent, READY_LIMIT};
use super::process::{Input, ProcessEvent, ProcessEvents};
use super::refusal;
use super::trials::Password;

/// How a program ended.
#[derive(Debug, Default)]
struct End {
    exit_code: Option<u32>,
    killed: Option<String>,
    closed: bool,
    refused: bool,
}

/// Why a program did not come to its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// It ended without privilege because it wants a terminal; nothing was sent to it that counts.
    TerminalWanted(HostError),
    /// Everything else.
    Failed(HostError),
}

impl From<HostError> for Stop {
    fn from(error: HostError) -> Self {
        Self::Failed(error)
    }
}

impl From<Stop> for HostError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::TerminalWanted(error) | Stop::Failed(error) => error,
        }
    }
}

/// A started program and what is to be done with it.
pub(super) struct Run<'a, E> {
    /// Whose program it is, for messages.
    pub(super) host: &'a Host,
    /// What was asked for.
    pub(super) request: &'a ScriptRequest,
    /// The way to the wanted user.
    pub(super) ascent: Ascent,
    /// What the program does.
    pub(super) events: E,
    /// Its standard input.
    pub(super) input: Input,
    /// When the request's timeout ends.
    pub(super) deadline: Instant,
}

impl<E: ProcessEvents> Run<'_, E> {
    /// Leads the program to its end. `lost` tells why a connection was lost.
    ///
    /// # Errors
    /// `E_SUDO`, `E_TIMEOUT`, `E_LOST`, `E_PROTOCOL`; apart when the program wants a terminal and has none.
    pub(super) async fn finish(mut self, lost: impl FnOnce() -> String) -> Result<ScriptOutput, Stop> {
        let sent_at_once = self.ascent.never_asks() && self.ascent.password.is_none();
        if sent_at_once {
            self.send_script();
        }
        let ready_deadline = self.deadline.min(Instant::now() + READY_LIMIT);
        let mut end = End::default();
        loop {
            let limit = if self.ascent.dialogue.is_ready() {
                self.deadline
            } else {
                ready_deadline
            };
            match timeout_at(limit, self.events.next()).await {
                Err(_) => return Err(self.timed_out().into()),
                Ok(None) => break,
                Ok(Some(event)) => {
                    if let Some(password) = self.take(event, &mut end, sent_at_once)? {
                        match timeout_at(ready_deadline, self.send_password(password)).await {
                            Err(_) => return Err(self.timed_out().into()),
                            Ok(sent) => sent?,
                        }
                    }
                }
            }
        }
        self.conclude(end, lost)
    }

    /// The password is sent only where it may be right.
    async fn send_password(&mut self, password: Password) -> Result<(), HostError> {
        let host = self.host;
        let (asker, user) = (self.ascent.program.unwrap_or_default(), refusal::asked_of(host));
        let trial = password.trials.begin(asker, user, &password.secret, &host.name).await;
        self.ascent.trial = Some(trial.map_err(|by| refusal::refused_already(host, &by))?);
        let mut line = password.secret.expose().as_bytes().to_vec();
        line.push(b'\n');
        self.input.send(line);
        Ok(())
    }

    /// Takes in what happened; the password when it is to be sent.
    fn take(&mut self, event: ProcessEvent, end: &mut End, sent_at_once: bool) -> Result<Option<Password>, HostError> {
        let step = match event {
            ProcessEvent::Stdout(bytes) => self.ascent.dialogue.stdout(&bytes),
            ProcessEvent::Stderr(bytes) => self.ascent.dialogue.stderr(&bytes),
            ProcessEvent::Exit(code) => {
                end.exit_code = Some(code);
                Step::Wait
            }
            ProcessEvent::Killed(signal) => {
                end.killed = Some(signal);
                Step::Wait
            }
            ProcessEvent::Refused => {
                end.refused = true;
                Step::Wait
            }
            ProcessEvent::Closed => {
                end.closed = true;
                Step::Wait
            }
        };
        match step {
            Step::Wait => {}
            Step::SendPassword => match &self.ascent.password {
                Some(password) => return Ok(Some(password.clone())),
                None => return Err(refusal::password_wanted(self.host)),
            },
            Step::SendShell => self.input.send(terminal_shell().into_bytes()),
            Step::Ready if sent_at_once => {}
            Step::Ready => {
                if let Some(trial) = self.ascent.trial.take() {
                    trial.accepted();
                }
                self.send_script();
            }
            Step::WrongPassword => {
                if let Some(trial) = self.ascent.trial.take() {
                    trial.refused();
                }
                return Err(refusal::wrong_password(self.host));
            }
        }
        Ok(None)
    }

    fn send_script(&mut self) {
        let parts = self.request.script.parts();
        if let Some(word) = &self.ascent.terminal {
            let length = parts.iter().map(Bytes::len).sum();
            self.input.send(terminal_head(length, word).into_bytes());
        }
        for part in parts {
            self.input.send(part);
        }
        if self.ascent.terminal.is_none() {
            self.input.finish();
        }
    }

    fn timed_out(self) -> HostError {
        let dialogue = &self.ascent.dialogue;
        if let (Some(program), false) = (self.ascent.program, dialogue.is_ready()) {
            let limit = self.request.timeout.min(READY_LIMIT);
            return refusal::not_ready(self.host, program, dialogue.complaints(), limit);
        }
        let says = failure::last_line(dialogue.complaints())
            .map(|line| format!("; the last it said is \"{line}\""))
            .unwrap_or_default();
        script_timeout(self.host, self.request, &says)
    }

    fn conclude(mut self, end: End, lost: impl FnOnce() -> String) -> Result<ScriptOutput, Stop> {
        if end.refused {
            return Err(HostError::new(
                ErrorCode::Protocol,
                format!("{} refused to run a command", self.host.name),
                "the account may be restricted: allow it to run /bin/sh over SSH",
            )
            .into());
        }
        let (dialogue, trial) = (self.ascent.dialogue, self.ascent.trial.take());
        if !end.closed {
            return Err(failure::lost(&lost()).into());
        }
        if let (Some(program), false) = (self.ascent.program, dialogue.is_ready()) {
            let asked = dialogue.was_asked();
            let complaints = dialogue.complaints();
            let error = refusal::explain(self.host, program, complaints, end.exit_code, asked);
            if refusal::is_for_the_password(complaints, end.exit_code)
                && let Some(trial) = trial
            {
                trial.refused();
            }
            let for_a_terminal = refusal::is_for_a_terminal(complaints, end.exit_code);
            return Err(if for_a_terminal && self.ascent.terminal.is_none() {
                Stop::TerminalWanted(error)
            } else {
                Stop::Failed(error)
            });
        }
        Ok(match self.ascent.terminal {
            Some(word) => terminal_output(dialogue, &word),
            None => output(dialogue, end),
        })
    }
}

/// Of the program that gave privilege the exit code says nothing: the script's own is among the output.
fn terminal_output(dialogue: Dialogue, word: &str) -> ScriptOutput {
    let (bytes, _, truncated) = dialogue.into_outputs();
    let output = split_terminal(&bytes, word);
    ScriptOutput {
        stdout: output.stdout,
        stderr: output.stderr,
        exit_code: output.exit_code,
        truncated,
    }
}

fn output(dialogue: Dialogue, end: End) -> ScriptOutput {
    let (stdout, mut stderr, truncated) = dialogue.into_outputs();
    if let Some(signal) = end.killed {
        stderr.extend_from_slice(format!("\n(ended by signal {signal})\n").as_bytes());
    }
    ScriptOutput {
        stdout,
        stderr,
        exit_code: end.exit_code,
        truncated,
    }
}

/// The deadline of a request passed.
pub(super) fn script_timeout(host: &Host, request: &ScriptRequest, says: &str) -> HostError {
    failure::timeout(
        &format!("running the {} script on {}{says}", request.script.kind(), host.name),
        request.timeout,
        "look at what hangs on the host, or raise --timeout",
    )
}

/// When a request ends that begins now.
pub(super) fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    // A timeout beyond the clock's range is none.
    now.checked_add(timeout)
        .unwrap_or_else(|| now + Duration::from_secs(365 * 24 * 3600))
}
