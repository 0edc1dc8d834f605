//! The JSON documents of commands. Field names are stable; `format_version` changes when one changes its meaning.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::checkup::{CheckupSummary, HostCheckup};
use crate::model::diff::PackageDifference;
use crate::model::domain::{Domain, MaxDown};
use crate::model::download::Download;
use crate::model::experimental::Experimental;
use crate::model::foresight::Foresight;
use crate::model::host::{Connect, Host, PrivilegeMethod, PrivilegeScope};
use crate::model::manager::Manager;
use crate::model::name::{DomainName, GroupName, HostName, RunId, WaveName};
use crate::model::plan::{Basis, Gate, LeftOut, Plan, PlanRules, PlannedChange, PlannedDomain};
use crate::model::quorum::QuorumRule;
use crate::model::repair::HostRepair;
use crate::model::repository_download::{RepositoryDownload, by_repository, of_host};
use crate::model::run::{RunLine, RunReport};
use crate::model::scan::{HostScan, Scan, ScanSummary};
use crate::model::step::HostSteps;
use crate::model::update::Update;

use super::pages::inventory::{GraphNode, OriginRow};

const FORMAT_VERSION: &str = "1";

/// A document with its version and command.
#[derive(Debug, Serialize)]
pub struct Document<T> {
    format_version: &'static str,
    command: &'static str,
    #[serde(flatten)]
    body: T,
}

impl<T: Serialize> Document<T> {
    /// Puts version and command before the body.
    #[must_use]
    pub fn new(command: &'static str, body: T) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            command,
            body,
        }
    }

    /// The document in one line, for streams of them.
    ///
    /// # Errors
    /// As [`Self::to_text`].
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(|text| text + "\n")
    }

    /// The document as indented JSON with a line break at its end.
    ///
    /// # Errors
    /// Never for the documents of this module; the serialiser's signature asks for it.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

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

/// The body of `apply`.
#[derive(Debug, Serialize)]
pub struct RunBody<'a> {
    #[serde(flatten)]
    report: &'a RunReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    securing: Option<&'a RunReport>,
}

impl<'a> RunBody<'a> {
    /// With the run that put the installed versions aside before, if there was one.
    #[must_use]
    pub fn after(self, securing: Option<&'a RunReport>) -> Self {
        Self { securing, ..self }
    }
}

impl<'a> From<&'a RunReport> for RunBody<'a> {
    fn from(report: &'a RunReport) -> Self {
        Self { report, securing: None }
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

/// The body of `plan`.
#[derive(Debug, Serialize)]
pub struct PlanBody<'a> {
    scan: &'a RunId,
    made: Timestamp,
    playbook: &'a str,
    summary: PlanSummaryBody,
    rules: &'a PlanRules,
    domains: &'a [PlannedDomain],
    repositories: Vec<RepositoryDownload>,
    waves: Vec<WaveBody<'a>>,
    hosts: Vec<PlannedHostBody<'a>>,
}

#[derive(Debug, Serialize)]
struct PlanSummaryBody {
    hosts: usize,
    changes: usize,
    download_bytes: u64,
    download_unknown: usize,
}

impl From<&Plan> for PlanSummaryBody {
    fn from(plan: &Plan) -> Self {
        let download = plan.download();
        Self {
            hosts: plan.hosts().count(),
            changes: plan.change_count(),
            download_bytes: download.bytes,
            download_unknown: download.unknown,
        }
    }
}

#[derive(Debug, Serialize)]
struct WaveBody<'a> {
    name: &'a WaveName,
    parallel: usize,
    budget: BudgetBody,
    soak_seconds: u64,
    gates: &'a [Gate],
    batches: Vec<Vec<&'a HostName>>,
}

#[derive(Debug, Serialize)]
struct BudgetBody {
    tolerated: usize,
    hosts: usize,
    words: String,
}

#[derive(Debug, Serialize)]
struct PlannedHostBody<'a> {
    name: &'a HostName,
    wave: &'a WaveName,
    batch: usize,
    basis: &'a Basis,
    reboot: String,
    download_bytes: u64,
    download_unknown: usize,
    /// By repository.
    downloads: BTreeMap<&'a str, Download>,
    foresight: Option<&'a Foresight>,
    changes: &'a [PlannedChange],
    may_bring: &'a [PlannedChange],
    left_out: &'a [LeftOut],
}

