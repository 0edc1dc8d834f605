//! Runs a program whose output is an inventory: without a shell, without input, in bounded time and memory.
//!
//! It is the leader of a process group of its own. What does not end in time, prints too much or fails is ended
//! together with everything that it started in that group.

use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::include::CommandLine;
use crate::model::duration::format_duration;
use crate::model::text::{printable, shorten};

/// Most bytes of an answer: as much as of a file.
const LARGEST: usize = crate::model::document::LARGEST_FILE;

/// As much of its complaints is kept.
const COMPLAINTS: usize = 4096;

/// So many of its last lines of complaint are quoted, each of at most so many characters.
const QUOTED: (usize, usize) = (3, 200);

/// What a program printed that ended before the deadline, which its `timeout` names.
///
/// # Errors
/// Why there is no answer, in a sentence.
pub(super) fn run(line: &CommandLine, deadline: Instant) -> Result<Vec<u8>, String> {
    let (program, arguments) = line.words.split_first().ok_or("there is no program to run")?;
    let mut command = Command::new(line.program());
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if !line.folder.as_os_str().is_empty() {
        command.current_dir(&line.folder);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command
        .spawn()
        .map_err(|error| format!("`{}` cannot be run: {error}", printable(program)))?;
    Running {
        child,
        has_ended: false,
    }
    .answer(deadline, line)
}

/// What a program printed that is no one's `include`, run where patchwave was started.
///
/// # Errors
/// Why there is no answer, in a sentence.
pub(in crate::inventory) fn run_words(words: Vec<String>, timeout: Duration) -> Result<Vec<u8>, String> {
    let line = CommandLine {
        words,
        folder: PathBuf::new(),
        timeout,
    };
    run(&line, Instant::now() + timeout)
}

impl CommandLine {
    /// A bare name is looked for among the commands; a path begins where the inventory is.
    pub(super) fn program(&self) -> PathBuf {
        let program = self.words.first().map(String::as_str).unwrap_or_default();
        if !program.contains('/') {
            return PathBuf::from(program);
        }
        let path = self.folder.join(program);
        std::path::absolute(&path).unwrap_or(path)
    }
}

/// A program that runs. However this is dropped, nothing of it goes on.
struct Running {
    child: Child,
    has_ended: bool,
}

impl Running {
    fn answer(mut self, deadline: Instant, line: &CommandLine) -> Result<Vec<u8>, String> {
        let output = self.child.stdout.take().map(read_bounded);
        let complaints = self.child.stderr.take().map(read_end);
        let (Some(output), Some(complaints)) = (output, complaints) else {
            return Err("what it prints cannot be read".to_owned());
        };
        let too_late = || format!("it did not end within {}", format_duration(line.timeout));
        let output = match receive(&output, deadline) {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(error)) => return Err(format!("what it prints cannot be read: {error}")),
            Err(()) => {
                self.end();
                return Err(too_late() + &said(&complaints));
            }
        };
        if output.len() > LARGEST {
            return Err(format!("it prints more than {} MiB", LARGEST / 1024 / 1024));
        }
        let Some(status) = self.wait(deadline).map_err(|error| error.to_string())? else {
            return Err(too_late());
        };
        if status.success() {
            return Ok(output);
        }
        Err(format!("it failed ({status}){}", said(&complaints)))
    }

    /// How it ended; `None` when it did not in time.
    fn wait(&mut self, deadline: Instant) -> io::Result<Option<ExitStatus>> {
        let mut pause = Duration::from_millis(1);
        loop {
            if self.is_over()? {
                // What it started goes on only when it says that all went well.
                let status = self.child.wait()?;
                self.has_ended = true;
                return Ok(Some(status));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

impl Running {
    /// Whether it has ended. When it failed, what it started in its group is ended first: until the leader is
    /// waited for, the number of its group is still its own.
    #[cfg(unix)]
    fn is_over(&mut self) -> io::Result<bool> {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let Some(status) = waitid(WaitId::Pid(Pid::from_child(&self.child)), options)? else {
            return Ok(false);
        };
        if status.exit_status() != Some(0) {
            self.end_group();
        }
        Ok(true)
    }

    #[cfg(not(unix))]
    fn is_over(&mut self) -> io::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    #[cfg(unix)]
    fn end_group(&self) {
        let group = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }

    #[cfg(not(unix))]
    fn end_group(&self) {}

    /// Ends it, with all that it started in its group.
    fn end(&mut self) {
        if self.has_ended {
            return;
        }
        self.has_ended = true;
        self.end_group();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// What it complained of. Something that it started outside of its group may still hold its standard error.
fn said(complaints: &Receiver<Vec<u8>>) -> String {
    let soon = Instant::now() + Duration::from_millis(200);
    quoted(&receive(complaints, soon).unwrap_or_default())
}

fn receive<T>(receiver: &Receiver<T>, deadline: Instant) -> Result<T, ()> {
    let left = deadline.saturating_duration_since(Instant::now());
    receiver.recv_timeout(left).map_err(|error| match error {
        RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected => (),
    })
}

/// All of it, and one byte more than is allowed at most. Its thread ends with the pipe.
fn read_bounded(pipe: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
        let read = pipe.take(limit).read_to_end(&mut bytes).map(|_| bytes);
        // Nobody may be waiting any more.
        let _ = sender.send(read);
    });
    receiver
}

/// The end of it, so that a program that complains without end neither fills the memory nor stands still.
fn read_end(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut end: Vec<u8> = Vec::new();
        let mut chunk = [0_u8; 1024];
        while let Ok(read @ 1..) = pipe.read(&mut chunk) {
            end.extend_from_slice(chunk.get(..read).unwrap_or_default());
            let surplus = end.len().saturating_sub(COMPLAINTS);
            end.drain(..surplus);
        }
        let _ = sender.send(end);
    });
    receiver
}

/// Its last lines of complaint, for the end of a sentence.
fn quoted(complaints: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaints);
    let lines: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| shorten(&printable(line), QUOTED.1))
        .collect();
    let last = lines.get(lines.len().saturating_sub(QUOTED.0)..).unwrap_or_default();
    if last.is_empty() {
        String::new()
    } else {
        format!("; it said: {}", last.join(" / "))
    }
}
