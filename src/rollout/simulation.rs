//! Dry runs: every host's own manager simulates its transaction. Nothing is changed.

use std::collections::BTreeMap;

use super::control::Control;
use super::limits::Limits;
use super::repair::bounded;
use super::survey::internal;
use crate::manager::detect::check_installs;
use crate::manager::steps::{Steps, complete};
use crate::model::error::{ErrorCode, HostError};
use crate::model::host::Host;
use crate::model::manager::Manager;
use crate::model::name::HostName;
use crate::model::plan::{Basis, Plan, PlannedHost};
use crate::model::rollback::Consent;
use crate::model::step::HostSteps;
use crate::remote::job::{parse_simulate, simulate_script};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// Whether anything is to be done on a host: a package change, or a reboot that is due.
#[must_use]
pub fn host_has_work(host: &PlannedHost) -> bool {
    host.has_work()
}

/// Whether anything is to be done on any host of the plan.
#[must_use]
pub fn has_work(plan: &Plan) -> bool {
    plan.hosts().any(host_has_work)
}

fn failed(name: HostName, error: HostError) -> HostSteps {
    HostSteps {
        name,
        error: Some(error),
        steps: Vec::new(),
        unparsed: 0,
    }
}

fn done(name: HostName, steps: Steps) -> HostSteps {
    HostSteps {
        name,
        error: None,
        steps: steps.steps,
        unparsed: steps.unparsed,
    }
}

/// Lets every host's manager simulate its transaction. There is an answer for every host, in the order of the plan:
/// those that could not be scanned, and those that an interruption left out, have an error.
pub async fn simulate_plan<T: Transport>(
    plan: &Plan,
    hosts: &BTreeMap<HostName, Host>,
    transport: &T,
    limits: &Limits,
    control: &Control,
) -> Vec<HostSteps> {
    let items: Vec<(PlannedHost, Option<Host>)> = plan
        .hosts()
        .map(|planned| (planned.clone(), hosts.get(&planned.name).cloned()))
        .collect();
    let work = |(planned, host): (PlannedHost, Option<Host>)| {
        let (transport, limits) = (transport.clone(), limits.clone());
        async move { simulate(planned, host, &transport, &limits).await }
    };
    let left_out = |(planned, _): &(PlannedHost, Option<Host>)| {
        let error = HostError::new(
            ErrorCode::Interrupted,
            "the dry run was interrupted before its turn",
            "try again",
        );
        failed(planned.name.clone(), error)
    };
    bounded(items, limits.parallel, control, work, left_out, |_| {}).await
}

async fn simulate<T: Transport>(planned: PlannedHost, host: Option<Host>, transport: &T, limits: &Limits) -> HostSteps {
    let name = planned.name.clone();
    let manager = match &planned.basis {
        Basis::Scanned { manager, .. } => *manager,
        Basis::Unknown { error } => return failed(name, error.clone()),
    };
    let Some(host) = host.filter(|_| !planned.changes.is_empty()) else {
        return done(name, Steps::default());
    };
    match simulate_host(&planned, manager, &host, transport, limits).await {
        Ok(steps) => done(name, steps),
        Err(error) => failed(name, error),
    }
}

async fn simulate_host<T: Transport>(
    planned: &PlannedHost,
    manager: Manager,
    host: &Host,
    transport: &T,
    limits: &Limits,
) -> Result<Steps, HostError> {
    check_installs(manager)?;
    let nonce = Nonce::from_bits(rand::random());
    let consent = Consent::to_remove(&planned.removes);
    let script = simulate_script(
        manager,
        &planned.changes,
        &planned.may_bring,
        &consent,
        limits.read_lock_wait,
        nonce.clone(),
    )
    .map_err(|error| internal(&error))?;
    let connection = transport.connect(host).await?;
    let output = connection
        .run(&ScriptRequest {
            script,
            privileged: true,
            timeout: limits.command + limits.read_lock_wait,
        })
        .await;
    connection.close().await;
    let mut simulation = parse_simulate(manager, &output?, &nonce)?;
    if let Some(error) = simulation.failure {
        return Err(error);
    }
    let planned_changes = [&planned.changes[..], &planned.may_bring[..]].concat();
    complete(&mut simulation.steps.steps, &planned_changes);
    Ok(simulation.steps)
}
