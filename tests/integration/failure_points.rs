//! The controller is killed with SIGKILL right before and right after every event of a run, and once more while the run
//! is gone on with. Each time `resume` completes it, and every simulated host has done everything exactly once.
//!
//! Real SSH on loopback, the real program, a ledger on disk. Needs the feature `failure-points`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchwave::model::manager::Manager;
use patchwave::simulator::keys::SimulatedKey;
use patchwave::simulator::system::{Effect, Offer, Package, System};
use patchwave::simulator::{FleetOptions, SimulatedFleet, SimulatedHostSpec, SimulatedSudo, SimulatedSystem};
use serde_json::Value;

use crate::program::Workplace;

const PLAYBOOK: &str = "name: monthly\nrestart: auto\nreboot: if-needed\nwaves:\n  - {name: test, select: 'boot1,svc1'}\n  \
                        - {name: rest, rest: true}\n";

const HOSTS: [&str; 4] = ["boot1", "svc1", "svc2", "web1"];

/// As many points are tried at the most; a longer run is sampled evenly.
const MOST_POINTS: usize = 140;

/// So many runs at once: they mostly wait.
const AT_ONCE: usize = 6;

/// A fresh fleet, and a workplace with an inventory, a playbook and an empty ledger.
struct Stage {
    runtime: tokio::runtime::Runtime,
    systems: BTreeMap<String, Arc<SimulatedSystem>>,
    workplace: Workplace,
}

fn system(name: &str) -> System {
    let effect = match name {
        "boot1" => Some(Effect::Kernel("6.1.0-31-amd64".to_owned())),
        "svc1" | "svc2" => Some(Effect::KeepsOldFile(
            "webshop".to_owned(),
            "/usr/lib/libweb.so".to_owned(),
        )),
        _ => None,
    };
    let mut newest = Offer::new("2.0-1", "Acme/stable", 700);
    newest.effects.extend(effect);
    let mut system = System::new(name, Manager::Apt, "ID=debian\nVERSION_ID=\"12\"\n", "6.1.0-30-amd64")
        .with_packages([
            Package::installed("libssl3", "amd64", "3.0.16-1").offer(Offer::new("3.0.17-1", "Debian/stable", 2_000)),
            Package::installed("webshop", "amd64", "1.9-1").offer(newest),
        ])
        .with_service("webshop");
    system.job_time = Duration::from_millis(150);
    system.down_time = Duration::from_millis(300);
    system
}

impl Stage {
    fn open() -> Self {
        let key = SimulatedKey::generate().unwrap();
        let systems: BTreeMap<String, Arc<SimulatedSystem>> = HOSTS
            .map(|name| (name.to_owned(), SimulatedSystem::new(system(name))))
            .into();
        let specs = systems.iter().map(|(name, system)| SimulatedHostSpec {
            name: name.clone(),
            handler: system.clone(),
            sudo: SimulatedSudo::NoPassword,
        });
        let options = FleetOptions {
            authorized_keys: vec![key.public_text().unwrap()],
            ..FleetOptions::default()
        };
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let fleet = runtime
            .block_on(SimulatedFleet::start(specs.collect(), options))
            .unwrap();
        let workplace = Workplace::new();
        let path = workplace.write("key", &key.private_text().unwrap());
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
        let _ = workplace.write("inventories/known_hosts", &fleet.known_hosts().unwrap());
        let _ = workplace.write("monthly.yml", PLAYBOOK);
        let mut inventory = "defaults: {user: operator, become: sudo, key: ../key}\nhosts:\n".to_owned();
        for host in fleet.hosts() {
            let (address, port) = (host.address.ip(), host.address.port());
            inventory.push_str(&format!("  {}: {{address: {address}, port: {port}}}\n", host.name));
        }
        let _ = workplace.write("inventories/fleet.yml", &inventory);
        // The fleet ends with the runtime.
        std::mem::forget(fleet);
        Self {
            runtime,
            systems,
            workplace,
        }
    }

