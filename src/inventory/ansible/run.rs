//! Runs an inventory program that stands where an inventory is expected: with `--list`, and with `--host NAME`
//! where it does not say everything at once.
//!
//! No shell is involved, and nothing waits for ever: a program that does not end in time is ended.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::program::{ProgramOutput, hosts_to_ask};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};

/// How long a program may take for one answer.
const LIMIT: Duration = Duration::from_secs(60);

/// Most bytes of an answer that are read.
const LARGEST: u64 = 64 * 1024 * 1024;

/// What a program says.
///
/// # Errors
/// When it cannot be run, fails, or does not end in time.
pub(super) fn run_program(path: &Path) -> Result<ProgramOutput, Diagnostics> {
    let command = path.display().to_string();
    let list = answer(path, &["--list"])?;
    let mut output = ProgramOutput {
        command: format!("{command} --list"),
        list,
        ..ProgramOutput::default()
    };
    for host in hosts_to_ask(&output.command, &output.list)? {
        let variables = answer(path, &["--host", &host])?;
        output.hosts.insert(host, variables);
    }
    Ok(output)
}

fn answer(path: &Path, arguments: &[&str]) -> Result<Vec<u8>, Diagnostics> {
    let name = format!("{} {}", path.display(), arguments.join(" "));
    let failed = |message: String| {
        let hint = "run it by hand to see what it says; without the x bit it is no program";
        Diagnostics::from(Diagnostic::new(Place::of_file(&name), message).with_hint(hint))
    };
    // A name without a folder would be looked for among the commands.
    let program = if path.is_absolute() {
        path.to_owned()
    } else {
        Path::new(".").join(path)
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    let output = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.map(|output| output.take(LARGEST).read_to_end(&mut bytes));
        read.map(|read| read.map(|_| bytes))
    });
    let status = wait(&mut child).map_err(&failed)?;
    if !status.success() {
        return Err(failed(format!("it failed ({status})")));
    }
    match reader.join() {
        Ok(Some(Ok(bytes))) => Ok(bytes),
        Ok(Some(Err(error))) => Err(failed(format!("what it prints cannot be read: {error}"))),
        Ok(None) | Err(_) => Err(failed("what it prints cannot be read".to_owned())),
    }
}

fn wait(child: &mut Child) -> Result<std::process::ExitStatus, String> {
    let end = Instant::now() + LIMIT;
    let mut pause = Duration::from_millis(2);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() >= end => {
                // It may have ended in between; then there is nothing to end.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it did not end within {} s", LIMIT.as_secs()));
            }
            Ok(None) => thread::sleep(pause),
            Err(error) => return Err(error.to_string()),
        }
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}
