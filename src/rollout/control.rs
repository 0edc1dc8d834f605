//! How an operator stops a scan or a run: once drains, twice detaches.

use tokio_util::sync::CancellationToken;

/// Two levels of stopping. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Control {
    drain: CancellationToken,
    detach: CancellationToken,
}

impl Control {
    /// A control that nobody has touched.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One step further: the first call drains, the next detaches.
    pub fn press(&self) {
        if self.drain.is_cancelled() {
            self.detach.cancel();
        } else {
            self.drain.cancel();
        }
    }

    /// Whether no further host may start.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// Ends when no further host may start.
    pub async fn drained(&self) {
        self.drain.cancelled().await;
    }

    /// Ends when running hosts are to be left alone.
    pub async fn detached(&self) {
        self.detach.cancelled().await;
    }
}
