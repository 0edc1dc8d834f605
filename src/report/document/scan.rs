//! What `scan` and `diff` say in JSON: hosts, and what could be updated on them.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::diff::PackageDifference;
use crate::model::manager::Manager;
use crate::model::name::{HostName, RunId};
use crate::model::scan::{HostScan, Scan, ScanSummary};
use crate::model::update::Update;

/// The body of `scan`.
#[derive(Debug, Serialize)]
pub struct ScanBody<'a> {
    id: &'a RunId,
    started: Timestamp,
    finished: Timestamp,
    summary: ScanSummary,
    hosts: &'a [HostScan],
}

impl<'a> From<&'a Scan> for ScanBody<'a> {
    fn from(scan: &'a Scan) -> Self {
        Self {
            id: &scan.id,
            started: scan.started,
            finished: scan.finished,
            summary: scan.summary(),
            hosts: &scan.hosts,
        }
    }
}

/// The body of `diff`.
#[derive(Debug, Serialize)]
pub struct DiffBody<'a> {
    /// When the oldest and the newest of the scans ended that the rows are from.
    pub scanned: ScanAge,
    /// One row a package change.
    pub packages: &'a [PackageDifference],
    /// One row a host.
    pub hosts: Vec<HostUpdates<'a>>,
}

/// How old the oldest and the newest of several scans are.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ScanAge {
    /// The oldest.
    pub oldest: Timestamp,
    /// The newest.
    pub newest: Timestamp,
}

/// A host and its updates.
#[derive(Debug, Serialize)]
pub struct HostUpdates<'a> {
    name: &'a HostName,
    manager: Option<Manager>,
    experimental: bool,
    updates: &'a [Update],
}

impl<'a> From<&'a HostScan> for HostUpdates<'a> {
    fn from(host: &'a HostScan) -> Self {
        Self {
            name: &host.name,
            manager: host.facts.as_ref().map(|facts| facts.manager),
            experimental: host.facts.as_ref().is_some_and(|facts| facts.experimental),
            updates: &host.updates,
        }
    }
}
