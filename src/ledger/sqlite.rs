//! The ledger in one SQLite file.
//!
//! Write-ahead log with full synchronisation: a commit that returned is on the disk. Migrations are append-only
//! and counted in `user_version`; a file from a newer version is refused, never guessed at.

mod orders;
mod seen;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::claim::{self, Claim, Claiming};
use super::{BegunRun, LatestHostScan, Ledger, LedgerError};
use crate::model::controller::Controller;
use crate::model::event::Event;
use crate::model::first_seen::{FirstSeen, SeenVersion, seen_in_scan};
use crate::model::name::{HostName, RunId};
use crate::model::order::{GivenOrder, Order};
use crate::model::past::PastDurations;
use crate::model::plan::Plan;
use crate::model::run::{RunLine, RunReport};
use crate::model::run_record::RunRecord;
use crate::model::scan::Scan;

const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
];

/// Another process may hold the file for the length of one commit; a commit takes milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A ledger in the file `ledger.sqlite` of the state directory.
#[derive(Debug)]
pub struct SqliteLedger {
    connection: Connection,
    /// The state directory; `None` for a ledger in memory.
    directory: Option<PathBuf>,
}

impl SqliteLedger {
    /// Opens the ledger, and makes it when it is not there. The directory gets mode 0700.
    ///
    /// # Errors
    /// When the directory or the file cannot be used, or a newer patchwave wrote it.
    pub fn open(directory: &Path) -> Result<Self, LedgerError> {
        let failed = |reason: String| LedgerError::Open {
            path: directory.display().to_string(),
            reason,
        };
        make_private_directory(directory).map_err(|error| failed(error.to_string()))?;
        let connection =
            Connection::open(directory.join("ledger.sqlite")).map_err(|error| failed(error.to_string()))?;
        #[cfg(unix)]
        std::fs::set_permissions(
            directory.join("ledger.sqlite"),
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .map_err(|error| failed(error.to_string()))?;
        let ledger = Self::prepare(connection)?;
        Ok(Self {
            directory: Some(directory.to_owned()),
            ..ledger
        })
    }

    /// A ledger in memory, for tests and for work that must leave nothing behind.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn in_memory() -> Result<Self, LedgerError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(mut connection: Connection) -> Result<Self, LedgerError> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > known {
            return Err(LedgerError::Newer { found, known });
        }
        for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "user_version", known)?;
        transaction.commit()?;
        Ok(Self {
            connection,
            directory: None,
        })
    }
}

