//! Tests of whole plans. What they share is here; each theme has a file.

use jiff::Timestamp;

use super::{PlanError, PlanInputs, Planned, make_plan};
use crate::inventory::{Inventory, InventoryFile, ResolveContext, parse_inventory, select_hosts};
use crate::model::facts::{Facts, Kernel, Metadata, OperatingSystem, Reboot};
use crate::model::first_seen::FirstSeen;
use crate::model::host::Host;
use crate::model::known::Knowledge;
use crate::model::manager::Manager;
use crate::model::name::{Architecture, PackageName, RunId, Version};
use crate::model::plan::Plan;
use crate::model::scan::{HostScan, HostState, Scan};
use crate::model::update::{Update, UpdateStatus};
use crate::playbook::{Playbook, parse_playbook};

mod again;
mod age;
mod chosen;
mod domains;
mod order;
mod questions;
mod removals;
mod waves;

fn inventory(text: &str) -> Inventory {
    let file = InventoryFile {
        path: "fleet.yml".into(),
        bytes: text.as_bytes().to_vec(),
    };
    let context = ResolveContext {
        local_user: "root".to_owned(),
        home: None,
        ssh: None,
    };
    parse_inventory(&[file], &context).unwrap()
}

fn playbook(text: &str) -> Playbook {
    parse_playbook("playbook.yml", text.as_bytes(), "playbook").unwrap()
}

fn update(package: &str, from: Option<&str>, security: Option<bool>, status: UpdateStatus) -> Update {
    Update {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        from: from.map(|text| Version::new(text).unwrap()),
        to: Version::new("2").unwrap(),
        repo: String::new(),
        status,
        reason: None,
        phased_percentage: None,
        removes: Vec::new(),
        security,
        severity: None,
        advisories: Vec::new(),
        cves: Vec::new(),
        size: None,
    }
}

fn answered(host: &Host, release: &str, updates: Vec<Update>) -> HostScan {
    HostScan {
        name: host.name.clone(),
        address: host.address.clone(),
        port: host.port,
        state: HostState::Ok,
        error: None,
        duration_ms: 0,
        facts: Some(Facts {
            os: OperatingSystem {
                id: "debian".to_owned(),
                version: release.to_owned(),
                name: String::new(),
            },
            arch: "x86_64".to_owned(),
            manager: Manager::Apt,
            experimental: false,
            kernel: Kernel {
                running: String::new(),
                newest: None,
            },
            boot_id: None,
            reboot: Reboot::default(),
            services: Some(Vec::new()),
            failed_units: None,
            metadata: Metadata::default(),
        }),
        updates,
        notices: Vec::new(),
    }
}

fn scan(hosts: Vec<HostScan>) -> Scan {
    let now = Timestamp::UNIX_EPOCH;
    Scan {
        id: RunId::new("scan").unwrap(),
        started: now,
        finished: now,
        hosts,
    }
}

/// The noon at which every plan of these tests is made.
fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn plan(playbook: &Playbook, inventory: &Inventory, hosts: Vec<HostScan>) -> Result<Planned, PlanError> {
    let selected = select_hosts(inventory, &[], None, &Knowledge::default()).unwrap().hosts;
    make_plan(&PlanInputs {
        playbook,
        inventory,
        selected: &selected,
        scan: &scan(hosts),
        knowledge: &Knowledge::default(),
        first_seen: &FirstSeen::default(),
        known_exploited: None,
        now: now(),
    })
}

fn everything() -> Vec<Update> {
    vec![
        update("bash", Some("1"), Some(false), UpdateStatus::Upgradable),
        update("openssl", Some("1"), Some(true), UpdateStatus::Upgradable),
        update("new-dependency", None, Some(false), UpdateStatus::Upgradable),
        update("held", Some("1"), Some(true), UpdateStatus::Held),
        update("postgresql-15", Some("1"), None, UpdateStatus::Upgradable),
    ]
}

fn names(plan: &Plan) -> Vec<Vec<&str>> {
    plan.waves
        .iter()
        .map(|wave| wave.hosts().map(|host| host.name.as_str()).collect())
        .collect()
}
