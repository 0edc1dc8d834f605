//! What `resume --no-wait` leaves alone. It is for cron: nobody watches it, so it must not undo what an operator said.

use jiff::Timestamp;

use crate::model::event::{Event, EventKind};
use crate::model::name::RunId;
use crate::model::order::{GivenOrder, Order};
use crate::model::plan::Plan;
use crate::model::standing::Standing;

/// Why the run is to be left alone now, with words that nobody has heard yet; `None` when it is to go on.
#[must_use]
pub(super) fn left_alone(
    run: &RunId,
    plan: &Plan,
    events: &[Event],
    said: &[GivenOrder],
    now: Timestamp,
) -> Option<String> {
    let is_said = |order| said.iter().any(|given| given.order == order);
    if is_said(Order::Abort) {
        return None;
    }
    if let Some(by) = paused_by(events, said) {
        return Some(format!("{by} paused it; `patchwave resume {run}` goes on"));
    }
    let standing = Standing::of(run, plan, events);
    let soak = standing
        .soak
        .filter(|soak| soak.until > now && standing.running.is_empty());
    soak.filter(|_| !is_said(Order::Promote)).map(|soak| {
        let until = soak.until.strftime("%Y-%m-%d %H:%M:%SZ");
        format!("wave {} soaks until {until}", soak.wave)
    })
}

/// Who paused the run, when nobody said `continue` since.
fn paused_by<'a>(events: &'a [Event], said: &'a [GivenOrder]) -> Option<&'a str> {
    let heard = events.iter().filter_map(|event| match &event.kind {
        EventKind::Ordered {
            order,
            by,
            ignored: None,
            ..
        } => Some((*order, by.as_str())),
        EventKind::RunResumed { .. } => Some((Order::Continue, "")),
        _ => None,
    });
    let unheard = said.iter().map(|given| (given.order, given.by.as_str()));
    let all = heard.chain(unheard);
    let mut backwards = all.rev();
    let last = backwards.find(|(order, _)| matches!(order, Order::Pause | Order::Continue));
    last.and_then(|(order, by)| (order == Order::Pause).then_some(by))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind) -> Event {
        Event {
            sequence: 1,
            at: Timestamp::UNIX_EPOCH,
            run: RunId::new("r").unwrap(),
            kind,
        }
    }

    fn ordered(order: Order) -> Event {
        event(EventKind::Ordered {
            order,
            by: "eva@desk".to_owned(),
            number: None,
            ignored: None,
        })
    }

    fn given(order: Order) -> GivenOrder {
        GivenOrder {
            number: 1,
            order,
            at: Timestamp::UNIX_EPOCH,
            by: "max@lap".to_owned(),
        }
    }

    #[test]
    fn a_pause_holds_until_somebody_says_otherwise() {
        assert_eq!(paused_by(&[ordered(Order::Pause)], &[]), Some("eva@desk"));
        assert_eq!(paused_by(&[ordered(Order::Pause), ordered(Order::Continue)], &[]), None);
        assert_eq!(paused_by(&[ordered(Order::Pause)], &[given(Order::Continue)]), None);
        assert_eq!(
            paused_by(&[], &[given(Order::Pause), given(Order::Promote)]),
            Some("max@lap")
        );
    }
}
