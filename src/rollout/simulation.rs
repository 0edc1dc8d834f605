//! Dry runs: every host's own manager simulates its transaction. Nothing is changed.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use super::limits::Limits;
use super::survey::internal;
use crate::model::error::HostError;
use crate::model::host::{Host, RebootPolicy};
use crate::model::manager::Manager;
use crate::model::name::HostName;
use crate::model::plan::{Basis, Plan, PlannedHost};
use crate::remote::job::{parse_simulate, simulate_script};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// Whether anything is to be done on a host: a package change, or a reboot that is due.
#[must_use]
pub fn host_has_work(host: &PlannedHost) -> bool {
    match &host.basis {
        Basis::Unknown { .. } => false,
        Basis::Scanned { reboot_required, .. } => {
            !host.changes.is_empty() || (*reboot_required && host.reboot != RebootPolicy::Never)
        }
    }
}

/// Whether anything is to be done on any host of the plan.
#[must_use]
pub fn has_work(plan: &Plan) -> bool {
    plan.hosts().any(host_has_work)
}

/// Lets every host's manager simulate its transaction. The failures come in the order of the plan; hosts that
/// could not be scanned are among them.
pub async fn simulate_plan<T: Transport>(
    plan: &Plan,
    hosts: &BTreeMap<HostName, Host>,
    transport: &T,
    limits: &Limits,
) -> Vec<(HostName, HostError)> {
    let mut failures: BTreeMap<usize, (HostName, HostError)> = BTreeMap::new();
    let mut running = JoinSet::new();
    for (position, planned) in plan.hosts().enumerate() {
        let manager = match &planned.basis {
            Basis::Scanned { manager, .. } => *manager,
            Basis::Unknown { error } => {
                failures.insert(position, (planned.name.clone(), error.clone()));
                continue;
            }
        };
        let Some(host) = hosts.get(&planned.name).filter(|_| !planned.changes.is_empty()) else {
            continue;
        };
        if running.len() >= limits.parallel {
            collect(running.join_next().await, &mut failures);
        }
        let (planned, host, transport, limits) = (planned.clone(), host.clone(), transport.clone(), limits.clone());
        running.spawn(async move {
            let failure = simulate_host(&planned, manager, &host, &transport, &limits).await.err();
            (position, planned.name, failure)
        });
    }
    while let Some(joined) = running.join_next().await {
        collect(Some(joined), &mut failures);
    }
    failures.into_values().collect()
}

type Simulated = Result<(usize, HostName, Option<HostError>), tokio::task::JoinError>;

fn collect(joined: Option<Simulated>, failures: &mut BTreeMap<usize, (HostName, HostError)>) {
    if let Some(Ok((position, name, Some(error)))) = joined {
        failures.insert(position, (name, error));
    }
}

async fn simulate_host<T: Transport>(
    planned: &PlannedHost,
    manager: Manager,
    host: &Host,
    transport: &T,
    limits: &Limits,
) -> Result<(), HostError> {
    let nonce = Nonce::from_bits(rand::random());
    let script = simulate_script(manager, &planned.changes, nonce.clone()).map_err(|error| internal(&error))?;
    let connection = transport.connect(host).await?;
    let output = connection
        .run(&ScriptRequest {
            script,
            privileged: true,
            timeout: limits.command,
        })
        .await;
    connection.close().await;
    let simulation = parse_simulate(manager, &output?, &nonce)?;
    simulation.failure.map_or(Ok(()), Err)
}
