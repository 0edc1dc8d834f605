//! `connect: local`: the machine that patchwave runs on, under the same contract as every other host.

use std::process::Stdio;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;
use crate::remote::transport::{ScriptOutput, ScriptRequest};

use super::failure;
use super::privilege;
use super::process::{Input, ProcessEvent, ProcessEvents};
use super::run::{Run, deadline};
use super::trials::Password;

/// Pieces of output on their way; a full queue makes the program wait, not us.
const QUEUE: usize = 64;

/// Runs a script on this machine.
///
/// # Errors
/// As [`crate::remote::transport::Connection::run`].
pub(super) async fn run_script(
    host: &Host,
    request: &ScriptRequest,
    password: Option<Password>,
    word: &str,
) -> Result<ScriptOutput, HostError> {
    if privilege::wants_terminal(host, request.privileged, password.as_ref()) {
        return Err(failure::sudo(
            "doas reads passwords only from a terminal, which patchwave does not open on this machine",
            "write `permit nopass` for this user into doas.conf, use sudo, or run patchwave as root",
        ));
    }
    let ascent = privilege::plan(host, request.privileged, password, word, false)?;
    let command = match ascent.program {
        Some(_) => privilege::unless_already(&host.privilege.user, &ascent.command, word),
        None => ascent.command.clone(),
    };
    let (events, stdin) = spawn(&command)?;
    let run = Run {
        host,
        request,
        ascent,
        events,
        input: Input::new(|receiver| write_all(stdin, receiver)),
        deadline: deadline(request.timeout),
    };
    Ok(run.finish(|| "its end could not be observed".to_owned()).await?)
}

fn spawn(command: &str) -> Result<(LocalEvents, ChildStdin), HostError> {
    let failed = |reason: String| {
        HostError::new(
            ErrorCode::Connect,
            format!("cannot start /bin/sh on this machine: {reason}"),
            "check the machine's limits and its /bin/sh",
        )
    };
    let mut child = Command::new("/bin/sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(failed("it has no standard streams".to_owned()));
    };
    let (sender, receiver) = mpsc::channel(QUEUE);
    tokio::spawn(drain(stdout, sender.clone(), ProcessEvent::Stdout));
    tokio::spawn(drain(stderr, sender, ProcessEvent::Stderr));
    let events = LocalEvents {
        child: Some(child),
        output: receiver,
        told: Vec::new(),
    };
    Ok((events, stdin))
}

async fn drain(
    mut source: impl AsyncRead + Unpin,
    sender: mpsc::Sender<ProcessEvent>,
    wrap: fn(Vec<u8>) -> ProcessEvent,
) {
    let mut buffer = vec![0; 32 * 1024];
    while let Ok(number) = source.read(&mut buffer).await {
        let piece = buffer.get(..number).unwrap_or_default();
        if piece.is_empty() || sender.send(wrap(piece.to_vec())).await.is_err() {
            return;
        }
    }
}

async fn write_all(mut stdin: ChildStdin, mut receiver: mpsc::UnboundedReceiver<Bytes>) {
    while let Some(bytes) = receiver.recv().await {
        if stdin.write_all(&bytes).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

struct LocalEvents {
    child: Option<Child>,
    output: mpsc::Receiver<ProcessEvent>,
    /// What is still to be told after the output, last first.
    told: Vec<ProcessEvent>,
}

impl ProcessEvents for LocalEvents {
    async fn next(&mut self) -> Option<ProcessEvent> {
        if let Some(event) = self.output.recv().await {
            return Some(event);
        }
        if let Some(child) = &mut self.child {
            let status = child.wait().await;
            self.child = None;
            self.told.push(ProcessEvent::Closed);
            if let Ok(status) = status {
                match status.code().and_then(|code| u32::try_from(code).ok()) {
                    Some(code) => self.told.push(ProcessEvent::Exit(code)),
                    None => self.told.push(ProcessEvent::Killed(status.to_string())),
                }
            }
        }
        self.told.pop()
    }
}
