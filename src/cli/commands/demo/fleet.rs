//! The demo's fleet: a dozen simulated hosts of eight distributions, and the update that goes wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::simulator::distributions::{
    alpine_3_22, arch, debian_12, debian_13, fedora_42, opensuse_15_6, rocky_9, ubuntu_24_04,
};
use crate::simulator::keys::{KeyError, SimulatedKey};
use crate::simulator::system::{Effect, Offer, Package, System};
use crate::simulator::{FleetError, FleetOptions, SimulatedFleet, SimulatedHostSpec, SimulatedSudo, SimulatedSystem};

/// The package whose new version does not start.
pub(super) const BAD_PACKAGE: &str = "webshop";
/// The version before the bad one.
pub(super) const GOOD_VERSION: &str = "4.2.0-1";
/// The version that does not start.
pub(super) const BAD_VERSION: &str = "4.3.0-1";
/// The canary host that gets it first.
pub(super) const VICTIM: &str = "web01";
/// The hosts of the first wave: one of each kind.
pub(super) const CANARY: [&str; 3] = [VICTIM, "api01", "db01"];

/// Long enough to be seen.
const JOB_TIME: Duration = Duration::from_millis(700);
const DOWN_TIME: Duration = Duration::from_millis(1200);

/// A group of the demo's inventory: its name, the service of its hosts, and how many they are.
pub(super) struct Group {
    pub name: &'static str,
    pub service: &'static str,
    pub hosts: &'static [&'static str],
}

/// The groups, in the order of the inventory.
pub(super) const GROUPS: [Group; 4] = [
    Group {
        name: "web",
        service: "webshop",
        hosts: &["web01", "web02", "web03"],
    },
    Group {
        name: "api",
        service: "api",
        hosts: &["api01", "api02"],
    },
    Group {
        name: "db",
        service: "postgresql",
        hosts: &["db01", "db02"],
    },
    Group {
        name: "tools",
        service: "sshd",
        hosts: &["backup01", "build01", "dev01", "edge01", "files01"],
    },
];

/// The running fleet and the state behind each host.
pub(super) struct DemoFleet {
    pub fleet: SimulatedFleet,
    pub systems: BTreeMap<&'static str, Arc<SimulatedSystem>>,
    /// The key that opens every host.
    pub key: SimulatedKey,
}

/// Starts a listener for every host.
///
/// # Errors
/// When a key cannot be made or no port can be opened.
pub(super) async fn start() -> Result<DemoFleet, FleetError> {
    let key = SimulatedKey::generate()?;
    let mut systems = BTreeMap::new();
    let mut specs = Vec::new();
    for group in &GROUPS {
        for name in group.hosts {
            let mut system = system(name).with_service(group.service);
            system.job_time = JOB_TIME;
            system.down_time = DOWN_TIME;
            let system = SimulatedSystem::new(system);
            systems.insert(*name, Arc::clone(&system));
            specs.push(SimulatedHostSpec {
                name: (*name).to_owned(),
                handler: system,
                sudo: SimulatedSudo::NoPassword,
            });
        }
    }
    let options = FleetOptions {
        authorized_keys: vec![public_text(&key)?],
        ..FleetOptions::default()
    };
    let fleet = SimulatedFleet::start(specs, options).await?;
    Ok(DemoFleet { fleet, systems, key })
}

fn public_text(key: &SimulatedKey) -> Result<String, KeyError> {
    key.public_text()
}

fn system(name: &str) -> System {
    match name {
        "api01" | "api02" => ubuntu_24_04(name),
        "db01" | "db02" => rocky_9(name),
        "backup01" => debian_13(name),
        "build01" => fedora_42(name),
        "dev01" => arch(name),
        "edge01" => alpine_3_22(name),
        "files01" => opensuse_15_6(name),
        _ => debian_12(name).with_packages([webshop()]),
    }
}

/// The firm's own software; its newest version does not start.
fn webshop() -> Package {
    let bad = Offer::new(BAD_VERSION, "Example/stable", 8_400_000);
    Package::installed(BAD_PACKAGE, "amd64", GOOD_VERSION).offer(bad.with(Effect::BreaksService("webshop".to_owned())))
}
