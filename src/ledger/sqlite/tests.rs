//! The ledger in a file: what it keeps, refuses and finds again.

use super::*;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::run::{HostReport, HostRunState, RunOutcome};
use crate::model::run_record::{RunStep, RunTrust};
use crate::model::scan::{HostScan, HostState};
use crate::model::test_runs::{host_report, plan_of, run_report};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn host_scan(name: &str, address: &str) -> HostScan {
    HostScan {
        name: HostName::new(name).unwrap(),
        address: address.to_owned(),
        port: 22,
        state: HostState::Unreachable,
        error: Some(HostError::new(ErrorCode::Connect, "refused", "start sshd")),
        duration_ms: 3,
        facts: None,
        updates: Vec::new(),
        notices: Vec::new(),
    }
}

fn record() -> RunRecord {
    RunRecord {
        command: "apply".to_owned(),
        step: RunStep::Everything,
        trust: RunTrust::JustPlanned,
        ignores_window: false,
        plan: None,
        expires: None,
        inventory: vec![PathBuf::from("/srv/inventory.yml")],
        ssh_config: None,
        parallel: None,
        connect_timeout: None,
        timeout: Duration::from_secs(60),
        lock_wait: None,
        next: None,
    }
}

/// A run of an empty plan, from that second on.
pub(super) fn begin(ledger: &mut SqliteLedger, run: &str, second: i64) -> RunId {
    let plan = plan_of(run, Vec::new());
    let run = RunId::new(run).unwrap();
    ledger.begin_run(&run, at(second), &plan, &record()).unwrap();
    run
}

fn scan(id: &str, second: i64, hosts: Vec<HostScan>) -> Scan {
    Scan {
        id: RunId::new(id).unwrap(),
        started: at(second),
        finished: at(second),
        hosts,
    }
}

#[test]
fn the_latest_answer_of_a_host_is_found_across_scans() {
    let mut ledger = SqliteLedger::in_memory().unwrap();
    ledger
        .keep_scan(&scan(
            "a",
            10,
            vec![host_scan("web01", "10.0.0.1"), host_scan("db01", "10.0.0.2")],
        ))
        .unwrap();
    ledger
        .keep_scan(&scan("b", 20, vec![host_scan("web01", "10.0.0.1")]))
        .unwrap();
    let latest = |name: &str, address: &str| {
        ledger
            .latest_host_scan(&HostName::new(name).unwrap(), address, 22)
            .unwrap()
            .map(|found| found.scan.to_string())
    };
    assert_eq!(latest("web01", "10.0.0.1").as_deref(), Some("b"));
    assert_eq!(latest("db01", "10.0.0.2").as_deref(), Some("a"));
    assert_eq!(
        latest("web01", "10.9.9.9"),
        None,
        "a namesake elsewhere is another host"
    );
}

#[test]
fn a_commit_is_on_the_disk_when_it_returns() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    let pragma = |name: &str| -> String {
        let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        let value = ledger
            .connection
            .query_row(&format!("PRAGMA {name}"), [], value)
            .unwrap();
        format!("{value:?}")
    };
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    // FULL: every commit ends with fsync of the log, see sqlite.org/pragma.html#pragma_synchronous.
    assert_eq!(pragma("synchronous"), "Integer(2)");
}

/// The first runs of cron, of a terminal and of a second shell may begin at the same moment.
#[test]
fn many_at_once_may_be_the_first() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            let opened: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        SqliteLedger::open(folder.path()).map(drop)
                    })
                })
                .collect();
            for opened in opened {
                opened.join().unwrap().unwrap();
            }
        });
    }
}

#[test]
fn a_damaged_file_is_told_from_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ledger.sqlite"), "no database at all ".repeat(100)).unwrap();
    let error = SqliteLedger::open(folder.path()).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged(_)), "{error}");
}

#[test]
fn events_come_back_in_order_and_cannot_be_changed() {
    let mut ledger = SqliteLedger::in_memory().unwrap();
    let run = begin(&mut ledger, "r1", 1);
    let event = |sequence| Event {
        sequence,
        at: at(1),
        run: run.clone(),
        kind: EventKind::Draining,
    };
    for sequence in 1..=3 {
        ledger.append_event(&event(sequence)).unwrap();
    }
    let sequences: Vec<u64> = ledger
        .events(&run)
        .unwrap()
        .iter()
        .map(|event| event.sequence)
        .collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert!(ledger.append_event(&event(3)).is_err());
    assert!(ledger.connection.execute("DELETE FROM events", []).is_err());
    assert!(
        ledger.connection.execute("DELETE FROM runs", []).is_err(),
        "nor with its run"
    );
    assert_eq!(ledger.begun_run(&run).unwrap().unwrap().record, Some(record()));
    assert!(
        ledger
            .connection
            .execute("UPDATE events SET document = ''", [])
            .is_err()
    );
}

fn keep_run(ledger: &mut SqliteLedger, id: &str, second: i64, hosts: &[(&str, HostRunState, u64)]) {
    let _ = begin(ledger, id, second);
    let hosts = hosts.iter().map(|(name, state, duration_ms)| HostReport {
        duration_ms: *duration_ms,
        ..host_report(name, "one", *state)
    });
    let report = run_report(id, RunOutcome::Completed, hosts.collect());
    ledger.end_run(&report, at(second)).unwrap();
}

#[test]
fn past_durations_are_those_of_patched_turns_of_the_newest_runs() {
    use HostRunState::{Failed, Patched, Unchanged};
    let mut ledger = SqliteLedger::in_memory().unwrap();
    assert_eq!(ledger.past_durations(20).unwrap(), PastDurations::default());
    keep_run(
        &mut ledger,
        "r1",
        10,
        &[("old", Patched, 99_000), ("a", Patched, 50_000)],
    );
    keep_run(&mut ledger, "r2", 20, &[("a", Patched, 3_000), ("b", Failed, 9_000)]);
    keep_run(&mut ledger, "r3", 30, &[("a", Patched, 2_000), ("b", Unchanged, 10)]);
    let past = ledger.past_durations(2).unwrap();
    let of = |name: &str| past.of(&HostName::new(name).unwrap());
    assert_eq!(past.runs, 2);
    assert_eq!(of("a"), Some(Duration::from_secs(3)));
    assert_eq!((of("b"), of("old")), (None, None));
    let all = ledger.past_durations(20).unwrap();
    assert_eq!(all.of(&HostName::new("old").unwrap()), Some(Duration::from_secs(99)));
}

#[test]
fn a_ledger_of_a_newer_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(directory.path()).unwrap();
    ledger.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(ledger);
    assert!(matches!(
        SqliteLedger::open(directory.path()),
        Err(LedgerError::Newer { found: 99, .. })
    ));
}

#[cfg(unix)]
#[test]
fn the_directory_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("state/patchwave");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o755)).unwrap();
    SqliteLedger::open(&directory).unwrap();
    assert_eq!(
        std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777,
        0o700
    );
}
