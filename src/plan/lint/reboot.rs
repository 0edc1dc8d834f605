//! Checks of reboots that would be needed and will not come.

use std::collections::BTreeMap;

use super::grouping::some_of;
use super::{Draft, LintInputs};
use crate::model::host::RebootPolicy;
use crate::model::lint_code::LintCode;
use crate::model::name::HostName;
use crate::model::plan::Plan;
use crate::model::text::count;
use crate::plan::core_packages::{CorePart, core_part};

/// A kernel, a C library or an init that is replaced on hosts which are never rebooted: the old one goes on running.
pub fn kernel_without_reboot(plan: &Plan, _: &LintInputs<'_>) -> Vec<Draft> {
    let mut found: BTreeMap<CorePart, (Vec<&str>, Vec<HostName>)> = BTreeMap::new();
    for host in plan.hosts().filter(|host| host.reboot == RebootPolicy::Never) {
        for change in host.changes.iter() {
            let package = change.package.as_str();
            let Some(part) = core_part(package).filter(|part| counts(*part)) else {
                continue;
            };
            let (packages, hosts) = found.entry(part).or_default();
            packages.push(package);
            if hosts.last() != Some(&host.name) {
                hosts.push(host.name.clone());
            }
        }
    }
    found
        .into_iter()
        .map(|(part, (mut packages, hosts))| {
            packages.sort_unstable();
            packages.dedup();
            Draft {
                code: LintCode::KernelWithoutReboot,
                message: format!(
                    "the {part} changes on {} with `reboot: never`, where the old one goes on running: {}",
                    count(hosts.len(), "host"),
                    some_of(packages)
                ),
                hint: "write `reboot: if-needed` in the playbook, or plan a reboot by other means".to_owned(),
                hosts,
            }
        })
        .collect()
}

fn counts(part: CorePart) -> bool {
    matches!(part, CorePart::Kernel | CorePart::LibraryOfAll | CorePart::Init)
}
