//! Ctrl-C, SIGTERM and a closed terminal: once drains, twice detaches.

use crate::rollout::Control;

/// Presses the control at every signal, as long as the runtime lives.
pub fn watch(control: &Control) {
    let control = control.clone();
    tokio::spawn(async move {
        loop {
            if next_signal().await.is_err() {
                return;
            }
            control.press();
        }
    });
}

#[cfg(unix)]
async fn next_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
        _ = hang_up.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn next_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
