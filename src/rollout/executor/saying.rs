//! What an executor tells the dispatcher, the only one that records events.
//!
//! What must stay true: an executor that wants an event kept does nothing before it was.

use tokio::sync::oneshot;

use super::Turn;
use crate::model::drift::HostDrift;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::{EventKind, HostPhase};
use crate::model::name::HostName;
use crate::model::plan::Basis;
use crate::remote::transport::Transport;

/// What an executor tells the dispatcher while it works.
#[derive(Debug)]
pub(in crate::rollout) enum ExecutorMessage {
    /// It waits until this is kept.
    Keep {
        event: Box<EventKind>,
        kept: oneshot::Sender<()>,
    },
    /// It goes on meanwhile.
    Tell(Box<EventKind>),
    /// The job printed a line. May be lost.
    Output { host: HostName, line: String },
}

/// A job and the lock of the package manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rollout) enum LockWait {
    /// Another process holds it.
    Begins { holder: String },
    /// It is free, after that many seconds.
    Ends { waited: u64 },
}

impl<T: Transport> Turn<T> {
    /// Waits until the dispatcher has kept the event.
    ///
    /// # Errors
    /// When it was not kept: then what it announces must not be done.
    pub(in crate::rollout) async fn keep(&self, event: EventKind, name: &str) -> Result<(), HostError> {
        let (kept, acknowledged) = oneshot::channel();
        let event = Box::new(event);
        let message = ExecutorMessage::Keep { event, kept };
        let not_kept = || not_kept(name);
        self.messages.send(message).await.map_err(|_| not_kept())?;
        acknowledged.await.map_err(|_| not_kept())
    }

    /// Has an event recorded, and goes on. Without a dispatcher nobody is left to tell.
    pub(in crate::rollout) async fn tell(&self, event: EventKind) {
        let _ = self.messages.send(ExecutorMessage::Tell(Box::new(event))).await;
    }

    /// Enters a phase once that is kept.
    pub(in crate::rollout) async fn enter(&self, phase: HostPhase) -> Result<(), HostError> {
        let host = self.host.name.clone();
        self.keep(EventKind::HostPhase { host, phase }, phase.as_str()).await
    }

    /// Says how the host differs from its plan, and waits until that is kept.
    pub(in crate::rollout) async fn say_drift(&self, drift: HostDrift, basis: Option<Basis>) -> Result<(), HostError> {
        let host = self.host.name.clone();
        self.keep(EventKind::HostDrifted { host, drift, basis }, "host-drifted")
            .await
    }

    /// Says that the job waits for a lock, or no longer does.
    pub(in crate::rollout) async fn say_wait(&self, wait: LockWait) {
        let host = self.host.name.clone();
        self.tell(match wait {
            LockWait::Begins { holder } => EventKind::HostWaiting { host, holder },
            LockWait::Ends { waited } => EventKind::HostContinues {
                host,
                waited_seconds: waited,
            },
        })
        .await;
    }

    /// Shows a line of the job. A full channel drops it: the log on the host has it.
    pub(in crate::rollout) fn show(&self, line: &str) {
        let line = crate::model::text::printable(line);
        let _ = self.messages.try_send(ExecutorMessage::Output {
            host: self.host.name.clone(),
            line,
        });
    }
}

fn not_kept(event: &str) -> HostError {
    HostError::new(
        ErrorCode::Internal,
        format!("the ledger did not keep the event `{event}`, so it was not done"),
        "look at the disk that holds the state directory",
    )
}
