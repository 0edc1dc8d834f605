//! One script over one exec channel of a session.

use std::sync::Arc;

use bytes::Bytes;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::time::{Instant, timeout_at};

use crate::model::error::HostError;
use crate::model::host::Host;
use crate::remote::script::Interpreter;
use crate::remote::transport::{ScriptOutput, ScriptRequest};

use super::failure;
use super::handshake::Session;
use super::privilege::{self, Ascent};
use super::process::{Input, ProcessEvent, ProcessEvents};
use super::run::{Run, Stop, deadline, script_timeout};
use super::terminal::{self, Terminals};
use super::trials::Password;

/// How much of a script goes into one message.
const CHUNK: usize = 32 * 1024;

/// Lets PowerShell run its standard input as one script. Windows hands the command to cmd.exe or to PowerShell, which
/// read quotes differently: so there are none, and the words stand in UTF-16 and base64, as the option wants them:
/// `& ([ScriptBlock]::Create([Console]::In.ReadToEnd()))`.
const POWER_SHELL: &str = "powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -OutputFormat Text -EncodedCommand JgAgACgAWwBTAGMAcgBpAHAAdABCAGwAbwBjAGsAXQA6ADoAQwByAGUAYQB0AGUAKABbAEMAbwBuAHMAbwBsAGUAXQA6ADoASQBuAC4AUgBlAGEAZABUAG8ARQBuAGQAKAApACkAKQA=";

/// One script and what it needs.
pub(super) struct Work<'a> {
    /// The host, for its settings and for messages.
    pub(super) host: &'a Host,
    /// The script.
    pub(super) request: &'a ScriptRequest,
    /// The password, when one may be asked for.
    pub(super) password: Option<Password>,
    /// Random and fresh.
    pub(super) word: &'a str,
    /// Where terminals are wanted.
    pub(super) terminals: &'a Terminals,
}

/// Runs a script on a host: on a terminal only where the program that gives privilege wants one.
///
/// # Errors
/// As [`crate::remote::transport::Connection::run`].
pub(super) async fn run_script(session: &Session, work: Work<'_>) -> Result<ScriptOutput, HostError> {
    let deadline = deadline(work.request.timeout);
    let (host, privileged) = (work.host, work.request.privileged);
    let on_terminal = privilege::needs_program(host, privileged)
        && (privilege::wants_terminal(host, privileged, work.password.as_ref()) || work.terminals.are_wanted(host));
    match run_once(session, &work, deadline, on_terminal).await {
        Err(Stop::TerminalWanted(_)) => {
            work.terminals.remember(host);
            Ok(run_once(session, &work, deadline, true).await?)
        }
        result => Ok(result?),
    }
}

async fn run_once(
    session: &Session,
    work: &Work<'_>,
    deadline: Instant,
    on_terminal: bool,
) -> Result<ScriptOutput, Stop> {
    let (host, request) = (work.host, work.request);
    let ascent = match request.script.interpreter() {
        Interpreter::Posix => privilege::plan(host, request.privileged, work.password.clone(), work.word, on_terminal)?,
        // There is no program to become another user with: the login is what it is.
        Interpreter::PowerShell => Ascent::to_login_user(POWER_SHELL),
    };
    let opening = async {
        let channel = session.handle.channel_open_session().await?;
        if ascent.terminal.is_some() {
            terminal::request(&channel).await?;
        }
        channel.exec(true, ascent.command.as_bytes()).await?;
        Ok::<_, russh::Error>(channel)
    };
    let channel = match timeout_at(deadline, opening).await {
        Ok(Ok(channel)) => channel,
        Ok(Err(russh::Error::ChannelOpenFailure(reason))) => {
            return Err(failure::connect(
                format!("{} refused to open a session: {reason:?}", host.name),
                "look at sshd's log on the host (MaxSessions, ForceCommand)",
            )
            .into());
        }
        // The script is sent later, and the command that reads it did not leave either.
        Ok(Err(_)) => {
            let reason = session.farewell.reason();
            return Err(failure::connect(
                format!("the connection was lost before a script was started: {reason}"),
                "run the command again",
            )
            .into());
        }
        Err(_) => return Err(script_timeout(host, request, "; no session was opened").into()),
    };
    let (reader, writer) = channel.split();
    let writer = Arc::new(writer);
    let input = Input::new(|receiver| write_all(Arc::clone(&writer), receiver));
    let run = Run {
        host,
        request,
        ascent,
        events: ChannelEvents { reader },
        input,
        deadline,
    };
    let result = run.finish(|| session.farewell.reason()).await;
    // After an error the program may still run: closing takes its standard streams away and sends no
    // signal, because a package manager must never be killed by us.
    let _ = timeout_at(deadline_of_close(), writer.close()).await;
    result
}

fn deadline_of_close() -> Instant {
    deadline(std::time::Duration::from_secs(1))
}

async fn write_all(writer: Arc<ChannelWriteHalf<Msg>>, mut receiver: tokio::sync::mpsc::UnboundedReceiver<Bytes>) {
    while let Some(mut bytes) = receiver.recv().await {
        while !bytes.is_empty() {
            let chunk = bytes.split_to(bytes.len().min(CHUNK));
            // Waits for ever when the other side stops reading; the task is aborted then.
            if writer.data_bytes(chunk).await.is_err() {
                return;
            }
        }
    }
    let _ = writer.eof().await;
}

struct ChannelEvents {
    reader: ChannelReadHalf,
}

impl ProcessEvents for ChannelEvents {
    async fn next(&mut self) -> Option<ProcessEvent> {
        loop {
            return Some(match self.reader.wait().await? {
                ChannelMsg::Data { data } => ProcessEvent::Stdout(data.into()),
                // 1 is standard error, and the only extended stream there is (RFC 4254, 5.2).
                ChannelMsg::ExtendedData { data, .. } => ProcessEvent::Stderr(data.into()),
                ChannelMsg::ExitStatus { exit_status } => ProcessEvent::Exit(exit_status),
                ChannelMsg::ExitSignal { signal_name, .. } => ProcessEvent::Killed(format!("{signal_name:?}")),
                ChannelMsg::Failure => ProcessEvent::Refused,
                ChannelMsg::Close => ProcessEvent::Closed,
                _ => continue,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::POWER_SHELL;

    /// Base64 without a crate for it: the constant is ours.
    fn decoded(text: &str) -> Vec<u8> {
        let value = |c: u8| match c {
            b'A'..=b'Z' => u32::from(c - b'A'),
            b'a'..=b'z' => u32::from(c - b'a') + 26,
            b'0'..=b'9' => u32::from(c - b'0') + 52,
            b'+' => 62,
            _ => 63,
        };
        let bits = text.trim_end_matches('=').bytes().map(value);
        let (mut bytes, mut kept, mut held) = (Vec::new(), 0_u32, 0);
        for six in bits {
            held = (held << 6) | six;
            kept += 6;
            if kept >= 8 {
                kept -= 8;
                bytes.push(u8::try_from((held >> kept) & 0xff).unwrap());
            }
        }
        bytes
    }

    #[test]
    fn the_encoded_words_are_those_of_the_comment() {
        let bytes = decoded(POWER_SHELL.rsplit(' ').next().unwrap());
        let units: Vec<u16> = bytes
            .chunks(2)
            .map(|pair| u16::from(pair[0]) | (u16::from(pair[1]) << 8))
            .collect();
        assert_eq!(
            String::from_utf16(&units).unwrap(),
            "& ([ScriptBlock]::Create([Console]::In.ReadToEnd()))"
        );
        assert!(!POWER_SHELL.contains(['"', '\'', '&', '|', '%']));
    }
}
