//! The byte stream to a host behind a jump host.
//!
//! What must stay true: whatever a host sends is taken off its jump host's connection at once. russh stops a whole
//! connection when one of its channels is not read (a hundred messages), and every other host behind the
//! same jump host with it; so a task of its own reads each channel, and a host that sends more than anybody
//! takes loses its own connection and no other.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelOpenFailure, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::bytes::{Buf, Bytes as Piece};

use crate::model::host::Host;

use super::failure;
use super::handshake::HandshakeError;
use super::jump::Jump;
use super::stream::Bytes;

/// Bytes that may wait to be taken: several times what a server may send before it is told to go on.
const MOST_WAITING: usize = 16 * 1024 * 1024;

/// A stream through a jump host.
pub(super) struct TunnelStream {
    pieces: mpsc::UnboundedReceiver<Piece>,
    current: Piece,
    waiting: Arc<AtomicUsize>,
    writer: Pin<Box<dyn AsyncWrite + Send>>,
    channel: Option<ChannelWriteHalf<Msg>>,
    pump: JoinHandle<()>,
}

impl TunnelStream {
    fn new(channel: Channel<Msg>) -> Self {
        let (reader, writer) = channel.split();
        let (sender, pieces) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        Self {
            pieces,
            current: Piece::new(),
            pump: tokio::spawn(pump(reader, sender, Arc::clone(&waiting))),
            waiting,
            writer: Box::pin(writer.make_writer()),
            channel: Some(writer),
        }
    }
}

async fn pump(mut reader: ChannelReadHalf, sender: mpsc::UnboundedSender<Piece>, waiting: Arc<AtomicUsize>) {
    while let Some(message) = reader.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                let length = data.len();
                if waiting.fetch_add(length, Ordering::Relaxed) + length > MOST_WAITING || sender.send(data).is_err() {
                    return;
                }
            }
            ChannelMsg::Eof | ChannelMsg::Close => return,
            _ => {}
        }
    }
}

impl Bytes for TunnelStream {}

impl AsyncRead for TunnelStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.current.is_empty() {
            match this.pieces.poll_recv(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(piece)) => {
                    this.waiting.fetch_sub(piece.len(), Ordering::Relaxed);
                    this.current = piece;
                }
            }
        }
        let length = this.current.len().min(buffer.remaining());
        buffer.put_slice(this.current.get(..length).unwrap_or_default());
        this.current.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TunnelStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().writer.as_mut().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().writer.as_mut().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().writer.as_mut().poll_shutdown(context)
    }
}

impl Drop for TunnelStream {
    fn drop(&mut self) {
        self.pump.abort();
        let (Some(channel), Ok(runtime)) = (self.channel.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            // The connection that it was a part of may be gone, and the channel with it.
            let _ = channel.close().await;
        });
    }
}

/// Opens a way through a jump host to a port behind it.
///
/// # Errors
/// `E_CONNECT` or `E_TIMEOUT`, naming the jump host.
pub(super) async fn tunnel(
    jump: &Jump,
    host: &Host,
    limit: Duration,
    deadline: Instant,
) -> Result<TunnelStream, HandshakeError> {
    let name = &jump.name;
    let target = format!("{}:{}", host.address, host.port);
    let bare = host
        .address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(&host.address);
    let open = jump
        .session
        .handle
        .channel_open_direct_tcpip(bare, u32::from(host.port), "127.0.0.1", 0);
    let error = match timeout_at(deadline, open).await {
        Ok(Ok(channel)) => return Ok(TunnelStream::new(channel)),
        Ok(Err(russh::Error::ChannelOpenFailure(reason))) => match reason {
            ChannelOpenFailure::AdministrativelyProhibited => failure::connect(
                format!("jump host {name} forbids forwarding to {target}"),
                "allow it in its sshd_config (AllowTcpForwarding, PermitOpen)",
            ),
            ChannelOpenFailure::ResourceShortage => {
                return Err(HandshakeError::Transient(failure::connect(
                    format!("jump host {name} has no room for a connection to {target}"),
                    "look at its limits: open files, processes",
                )));
            }
            other => failure::connect(
                format!("jump host {name} cannot connect to {target}: {other:?}"),
                "check the address as seen from the jump host, and that sshd runs there",
            ),
        },
        Ok(Err(_)) => {
            return Err(HandshakeError::Transient(failure::connect(
                format!(
                    "the connection to jump host {name} is gone: {}",
                    jump.session.farewell.reason()
                ),
                "try again",
            )));
        }
        Err(_) => failure::timeout(
            &format!("waiting for jump host {name} to connect to {target}"),
            limit,
            "check that the host is up and can be reached from the jump host",
        ),
    };
    Err(HandshakeError::Final(error))
}