impl Ledger for SqliteLedger {
    fn keep_scan(&mut self, scan: &Scan) -> Result<(), LedgerError> {
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "INSERT INTO scans (id, started, finished) VALUES (?1, ?2, ?3)",
            params![scan.id.as_str(), sortable(scan.started), sortable(scan.finished)],
        )?;
        {
            let mut insert = transaction.prepare(
                "INSERT INTO host_scans (scan, position, host, address, port, finished, document)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for (position, host) in scan.hosts.iter().enumerate() {
                insert.execute(params![
                    scan.id.as_str(),
                    i64::try_from(position).unwrap_or(i64::MAX),
                    host.name.as_str(),
                    host.address,
                    host.port,
                    sortable(scan.finished),
                    write_document(host)?,
                ])?;
            }
        }
        seen::keep(&transaction, &seen_in_scan(scan), scan.finished)?;
        transaction.commit()?;
        Ok(())
    }

    fn keep_seen(&mut self, seen: &[(SeenVersion<'_>, &HostName)], at: Timestamp) -> Result<(), LedgerError> {
        let transaction = self.connection.transaction()?;
        seen::keep(&transaction, seen, at)?;
        transaction.commit()?;
        Ok(())
    }

    fn first_seen(&self, systems: &BTreeSet<&str>) -> Result<FirstSeen, LedgerError> {
        seen::read(&self.connection, systems)
    }

    fn latest_host_scan(
        &self,
        host: &HostName,
        address: &str,
        port: u16,
    ) -> Result<Option<LatestHostScan>, LedgerError> {
        let row: Option<(String, String, String)> = self
            .connection
            .prepare_cached(
                "SELECT scan, finished, document FROM host_scans
                 WHERE host = ?1 AND address = ?2 AND port = ?3 ORDER BY finished DESC, scan DESC LIMIT 1",
            )?
            .query_row(params![host.as_str(), address, port], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        row.map(|(scan, finished, document)| {
            Ok(LatestHostScan {
                scan: read_run_id(scan)?,
                finished: read_time(&finished)?,
                host: read_document(&document)?,
            })
        })
        .transpose()
    }

    fn begin_run(
        &mut self,
        run: &RunId,
        started: Timestamp,
        plan: &Plan,
        record: &RunRecord,
    ) -> Result<(), LedgerError> {
        self.connection.execute(
            "INSERT INTO runs (id, started, plan, record) VALUES (?1, ?2, ?3, ?4)",
            params![
                run.as_str(),
                sortable(started),
                write_document(plan)?,
                write_document(record)?
            ],
        )?;
        Ok(())
    }

    fn begun_run(&self, run: &RunId) -> Result<Option<BegunRun>, LedgerError> {
        let row: Option<(String, String, Option<String>)> = self
            .connection
            .query_row(
                "SELECT started, plan, record FROM runs WHERE id = ?1",
                [run.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        row.map(|(started, plan, record)| {
            Ok(BegunRun {
                started: read_time(&started)?,
                plan: read_document(&plan)?,
                record: record.as_deref().map(read_document).transpose()?,
            })
        })
        .transpose()
    }

    fn claim(&self, run: &RunId, by: &Controller) -> Result<Claiming, LedgerError> {
        match &self.directory {
            Some(directory) => claim::claim(directory, run, by),
            None => Ok(Claiming::Granted(Claim::of_memory())),
        }
    }

    fn holder(&self, run: &RunId) -> Result<Option<Option<Controller>>, LedgerError> {
        match &self.directory {
            Some(directory) => claim::holder(directory, run),
            None => Ok(None),
        }
    }

    fn append_event(&mut self, event: &Event) -> Result<(), LedgerError> {
        self.connection
            .prepare_cached("INSERT INTO events (run, sequence, at, document) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                event.run.as_str(),
                i64::try_from(event.sequence).unwrap_or(i64::MAX),
                sortable(event.at),
                write_document(event)?,
            ])?;
        Ok(())
    }

    fn end_run(&mut self, report: &RunReport, finished: Timestamp) -> Result<(), LedgerError> {
        self.connection.execute(
            "UPDATE runs SET finished = ?2, outcome = ?3, report = ?4 WHERE id = ?1",
            params![
                report.run.as_str(),
                sortable(finished),
                report.outcome.as_str(),
                write_document(report)?
            ],
        )?;
        Ok(())
    }

    fn runs(&self, limit: usize) -> Result<Vec<RunLine>, LedgerError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, started, finished, outcome, json_extract(report, '$.experimental'),
                 json_extract((SELECT document FROM events WHERE run = runs.id AND sequence = 1), '$.plan')
             FROM runs ORDER BY started DESC, id DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            let text = |column| row.get::<_, Option<String>>(column);
            Ok((
                row.get(0)?,
                row.get::<_, String>(1)?,
                text(2)?,
                text(3)?,
                text(4)?,
                text(5)?,
            ))
        })?;
        rows.map(|row| {
            let (run, started, finished, outcome, experimental, plan) = row?;
            Ok(RunLine {
                run: read_run_id(run)?,
                // The first event of a run names its plan, also of one that never ended.
                plan: plan.as_deref().map(read_document).transpose()?,
                started: read_time(&started)?,
                finished: finished.as_deref().map(read_time).transpose()?,
                outcome,
                experimental: experimental
                    .as_deref()
                    .map(read_document)
                    .transpose()?
                    .unwrap_or_default(),
                by: None,
                resumable: false,
            })
        })
        .collect()
    }

    fn report(&self, run: &RunId) -> Result<Option<RunReport>, LedgerError> {
        let document: Option<Option<String>> = self
            .connection
            .query_row("SELECT report FROM runs WHERE id = ?1", [run.as_str()], |row| {
                row.get(0)
            })
            .optional()?;
        document.flatten().map(|document| read_document(&document)).transpose()
    }

    fn past_durations(&self, runs: usize) -> Result<PastDurations, LedgerError> {
        // Only two fields of each host are taken out: reports of large fleets are long.
        let mut statement = self.connection.prepare_cached(
            "SELECT newest.id, json_extract(host.value, '$.name'), json_extract(host.value, '$.duration_ms')
             FROM (SELECT id, report FROM runs WHERE report IS NOT NULL ORDER BY started DESC, id DESC LIMIT ?1)
                  AS newest, json_each(newest.report, '$.hosts') AS host
             WHERE json_extract(host.value, '$.state') = 'patched'",
        )?;
        let rows = statement.query_map([i64::try_from(runs).unwrap_or(i64::MAX)], |row| {
            let turn: (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(turn)
        })?;
        let mut ids = BTreeSet::new();
        let mut turns = Vec::new();
        for row in rows {
            let (run, host, milliseconds) = row?;
            ids.insert(run);
            let host = HostName::new(host).map_err(|error| LedgerError::Document(error.to_string()))?;
            let milliseconds = u64::try_from(milliseconds).unwrap_or_default();
            turns.push((host, Duration::from_millis(milliseconds)));
        }
        Ok(PastDurations::from_turns(ids.len(), turns))
    }

    fn events(&self, run: &RunId) -> Result<Vec<Event>, LedgerError> {
        self.events_after(run, 0)
    }

    fn events_after(&self, run: &RunId, sequence: u64) -> Result<Vec<Event>, LedgerError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT document FROM events WHERE run = ?1 AND sequence > ?2 ORDER BY sequence")?;
        let sequence = i64::try_from(sequence).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![run.as_str(), sequence], |row| row.get::<_, String>(0))?;
        rows.map(|row| read_document(&row?)).collect()
    }

    fn give_order(&mut self, run: &RunId, order: Order, by: &str, at: Timestamp) -> Result<GivenOrder, LedgerError> {
        orders::give(&self.connection, run, order, by, at)
    }

    fn orders_after(&self, run: &RunId, number: u64) -> Result<Vec<GivenOrder>, LedgerError> {
        orders::after(&self.connection, run, number)
    }
}

