//! What holds of every journal: any beginning of it can be read, and reading on from there tells the same.

use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;
use crate::model::controller::Controller;
use crate::model::event::HostPhase;
use crate::model::hook::HookPoint;
use crate::model::name::RunId;
use crate::model::run::HostRunState;

fn wave(number: u8) -> WaveName {
    WaveName::new(format!("wave-{number}")).unwrap()
}

fn host(number: u8) -> HostName {
    HostName::new(format!("host{number}")).unwrap()
}

fn kind() -> impl Strategy<Value = EventKind> {
    let (hosts, waves) = (0..3_u8, 0..2_u8);
    (0..14_u8, hosts, waves, any::<bool>()).prop_map(|(which, number, wave_number, flag)| {
        let (host, wave) = (host(number), wave(wave_number));
        match which {
            0 => EventKind::HostStarted { host, wave },
            1 => EventKind::HostResumed { host, wave },
            2 => EventKind::HostJob {
                host,
                job: format!("run-{wave_number}"),
                changes: Vec::new(),
                before: None,
            },
            3 => EventKind::HostJobEnded {
                host,
                job: format!("run-{wave_number}"),
                changed: Vec::new(),
                error: None,
                downloaded_bytes: Some(7),
                secured: None,
            },
            4 => EventKind::HostReboot {
                host,
                boot_id: "old".to_owned(),
            },
            5 => EventKind::HostRebooted {
                host,
                boot_id: "new".to_owned(),
                down_seconds: 3,
            },
            6 => EventKind::HostLeft { host },
            7 => finished(host, wave),
            8 => EventKind::HostPhase {
                host,
                phase: HostPhase::Restarting,
            },
            9 => EventKind::SoakStarted {
                wave,
                duration: Duration::from_secs(60),
            },
            10 => EventKind::WaveFinished {
                wave,
                outcome: if flag {
                    WaveOutcome::Passed
                } else {
                    WaveOutcome::Interrupted
                },
                reason: None,
            },
            11 => hook(host, flag),
            12 => EventKind::RunResumed { by: controller() },
            _ => EventKind::RunFinished {
                outcome: if flag {
                    RunOutcome::Completed
                } else {
                    RunOutcome::Interrupted
                },
                reason: None,
            },
        }
    })
}

fn finished(host: HostName, wave: WaveName) -> EventKind {
    EventKind::HostFinished {
        host,
        wave,
        state: HostRunState::Patched,
        rebooted: false,
        duration_ms: 5,
        error: None,
        excerpt: Vec::new(),
        changed: Vec::new(),
        downloaded_bytes: None,
    }
}

fn hook(host: HostName, undo: bool) -> EventKind {
    EventKind::HookStarted {
        hook: "drain".to_owned(),
        at: HookPoint::PrePatch,
        host: Some(host),
        wave: None,
        undo,
    }
}

fn controller() -> Controller {
    Controller {
        user: "ann".to_owned(),
        machine: "control01".to_owned(),
        process: 7,
        since: Timestamp::UNIX_EPOCH,
    }
}

fn events(kinds: Vec<EventKind>) -> Vec<Event> {
    let number = |(position, kind)| Event {
        sequence: position as u64 + 1,
        at: Timestamp::UNIX_EPOCH + (position as i64).seconds(),
        run: RunId::new("run").unwrap(),
        kind,
    };
    kinds.into_iter().enumerate().map(number).collect()
}

proptest! {
    #[test]
    fn a_beginning_and_the_rest_tell_what_the_whole_tells(kinds in prop::collection::vec(kind(), 0..40), at in 0_usize..40) {
        let events = events(kinds);
        let (beginning, rest) = events.split_at(at.min(events.len()));
        let mut journal = Journal::replay(beginning);
        prop_assert_eq!(journal.last_sequence(), beginning.len() as u64);
        rest.iter().for_each(|event| journal.take(event));
        prop_assert_eq!(&journal, &Journal::replay(&events));
    }

    #[test]
    fn what_is_written_and_read_tells_the_same(kinds in prop::collection::vec(kind(), 0..40)) {
        let events = events(kinds);
        let text = serde_json::to_string(&events).unwrap();
        let read: Vec<Event> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(Journal::replay(&read), Journal::replay(&events));
    }

    /// Told without the journal's own code: by a look at the last events of each host and job.
    #[test]
    fn the_last_word_of_each_host_counts(kinds in prop::collection::vec(kind(), 0..40)) {
        let journal = Journal::replay(&events(kinds.clone()));
        for number in 0..3 {
            let name = host(number);
            let is_begun = kinds.iter().any(|kind| {
                kind.host() == Some(&name)
                    && matches!(
                        kind,
                        EventKind::HostStarted { .. } | EventKind::HostResumed { .. } | EventKind::HostFinished { .. }
                    )
            });
            prop_assert_eq!(journal.host(&name).is_some(), is_begun);
            let Some(past) = journal.host(&name) else { continue };
            let ended = kinds.iter().any(|kind| kind.host() == Some(&name) && matches!(kind, EventKind::HostFinished { .. }));
            prop_assert_eq!(past.end.is_some(), ended);
            for job in &past.jobs {
                let last = kinds.iter().rev().find(|kind| match kind {
                    EventKind::HostJob { host, job: id, .. } | EventKind::HostJobEnded { host, job: id, .. } => {
                        *host == name && *id == job.id
                    }
                    _ => false,
                });
                prop_assert_eq!(job.end.is_some(), matches!(last, Some(EventKind::HostJobEnded { .. })));
            }
        }
    }
}

#[test]
fn time_in_which_nobody_carried_a_host_on_is_not_its_own() {
    let at = |second: i64| Timestamp::UNIX_EPOCH + second.seconds();
    let event = |sequence, second, kind| Event {
        sequence,
        at: at(second),
        run: RunId::new("run").unwrap(),
        kind,
    };
    let (name, wave) = (host(0), wave(0));
    let phase = || EventKind::HostPhase {
        host: name.clone(),
        phase: HostPhase::Patching,
    };
    let journal = Journal::replay(&[
        event(
            1,
            0,
            EventKind::HostStarted {
                host: name.clone(),
                wave: wave.clone(),
            },
        ),
        event(2, 10, phase()),
        event(3, 1_000, EventKind::RunResumed { by: controller() }),
        event(
            4,
            1_001,
            EventKind::HostResumed {
                host: name.clone(),
                wave: wave.clone(),
            },
        ),
        event(5, 1_006, phase()),
    ]);
    assert_eq!(journal.host(&name).unwrap().spent(), Duration::from_secs(15));
}

#[test]
fn a_soak_goes_on_while_nobody_looks() {
    let at = |second: i64| Timestamp::UNIX_EPOCH + second.seconds();
    let mut journal = Journal::default();
    assert_eq!(journal.soak_left(&wave(0), at(0)), None);
    journal.take(&Event {
        sequence: 1,
        at: at(100),
        run: RunId::new("run").unwrap(),
        kind: EventKind::SoakStarted {
            wave: wave(0),
            duration: Duration::from_secs(60),
        },
    });
    assert_eq!(journal.soak_left(&wave(0), at(140)), Some(Duration::from_secs(20)));
    assert_eq!(journal.soak_left(&wave(0), at(1_000)), Some(Duration::ZERO));
    assert_eq!(journal.soak_left(&wave(0), at(0)), Some(Duration::from_secs(60)));
}
