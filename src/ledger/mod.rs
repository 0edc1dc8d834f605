//! The local database of scans, runs and events: the only code that sees SQL.
//!
//! Everything else knows the [`Ledger`] trait, because teams will share a ledger through another database.
//! What a method acknowledged survives a power cut.

mod claim;
mod sqlite;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::controller::Controller;
use crate::model::event::Event;
use crate::model::first_seen::{FirstSeen, SeenVersion};
use crate::model::known::{KnownState, LastScan};
use crate::model::name::{HostName, RunId};
use crate::model::past::PastDurations;
use crate::model::plan::Plan;
use crate::model::run::{RunLine, RunReport};
use crate::model::run_record::RunRecord;
use crate::model::scan::{HostScan, Scan};

pub use claim::{Claim, Claiming};
pub use sqlite::SqliteLedger;

/// Why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The folder or the file cannot be used.
    #[error("the ledger in {path} cannot be opened: {reason}")]
    Open {
        /// The folder or file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A newer patchwave wrote it.
    #[error("the ledger was written by a newer patchwave (format {found}, this one knows {known})")]
    Newer {
        /// The format found.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// The database refused.
    #[error("the ledger refused: {0}")]
    Database(String),
    /// A document could not be read or written.
    #[error("a record of the ledger cannot be read: {0}")]
    Document(String),
}

/// A host's last answer and its age.
#[derive(Debug, Clone, PartialEq)]
pub struct LatestHostScan {
    /// The scan that it belongs to.
    pub scan: RunId,
    /// When that scan ended.
    pub finished: Timestamp,
    /// The answer.
    pub host: HostScan,
}

/// A run as it was begun.
#[derive(Debug, Clone, PartialEq)]
pub struct BegunRun {
    /// When.
    pub started: Timestamp,
    /// Its plan.
    pub plan: Plan,
    /// What it was begun with; `None` for a run of a version that did not keep it.
    pub record: Option<RunRecord>,
}

/// Where scans, runs and events are kept.
pub trait Ledger {
    /// Keeps a scan, and notes the versions in it that no host was offered before.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    fn keep_scan(&mut self, scan: &Scan) -> Result<(), LedgerError>;

    /// Notes versions that hosts were offered at that time. What was seen before keeps its time and its host.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    fn keep_seen(&mut self, seen: &[(SeenVersion<'_>, &HostName)], at: Timestamp) -> Result<(), LedgerError>;

    /// When every version that hosts of these distributions were ever offered was first seen.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn first_seen(&self, systems: &BTreeSet<&str>) -> Result<FirstSeen, LedgerError>;

    /// The newest answer of one host, told apart from a namesake by address and port.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn latest_host_scan(
        &self,
        host: &HostName,
        address: &str,
        port: u16,
    ) -> Result<Option<LatestHostScan>, LedgerError>;

    /// What the newest scan of one host found, told apart from a namesake by address and port. A scan that it
    /// did not answer is the newest one too.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn last_scan(&self, host: &HostName, address: &str, port: u16) -> Result<Option<LastScan>, LedgerError> {
        let latest = self.latest_host_scan(host, address, port)?;
        Ok(latest.map(|latest| LastScan {
            state: KnownState::of(&latest.host),
            scan: latest.scan,
            finished: latest.finished,
        }))
    }

    /// Begins a run. Nothing may be done on a host before this returned.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    fn begin_run(
        &mut self,
        run: &RunId,
        started: Timestamp,
        plan: &Plan,
        record: &RunRecord,
    ) -> Result<(), LedgerError>;

    /// A run as it was begun; `None` when there is no such run.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn begun_run(&self, run: &RunId) -> Result<Option<BegunRun>, LedgerError>;

    /// Asks for the right to write the journal of a run. It waits no longer than half a second.
    ///
    /// # Errors
    /// When nobody can tell whether somebody has it.
    fn claim(&self, run: &RunId, by: &Controller) -> Result<Claiming, LedgerError>;

    /// Who writes the journal of a run at present; `Some(None)` when somebody does and nothing is known of them.
    ///
    /// # Errors
    /// When that cannot be told.
    fn holder(&self, run: &RunId) -> Result<Option<Option<Controller>>, LedgerError>;

    /// Appends an event of a begun run.
    ///
    /// # Errors
    /// When the ledger cannot be written, or has that sequence number already.
    fn append_event(&mut self, event: &Event) -> Result<(), LedgerError>;

    /// Ends a run.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    fn end_run(&mut self, report: &RunReport, finished: Timestamp) -> Result<(), LedgerError>;

    /// The newest runs, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn runs(&self, limit: usize) -> Result<Vec<RunLine>, LedgerError>;

    /// The report of an ended run.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn report(&self, run: &RunId) -> Result<Option<RunReport>, LedgerError>;

    /// How long hosts took to be patched in the newest runs that ended, as many as `runs`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn past_durations(&self, runs: usize) -> Result<PastDurations, LedgerError>;

    /// The events of a run, in their order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn events(&self, run: &RunId) -> Result<Vec<Event>, LedgerError>;
}
