//! Puts the answers of hosts together: what goes back from where, what stays and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::error::HostError;
use crate::model::host::Host;
use crate::model::name::{HostName, PackageName, Version};
use crate::model::plan::{Plan, PlannedHost};
use crate::model::rollback::{HostPackage, Stay};
use crate::plan::foresee;
use crate::plan::rollback::{HostBack, HostChanged, Obstacle};
use crate::remote::probe::Refresh;
use crate::report::pages::rollback::Sources;
use crate::rollout::{RollbackAnswer, RollbackQuestion};

/// What is known of a rollback before it begins.
#[derive(Default)]
pub(super) struct Gathered {
    /// Hosts that go back.
    pub hosts: BTreeMap<HostName, HostBack>,
    /// Hosts that could not be asked.
    pub silent: BTreeMap<HostName, HostError>,
    /// What stays.
    pub stays: BTreeSet<Stay>,
    /// What came with the run and goes.
    pub removes: Vec<HostPackage>,
    /// What came with the run and remains.
    pub remains: Vec<HostPackage>,
    /// Where each older version comes from.
    pub sources: Sources,
}

impl Gathered {
    /// The questions for hosts that can be asked. Hosts that the inventory has elsewhere, or not at all, stay; those
    /// that `--limit` leaves out are nobody's concern.
    pub(super) fn questions(
        &mut self,
        changed: &[HostChanged],
        plan: &Plan,
        selected: &[&Host],
        is_limited: bool,
        complete: impl Fn(&mut RollbackQuestion),
    ) -> Vec<RollbackQuestion> {
        let hosts: BTreeMap<&HostName, &&Host> = selected.iter().map(|host| (&host.name, host)).collect();
        let planned: BTreeMap<&HostName, &PlannedHost> = plan.hosts().map(|host| (&host.name, host)).collect();
        let mut questions = Vec::new();
        for one in changed {
            let (host, planned) = match (hosts.get(&one.host), planned.get(&one.host)) {
                (Some(host), Some(planned)) => (host, planned),
                (None, _) if is_limited => continue,
                _ => {
                    self.stay(&one.host, None, None, "it is not in the inventory any more");
                    continue;
                }
            };
            if !one.is_over {
                let reason =
                    "its turn in the run has not ended, so not all that changed is known: resume the run first";
                self.stay(&one.host, None, None, reason);
            } else if host.address != planned.address || host.port != planned.port {
                let reason = format!(
                    "the run changed it at {}:{}, and the inventory has it at {}:{} now",
                    planned.address, planned.port, host.address, host.port
                );
                self.stay(&one.host, None, None, &reason);
            } else {
                let mut question = RollbackQuestion {
                    host: Host::clone(host),
                    changed: one.changed.clone(),
                    planned: planned.changes.clone(),
                    partial: false,
                    refresh: Refresh::Never,
                };
                complete(&mut question);
                questions.push(question);
            }
        }
        questions
    }

    /// Takes a host's answer.
    pub(super) fn take(&mut self, answer: RollbackAnswer) {
        let host = answer.host;
        let found = match answer.found {
            Ok(found) => found,
            Err(error) => {
                self.stay(&host, None, None, &error.message);
                self.silent.insert(host, error);
                return;
            }
        };
        self.stay_all(&host, &found.way.stays);
        let feasible = match found.verdict {
            Ok(feasible) => feasible,
            Err(obstacles) => {
                self.stay_all(&host, &obstacles);
                return;
            }
        };
        let returns = |package: &PackageName| feasible.changes.iter().any(|(change, _)| change.package == *package);
        for (package, version) in found.way.gone.iter().filter(|(package, _)| !returns(package)) {
            let reason = "the run removed it, and nothing that goes back needs it: install it again by hand";
            self.stay(&host, Some(package.clone()), Some(version.clone()), reason);
        }
        let of_host = |(package, version): &(PackageName, Version)| HostPackage {
            host: host.clone(),
            package: package.clone(),
            version: version.clone(),
        };
        let is_removed = |new: &&(PackageName, Version)| feasible.removes.contains(new);
        self.removes
            .extend(found.way.new.iter().filter(is_removed).map(of_host));
        let Some(resolution) = found.resolution else {
            return;
        };
        self.remains
            .extend(found.way.new.iter().filter(|new| !is_removed(new)).map(of_host));
        let mut changes = Vec::new();
        for (change, source) in feasible.changes {
            self.sources
                .insert((host.clone(), change.package.clone(), change.arch.clone()), source);
            changes.push(change);
        }
        let back = HostBack {
            foresight: foresee(&changes, &resolution),
            facts: found.facts,
            changes,
        };
        self.hosts.insert(host, back);
    }

    fn stay_all(&mut self, host: &HostName, obstacles: &[Obstacle]) {
        for obstacle in obstacles {
            self.stay(
                host,
                obstacle.package.clone(),
                obstacle.version.clone(),
                &obstacle.reason,
            );
        }
    }

    fn stay(&mut self, host: &HostName, package: Option<PackageName>, version: Option<Version>, reason: &str) {
        self.stays.insert(Stay {
            host: host.clone(),
            package,
            version,
            reason: crate::model::text::printable(reason),
        });
    }
}
