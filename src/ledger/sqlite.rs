//! The ledger in one SQLite file.
//!
//! Write-ahead log with full synchronisation: a commit that returned is on the disk. Migrations are append-only
//! and counted in `user_version`; a file from a newer version is refused, never guessed at.

mod orders;
mod seen;
#[cfg(test)]
mod tests;

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
        Self::prepare(connection, Some(directory))
    }

    /// A ledger in memory, for tests and for work that must leave nothing behind.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn in_memory() -> Result<Self, LedgerError> {
        Self::prepare(Connection::open_in_memory()?, None)
    }

    /// A ledger that is in order already is only read, so that whoever looks on never waits for whoever writes.
    fn prepare(mut connection: Connection, directory: Option<&Path>) -> Result<Self, LedgerError> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        if !is_in_order(&connection, known)? {
            // SQLite does not wait where several processes switch a new file to the write-ahead log at once.
            let _turn = directory.map(claim::preparing).transpose()?;
            bring_in_order(&mut connection, known)?;
        }
        Ok(Self {
            connection,
            directory: directory.map(Path::to_owned),
        })
    }
}

fn is_in_order(connection: &Connection, known: i64) -> Result<bool, LedgerError> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    Ok(mode == "wal" && version(connection)? == known)
}

fn bring_in_order(connection: &mut Connection, known: i64) -> Result<(), LedgerError> {
    connection.execute_batch("PRAGMA journal_mode = WAL;")?;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    if found > known {
        return Err(LedgerError::Newer { found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, LedgerError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
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
                 json_extract((SELECT document FROM events WHERE run = runs.id AND sequence = 1), '$.plan'),
                 json_extract((SELECT document FROM events WHERE run = runs.id AND sequence = 1), '$.rollback')
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
                text(6)?,
            ))
        })?;
        rows.map(|row| {
            let (run, started, finished, outcome, experimental, plan, rollback) = row?;
            Ok(RunLine {
                run: read_run_id(run)?,
                // The first event of a run names its plan, also of one that never ended.
                plan: plan.as_deref().map(read_document).transpose()?,
                rollback: rollback.map(read_run_id).transpose()?,
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
