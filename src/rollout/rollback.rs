//! Asks every host that a run changed whether it can go back, before anything is asked of the operator or changed.

use std::sync::Arc;
use std::time::Duration;

use super::control::Control;
use super::limits::Limits;
use super::repair::{bounded, interrupted};
use super::resolution::ask_resolution;
use super::survey::probe;
use crate::manager::detect;
use crate::model::error::HostError;
use crate::model::facts::Facts;
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::plan::PlannedChange;
use crate::model::resolution::Resolution;
use crate::model::rollback::Consent;
use crate::model::run::Change;
use crate::plan::rollback::{Feasible, Obstacle, WayBack, judge, way_back};
use crate::remote::probe::{ProbeRequest, Refresh};
use crate::remote::resolve::ResolveRequest;
use crate::remote::transport::{Connection, Transport};

/// For so long the question waits for another process that holds a manager's lock. The run waits longer.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// A host, and what a run changed there.
#[derive(Debug, Clone)]
pub struct RollbackQuestion {
    /// The host.
    pub host: Host,
    /// What changed.
    pub changed: Vec<Change>,
    /// What the run was to install.
    pub planned: Arc<[PlannedChange]>,
    /// Whether a part of the changes may go back without the others.
    pub partial: bool,
    /// When the host fetches its package lists.
    pub refresh: Refresh,
}

/// What a host answered.
#[derive(Debug, Clone)]
pub struct RollbackAnswer {
    /// The host.
    pub host: HostName,
    /// Its way back, or why it could not be asked.
    pub found: Result<HostWay, HostError>,
}

/// The way back of a host.
#[derive(Debug, Clone)]
pub struct HostWay {
    /// What it is now.
    pub facts: Facts,
    /// What would have to happen.
    pub way: WayBack,
    /// Whether it can.
    pub verdict: Result<Feasible, Vec<Obstacle>>,
    /// What the manager said; `None` where nothing was asked.
    pub resolution: Option<Resolution>,
}

/// Asks the hosts, so many at once; the answers come in the order given. `told` hears each as it comes.
pub async fn ask_way_back<T: Transport>(
    questions: Vec<RollbackQuestion>,
    transport: &T,
    limits: &Limits,
    control: &Control,
    told: impl FnMut(&RollbackAnswer),
) -> Vec<RollbackAnswer> {
    let work = |question: RollbackQuestion| {
        let (transport, limits) = (transport.clone(), limits.clone());
        async move {
            let host = question.host.name.clone();
            let found = match transport.connect(&question.host).await {
                Ok(connection) => {
                    let found = ask(&question, &connection, &limits).await;
                    connection.close().await;
                    found
                }
                Err(error) => Err(error),
            };
            RollbackAnswer { host, found }
        }
    };
    let left_out = |question: &RollbackQuestion| RollbackAnswer {
        host: question.host.name.clone(),
        found: Err(interrupted()),
    };
    bounded(questions, limits.parallel, control, work, left_out, told).await
}

async fn ask(question: &RollbackQuestion, connection: &impl Connection, limits: &Limits) -> Result<HostWay, HostError> {
    let request = ProbeRequest {
        refresh: question.refresh,
        installed: true,
        lock_wait: limits.read_lock_wait,
    };
    let probe = match probe(connection, &request, limits).await {
        // The older versions may lie on the host.
        Err(_) if request.refresh != Refresh::Never => {
            let request = ProbeRequest {
                refresh: Refresh::Never,
                ..request
            };
            probe(connection, &request, limits).await?
        }
        answer => answer?,
    };
    if let Some(error) = probe.broken {
        return Err(error);
    }
    let facts = probe.facts;
    detect::check_installs(facts.manager)?;
    let installed = probe.installed.unwrap_or_default();
    let mut way = way_back(facts.manager, &question.changed, &question.planned, &installed);
    let nothing = |way: WayBack, verdict| HostWay {
        facts: facts.clone(),
        way,
        verdict,
        resolution: None,
    };
    if !facts.manager.goes_back() && !way.changes.is_empty() {
        let obstacle = Obstacle {
            package: None,
            version: None,
            reason: format!("patchwave takes nothing back with {}", facts.manager),
        };
        return Ok(nothing(way, Err(vec![obstacle])));
    }
    loop {
        let is_held = !question.partial && !way.stays.is_empty();
        if way.changes.is_empty() || is_held {
            return Ok(nothing(way, Ok(Feasible::default())));
        }
        let request = ResolveRequest {
            manager: facts.manager,
            changes: way.changes.clone(),
            may_bring: Vec::new(),
            install: Vec::new(),
            consent: Consent {
                may_go_back: true,
                may_remove: way.new.clone(),
                may_displace: Vec::new(),
            },
            lock_wait: limits.read_lock_wait.min(LOCK_WAIT),
        };
        let resolution = ask_resolution(connection, &request, limits).await?;
        let verdict = judge(facts.manager, &way, &resolution, &facts.arch);
        // Each round asks for less.
        if let (Err(obstacles), true) = (&verdict, question.partial)
            && let Some(rest) = way.clone().without(obstacles)
        {
            way = rest;
            continue;
        }
        return Ok(HostWay {
            facts,
            way,
            verdict,
            resolution: Some(resolution),
        });
    }
}
