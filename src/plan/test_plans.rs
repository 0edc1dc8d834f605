//! Plans for tests, made of few words.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::host::RebootPolicy;
use crate::model::manager::Manager;
use crate::model::name::{Architecture, HostName, PackageName, RunId, Version, WaveName};
use crate::model::plan::{Basis, Budget, Plan, PlanRules, PlannedChange, PlannedHost, PlannedWave};

/// A change of one package from `1` to `2`, or as `PACKAGE=FROM=TO` says; an empty `FROM` for a new package.
pub fn change(text: &str) -> PlannedChange {
    let mut parts = text.split('=');
    let package = parts.next().unwrap();
    let (from, to) = match (parts.next(), parts.next()) {
        (Some(from), Some(to)) => (from, to),
        _ => ("1", "2"),
    };
    PlannedChange {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        from: (!from.is_empty()).then(|| Version::new(from).unwrap()),
        to: Version::new(to).unwrap(),
        repo: String::new(),
        security: Some(false),
        size: Some(1_000),
    }
}

/// A Debian 12 with these changes.
pub fn host(name: &str, changes: &[&str]) -> PlannedHost {
    let changes: Vec<PlannedChange> = changes.iter().map(|text| change(text)).collect();
    PlannedHost {
        name: HostName::new(name).unwrap(),
        address: name.to_owned(),
        port: 22,
        basis: Basis::Scanned {
            manager: Manager::Apt,
            experimental: false,
            os: "debian".to_owned(),
            version: "12".to_owned(),
            arch: "x86_64".to_owned(),
            reboot_required: false,
        },
        changes: Arc::from(changes),
        may_bring: Arc::from(Vec::new()),
        removes: Vec::new(),
        left_out: Vec::new(),
        reboot: RebootPolicy::IfNeeded,
        foresight: None,
    }
}

/// The same host with another release.
pub fn of_release(mut host: PlannedHost, release: &str) -> PlannedHost {
    if let Basis::Scanned { version, .. } = &mut host.basis {
        release.clone_into(version);
    }
    host
}

/// A wave of these batches.
pub fn wave(name: &str, batches: Vec<Vec<PlannedHost>>) -> PlannedWave {
    let hosts = batches.iter().map(Vec::len).sum();
    PlannedWave {
        name: WaveName::new(name).unwrap(),
        batches,
        parallel: 10,
        budget: Budget { tolerated: 0, hosts },
        soak: Duration::ZERO,
        gates: Vec::new(),
    }
}

/// A plan of these waves.
pub fn plan(waves: Vec<PlannedWave>) -> Plan {
    Plan {
        scan: RunId::new("scan").unwrap(),
        made: Timestamp::UNIX_EPOCH,
        playbook: "test".to_owned(),
        rules: PlanRules::default(),
        domains: Vec::new(),
        waves,
    }
}
