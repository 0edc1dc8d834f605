//! A plan whose hosts only download what they are to install later.

use std::time::Duration;

use crate::model::host::RebootPolicy;
use crate::model::name::{InvalidName, WaveName};
use crate::model::plan::{Budget, Plan, PlannedHost, PlannedWave};

/// The same hosts with the same versions in one wave. Nothing on them changes, so there are no batches, no
/// waiting and no gates, no failure holds up another host, and none is rebooted. `parallel` is the number of
/// hosts that download at once.
///
/// # Errors
/// Never: the wave's name is a good one.
pub fn download_plan(plan: &Plan, parallel: usize) -> Result<Plan, InvalidName> {
    let hosts: Vec<PlannedHost> = plan
        .hosts()
        .map(|host| PlannedHost {
            reboot: RebootPolicy::Never,
            ..host.clone()
        })
        .collect();
    let wave = PlannedWave {
        name: WaveName::new("download")?,
        parallel,
        budget: Budget {
            tolerated: hosts.len(),
            hosts: hosts.len(),
        },
        soak: Duration::ZERO,
        gates: Vec::new(),
        batches: vec![hosts],
    };
    Ok(Plan {
        playbook: format!("{} (download only)", plan.playbook),
        waves: vec![wave],
        // Nothing goes down by a download.
        domains: Vec::new(),
        ..plan.clone()
    })
}