impl<'a> From<&'a Plan> for PlanBody<'a> {
    fn from(plan: &'a Plan) -> Self {
        let waves = plan
            .waves
            .iter()
            .map(|wave| WaveBody {
                name: &wave.name,
                parallel: wave.parallel,
                budget: BudgetBody {
                    tolerated: wave.budget.tolerated,
                    hosts: wave.budget.hosts,
                    words: wave.budget.in_words(),
                },
                soak_seconds: wave.soak.as_secs(),
                gates: &wave.gates,
                batches: wave
                    .batches
                    .iter()
                    .map(|batch| batch.iter().map(|host| &host.name).collect())
                    .collect(),
            })
            .collect();
        let hosts = plan
            .waves
            .iter()
            .flat_map(|wave| {
                wave.batches
                    .iter()
                    .enumerate()
                    .map(move |(index, batch)| (wave, index, batch))
            })
            .flat_map(|(wave, index, batch)| batch.iter().map(move |host| (wave, index, host)))
            .map(|(wave, index, host)| PlannedHostBody {
                name: &host.name,
                wave: &wave.name,
                batch: index + 1,
                basis: &host.basis,
                reboot: host.reboot.to_string(),
                download_bytes: host.download().bytes,
                download_unknown: host.download().unknown,
                downloads: of_host(&host.changes),
                foresight: host.foresight.as_deref(),
                changes: &host.changes,
                may_bring: &host.may_bring,
                left_out: &host.left_out,
            })
            .collect();
        Self {
            scan: &plan.scan,
            made: plan.made,
            playbook: &plan.playbook,
            summary: PlanSummaryBody::from(plan),
            rules: &plan.rules,
            domains: &plan.domains,
            repositories: by_repository(plan),
            waves,
            hosts,
        }
    }
}

/// The body of `apply --dry-run`: the plan, and what each host's manager says of its transaction.
#[derive(Debug, Serialize)]
pub struct DryRunBody<'a> {
    #[serde(flatten)]
    plan: PlanBody<'a>,
    simulation: &'a [HostSteps],
}

impl<'a> DryRunBody<'a> {
    /// Every host of the plan, with the steps of its manager or its error.
    #[must_use]
    pub fn new(plan: &'a Plan, simulation: &'a [HostSteps]) -> Self {
        Self {
            plan: PlanBody::from(plan),
            simulation,
        }
    }
}

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

/// The body of `inventory list`.
#[derive(Debug, Serialize)]
pub struct InventoryBody<'a> {
    hosts: Vec<HostBody<'a>>,
}

#[derive(Debug, Serialize)]
struct HostBody<'a> {
    name: &'a HostName,
    address: &'a str,
    port: u16,
    user: &'a str,
    keys: &'a [std::path::PathBuf],
    jump: &'a [HostName],
    r#become: BecomeBody<'a>,
    groups: &'a [GroupName],
    labels: &'a std::collections::BTreeMap<String, String>,
    connect: Connect,
}

#[derive(Debug, Serialize)]
struct BecomeBody<'a> {
    method: PrivilegeMethod,
    user: &'a str,
    /// Absent for everything.
    #[serde(skip_serializing_if = "is_everything")]
    scope: PrivilegeScope,
}

fn is_everything(scope: &PrivilegeScope) -> bool {
    *scope == PrivilegeScope::Everything
}

impl<'a> FromIterator<&'a Host> for InventoryBody<'a> {
    fn from_iter<I: IntoIterator<Item = &'a Host>>(hosts: I) -> Self {
        let hosts = hosts
            .into_iter()
            .map(|host| HostBody {
                name: &host.name,
                address: &host.address,
                port: host.port,
                user: &host.user,
                keys: &host.keys,
                jump: &host.jump,
                r#become: BecomeBody {
                    method: host.privilege.method,
                    user: &host.privilege.user,
                    scope: host.privilege.scope,
                },
                groups: &host.groups,
                labels: &host.labels,
                connect: host.connect,
            })
            .collect();
        Self { hosts }
    }
}

/// The body of `inventory show`.
#[derive(Debug, Serialize)]
pub struct HostOriginsBody<'a> {
    /// The host.
    pub name: &'a HostName,
    /// The domains that it belongs to.
    pub domains: Vec<DomainForm<'a>>,
    /// Each setting.
    pub settings: &'a [OriginRow],
}

/// The body of `inventory graph`.
#[derive(Debug, Serialize)]
pub struct GraphBody<'a> {
    /// Every group.
    pub groups: &'a [GraphNode],
    /// Hosts that no group holds.
    pub ungrouped: &'a [HostName],
    /// Every domain.
    pub domains: Vec<DomainForm<'a>>,
}

/// A domain in `inventory show` and `inventory graph`.
#[derive(Debug, Serialize)]
pub struct DomainForm<'a> {
    name: &'a DomainName,
    /// As it is written: a number, or a part as text.
    max_down: MaxDown,
    /// How many hosts that is.
    limit: usize,
    hosts: &'a [HostName],
    #[serde(skip_serializing_if = "Option::is_none")]
    quorum: Option<&'a QuorumRule>,
}

impl<'a> From<&'a Domain> for DomainForm<'a> {
    fn from(domain: &'a Domain) -> Self {
        Self {
            name: &domain.name,
            max_down: domain.max_down,
            limit: domain.limit(),
            hosts: &domain.members,
            quorum: domain.quorum.as_ref(),
        }
    }
}

impl<'a> From<&&'a Domain> for DomainForm<'a> {
    fn from(domain: &&'a Domain) -> Self {
        Self::from(*domain)
    }
}

/// The body of `history`.
#[derive(Debug, Serialize)]
pub struct HistoryBody<'a> {
    /// Newest first.
    pub runs: &'a [RunLine],
}
