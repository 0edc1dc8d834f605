//! One host of a plan, from its scan and the rules. Pure.

use std::collections::HashMap;

use super::PlanInputs;
use super::age::AgeKnowledge;
use super::shared::Shared;
use super::updates::{Replacing, Restrictions, choose_installs, choose_updates};
use crate::model::error::{ErrorCode, HostError};
use crate::model::host::{Host, RebootPolicy};
use crate::model::name::{HostName, PackageName};
use crate::model::plan::{Basis, LeftOut, PlannedChange, PlannedHost};
use crate::model::scan::HostScan;
use crate::model::update::UpdateStatus;
use crate::playbook::Playbook;

/// Plans hosts one after another; equal lists of changes are kept once.
pub struct HostPlanner<'a> {
    inputs: &'a PlanInputs<'a>,
    scans: HashMap<&'a HostName, &'a HostScan>,
    shared: Shared<[PlannedChange]>,
}

impl<'a> HostPlanner<'a> {
    /// A planner for the hosts of these inputs.
    pub fn new(inputs: &'a PlanInputs<'a>) -> Self {
        Self {
            inputs,
            scans: inputs.scan.hosts.iter().map(|host| (&host.name, host)).collect(),
            shared: Shared::default(),
        }
    }

    /// What the host gets.
    pub fn plan(&mut self, host: &Host) -> PlannedHost {
        let playbook = self.inputs.playbook;
        let scan = self.scans.get(&host.name).copied();
        let restrictions = Restrictions::new(&playbook.updates, self.inputs.ages(), &host.exclude);
        let mut choice = scan.map(|scan| choose_updates(scan, &restrictions)).unwrap_or_default();
        if let Some(facts) = scan.and_then(|scan| scan.facts.as_ref()) {
            let (_, left_out) = choose_installs(Some(facts.manager), &restrictions);
            choice.left_out.extend(left_out);
        }
        choice.left_out.extend(choice.replacing.iter().map(unanswered));
        PlannedHost {
            name: host.name.clone(),
            address: host.address.clone(),
            port: host.port,
            basis: basis(scan),
            changes: self.shared.share(choice.changes),
            may_bring: self.shared.share(choice.may_bring),
            removes: Vec::new(),
            left_out: choice.left_out,
            reboot: reboot_policy(host, playbook, scan),
            foresight: None,
        }
    }
}

/// What the draft says of an update that takes the place of others until the host itself has said what goes.
fn unanswered(replacing: &Replacing) -> LeftOut {
    let names: Vec<&str> = replacing.removes.iter().map(PackageName::as_str).collect();
    LeftOut {
        package: replacing.change.package.clone(),
        status: UpdateStatus::KeptBack,
        reason: format!(
            "it would remove {}, and the host did not say at which version",
            names.join(", ")
        ),
    }
}

impl PlanInputs<'_> {
    /// What ages are counted by.
    #[must_use]
    pub fn ages(&self) -> AgeKnowledge<'_> {
        AgeKnowledge {
            first_seen: self.first_seen,
            known_exploited: self.known_exploited,
            now: self.now,
        }
    }
}

/// The stricter of the playbook's word and the host's own. A host that is only scanned is not rebooted either.
fn reboot_policy(host: &Host, playbook: &Playbook, scan: Option<&HostScan>) -> RebootPolicy {
    let is_only_scanned = scan
        .and_then(|scan| scan.facts.as_ref())
        .is_some_and(|facts| facts.manager.scan_only().is_some());
    if is_only_scanned {
        return RebootPolicy::Never;
    }
    host.reboot.map_or(playbook.reboot, |own| own.min(playbook.reboot))
}

fn basis(scan: Option<&HostScan>) -> Basis {
    let Some(scan) = scan else {
        let error = HostError::new(
            ErrorCode::Internal,
            "the host was not scanned",
            "scan it, then plan again",
        );
        return Basis::Unknown { error };
    };
    match (&scan.facts, &scan.error) {
        (Some(facts), None) => Basis::Scanned {
            manager: facts.manager,
            experimental: facts.manager.is_experimental(),
            os: facts.os.id.clone(),
            version: facts.os.version.clone(),
            arch: facts.arch.clone(),
            reboot_required: facts.reboot.required,
        },
        (_, Some(error)) => Basis::Unknown { error: error.clone() },
        (None, None) => basis(None),
    }
}
