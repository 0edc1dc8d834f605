//! Simulated hosts behind real SSH, driven by the real client, the real parsers and the real rollout.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use super::keys::SimulatedKey;
use super::system::System;
use super::{FleetOptions, SimulatedFleet, SimulatedHostSpec, SimulatedSudo, SimulatedSystem};
use crate::model::event::EventKind;
use crate::model::host::{Host, Privilege, PrivilegeMethod};
use crate::model::name::{HostName, RunId};
use crate::model::scan::Scan;
use crate::remote::job::JobStep;
use crate::remote::probe::{ProbeRequest, Refresh};
use crate::rollout::{Control, EventSink, Freshness, Limits, RunContext, SinkError, Waits, scan_hosts};
use crate::ssh::{SshSettings, SshTransport};

mod budgets;
mod closing;
mod conditions;
mod domains;
mod downloads;
mod drift;
mod examinations;
mod faults;
mod gates;
mod hooks;
mod operator;
mod questions;
mod rollouts;
mod scans;
mod steering;

/// A fleet, its systems, and all that a client needs to reach it.
struct Fleet {
    folder: tempfile::TempDir,
    fleet: SimulatedFleet,
    systems: BTreeMap<String, Arc<SimulatedSystem>>,
}

/// Keeps every event.
#[derive(Default)]
struct Events(Vec<EventKind>);

impl EventSink for Events {
    fn record(&mut self, kind: EventKind) -> Result<(), SinkError> {
        self.0.push(kind);
        Ok(())
    }
}

impl Fleet {
    async fn start(systems: impl IntoIterator<Item = System>) -> Self {
        Self::start_with(systems, SimulatedSudo::NoPassword).await
    }

    async fn start_with(systems: impl IntoIterator<Item = System>, sudo: SimulatedSudo) -> Self {
        let key = SimulatedKey::generate().unwrap();
        let systems: BTreeMap<String, Arc<SimulatedSystem>> = systems
            .into_iter()
            .map(|system| (system.name.clone(), SimulatedSystem::new(system)))
            .collect();
        let specs = systems.iter().map(|(name, system)| SimulatedHostSpec {
            name: name.clone(),
            handler: system.clone(),
            sudo: sudo.clone(),
        });
        let options = FleetOptions {
            authorized_keys: vec![key.public_text().unwrap()],
            ..FleetOptions::default()
        };
        let fleet = SimulatedFleet::start(specs.collect(), options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, key.private_text().unwrap()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(folder.path().join("known_hosts"), fleet.known_hosts().unwrap()).unwrap();
        Self { folder, fleet, systems }
    }

    fn system(&self, name: &str) -> &SimulatedSystem {
        &self.systems[name]
    }

    fn hosts(&self) -> Vec<Host> {
        let host = |host: &super::SimulatedHost| Host {
            address: host.address.ip().to_string(),
            port: host.address.port(),
            keys: vec![self.folder.path().join("key")],
            privilege: Privilege {
                method: PrivilegeMethod::Sudo,
                ..Privilege::default()
            },
            ..Host::new(HostName::new(&host.name).unwrap(), "operator")
        };
        self.fleet.hosts().iter().map(host).collect()
    }

    fn transport(&self) -> SshTransport {
        let settings = SshSettings {
            known_hosts: vec![self.folder.path().join("known_hosts")],
            connect_timeout: Duration::from_secs(5),
            ..SshSettings::isolated()
        };
        SshTransport::new(settings, Arc::new(|_| None))
    }

    /// What a run of all its hosts begins with, when nothing is said about it.
    fn context(&self) -> RunContext<SshTransport> {
        let hosts = self.hosts().into_iter().map(|host| (host.name.clone(), host));
        RunContext {
            run: RunId::new("run-1").unwrap(),
            plan: None,
            transport: self.transport(),
            step: JobStep::Everything,
            freshness: Freshness::JustPlanned,
            hosts: Arc::new(hosts.collect()),
            limits: Limits::default(),
            control: Control::new(),
            closing: None,
            waits: Waits::Here,
            resumption: None,
        }
    }

    async fn scan(&self) -> Scan {
        let request = ProbeRequest {
            refresh: Refresh::OlderThan(Duration::from_secs(3600)),
            installed: false,
            lock_wait: Duration::from_secs(60),
        };
        scan_hosts(
            RunId::new("scan").unwrap(),
            &self.hosts(),
            &request,
            &self.transport(),
            &Limits::default(),
            &Control::new(),
            &mut Events::default(),
        )
        .await
        .unwrap()
    }
}
