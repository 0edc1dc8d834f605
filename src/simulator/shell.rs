//! What happens on one exec channel of a simulated host: `sudo`, then the script, then the answer.

use std::sync::Arc;
use std::time::Duration;

use russh::server::Msg;
use russh::{Channel, ChannelMsg};

use crate::remote::script::ReceivedScript;

use super::state::{Fault, HostState, SimulatedSudo};

/// Behaves like a host.
pub trait ScriptHandler: Send + Sync {
    /// What the host prints when it is given this script. It must not block; a host that takes its time
    /// says so by [`SimulatedAnswer::delay`].
    fn answer(&self, script: &ReceivedScript) -> SimulatedAnswer;
}

/// What a simulated host does with a script.
#[derive(Debug, Clone, Default)]
pub struct SimulatedAnswer {
    /// Printed to standard output.
    pub stdout: Vec<u8>,
    /// Printed to standard error.
    pub stderr: Vec<u8>,
    /// The exit code; `None`: the channel is closed without one.
    pub exit_code: Option<u32>,
    /// How long it takes.
    pub delay: Duration,
    /// What happens afterwards.
    pub then: AfterAnswer,
}

/// What a simulated host does after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterAnswer {
    /// It stays as it is.
    #[default]
    Stay,
    /// It goes down a moment later, as for a reboot: connections break and are refused for this long.
    GoDown(Duration),
}

/// Pause between an answer and going down, so that the answer arrives.
const BEFORE_DOWN: Duration = Duration::from_millis(200);

enum Way {
    Plain,
    /// Through `sudo` or `doas`: the sign to print, and the prompt when a password may be asked for.
    Privileged {
        sign: String,
        prompt: Option<String>,
    },
}

/// Serves one channel to its end.
pub(super) async fn serve(mut channel: Channel<Msg>, host: Arc<HostState>) {
    let Some(command) = wait_for_command(&mut channel).await else {
        return;
    };
    match host.fault() {
        Fault::ResetMidCommand => return host.reset(),
        Fault::StallMidCommand => {
            while channel.wait().await.is_some() {}
            return;
        }
        Fault::CloseWithoutReading => return finish(&channel, &[], b"", Some(0)).await,
        _ => {}
    }
    let Some(way) = parse_command(&command) else {
        let complaint = format!("{command}: this simulated host runs only patchwave's scripts\n");
        return finish(&channel, &[], complaint.as_bytes(), Some(127)).await;
    };
    if let Way::Privileged { sign, prompt } = way
        && !become_root(&mut channel, &host, &sign, prompt.as_deref()).await
    {
        return;
    }
    let text = read_to_end(&mut channel).await;
    let Some(script) = ReceivedScript::parse(&text) else {
        return finish(&channel, &[], b"sh: this is not a script of patchwave\n", Some(2)).await;
    };
    let answer = host.handler.answer(&script);
    tokio::time::sleep(answer.delay).await;
    let exit_code = match host.fault() {
        Fault::NoExitStatus => None,
        _ => answer.exit_code,
    };
    finish(&channel, &answer.stdout, &answer.stderr, exit_code).await;
    if let AfterAnswer::GoDown(duration) = answer.then {
        tokio::time::sleep(BEFORE_DOWN).await;
        host.go_down(duration);
    }
}

async fn wait_for_command(channel: &mut Channel<Msg>) -> Option<String> {
    loop {
        if let ChannelMsg::Exec { command, .. } = channel.wait().await? {
            return Some(String::from_utf8_lossy(&command).into_owned());
        }
    }
}

/// Reads the command lines that `ssh::privilege` writes.
fn parse_command(command: &str) -> Option<Way> {
    let command = match command.split_once("; exec env LC_ALL=C ") {
        // No simulated program is content with a terminal: what it wants is told again.
        Some((_, program)) => program.split_once("' sh ").map_or(program, |(_, program)| program),
        None => command.strip_prefix("exec ")?,
    };
    if command == "/bin/sh -s" {
        return Some(Way::Plain);
    }
    if !command.starts_with("sudo ") && !command.starts_with("doas ") {
        return None;
    }
    let (_, shell) = command.split_once("echo ")?;
    let (sign, _) = shell.split_once(';')?;
    let mut words = command.split(' ');
    let prompt = words
        .find(|word| *word == "-p")
        .and_then(|_| words.next())
        .map(str::to_owned);
    Some(Way::Privileged {
        sign: sign.to_owned(),
        prompt,
    })
}

/// Plays `sudo`; false when it refused, and the channel is closed then.
async fn become_root(channel: &mut Channel<Msg>, host: &HostState, sign: &str, prompt: Option<&str>) -> bool {
    let refused = |text: &'static str, code| (text, Some(code));
    let (complaint, code) = match (&host.sudo, prompt) {
        (SimulatedSudo::NoPassword, _) => {
            send(channel, format!("{sign}\n").as_bytes()).await;
            return true;
        }
        (SimulatedSudo::Silent, _) => {
            while channel.wait().await.is_some() {}
            return false;
        }
        (SimulatedSudo::NotAllowed, _) => refused("operator is not in the sudoers file.\n", 1),
        (SimulatedSudo::Missing, _) => refused("bash: line 1: exec: sudo: not found\n", 127),
        (SimulatedSudo::NeedsTerminal, _) => refused("sudo: sorry, you must have a tty to run sudo\n", 1),
        (SimulatedSudo::Password(_), None) => refused("sudo: a password is required\n", 1),
        (SimulatedSudo::Password(password), Some(prompt)) => {
            let lecture = "\nWe trust you have received the usual lecture.\n\n";
            complain(channel, format!("{lecture}{prompt}").as_bytes()).await;
            if read_line(channel).await.as_deref() == Some(password) {
                host.count_password();
                send(channel, format!("{sign}\n").as_bytes()).await;
                return true;
            }
            host.count_password();
            complain(channel, format!("Sorry, try again.\n{prompt}").as_bytes()).await;
            let _ = read_line(channel).await;
            refused(
                "sudo: no password was provided\nsudo: 1 incorrect password attempt\n",
                1,
            )
        }
    };
    finish(channel, &[], complaint.as_bytes(), code).await;
    false
}

/// A line of standard input. sudo reads byte by byte and no further than the line end; our client sends
/// nothing after it before it is told to.
async fn read_line(channel: &mut Channel<Msg>) -> Option<String> {
    let mut line = Vec::new();
    loop {
        match channel.wait().await? {
            ChannelMsg::Data { data } => {
                line.extend_from_slice(&data);
                if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                    line.truncate(end);
                    return Some(String::from_utf8_lossy(&line).into_owned());
                }
            }
            ChannelMsg::Eof | ChannelMsg::Close => return None,
            _ => {}
        }
    }
}

async fn read_to_end(channel: &mut Channel<Msg>) -> String {
    let mut bytes = Vec::new();
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => bytes.extend_from_slice(&data),
            ChannelMsg::Eof | ChannelMsg::Close => break,
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn send(channel: &Channel<Msg>, bytes: &[u8]) {
    // A client that has gone is not this host's problem.
    let _ = channel.data_bytes(bytes.to_vec()).await;
}

async fn complain(channel: &Channel<Msg>, bytes: &[u8]) {
    let _ = channel.extended_data_bytes(1, bytes.to_vec()).await;
}

async fn finish(channel: &Channel<Msg>, stdout: &[u8], stderr: &[u8], exit_code: Option<u32>) {
    send(channel, stdout).await;
    complain(channel, stderr).await;
    let _ = channel.eof().await;
    if let Some(code) = exit_code {
        let _ = channel.exit_status(code).await;
    }
    let _ = channel.close().await;
}
