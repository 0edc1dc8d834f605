//! The byte stream under one SSH session, with three additions.
//!
//! - It can be cut from outside. russh leaves its task and socket behind when a handshake is abandoned;
//!   cutting the stream ends them.
//! - It acknowledges at once on Linux: sshd answers in small pieces, and delayed acknowledgements made the
//!   first command take 40 ms longer (measured).
//! - It remembers the first bytes that arrived, which tell a server that refuses us before its banner from
//!   one that is not SSH.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

/// How many of the first bytes are kept.
const GREETING_LIMIT: usize = 256;

/// A byte stream to a server.
pub(crate) trait Bytes: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Asks for an immediate acknowledgement, where that means something.
    fn acknowledge(&self) {}
}

impl Bytes for TcpStream {
    #[cfg(target_os = "linux")]
    fn acknowledge(&self) {
        // The option switches itself off again, so it is set after every read. It only saves time.
        let _ = socket2::SockRef::from(self).set_tcp_quickack(true);
    }
}

/// How its version line begins, at the beginning or after other lines (RFC 4253, 4.2).
const VERSION: &[u8] = b"\nSSH-";

/// The first bytes that a server sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Greeting(Arc<Mutex<Heard>>);

#[derive(Debug)]
struct Heard {
    first: Vec<u8>,
    /// How much of [`VERSION`] the last bytes are; all of it once the line has begun.
    matched: usize,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            first: Vec::new(),
            // As after the end of a line.
            matched: 1,
        }
    }
}

impl Greeting {
    /// A copy of the bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.heard().first.clone()
    }

    /// Whether an SSH banner has begun, however much came before it.
    pub(crate) fn is_ssh(&self) -> bool {
        self.heard().matched == VERSION.len()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what arrived. Returns whether nothing more is to be learned.
    fn add(&self, more: &[u8]) -> bool {
        let mut heard = self.heard();
        let room = GREETING_LIMIT.saturating_sub(heard.first.len());
        heard.first.extend(more.iter().take(room));
        for byte in more {
            heard.matched = match VERSION.get(heard.matched) {
                None => break,
                Some(wanted) if wanted == byte => heard.matched + 1,
                Some(_) => usize::from(*byte == b'\n'),
            };
        }
        heard.matched == VERSION.len()
    }
}

/// Keeps a stream alive; when it is dropped, the stream is cut and the session over it ends.
#[derive(Debug)]
pub(crate) struct Lifeline {
    _guard: DropGuard,
}

/// A stream that can be cut.
pub(crate) struct WatchedStream<S> {
    inner: S,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    greeting: Greeting,
    is_greeted: bool,
}

impl<S: Bytes> WatchedStream<S> {
    /// Wraps a stream; it works for as long as the lifeline is kept.
    pub(crate) fn new(inner: S) -> (Self, Lifeline, Greeting) {
        let token = CancellationToken::new();
        let greeting = Greeting::default();
        let stream = Self {
            inner,
            cut: Box::pin(token.clone().cancelled_owned()),
            greeting: greeting.clone(),
            is_greeted: false,
        };
        let lifeline = Lifeline {
            _guard: token.drop_guard(),
        };
        (stream, lifeline, greeting)
    }

    fn is_cut(&mut self, context: &mut Context<'_>) -> bool {
        self.cut.as_mut().poll(context).is_ready()
    }
}

fn cut_error() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "we closed the connection")
}

impl<S: Bytes> AsyncRead for WatchedStream<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_cut(context) {
            return Poll::Ready(Err(cut_error()));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut this.inner).poll_read(context, buffer);
        if result.is_ready() {
            this.inner.acknowledge();
            if !this.is_greeted {
                let new = buffer.filled().get(before..).unwrap_or_default();
                this.is_greeted = this.greeting.add(new);
            }
        }
        result
    }
}

impl<S: Bytes> AsyncWrite for WatchedStream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_cut(context) {
            return Poll::Ready(Err(cut_error()));
        }
        Pin::new(&mut this.inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_cut(context) {
            return Poll::Ready(Err(cut_error()));
        }
        Pin::new(&mut this.inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ssh(pieces: &[&str]) -> bool {
        let greeting = Greeting::default();
        for piece in pieces {
            greeting.add(piece.as_bytes());
        }
        assert!(greeting.bytes().len() <= GREETING_LIMIT);
        greeting.is_ssh()
    }

    #[test]
    fn the_version_line_is_found_after_however_many_others() {
        let notice = "Authorised use only.\r\n".repeat(100);
        assert!(is_ssh(&["SSH-2.0-x\r\n"]));
        assert!(is_ssh(&["S", "SH", "-"]));
        assert!(is_ssh(&[&notice, "\n\nSS", "H-2.0-x"]));
        assert!(!is_ssh(&[&notice, "no SSH-2.0"]));
        assert!(!is_ssh(&["HTTP/1.1 400\r\nSSH\r\n"]));
        assert!(!is_ssh(&[]));
    }
}
