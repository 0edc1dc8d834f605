//! Approvals as people use them: plan files, `ssh-keygen`, `approve`, `verify` and `apply`, with no host to contact.

mod applying;
mod counting;

use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use patchwave::model::approval::ApprovalRule;
use patchwave::model::coverage::Coverage;
use patchwave::model::host::RebootPolicy;
use patchwave::model::manager::Manager;
use patchwave::model::name::{HostName, RunId, WaveName};
use patchwave::model::plan::{Basis, Budget, Plan, PlanRules, PlannedHost, PlannedWave};
use patchwave::model::saved_plan::{FORMAT_VERSION, SavedPlan};
use patchwave::plan::saved::write_saved_plan;
use serde_json::Value;

use crate::program::{Outcome, Workplace};

/// A folder with a plan of one host that nobody can reach, made by alice, and keys for some people.
struct Desk(Workplace);

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "mallory"];

impl Desk {
    fn new(required: usize) -> Option<Self> {
        Self::with(required, |_| {})
    }

    fn with(required: usize, change: impl FnOnce(&mut SavedPlan)) -> Option<Self> {
        if Command::new("ssh-keygen")
            .arg("-?")
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            eprintln!("left out: ssh-keygen is not installed");
            return None;
        }
        let place = Workplace::new();
        place.write(
            "inventories/fleet.yml",
            "hosts:\n  web01: {address: 127.0.0.1, port: 1, user: deploy, become: none}\n",
        );
        let mut lines = String::new();
        for name in PEOPLE {
            run_ssh_keygen(&place, &["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", name]);
            if name != "mallory" {
                let key = std::fs::read_to_string(place.path(&format!("{name}.pub"))).unwrap();
                lines.push_str(&format!("{name}@example.com namespaces=\"patchwave-plan*\" {key}"));
            }
        }
        place.write("allowed_signers", &lines);
        let mut saved = saved(required);
        change(&mut saved);
        place.write("plan.json", &write_saved_plan(&saved).unwrap().text);
        Some(Self(place))
    }

    fn run(&self, words: &str) -> Outcome {
        self.0.run(words.split(' '))
    }

    fn approve(&self, who: &str) -> Outcome {
        self.run(&format!("approve plan.json --key {who}"))
    }

    /// The exit code of `verify`, and its document.
    fn verify(&self) -> (i32, Value) {
        let outcome = self.run("verify plan.json --format json");
        (outcome.exit, serde_json::from_str(&outcome.stdout).unwrap())
    }

    fn states(&self) -> Vec<String> {
        let (_, document) = self.verify();
        let approvals = document["approvals"].as_array().unwrap().clone();
        approvals
            .iter()
            .map(|one| one["state"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn run_ssh_keygen(place: &Workplace, arguments: &[&str]) {
    let status = Command::new("ssh-keygen")
        .args(arguments)
        .current_dir(place.path(""))
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{arguments:?}");
}

fn saved(required: usize) -> SavedPlan {
    let made = Timestamp::from_second(Timestamp::now().as_second() - 60).unwrap();
    SavedPlan {
        format_version: FORMAT_VERSION.to_owned(),
        id: RunId::new("20261122T030000Z-abcd").unwrap(),
        made,
        expires: made + Duration::from_secs(7 * 24 * 3600),
        author: "alice@laptop".to_owned(),
        author_keys: Vec::new(),
        tool: "patchwave 0.1.0".to_owned(),
        playbook: Value::Null,
        findings: Vec::new(),
        coverage: Coverage::default(),
        plan: plan(required, made),
    }
}

fn plan(required: usize, made: Timestamp) -> Plan {
    let host = PlannedHost {
        name: HostName::new("web01").unwrap(),
        address: "127.0.0.1".to_owned(),
        port: 1,
        basis: Basis::Scanned {
            manager: Manager::Apt,
            experimental: false,
            os: "debian".to_owned(),
            version: "12".to_owned(),
            arch: "x86_64".to_owned(),
            reboot_required: false,
        },
        changes: Vec::new().into(),
        may_bring: Vec::new().into(),
        removes: Vec::new(),
        left_out: Vec::new(),
        reboot: RebootPolicy::Never,
        foresight: None,
    };
    Plan {
        scan: RunId::new("20261122T025900Z-abcd").unwrap(),
        made,
        playbook: "monthly".to_owned(),
        rules: PlanRules {
            approvals: ApprovalRule {
                required,
                signers: Some("allowed_signers".into()),
            },
            ..PlanRules::default()
        },
        domains: Vec::new(),
        waves: vec![PlannedWave {
            name: WaveName::new("test").unwrap(),
            budget: Budget { tolerated: 0, hosts: 1 },
            batches: vec![vec![host]],
            parallel: 1,
            soak: Duration::ZERO,
            gates: Vec::new(),
        }],
    }
}

/// Runs the line `check it: …` of `approve` in a shell.
fn run_told_check(desk: &Desk, told: &str) -> bool {
    let command = told
        .lines()
        .find_map(|line| line.trim().strip_prefix("check it: "))
        .unwrap();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(desk.0.path(""))
        .output()
        .unwrap();
    output.status.success()
}
