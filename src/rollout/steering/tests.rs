//! Words are kept before they are obeyed, and those that change nothing say why.

use super::*;

#[derive(Default)]
struct Kept {
    events: Vec<EventKind>,
    is_broken: bool,
}

impl EventSink for Kept {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        if self.is_broken {
            return Err(SinkError("no space".to_owned()));
        }
        self.events.push(kind);
        Ok(())
    }
}

fn heard(order: Order) -> HeardOrder {
    HeardOrder {
        order,
        by: "eva@desk".to_owned(),
        number: Some(1),
    }
}

fn say(order: Order, control: &Control, kept: &mut Kept) -> Option<String> {
    hear(heard(order), control, kept).unwrap();
    kept.events.iter().rev().find_map(|event| match event {
        EventKind::Ordered { ignored, .. } => Some(ignored.clone()),
        _ => None,
    })?
}

#[test]
fn a_word_that_is_not_kept_is_not_obeyed() {
    let control = Control::new();
    let mut kept = Kept {
        is_broken: true,
        ..Kept::default()
    };
    for order in [Order::Pause, Order::Abort] {
        hear(heard(order), &control, &mut kept).unwrap_err();
    }
    assert!(!control.is_paused() && !control.is_draining());
    assert_eq!(control.aborted_by(), None);
}

#[test]
fn what_changes_nothing_says_why() {
    let control = Control::new();
    let mut kept = Kept::default();
    assert!(
        say(Order::Continue, &control, &mut kept)
            .unwrap()
            .contains("not paused")
    );
    assert!(
        say(Order::Promote, &control, &mut kept)
            .unwrap()
            .contains("nothing to promote")
    );
    assert_eq!(say(Order::Pause, &control, &mut kept), None);
    assert!(control.is_paused());
    assert!(say(Order::Pause, &control, &mut kept).unwrap().contains("already"));
    assert_eq!(say(Order::Continue, &control, &mut kept), None);
    assert!(!control.is_paused());
    let paused = |event: &&EventKind| matches!(event, EventKind::RunPaused { .. } | EventKind::RunContinued);
    assert_eq!(kept.events.iter().filter(paused).count(), 2);
    assert_eq!(say(Order::Abort, &control, &mut kept), None);
    assert!(control.is_draining());
    assert_eq!(control.aborted_by().as_deref(), Some("eva@desk"));
    assert!(say(Order::Pause, &control, &mut kept).unwrap().contains("ending"));
}

#[tokio::test]
async fn what_is_unknown_waits_for_a_decision() {
    let decisions = [
        (Order::Promote, Decision::Promoted),
        (Order::Continue, Decision::LookAgain),
        (Order::Abort, Decision::Stopped),
    ];
    for (order, decision) in decisions {
        let control = Control::new();
        let mut kept = Kept::default();
        let shared = SharedSink::new(&mut kept);
        let (mut one, mut other) = (&shared, &shared);
        // A word from before is none about this.
        hear(heard(Order::Promote), &control, &mut one).unwrap();
        let said = async {
            tokio::task::yield_now().await;
            assert!(control.is_paused());
            control.give(heard(order));
            listen(&control, &mut other).await
        };
        let made = tokio::select! {
            made = wait_for_promotion(&control, "the gate is unknown".to_owned(), &mut one) => made.unwrap(),
            error = said => panic!("{error}"),
        };
        assert_eq!(made, decision);
        assert!(!control.is_paused());
    }
}

#[test]
fn a_promotion_counts_for_what_was_waited_for() {
    let control = Control::new();
    let mut kept = Kept::default();
    control.expect_soak();
    let undecided = control.wait(WaitKind::Decision);
    assert_eq!(say(Order::Promote, &control, &mut kept), None);
    assert!(undecided.is_promoted());
    drop(undecided);
    assert!(!control.wait_again(WaitKind::Soak).is_promoted());
    control.expect_soak();
    assert_eq!(say(Order::Promote, &control, &mut kept), None);
    assert!(control.wait_again(WaitKind::Soak).is_promoted());
}
