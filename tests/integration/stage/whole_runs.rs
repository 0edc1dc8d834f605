//! The fleet on which whole runs are killed, interrupted and gone on with, and everything that must be so in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use patchwave::model::manager::Manager;
use patchwave::simulator::system::{Effect, Offer, Package, System};
use serde_json::Value;

use super::{Stage, events_in};

const PLAYBOOK: &str = "name: monthly\nrestart: auto\nreboot: if-needed\nwaves:\n  - {name: test, select: 'boot1,svc1'}\n  \
                        - {name: rest, rest: true}\n";

/// What hooks write down, in the workplace.
const HOOK_LOG: &str = "hooks.log";

/// The hosts; the first two are the first wave.
pub const HOSTS: [&str; 4] = ["boot1", "svc1", "svc2", "web1"];

fn system(name: &str, job_time: Duration) -> System {
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
    system.job_time = job_time;
    system.down_time = Duration::from_millis(300);
    system
}

impl Stage {
    /// One whose jobs are over at once.
    pub fn open() -> Self {
        Self::with_jobs_of(Duration::from_millis(150))
    }

    /// One whose jobs take so long.
    pub fn with_jobs_of(job_time: Duration) -> Self {
        Self::of(HOSTS.map(|name| system(name, job_time)), PLAYBOOK)
    }

    /// One with fewer hosts, and with hooks that are undone, gates and a soak. The hooks write down that they ran.
    #[cfg(feature = "failure-points")]
    pub fn with_hooks() -> Self {
        let stage = Self::of(
            ["svc1", "web1"].map(|name| system(name, Duration::from_millis(150))),
            PLAYBOOK,
        );
        let log = stage.workplace.path(HOOK_LOG).display().to_string();
        let note = |word: &str| {
            format!("{{shell: 'echo \"{word} $PATCHWAVE_HOOK $PATCHWAVE_WAVE $PATCHWAVE_HOST\" >> {log}'}}")
        };
        let hooks: String = ["pre-run", "pre-wave", "pre-patch"]
            .map(|point| {
                let (run, undo) = (note("do"), note("undo"));
                let run = run.trim_matches(['{', '}']);
                format!("  - {{name: {point}, at: {point}, on: controller, {run}, undo: {undo}}}\n")
            })
            .concat();
        let gate = "{name: it serves, command: ['true'], on: controller, interval: 1s}";
        let playbook = format!(
            "name: monthly\nrestart: auto\nhooks:\n{hooks}waves:\n  - {{name: test, select: svc1, soak: 1s, gates: [{gate}]}}\n  \
             - {{name: rest, rest: true, gates: [{gate}]}}\n"
        );
        let _ = stage.workplace.write("monthly.yml", &playbook);
        stage
    }

    /// Each hook that ran was undone after it ran last, and none of them was left out.
    fn check_hooks(&self) -> Result<(), String> {
        let Ok(log) = std::fs::read_to_string(self.workplace.path(HOOK_LOG)) else {
            return Ok(());
        };
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        for (word, hook) in log.lines().filter_map(|line| line.split_once(' ')) {
            last.insert(hook, word);
        }
        let expected = [
            "pre-patch rest web1",
            "pre-patch test svc1",
            "pre-run  ",
            "pre-wave rest ",
            "pre-wave test ",
        ];
        if !last.keys().copied().eq(expected) || last.values().any(|word| *word != "undo") {
            return Err(format!("hooks are left or were left out:\n{log}"));
        }
        Ok(())
    }

    /// Everything that must be so once the run is complete, however often it was killed on the way.
    pub fn check(&self) -> Result<(), String> {
        self.check_hooks()?;
        let events = self.whole_events()?;
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

    /// Everything that must be so once `svc1` and `web1` were rebooted and nothing else was done.
    #[cfg(feature = "failure-points")]
    pub fn check_reboots(&self) -> Result<(), String> {
        let events = self.whole_events()?;
        for (name, system) in &self.systems {
            let is_meant = ["svc1", "web1"].contains(&name.as_str());
            let boots = 1 + u32::from(is_meant);
            let (found, transactions) = (system.system().boots(), system.transactions());
            if (found, transactions) != (boots, 0) {
                return Err(format!("{name}: {found} boots, {transactions} transactions"));
            }
            let ends = events
                .iter()
                .filter(|event| event["event"] == "host-finished" && event["host"] == name.as_str());
            if ends.count() != usize::from(is_meant) {
                return Err(format!("{name} has not one end"));
            }
        }
        match events.last() {
            Some(last) if last["event"] == "run-finished" && last["outcome"] == "completed" => Ok(()),
            last => Err(format!("the last event is {last:?}")),
        }
    }

    /// Every event; an error where one is missing.
    fn whole_events(&self) -> Result<Vec<Value>, String> {
        let shown = self.show_events();
        if shown.exit != 0 {
            return Err(format!("the events are not shown: {shown:?}"));
        }
        let events = events_in(&shown);
        let sequences: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
        let expected: Vec<u64> = (1..=sequences.len() as u64).collect();
        if sequences != expected {
            return Err(format!("the sequence has gaps: {sequences:?}"));
        }
        Ok(events)
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
        if !page.contains("completed")
            || !self
                .systems
                .keys()
                .all(|name| story.contains(&format!("{name}: patched")))
        {
            return Err(format!("the story is not whole:\n{page}\n{story}"));
        }
        Ok(())
    }
}
