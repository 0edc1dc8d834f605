//! `ProxyCommand`: a program whose input and output are the connection.
//!
//! It is run by `/bin/sh`, which it replaces. What must stay true: when the connection ends, so does the program,
//! and no zombie is left of it; without a terminal also whatever it started ends (with one it must stay among the
//! terminal's own programs, because it may ask a person something there); what it complains of is kept, as much as a
//! message can quote, because it is all that explains a connection that did not come about.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::model::error::HostError;

use super::failure;
use super::stream::Bytes;

/// How much of its complaints is kept: the end of them.
const COMPLAINTS_LIMIT: usize = 4096;
/// How long it may take to notice that its streams are closed, before it is killed.
const GRACE: Duration = Duration::from_secs(1);
/// Its last words may come a moment after its output has ended.
const LAST_WORDS_LIMIT: Duration = Duration::from_millis(200);

/// What the program printed to standard error: the last of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Complaints(Arc<Mutex<Vec<u8>>>);

impl Complaints {
    fn add(&self, more: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(more);
        let too_many = kept.len().saturating_sub(COMPLAINTS_LIMIT);
        kept.drain(..too_many);
    }

    /// Tells an error of a connection together with what the program said.
    pub(super) async fn explain(&self, mut error: HostError) -> HostError {
        tokio::time::sleep(LAST_WORDS_LIMIT).await;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let said = match failure::last_line(&kept) {
            Some(line) => format!("; its ProxyCommand said \"{line}\""),
            None => "; it is reached by its ProxyCommand, which said nothing".to_owned(),
        };
        error.message.push_str(&said);
        "run the ProxyCommand by hand to see what it does".clone_into(&mut error.hint);
        error
    }
}

/// The streams of a running program.
#[derive(Debug)]
pub(super) struct ProxyStream {
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    child: Option<Running>,
}

/// A program that is killed when this is dropped before its end, with its group if it leads one.
#[derive(Debug)]
struct Running {
    child: Child,
    leads_group: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        // No number is told once the program was waited for: it might be another's by now.
        let number = self.child.id().and_then(|number| i32::try_from(number).ok());
        if let (true, Some(group)) = (self.leads_group, number.and_then(Pid::from_raw)) {
            // It may have ended in this very moment.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Starts a program.
///
/// # Errors
/// `E_CONNECT` when no shell can be started.
pub(super) fn start(command: &str) -> Result<(ProxyStream, Complaints), HostError> {
    let failed = |reason: String| {
        failure::connect(
            format!("cannot start /bin/sh for the ProxyCommand: {reason}"),
            "check this machine's limits and its /bin/sh",
        )
    };
    let leads_group = !has_terminal();
    let mut program = Command::new("/bin/sh");
    if leads_group {
        program.process_group(0);
    }
    let mut child = program
        .arg("-c")
        .arg(format!("exec {command}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // For the end of the program, when nobody runs that could wait.
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(failed("it has no standard streams".to_owned()));
    };
    let complaints = Complaints::default();
    tokio::spawn(listen(errors, complaints.clone()));
    let stream = ProxyStream {
        input: Some(input),
        output: Some(output),
        child: Some(Running { child, leads_group }),
    };
    Ok((stream, complaints))
}

/// Whether there is a terminal that programs may ask a person at.
fn has_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

async fn listen(mut errors: ChildStderr, complaints: Complaints) {
    let mut buffer = [0; 1024];
    while let Ok(number @ 1..) = errors.read(&mut buffer).await {
        complaints.add(buffer.get(..number).unwrap_or_default());
    }
}

impl Bytes for ProxyStream {}

impl AsyncRead for ProxyStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().output {
            Some(output) => Pin::new(output).poll_read(context, buffer),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for ProxyStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().input {
            Some(input) => Pin::new(input).poll_write(context, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().input {
            Some(input) => Pin::new(input).poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A pipe is shut by being closed.
        self.get_mut().input = None;
        Poll::Ready(Ok(()))
    }
}

impl Drop for ProxyStream {
    fn drop(&mut self) {
        self.input = None;
        self.output = None;
        let (Some(mut running), Ok(runtime)) = (self.child.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            // What has not ended by then is killed.
            let _ = timeout(GRACE, running.child.wait()).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_program_started_ends_with_it() {
        if has_terminal() {
            println!("left out: programs stay among those of the terminal");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        let command = format!("sh -c 'sleep 300 & echo $! >{}; wait'", file.display());
        let (stream, _complaints) = start(&command).unwrap();
        let number = loop {
            match std::fs::read_to_string(&file) {
                Ok(text) if text.ends_with('\n') => break text.trim().parse::<i32>().unwrap(),
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        let started = Pid::from_raw(number).unwrap();
        assert!(rustix::process::test_kill_process(started).is_ok());
        drop(stream);
        for _ in 0..500 {
            let status = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
            // Ended, and perhaps not yet waited for by whoever inherited it.
            if status.is_empty() || status.contains(") Z ") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let _ = kill_process_group(started, Signal::KILL);
        panic!("it still runs");
    }
}
