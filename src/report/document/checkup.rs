//! What `doctor` and `repair` say in JSON about what is in the way on hosts.

use serde::Serialize;

use crate::model::checkup::{CheckupSummary, HostCheckup};
use crate::model::experimental::Experimental;
use crate::model::repair::HostRepair;

/// The body of `doctor`.
#[derive(Debug, Serialize)]
pub struct DoctorBody<'a> {
    summary: CheckupSummary,
    hosts: &'a [HostCheckup],
    #[serde(skip_serializing_if = "<[Experimental]>::is_empty")]
    experimental: &'a [Experimental],
}

impl<'a> DoctorBody<'a> {
    /// Every selected host, and those of them whose manager was never tried.
    #[must_use]
    pub fn new(hosts: &'a [HostCheckup], experimental: &'a [Experimental]) -> Self {
        Self {
            summary: CheckupSummary::of(hosts),
            hosts,
            experimental,
        }
    }
}

/// A line of `doctor` as it happens.
#[derive(Debug, Serialize)]
pub struct CheckupLine<'a> {
    /// Counts from 1, without gaps.
    pub sequence: usize,
    /// What it tells.
    #[serde(flatten)]
    pub line: CheckupPart<'a>,
}

/// What a line of `doctor` tells.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckupPart<'a> {
    /// One host.
    Host(&'a HostCheckup),
    /// The last line: all hosts in numbers. Without it the answer was cut off.
    Summary(CheckupSummary),
}

/// The body of `repair`.
#[derive(Debug, Serialize)]
pub struct RepairBody<'a> {
    /// Every selected host.
    pub hosts: &'a [HostRepair],
    /// Hosts whose manager was never tried; absent when there are none.
    #[serde(skip_serializing_if = "<[Experimental]>::is_empty")]
    pub experimental: &'a [Experimental],
}
