//! Ctrl-C, SIGTERM and a closed terminal: once drains, twice detaches.
//!
//! What must stay true: from the moment that [`watch`] returns no such signal ends the process by itself, and each
//! counts once, however often the same control is watched.

use crate::rollout::Control;

/// Presses the control at every signal, as long as the runtime lives.
pub fn watch(control: &Control) {
    if !control.begin_watching() {
        return;
    }
    let control = control.clone();
    // Listened to before this returns, not when the task first runs.
    let Ok(mut signals) = Signals::new() else {
        return;
    };
    tokio::spawn(async move {
        while signals.next().await {
            control.press();
        }
    });
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Whether one came; otherwise none will come any more.
    async fn next(&mut self) -> bool {
        let heard = tokio::select! {
            heard = self.interrupt.recv() => heard,
            heard = self.terminate.recv() => heard,
            heard = self.hang_up.recv() => heard,
        };
        heard.is_some()
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
