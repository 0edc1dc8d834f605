//! Runs one script in a started program: the part that hosts and this machine have in common.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;
use crate::remote::transport::{ScriptOutput, ScriptRequest};

use super::dialogue::{Dialogue, Step};
use super::failure;
use super::privilege::{self, Ascent, READY_LIMIT};
use super::process::{Input, ProcessEvent, ProcessEvents};

/// How a program ended.
#[derive(Debug, Default)]
struct End {
    exit_code: Option<u32>,
    killed: Option<String>,
    closed: bool,
    refused: bool,
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
    /// `E_SUDO`, `E_TIMEOUT`, `E_LOST`, `E_PROTOCOL`.
    pub(super) async fn finish(mut self, lost: impl FnOnce() -> String) -> Result<ScriptOutput, HostError> {
        // A program that never asks may have the script at once, which saves a round trip.
        if self.ascent.password.is_none() {
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
                Err(_) => return Err(self.timed_out()),
                Ok(None) => break,
                Ok(Some(event)) => self.take(event, &mut end)?,
            }
        }
        self.conclude(end, lost)
    }

    fn take(&mut self, event: ProcessEvent, end: &mut End) -> Result<(), HostError> {
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
            Step::SendPassword => {
                if let Some(password) = &self.ascent.password {
                    let mut line = password.expose().as_bytes().to_vec();
                    line.push(b'\n');
                    self.input.send(line);
                }
            }
            Step::Ready if self.ascent.password.is_some() => self.send_script(),
            Step::Ready => {}
            Step::WrongPassword => return Err(privilege::wrong_password(self.host)),
        }
        Ok(())
    }

    fn send_script(&mut self) {
        self.input.send(self.request.script.text().as_bytes().to_vec());
        self.input.finish();
    }

    fn timed_out(self) -> HostError {
        let dialogue = &self.ascent.dialogue;
        if let (Some(program), false) = (self.ascent.program, dialogue.is_ready()) {
            let limit = self.request.timeout.min(READY_LIMIT);
            return privilege::not_ready(self.host, program, dialogue.complaints(), limit);
        }
        let says = failure::last_line(dialogue.complaints())
            .map(|line| format!("; the last it said is \"{line}\""))
            .unwrap_or_default();
        script_timeout(self.host, self.request, &says)
    }

    fn conclude(self, end: End, lost: impl FnOnce() -> String) -> Result<ScriptOutput, HostError> {
        if end.refused {
            return Err(HostError::new(
                ErrorCode::Protocol,
                format!("{} refused to run a command", self.host.name),
                "the account may be restricted: allow it to run /bin/sh over SSH",
            ));
        }
        let dialogue = self.ascent.dialogue;
        if !end.closed {
            return Err(failure::lost(&lost()));
        }
        if let (Some(program), false) = (self.ascent.program, dialogue.is_ready()) {
            let asked = dialogue.was_asked();
            let complaints = dialogue.complaints();
            return Err(privilege::explain(self.host, program, complaints, end.exit_code, asked));
        }
        Ok(output(dialogue, end))
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
