//! An operator who watches a run and does something about what happens: says a word, or breaks a host.

use std::time::Duration;

use super::Fleet;
use crate::model::event::EventKind;
use crate::model::order::Order;
use crate::model::plan::Plan;
use crate::model::run::RunReport;
use crate::rollout::{Control, EventSink, HeardOrder, RunContext, SinkError, Waits, run_plan};

/// Keeps every event, and does something when it sees one.
struct Operator<F> {
    control: Control,
    events: Vec<EventKind>,
    does: F,
}

impl<F: FnMut(&EventKind, &Control)> EventSink for Operator<F> {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        (self.does)(&kind, &self.control);
        self.events.push(kind);
        Ok(())
    }
}

/// Says a word at once.
pub(super) fn say(control: &Control, order: Order) {
    control.give(HeardOrder {
        order,
        by: "eva@desk".to_owned(),
        number: None,
    });
}

/// Says a word after that time; the run goes on meanwhile.
pub(super) fn say_later(control: &Control, order: Order, after: Duration) {
    let control = control.clone();
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        say(&control, order);
    });
}

/// Carries a plan out under the eyes of an operator.
pub(super) async fn run_watched(
    fleet: &Fleet,
    plan: &Plan,
    waits: Waits,
    does: impl FnMut(&EventKind, &Control),
) -> (RunReport, Vec<EventKind>) {
    let context = RunContext {
        waits,
        ..fleet.context()
    };
    let mut operator = Operator {
        control: context.control.clone(),
        events: Vec::new(),
        does,
    };
    let report = run_plan(plan, context, &mut operator).await.report;
    (report, operator.events)
}
