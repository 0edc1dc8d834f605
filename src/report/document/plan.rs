//! What a plan says in JSON: waves with their hosts by name, and each host once, with all that is to change there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::download::Download;
use crate::model::foresight::Foresight;
use crate::model::name::{HostName, RunId, WaveName};
use crate::model::plan::{Basis, Gate, LeftOut, Plan, PlanRules, PlannedChange, PlannedDomain, PlannedRemoval};
use crate::model::repository_download::{RepositoryDownload, by_repository, of_host};
use crate::model::step::HostSteps;

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
    /// What goes, because the changes take its place.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    removes: &'a [PlannedRemoval],
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
                removes: &host.removes,
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
