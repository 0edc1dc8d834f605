//! What hosts answered to a scan, for tests that contact none: a Debian 12 where nothing else is said.

use patchwave::model::facts::{Facts, Kernel, Metadata, OperatingSystem, Reboot};
use patchwave::model::manager::Manager;
use patchwave::model::name::{Architecture, HostName, PackageName, Version};
use patchwave::model::scan::{HostScan, HostState};
use patchwave::model::update::{Update, UpdateStatus};

/// An update that would be installed now, from 1.0 to 1.1.
pub fn update(package: &str, security: bool) -> Update {
    Update {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        from: Some(Version::new("1.0").unwrap()),
        to: Version::new("1.1").unwrap(),
        repo: "main".to_owned(),
        status: UpdateStatus::Upgradable,
        reason: None,
        phased_percentage: None,
        removes: Vec::new(),
        security: Some(security),
        severity: None,
        advisories: Vec::new(),
        cves: Vec::new(),
        size: None,
    }
}

/// The facts of release 12 of that system.
pub fn facts(os: &str) -> Facts {
    Facts {
        os: OperatingSystem {
            id: os.to_owned(),
            version: "12".to_owned(),
            name: format!("{os} 12"),
        },
        arch: "x86_64".to_owned(),
        manager: Manager::Apt,
        experimental: false,
        kernel: Kernel {
            running: "6.1".to_owned(),
            newest: None,
        },
        boot_id: None,
        reboot: Reboot::default(),
        services: None,
        failed_units: None,
        metadata: Metadata::default(),
    }
}

/// A host that is called by its name and answered this.
pub fn answer(name: &str, facts: Facts, updates: Vec<Update>) -> HostScan {
    HostScan {
        name: HostName::new(name).unwrap(),
        address: name.to_owned(),
        port: 22,
        state: HostState::Ok,
        error: None,
        duration_ms: 1,
        facts: Some(facts),
        updates,
        notices: Vec::new(),
    }
}
