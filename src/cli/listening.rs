//! Hears what operators say to a run in other shells: their words lie in the ledger.
//!
//! What must stay true: every word behind the last one that the journal has is given to the run, once and in its order.
//! What was said while nobody carried the run out is given before the run goes on.

use std::path::{Path, PathBuf};
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
        let mut ear = Ear {
            run,
            heard: heard(events),
            ledger: None,
            control: control.clone(),
        };
        ear.listen(&state);
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                ear.listen(&state);
            }
        }))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Ear {
    run: RunId,
    heard: u64,
    ledger: Option<SqliteLedger>,
    control: Control,
}

impl Ear {
    /// Gives on what is new. A ledger that cannot be read now is asked again, and the run's own writing tells of it.
    fn listen(&mut self, state: &Path) {
        if self.ledger.is_none() {
            self.ledger = SqliteLedger::open(state).ok();
        }
        let given = self
            .ledger
            .as_ref()
            .map(|ledger| ledger.orders_after(&self.run, self.heard));
        for order in given.and_then(Result::ok).unwrap_or_default() {
            self.heard = order.number;
            self.control.give(HeardOrder {
                order: order.order,
                by: order.by,
                number: Some(order.number),
            });
        }
    }
}

/// The number of the last word that the journal has.
#[must_use]
pub fn heard(events: &[Event]) -> u64 {
    let numbers = events.iter().filter_map(|event| match &event.kind {
        EventKind::Ordered { number, .. } => *number,
        _ => None,
    });
    numbers.max().unwrap_or(0)
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
