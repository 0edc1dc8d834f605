//! The page fits the terminal, with three hosts and with five hundred, and failures come first.

use super::*;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::{Event, EventKind, HostPhase};
use crate::model::name::{HostName, RunId, WaveName};
use crate::model::plan::{Budget, PlannedWave};
use crate::model::test_runs::plan_of;
use crate::report::terminal::{Look, render};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn wave(name: &str, hosts: usize) -> PlannedWave {
    let planned = |number: usize| crate::model::plan::PlannedHost {
        name: HostName::new(format!("{name}{number:03}")).unwrap(),
        address: "10.0.0.1".to_owned(),
        port: 22,
        basis: crate::model::plan::Basis::Unknown {
            error: HostError::new(ErrorCode::Connect, "", ""),
        },
        changes: std::sync::Arc::from(Vec::new()),
        may_bring: std::sync::Arc::from(Vec::new()),
        removes: Vec::new(),
        left_out: Vec::new(),
        reboot: crate::model::host::RebootPolicy::Never,
        foresight: None,
    };
    PlannedWave {
        name: WaveName::new(name).unwrap(),
        batches: vec![(1..=hosts).map(planned).collect()],
        parallel: 1,
        budget: Budget { tolerated: 1, hosts },
        soak: Duration::ZERO,
        gates: Vec::new(),
    }
}

fn standing(hosts: usize, kinds: Vec<EventKind>) -> Standing {
    let run = RunId::new("20260921T142640Z-4f1c").unwrap();
    let plan = plan_of(run.as_str(), vec![wave("canary", 1), wave("fleet", hosts)]);
    let events: Vec<Event> = (1..)
        .zip(kinds)
        .map(|(sequence, kind)| Event {
            sequence,
            at: at(i64::try_from(sequence).unwrap()),
            run: run.clone(),
            kind,
        })
        .collect();
    Standing::of(&run, &plan, &events)
}

fn started(number: usize) -> EventKind {
    EventKind::HostStarted {
        host: HostName::new(format!("fleet{number:03}")).unwrap(),
        wave: WaveName::new("fleet").unwrap(),
    }
}

fn failed(number: usize) -> EventKind {
    EventKind::HostFinished {
        host: HostName::new(format!("fleet{number:03}")).unwrap(),
        wave: WaveName::new("fleet").unwrap(),
        state: HostRunState::Failed,
        rebooted: false,
        duration_ms: 900,
        error: Some(HostError::new(
            ErrorCode::Disk,
            "the disk that holds /var is full, and a transaction of so many packages does not fit there",
            "make room in /var",
        )),
        changed: Vec::new(),
        excerpt: Vec::new(),
        downloaded_bytes: None,
    }
}

fn of_fleet(hosts: usize) -> Standing {
    let mut events = vec![EventKind::WaveStarted {
        wave: WaveName::new("fleet").unwrap(),
        hosts,
        batches: 2,
        budget: Budget { tolerated: 1, hosts },
    }];
    events.push(EventKind::BatchStarted {
        wave: WaveName::new("fleet").unwrap(),
        batch: 1,
        hosts,
    });
    events.extend((1..=hosts).map(started));
    events.push(failed(1));
    events.push(EventKind::HostPhase {
        host: HostName::new("fleet002").unwrap(),
        phase: HostPhase::Patching,
    });
    standing(hosts, events)
}

fn shown(standing: &Standing, width: u16, now: i64) -> String {
    let controller = Controller {
        user: "operations".to_owned(),
        machine: "controller-01.example.org".to_owned(),
        process: 4_711,
        since: at(0),
    };
    let view = StatusView {
        standing,
        is_held: true,
        controller: Some(&controller),
        estimate: None,
        now: at(now),
    };
    let look = Look {
        width: Some(width),
        colour: false,
    };
    render(&status_page(view), look) + &render(&statuses_page(&[view, view]), look)
}

#[test]
fn the_page_fits_terminals_whatever_the_fleet() {
    for hosts in [3, 500] {
        let standing = of_fleet(hosts);
        for width in [80, 200] {
            let page = shown(&standing, width, 700);
            let widest = page.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap();
            assert!(widest <= usize::from(width), "{widest} > {width}:\n{page}");
            assert!(page.lines().count() < 60, "{page}");
            for word in ["operations@controller-01", "E_DISK", "patching", "wave fleet, batch 1"] {
                assert!(page.contains(word), "{word} is missing:\n{page}");
            }
            assert!(page.find("E_DISK") < page.find("WAVE "), "failures come first:\n{page}");
        }
    }
    assert!(shown(&of_fleet(500), 80, 700).contains("starting too, 487 hosts"));
}

#[test]
fn what_is_waited_for_is_said() {
    let soak = EventKind::SoakStarted {
        wave: WaveName::new("canary").unwrap(),
        duration: Duration::from_secs(1_800),
    };
    let soaking = shown(&standing(3, vec![soak.clone()]), 80, 601);
    assert!(soaking.contains("soaking after wave canary, 20m left"), "{soaking}");
    assert!(soaking.contains("patchwave promote"), "{soaking}");
    let paused = EventKind::RunPaused {
        reason: "eva@desk asked for it".to_owned(),
    };
    let paused = shown(&standing(3, vec![paused]), 80, 5);
    assert!(paused.contains("paused: eva@desk asked for it"), "{paused}");
}

#[test]
fn a_run_that_nobody_carries_out_says_how_it_goes_on() {
    let standing = of_fleet(3);
    let view = StatusView {
        standing: &standing,
        is_held: false,
        controller: None,
        estimate: None,
        now: at(90),
    };
    let look = Look {
        width: None,
        colour: false,
    };
    let page = render(&status_page(view), look);
    assert!(
        page.contains("nobody carries it out: go on with `patchwave resume 20260921T142640Z-4f1c`"),
        "{page}"
    );
}
