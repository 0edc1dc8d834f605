//! Checks of what hosts answered, or did not.

use super::grouping::{Groups, hosts_are};
use super::{Draft, LintInputs};
use crate::model::lint_code::LintCode;
use crate::model::plan::{Basis, Plan};

/// Hosts that could not be scanned: each counts as failed in its turn.
pub fn unknown_host(plan: &Plan, _: &LintInputs<'_>) -> Vec<Draft> {
    let hosts: Vec<_> = plan
        .hosts()
        .filter(|host| matches!(host.basis, Basis::Unknown { .. }))
        .map(|host| host.name.clone())
        .collect();
    if hosts.is_empty() {
        return Vec::new();
    }
    vec![Draft {
        code: LintCode::UnknownHost,
        message: format!(
            "{} unknown: not scanned, and will count as failed",
            hosts_are(hosts.len())
        ),
        hint: "see why with `patchwave doctor`, or leave them out with `--limit`".to_owned(),
        hosts,
    }]
}

/// Hosts that have not enough space for their transaction.
pub fn disk_space(plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Draft> {
    let Some(resolutions) = inputs.resolutions else {
        return Vec::new();
    };
    let mut groups = Groups::new();
    for host in plan.hosts() {
        if let Some(error) = resolutions.get(&host.name).and_then(|answer| answer.space.as_ref()) {
            groups.add((error.message.as_str(), error.hint.as_str()), &host.name);
        }
    }
    let draft = |((message, hint), hosts): ((&str, &str), Vec<_>)| Draft {
        code: LintCode::DiskSpace,
        message: message.to_owned(),
        hint: hint.to_owned(),
        hosts,
    };
    groups.into_rows().map(draft).collect()
}
