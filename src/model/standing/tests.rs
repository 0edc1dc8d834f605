//! Every beginning of a run's events says how the run stood then.

use std::time::Duration;

use super::*;
use crate::model::event::HostPhase;
use crate::model::order::Order;
use crate::model::plan::PlannedWave;
use crate::model::test_runs::plan_of;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn wave(name: &str) -> WaveName {
    WaveName::new(name).unwrap()
}

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn plan() -> Plan {
    let planned = |name: &str| PlannedWave {
        name: wave(name),
        batches: Vec::new(),
        parallel: 1,
        budget: Budget { tolerated: 0, hosts: 2 },
        soak: Duration::from_secs(60),
        gates: Vec::new(),
    };
    plan_of("s", vec![planned("canary"), planned("fleet")])
}

fn finished(name: &str, state: HostRunState) -> EventKind {
    EventKind::HostFinished {
        host: host(name),
        wave: wave("canary"),
        state,
        rebooted: false,
        duration_ms: 5,
        error: None,
        changed: Vec::new(),
        excerpt: Vec::new(),
        downloaded_bytes: None,
    }
}

fn standing(kinds: Vec<EventKind>) -> Standing {
    let run = RunId::new("r").unwrap();
    let events: Vec<Event> = (1..)
        .zip(kinds)
        .map(|(sequence, kind)| Event {
            sequence,
            at: at(i64::try_from(sequence).unwrap() * 10),
            run: run.clone(),
            kind,
        })
        .collect();
    Standing::of(&run, &plan(), &events)
}

fn started(name: &str) -> EventKind {
    EventKind::HostStarted {
        host: host(name),
        wave: wave("canary"),
    }
}

#[test]
fn a_host_does_what_its_last_event_says() {
    let phase = EventKind::HostPhase {
        host: host("a"),
        phase: HostPhase::Patching,
    };
    let stands = standing(vec![
        started("a"),
        started("b"),
        phase,
        finished("b", HostRunState::Patched),
    ]);
    assert_eq!(stands.running.len(), 1);
    let running = &stands.running[0];
    assert_eq!(
        (running.doing.as_str(), running.began, running.since),
        ("patching", at(10), at(30))
    );
    assert_eq!(stands.number(HostRunState::Patched), 1);
}

#[test]
fn a_host_that_is_taken_up_again_counts_once() {
    let again = EventKind::HostResumed {
        host: host("a"),
        wave: wave("canary"),
    };
    let stands = standing(vec![
        started("a"),
        finished("a", HostRunState::Failed),
        again,
        finished("a", HostRunState::Patched),
    ]);
    assert_eq!(stands.number(HostRunState::Failed), 0);
    assert_eq!(stands.number(HostRunState::Patched), 1);
    assert_eq!(stands.waves[0].failures(), 0);
}

#[test]
fn a_soak_goes_on_while_nobody_carries_out_the_run() {
    let name = || wave("canary");
    let stands = standing(vec![
        EventKind::SoakStarted {
            wave: name(),
            duration: Duration::from_secs(60),
        },
        EventKind::WaveFinished {
            wave: name(),
            outcome: WaveOutcome::Interrupted,
            reason: None,
        },
        EventKind::RunFinished {
            outcome: RunOutcome::Interrupted,
            reason: None,
        },
    ]);
    assert_eq!(stands.soak.as_ref().unwrap().until, at(70));
    assert_eq!(stands.current_wave().unwrap().state, WaveState::Soaking);
}

#[test]
fn an_order_counts_when_it_was_obeyed() {
    let abort = |ignored: Option<&str>| EventKind::Ordered {
        order: Order::Abort,
        by: "eva@desk".to_owned(),
        number: None,
        ignored: ignored.map(str::to_owned),
    };
    assert_eq!(standing(vec![abort(Some("too late"))]).aborted_by, None);
    assert_eq!(standing(vec![abort(None)]).aborted_by.as_deref(), Some("eva@desk"));
}
