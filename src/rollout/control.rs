//! How an operator stops and steers a scan or a run: signals, keys and the words of other shells all end here.
//!
//! Two levels of stopping, which act at once: drain, then detach. Words (pause, continue, promote, abort) wait here until
//! the dispatcher has recorded each of them, and only then change anything.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::model::order::Order;

/// Everything that an operator can say to what runs. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Control {
    drain: CancellationToken,
    detach: CancellationToken,
    is_watched: Arc<AtomicBool>,
    orders: Arc<Orders>,
    steering: watch::Sender<Steering>,
}

/// A word that arrived and that nobody has recorded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardOrder {
    /// The word.
    pub order: Order,
    /// Who gave it: `user@machine`.
    pub by: String,
    /// Its number in the ledger, when it came from there.
    pub number: Option<u64>,
}

#[derive(Debug, Default)]
struct Orders {
    waiting: Mutex<VecDeque<HeardOrder>>,
    arrived: Notify,
}

/// What the words that were obeyed come to.
#[derive(Debug, Clone, Default)]
struct Steering {
    paused: bool,
    aborted_by: Option<String>,
    /// Whether somebody waits for what a promotion or a word to go on would end.
    wait: Option<WaitKind>,
    promotions: Promotions,
    continuations: u64,
}

/// How often each kind of waiting was promoted: the word for one does not count for another.
#[derive(Debug, Clone, Copy, Default)]
struct Promotions {
    soaks: u64,
    decisions: u64,
}

impl Promotions {
    fn of(self, kind: WaitKind) -> u64 {
        match kind {
            WaitKind::Soak => self.soaks,
            WaitKind::Decision => self.decisions,
        }
    }
}

/// What a run waits for that an operator can cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitKind {
    /// The time after a wave. Only a promotion ends it.
    Soak,
    /// A decision about something that is unknown. A promotion lets it pass, a word to go on has it looked at again.
    Decision,
}

impl Control {
    /// A control that nobody has touched.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nobody watched for signals yet; whoever gets this answer does.
    #[must_use]
    pub fn begin_watching(&self) -> bool {
        !self.is_watched.swap(true, Ordering::Relaxed)
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

    /// Puts a word behind those that wait to be recorded and obeyed.
    pub fn give(&self, heard: HeardOrder) {
        self.orders
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(heard);
        self.orders.arrived.notify_one();
    }

    /// Has the run end as one that was aborted, because its journal says so already.
    pub fn abort_again(&self, by: &str) {
        self.obey(Order::Abort, by);
    }

    /// Whether no host may start until somebody says `continue`.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        let steering = self.steering.borrow();
        steering.paused || steering.wait == Some(WaitKind::Decision)
    }

    /// Who aborted the run, when somebody did.
    #[must_use]
    pub fn aborted_by(&self) -> Option<String> {
        self.steering.borrow().aborted_by.clone()
    }

    /// The oldest word that waits.
    pub(super) fn waiting_order(&self) -> Option<HeardOrder> {
        let mut waiting = self.orders.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front()
    }

    /// The next word. Nothing is lost when it is not waited for to the end.
    pub(super) async fn next_order(&self) -> HeardOrder {
        loop {
            if let Some(heard) = self.waiting_order() {
                return heard;
            }
            self.orders.arrived.notified().await;
        }
    }

    /// Whether an operator said `pause` and nobody said `continue` since.
    pub(super) fn is_held(&self) -> bool {
        self.steering.borrow().paused
    }

    /// Why a word would change nothing now; `None` when it would.
    pub(super) fn why_ignored(&self, order: Order) -> Option<&'static str> {
        let steering = self.steering.borrow();
        let is_ending = self.is_draining();
        match order {
            Order::Abort if steering.aborted_by.is_some() => Some("it is being aborted already"),
            Order::Pause | Order::Continue | Order::Promote if is_ending => Some("the run is ending already"),
            Order::Pause if steering.paused => Some("it is paused already"),
            Order::Continue if !steering.paused && steering.wait != Some(WaitKind::Decision) => {
                Some("it is not paused")
            }
            Order::Promote if steering.wait.is_none() => {
                Some("there is nothing to promote: neither a soak nor an undecided gate")
            }
            Order::Pause | Order::Continue | Order::Promote | Order::Abort => None,
        }
    }

    /// Makes a word true that was recorded.
    pub(super) fn obey(&self, order: Order, by: &str) {
        self.steering.send_modify(|steering| match order {
            Order::Pause => steering.paused = true,
            Order::Continue => {
                steering.paused = false;
                steering.continuations += 1;
            }
            Order::Promote => match steering.wait {
                Some(WaitKind::Decision) => steering.promotions.decisions += 1,
                Some(WaitKind::Soak) | None => steering.promotions.soaks += 1,
            },
            Order::Abort => steering.aborted_by = Some(by.to_owned()),
        });
        if order == Order::Abort {
            self.drain.cancel();
        }
    }

    /// A soak was under way when the run was taken up again: a promotion that comes before the run gets there counts.
    pub(super) fn expect_soak(&self) {
        self.steering
            .send_modify(|steering| steering.wait = Some(WaitKind::Soak));
    }

    /// Goes on waiting for what was waited for before the run was taken up again.
    pub(super) fn wait_again(&self, kind: WaitKind) -> Wait<'_> {
        let mut wait = self.wait(kind);
        wait.promotions = 0;
        wait
    }

    /// Begins to wait for something that an operator can cut short, until the answer is dropped.
    pub(super) fn wait(&self, kind: WaitKind) -> Wait<'_> {
        self.steering.send_modify(|steering| steering.wait = Some(kind));
        let steering = self.steering.borrow();
        Wait {
            control: self,
            kind,
            promotions: steering.promotions.of(kind),
            continuations: steering.continuations,
        }
    }
}

/// Something that an operator can cut short is waited for.
pub(super) struct Wait<'a> {
    control: &'a Control,
    kind: WaitKind,
    /// Of that kind, when the waiting began.
    promotions: u64,
    continuations: u64,
}

impl Wait<'_> {
    /// Ends when it is promoted.
    pub(super) async fn promoted(&self) {
        self.until(|steering| steering.promotions.of(self.kind) != self.promotions)
            .await;
    }

    /// Whether it is promoted.
    pub(super) fn is_promoted(&self) -> bool {
        self.control.steering.borrow().promotions.of(self.kind) != self.promotions
    }

    /// Ends when somebody said to go on.
    pub(super) async fn continued(&self) {
        self.until(|steering| steering.continuations != self.continuations)
            .await;
    }

    async fn until(&self, is_so: impl FnMut(&Steering) -> bool) {
        // The sender is part of the control, so it outlives the wait.
        let _ = self.control.steering.subscribe().wait_for(is_so).await;
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.control.steering.send_modify(|steering| steering.wait = None);
    }
}
