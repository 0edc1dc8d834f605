//! A running program, whether on a host or on this machine: what it prints, and what it is given to read.
//!
//! What must stay true: reading never waits for writing. Input goes through a task of its own that is
//! aborted when the reading ends, because a program that stops reading would otherwise hold us for ever.

use std::future::Future;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What a program does.
#[derive(Debug)]
pub(super) enum ProcessEvent {
    /// It printed to standard output.
    Stdout(Vec<u8>),
    /// It printed to standard error.
    Stderr(Vec<u8>),
    /// It ended with this code.
    Exit(u32),
    /// A signal ended it.
    Killed(String),
    /// It was not started.
    Refused,
    /// Everything has been told.
    Closed,
}

/// The events of one program, in order.
pub(super) trait ProcessEvents: Send {
    /// The next event; `None` after [`ProcessEvent::Closed`], or when the connection is lost.
    /// It may be dropped and called again without losing anything.
    fn next(&mut self) -> impl Future<Output = Option<ProcessEvent>> + Send;
}

/// The standard input of a program.
pub(super) struct Input {
    sender: Option<mpsc::UnboundedSender<Bytes>>,
    writer: JoinHandle<()>,
}

impl Input {
    /// Starts the task that writes. It is given a receiver whose end means end of file.
    pub(super) fn new<F>(write: impl FnOnce(mpsc::UnboundedReceiver<Bytes>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Unbounded, and still small: a password and one script.
        let (sender, receiver) = mpsc::unbounded_channel();
        Self {
            sender: Some(sender),
            writer: tokio::spawn(write(receiver)),
        }
    }

    /// Queues bytes.
    pub(super) fn send(&self, bytes: impl Into<Bytes>) {
        if let Some(sender) = &self.sender {
            // The program may have ended already; its events tell.
            let _ = sender.send(bytes.into());
        }
    }

    /// End of file after what is queued.
    pub(super) fn finish(&mut self) {
        self.sender = None;
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.writer.abort();
    }
}
