//! A fleet of simulated hosts over real SSH on loopback, and a workplace that knows how to reach it.
//!
//! What is done on one is said by the tests: of runs that are killed and gone on with in [`whole_runs`].

mod whole_runs;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchwave::simulator::keys::SimulatedKey;
use patchwave::simulator::system::System;
use patchwave::simulator::{FleetOptions, SimulatedFleet, SimulatedHostSpec, SimulatedSudo, SimulatedSystem};
use serde_json::Value;

pub use whole_runs::HOSTS;

use crate::program::{Outcome, Workplace};

/// No event is waited for longer.
const DEADLINE: Duration = Duration::from_secs(90);

/// A fresh fleet, and a workplace with an inventory, the playbook `monthly.yml` and an empty ledger.
pub struct Stage {
    // Ends the fleet when it is dropped.
    runtime: tokio::runtime::Runtime,
    pub fleet: SimulatedFleet,
    pub systems: BTreeMap<String, Arc<SimulatedSystem>>,
    pub workplace: Workplace,
}

impl Stage {
    /// Starts these hosts; the inventory has them in this order.
    pub fn of(systems: impl IntoIterator<Item = System>, playbook: &str) -> Self {
        let key = SimulatedKey::generate().unwrap();
        let systems: Vec<Arc<SimulatedSystem>> = systems.into_iter().map(SimulatedSystem::new).collect();
        let names: Vec<String> = systems.iter().map(|system| system.system().name.clone()).collect();
        let specs = names.iter().zip(&systems).map(|(name, system)| SimulatedHostSpec {
            name: name.clone(),
            handler: system.clone(),
            sudo: SimulatedSudo::NoPassword,
        });
        let options = FleetOptions {
            authorized_keys: vec![key.public_text().unwrap()],
            ..FleetOptions::default()
        };
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let fleet = runtime
            .block_on(SimulatedFleet::start(specs.collect(), options))
            .unwrap();
        let workplace = Workplace::new();
        let path = workplace.write("key", &key.private_text().unwrap());
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
        let _ = workplace.write("inventories/known_hosts", &fleet.known_hosts().unwrap());
        let _ = workplace.write("monthly.yml", playbook);
        let stage = Self {
            runtime,
            fleet,
            systems: names.iter().cloned().zip(systems).collect(),
            workplace,
        };
        stage.write_inventory(&names);
        stage
    }

    /// Writes the inventory anew, with these hosts of the fleet alone.
    pub fn write_inventory(&self, names: &[impl AsRef<str>]) {
        let mut inventory = "defaults: {user: operator, become: sudo, key: ../key}\nhosts:\n".to_owned();
        for name in names.iter().map(AsRef::as_ref) {
            let address = self.fleet.host(name).unwrap().address;
            let (address, port) = (address.ip(), address.port());
            inventory.push_str(&format!("  {name}: {{address: {address}, port: {port}}}\n"));
        }
        let _ = self.workplace.write("inventories/fleet.yml", &inventory);
    }

    /// Runs the program; it is killed at that point.
    pub fn run(&self, arguments: &[&str], point: Option<&str>) -> (ExitStatus, String) {
        let mut command = self.workplace.command(arguments);
        if let Some(point) = point {
            command.env("PATCHWAVE_KILL_AT", point);
        }
        let output = command.output().unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        (output.status, said)
    }

    /// Starts the program and does not wait for it.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.workplace.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn show_events(&self) -> Outcome {
        self.workplace.run(["show", "last", "--format", "jsonl"])
    }

    /// Every event of the newest run so far; none where there is no run yet.
    pub fn events(&self) -> Vec<Value> {
        events_in(&self.show_events())
    }

    /// Waits until the journal of the newest run has an event of that name; the program may not even have begun it.
    #[track_caller]
    pub fn wait_for(&self, event: &str) {
        let begun = Instant::now();
        while !self.events().iter().any(|kept| kept["event"] == event) {
            assert!(begun.elapsed() < DEADLINE, "no {event}: {:#?}", self.show_events());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// How many events of that name the journal of the newest run has.
    pub fn number_of(&self, event: &str) -> usize {
        self.events().iter().filter(|kept| kept["event"] == event).count()
    }

    /// The id of the newest run.
    pub fn run_id(&self) -> String {
        self.events()[0]["run"].as_str().unwrap().to_owned()
    }

    /// Ends the fleet.
    pub fn close(self) {
        self.runtime.shutdown_background();
    }
}

fn events_in(shown: &Outcome) -> Vec<Value> {
    let lines = shown.stdout.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}
