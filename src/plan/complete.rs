//! Completes a draft with what the hosts answered. Pure.
//!
//! A host that was asked gets its complete transaction: every new dependency at its exact version, nothing that may or
//! may not come along. One that could not be asked keeps its draft, and that is said.

use std::collections::BTreeMap;

use super::foresight::foresee;
use super::lint::{Draft, findings};
use super::question::{HostAnswer, HostTransaction};
use super::shared::Shared;
use super::{Planned, names};
use crate::model::error::HostError;
use crate::model::finding::{Finding, LintRule};
use crate::model::foresight::Foresight;
use crate::model::lint_code::LintCode;
use crate::model::name::{HostName, PackageName};
use crate::model::plan::{PlannedChange, PlannedHost};
use crate::model::text::count;
use crate::model::update::UpdateStatus;

/// What is told of several hosts together.
#[derive(Default)]
struct Told {
    conflicts: BTreeMap<(PackageName, String), Vec<HostName>>,
    unknown: BTreeMap<PackageName, Vec<HostName>>,
    unanswered: BTreeMap<String, Vec<HostName>>,
}

/// Completes a draft. Hosts without an answer are left as they are; a plan that is complete stays the same.
#[must_use]
pub fn complete_plan(mut draft: Planned, mut answers: BTreeMap<HostName, HostAnswer>) -> Planned {
    let mut shared: Shared<[PlannedChange]> = Shared::default();
    let mut foresights: Shared<Foresight> = Shared::default();
    let mut told = Told::default();
    let hosts = draft.plan.waves.iter_mut().flat_map(|wave| wave.batches.iter_mut());
    for host in hosts.flatten() {
        match answers.remove(&host.name).map(|answer| answer.transaction) {
            None => {}
            Some(Err(error)) => told.unanswered(host, &error),
            Some(Ok(transaction)) => {
                told.left_out(host, &transaction);
                let resolution = transaction.resolution;
                if let Some(resolution) = &resolution {
                    host.foresight = Some(foresights.share(foresee(&transaction.changes, resolution)));
                }
                // What waited for the host's answer has it now.
                host.left_out.retain(|left| {
                    left.status != UpdateStatus::KeptBack || !transaction.replacing.contains(&left.package)
                });
                host.left_out.extend(transaction.left_out);
                host.left_out
                    .sort_by(|one, other| (&one.package, &one.reason).cmp(&(&other.package, &other.reason)));
                host.removes = transaction.removes;
                host.changes = shared.share(transaction.changes);
                host.may_bring = shared.share(Vec::new());
                draft
                    .resolutions
                    .extend(resolution.map(|resolution| (host.name.clone(), resolution)));
            }
        }
    }
    let found = told.findings(&draft.plan.rules.lint);
    draft.findings.extend(found);
    draft.warnings.extend(told.warnings());
    draft
}

impl Told {
    fn unanswered(&mut self, host: &PlannedHost, error: &HostError) {
        let hosts = self.unanswered.entry(error.to_string()).or_default();
        hosts.push(host.name.clone());
    }

    fn left_out(&mut self, host: &PlannedHost, transaction: &HostTransaction) {
        for left in transaction
            .left_out
            .iter()
            .filter(|left| left.status == UpdateStatus::KeptBack)
        {
            let hosts = self
                .conflicts
                .entry((left.package.clone(), left.reason.clone()))
                .or_default();
            hosts.push(host.name.clone());
        }
        for package in &transaction.unknown {
            self.unknown.entry(package.clone()).or_default().push(host.name.clone());
        }
    }

    fn findings(&mut self, rule: &LintRule) -> Vec<Finding> {
        let conflicts = std::mem::take(&mut self.conflicts).into_iter();
        let conflicts = conflicts.map(|((package, reason), hosts)| Draft {
            code: LintCode::Conflict,
            message: format!("{package} is left out: {reason}"),
            hint: "exclude it as well, or let in what it needs".to_owned(),
            hosts,
        });
        let unknown = std::mem::take(&mut self.unknown).into_iter();
        let unknown = unknown.map(|(package, hosts)| Draft {
            code: LintCode::InstallUnknown,
            message: format!("`install` wants {package}, which no repository of these hosts has"),
            hint: "correct the name, or give these hosts a playbook of their own".to_owned(),
            hosts,
        });
        findings(unknown.chain(conflicts).collect(), rule)
    }

    fn warnings(&mut self) -> Vec<String> {
        let unanswered = std::mem::take(&mut self.unanswered).into_iter();
        unanswered
            .map(|(error, hosts)| {
                format!(
                    "{} could not say what the planned versions come to and {} what the scan found ({}): {error}",
                    count(hosts.len(), "host"),
                    if hosts.len() == 1 { "keeps" } else { "keep" },
                    names(&hosts)
                )
            })
            .collect()
    }
}