fn make_private_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    // Plans and logs of hosts are nobody else's business, also in a directory that was there before.
    #[cfg(unix)]
    std::fs::set_permissions(directory, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// A time as text of constant width, so that the database can sort it.
fn sortable(time: Timestamp) -> String {
    format!("{time:.6}")
}

fn write_document(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|error| LedgerError::Document(error.to_string()))
}

fn read_document<T: DeserializeOwned>(text: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|error| LedgerError::Document(error.to_string()))
}

fn read_time(text: &str) -> Result<Timestamp, LedgerError> {
    text.parse()
        .map_err(|error: jiff::Error| LedgerError::Document(error.to_string()))
}

fn read_run_id(text: String) -> Result<RunId, LedgerError> {
    RunId::new(text).map_err(|error| LedgerError::Document(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::{ErrorCode, HostError};
    use crate::model::event::EventKind;
    use crate::model::name::WaveName;
    use crate::model::run::{HostReport, HostRunState, RunOutcome};
    use crate::model::run_record::{RunStep, RunTrust};
    use crate::model::scan::{HostScan, HostState};

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

    pub(super) fn record() -> RunRecord {
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

    fn scan(id: &str, second: i64, hosts: Vec<HostScan>) -> Scan {
        let at = Timestamp::from_second(second).unwrap();
        Scan {
            id: RunId::new(id).unwrap(),
            started: at,
            finished: at,
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
        let run = RunId::new("r1").unwrap();
        let at = Timestamp::from_second(1).unwrap();
        let plan = Plan {
            scan: run.clone(),
            made: at,
            playbook: "p".to_owned(),
            rules: crate::model::plan::PlanRules::default(),
            domains: Vec::new(),
            waves: Vec::new(),
        };
        ledger.begin_run(&run, at, &plan, &record()).unwrap();
        for sequence in 1..=3 {
            let event = Event {
                sequence,
                at,
                run: run.clone(),
                kind: EventKind::Draining,
            };
            ledger.append_event(&event).unwrap();
        }
        let sequences: Vec<u64> = ledger
            .events(&run)
            .unwrap()
            .iter()
            .map(|event| event.sequence)
            .collect();
        assert_eq!(sequences, [1, 2, 3]);
        let repeated = Event {
            sequence: 3,
            at,
            run: run.clone(),
            kind: EventKind::Draining,
        };
        assert!(ledger.append_event(&repeated).is_err());
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
        let run = RunId::new(id).unwrap();
        let at = Timestamp::from_second(second).unwrap();
        let plan = Plan {
            scan: run.clone(),
            made: at,
            playbook: "p".to_owned(),
            rules: crate::model::plan::PlanRules::default(),
            domains: Vec::new(),
            waves: Vec::new(),
        };
        ledger.begin_run(&run, at, &plan, &record()).unwrap();
        let hosts = hosts.iter().map(|(name, state, duration_ms)| HostReport {
            name: HostName::new(*name).unwrap(),
            wave: WaveName::new("one").unwrap(),
            state: *state,
            rebooted: false,
            duration_ms: *duration_ms,
            error: None,
            changed: Vec::new(),
            down_seconds: None,
            differences: Vec::new(),
            restarted: Vec::new(),
            needs_restart: Vec::new(),
            left_over: Vec::new(),
            downloaded_bytes: None,
            drift: None,
            promoted: Vec::new(),
            secured: None,
        });
        let report = RunReport {
            run,
            plan: None,
            outcome: RunOutcome::Completed,
            reason: None,
            waves: Vec::new(),
            hosts: hosts.collect(),
            experimental: Vec::new(),
        };
        ledger.end_run(&report, at).unwrap();
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
}
