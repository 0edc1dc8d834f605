//! Hears what operators say to a run in other shells: their words lie in the ledger.
//!
//! What must stay true: every word behind the last one that the journal has is given to the run, once and in its order.

use std::path::PathBuf;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::ledger::{Ledger, SqliteLedger};
use crate::model::event::{Event, EventKind};
use crate::model::name::RunId;
use crate::model::order::Order;
use crate::rollout::{Control, HeardOrder};

/// How often the ledger is asked. A word is heard within half a second, and one look costs microseconds.
const EVERY: Duration = Duration::from_millis(400);

/// Listens until it is dropped.
pub struct Listening(JoinHandle<()>);

impl Listening {
    /// Begins to listen for a run with these events so far. A word to abort that was heard before holds on.
    #[must_use]
    pub fn begin(run: RunId, events: &[Event], state: PathBuf, control: &Control) -> Self {
        if let Some(by) = events.iter().find_map(aborted_by) {
            control.abort_again(by);
        }
        let heard = events.iter().filter_map(number).max().unwrap_or(0);
        Self(tokio::spawn(listen(run, heard, state, control.clone())))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen(run: RunId, mut heard: u64, state: PathBuf, control: Control) {
    let mut ledger = None;
    loop {
        // A ledger that cannot be read now may be readable in a moment, and the run's own writing tells of it.
        if ledger.is_none() {
            ledger = SqliteLedger::open(&state).ok();
        }
        let given = ledger.as_ref().and_then(|ledger| ledger.orders_after(&run, heard).ok());
        for order in given.unwrap_or_default() {
            heard = order.number;
            control.give(HeardOrder {
                order: order.order,
                by: order.by,
                number: Some(order.number),
            });
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn number(event: &Event) -> Option<u64> {
    match &event.kind {
        EventKind::Ordered { number, .. } => *number,
        _ => None,
    }
}

fn aborted_by(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Ordered {
            order: Order::Abort,
            ignored: None,
            by,
            ..
        } => Some(by),
        _ => None,
    }
}
