//! The state of one simulated host, and what can be made to go wrong with it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::keys::PublicKey;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::shell::ScriptHandler;

/// What goes wrong with a simulated host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The port is closed.
    RefuseConnections,
    /// Connections are closed before the banner.
    CloseBeforeBanner,
    /// Connections are accepted and nothing is ever said.
    Stall,
    /// Logins are never answered.
    StallLogin,
    /// It shows another host key than its own.
    WrongHostKey,
    /// The connection breaks when a command is started.
    ResetMidCommand,
    /// A started command never says anything and never ends.
    StallMidCommand,
    /// Commands end without an exit status.
    NoExitStatus,
    /// Commands end at once, without reading their input.
    CloseWithoutReading,
}

/// How a simulated host's `sudo` behaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SimulatedSudo {
    /// It asks for nothing.
    #[default]
    NoPassword,
    /// It asks for this password when a prompt is allowed, else it refuses.
    Password(String),
    /// The user is not in sudoers.
    NotAllowed,
    /// It wants a terminal.
    NeedsTerminal,
    /// It is not installed.
    Missing,
    /// It says nothing and waits, as for a second factor.
    Silent,
}

/// What the tasks of one host share.
pub(super) struct HostState {
    pub(super) handler: Arc<dyn ScriptHandler>,
    pub(super) sudo: SimulatedSudo,
    pub(super) authorized: Arc<Vec<PublicKey>>,
    pub(super) fault: watch::Sender<Fault>,
    sessions: Mutex<CancellationToken>,
    stop: CancellationToken,
    tasks: TaskTracker,
    pub(super) passwords: AtomicUsize,
    pub(super) refused_logins: AtomicUsize,
    pub(super) connections: AtomicUsize,
}

impl HostState {
    /// A host that is well; its tasks end when `stop` is cancelled.
    pub(super) fn new(
        handler: Arc<dyn ScriptHandler>,
        sudo: SimulatedSudo,
        authorized: Arc<Vec<PublicKey>>,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        Self {
            handler,
            sudo,
            authorized,
            fault: watch::Sender::new(Fault::None),
            sessions: Mutex::new(stop.child_token()),
            stop: stop.clone(),
            tasks: tasks.clone(),
            passwords: AtomicUsize::new(0),
            refused_logins: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        }
    }

    /// What goes wrong at present.
    pub(super) fn fault(&self) -> Fault {
        *self.fault.borrow()
    }

    /// Breaks every connection.
    pub(super) fn reset(&self) {
        let mut token = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        token.cancel();
        *token = self.stop.child_token();
    }

    /// Goes down now and comes back after a while.
    pub(super) fn go_down(self: &Arc<Self>, duration: Duration) {
        self.fault.send_replace(Fault::RefuseConnections);
        self.reset();
        let state = Arc::clone(self);
        self.spawn(async move {
            tokio::time::sleep(duration).await;
            state.fault.send_replace(Fault::None);
        });
    }

    /// Counts a password that was given to `sudo`.
    pub(super) fn count_password(&self) {
        self.passwords.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a key that was refused.
    pub(super) fn count_refused_login(&self) {
        self.refused_logins.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs a task that ends when the fleet is stopped.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let _ = stop.run_until_cancelled(task).await;
        });
    }

    /// Waits until the fleet is stopped.
    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Cancelled when connections are broken.
    pub(super) fn session_token(&self) -> CancellationToken {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