    /// Runs the program; it is killed at that point.
    fn run(&self, arguments: &[&str], point: Option<&str>) -> (ExitStatus, String) {
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

    fn events(&self) -> Vec<Value> {
        let (status, said) = self.run(&["show", "last", "--format", "jsonl"], None);
        assert_eq!(status.code(), Some(0), "{said}");
        said.lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Everything that must be so once the run is complete, however often it was killed on the way.
    fn check(&self) -> Result<(), String> {
        let events = self.events();
        let sequences: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
        let expected: Vec<u64> = (1..=sequences.len() as u64).collect();
        if sequences != expected {
            return Err(format!("the sequence has gaps: {sequences:?}"));
        }
        for (name, system) in &self.systems {
            if system.transactions() != 1 {
                return Err(format!("{name}: {} transactions", system.transactions()));
            }
            if system.jobs_left() != 0 {
                return Err(format!("{name}: {} jobs left", system.jobs_left()));
            }
            let restarts = usize::from(name.starts_with("svc"));
            if system.restarts() != restarts {
                return Err(format!("{name}: {} restarts", system.restarts()));
            }
            let boots = 1 + u32::from(name.starts_with("boot"));
            let now = system.system();
            if now.boots() != boots {
                return Err(format!("{name}: {} boots", now.boots()));
            }
            let version = now.package("webshop").unwrap().version().map(str::to_owned);
            if version.as_deref() != Some("2.0-1") || !now.upgradable_names().is_empty() {
                return Err(format!("{name}: {version:?}, {:?} to go", now.upgradable_names()));
            }
            let ends = events
                .iter()
                .filter(|event| event["event"] == "host-finished" && event["host"] == name.as_str());
            let ends: Vec<&Value> = ends.collect();
            let [end] = ends.as_slice() else {
                return Err(format!("{name}: {} ends", ends.len()));
            };
            if end["state"] != "patched" || end["changed"].as_array().map(Vec::len) != Some(2) {
                return Err(format!("{name}: ended with {end}"));
            }
        }
        self.check_story(&events)
    }

    /// The journal and the report tell the same whole story.
    fn check_story(&self, events: &[Value]) -> Result<(), String> {
        let last = &events.last().unwrap()["event"];
        if last != "run-finished" {
            return Err(format!("the last event is {last}"));
        }
        let (status, said) = self.run(&["show", "last", "--format", "json"], None);
        let report: Value = serde_json::from_str(&said).map_err(|error| format!("{status}: {error}: {said}"))?;
        if report["outcome"] != "completed" {
            return Err(format!("the report says {}", report["outcome"]));
        }
        for host in report["hosts"].as_array().unwrap() {
            let name = host["name"].as_str().unwrap();
            let is_whole = host["state"] == "patched"
                && host["changed"].as_array().map(Vec::len) == Some(2)
                && host["rebooted"] == name.starts_with("boot")
                && (host["restarted"].as_array().map(Vec::len) == Some(1)) == name.starts_with("svc")
                && host["downloaded_bytes"] == 2_700;
            if !is_whole {
                return Err(format!("the report of {name} is not whole: {host}"));
            }
        }
        let (_, page) = self.run(&["show"], None);
        let (_, story) = self.run(&["show", "last", "--events"], None);
        if !page.contains("completed") || !HOSTS.iter().all(|name| story.contains(&format!("{name}: patched"))) {
            return Err(format!("the story is not whole:\n{page}\n{story}"));
        }
        Ok(())
    }

    fn close(self) {
        self.runtime.shutdown_background();
    }
}

/// One run that is killed at these points, one after the other, and then goes on to its end.
fn survive(points: &[String]) -> Result<(), String> {
    let stage = Stage::open();
    let mut arguments = vec!["apply", "monthly.yml", "--yes"];
    for point in points {
        let (status, said) = stage.run(&arguments, Some(point));
        if status.signal() != Some(9) {
            // A run that is gone on with may have fewer events left than that.
            return match status.code() {
                Some(0) if arguments[0] == "resume" => stage.check(),
                _ => Err(format!("{point}: not killed: {status}\n{said}")),
            };
        }
        arguments = vec!["resume"];
    }
    let (status, said) = stage.run(&["resume"], None);
    if status.code() != Some(0) {
        return Err(format!("`resume` ended with {status}:\n{said}"));
    }
    let checked = stage.check();
    let (status, said) = stage.run(&["resume"], None);
    let refused = if status.code() == Some(2) {
        Ok(())
    } else {
        Err(format!("a run that has ended was taken up: {said}"))
    };
    stage.close();
    checked.and(refused)
}

/// Tries each, some at once, and gives what went wrong.
fn survive_all(scenes: Vec<Vec<String>>) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(points) = scenes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = survive(points) {
                        failures.lock().unwrap().push(format!("{points:?}: {error}"));
                    }
                }
            });
        }
    });
    failures.into_inner().unwrap()
}

/// The events of a run that nothing disturbs.
fn undisturbed() -> u64 {
    let stage = Stage::open();
    let (status, said) = stage.run(&["apply", "monthly.yml", "--yes"], None);
    assert_eq!(status.code(), Some(0), "{said}");
    stage.check().unwrap();
    let events = stage.events().len() as u64;
    stage.close();
    events
}

fn sample<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let every = all.len().div_ceil(most).max(1);
    all.into_iter().step_by(every).collect()
}

#[test]
fn a_run_that_is_killed_at_any_point_is_completed_and_nothing_is_done_twice() {
    let events = undisturbed();
    let points: Vec<Vec<String>> = (1..=events)
        .flat_map(|number| ["before", "after"].map(|side| vec![format!("{side}:{number}")]))
        // After its last event the run has ended.
        .filter(|points| points[0] != format!("after:{events}"))
        .collect();
    let all = points.len();
    let points = sample(points, MOST_POINTS);
    eprintln!(
        "failure points: {events} events, {} of {all} points tried",
        points.len()
    );
    let failures = survive_all(points);
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

#[test]
fn a_run_that_is_killed_again_while_it_is_gone_on_with_is_completed() {
    let events = undisturbed();
    let scenes: Vec<Vec<String>> = (2..events)
        .step_by(5)
        .map(|number| {
            vec![
                format!("after:{number}"),
                format!("before:{}", number + 3),
                format!("after:{}", number + 7),
            ]
        })
        .collect();
    eprintln!("failure points: {} runs killed three times", scenes.len());
    let failures = survive_all(scenes);
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}
