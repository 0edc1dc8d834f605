//! One script over one exec channel of a session.

use std::sync::Arc;

use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::time::timeout_at;

use crate::model::error::HostError;
use crate::model::host::Host;
use crate::model::secret::Secret;
use crate::remote::transport::{ScriptOutput, ScriptRequest};

use super::failure;
use super::handshake::Session;
use super::privilege;
use super::process::{Input, ProcessEvent, ProcessEvents};
use super::run::{Run, deadline, script_timeout};

/// How much of a script goes into one message.
const CHUNK: usize = 32 * 1024;

/// Runs a script on a host.
///
/// # Errors
/// As [`crate::remote::transport::Connection::run`].
pub(super) async fn run_script(
    session: &Session,
    host: &Host,
    request: &ScriptRequest,
    password: Option<Secret>,
    word: &str,
) -> Result<ScriptOutput, HostError> {
    let deadline = deadline(request.timeout);
    let ascent = privilege::plan(host, request.privileged, password, word)?;
    let opening = async {
        let channel = session.handle.channel_open_session().await?;
        channel.exec(true, ascent.command.as_bytes()).await?;
        Ok::<_, russh::Error>(channel)
    };
    let channel = match timeout_at(deadline, opening).await {
        Ok(Ok(channel)) => channel,
        Ok(Err(russh::Error::ChannelOpenFailure(reason))) => {
            return Err(failure::connect(
                format!("{} refused to open a session: {reason:?}", host.name),
                "look at sshd's log on the host (MaxSessions, ForceCommand)",
            ));
        }
        Ok(Err(_)) => return Err(failure::lost(&session.farewell.reason())),
        Err(_) => return Err(script_timeout(host, request, "; no session was opened")),
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

fn deadline_of_close() -> tokio::time::Instant {
    deadline(std::time::Duration::from_secs(1))
}

async fn write_all(writer: Arc<ChannelWriteHalf<Msg>>, mut receiver: tokio::sync::mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(bytes) = receiver.recv().await {
        for chunk in bytes.chunks(CHUNK) {
            // Waits for ever when the other side stops reading; the task is aborted then.
            if writer.data_bytes(chunk.to_vec()).await.is_err() {
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
