//! Repositories that move between the test wave and the fleet wave of one run, on every package manager. What is
//! installed is asked of the managers themselves.

use serde_json::Value;

use super::hosts::Lab;
use crate::program::Outcome;

/// A test wave of `deb12`, whose gate calls that program before the fleet's turn comes.
fn playbook(program: &str, further: &str) -> String {
    format!(
        "
name: two-waves
waves:
  - name: test
    select: deb12
    gates:
      - {{name: the world moves on, command: [\"{program}\"], on: controller, timeout: 3m, baseline: ignore, relook: false}}
  - {{name: fleet, rest: true, parallel: 10, max_failures: 3}}
{further}
"
    )
}

/// Publishes that state for these hosts.
fn publishing(lab: &Lab, state: &str) -> String {
    let names: Vec<&str> = lab.hosts.iter().map(|host| host.name.as_str()).collect();
    let script = format!(
        "for host in {}; do \"$lab\" publish \"$dir\" \"$host\" {state}; done",
        names.join(" ")
    );
    lab.write_program(&format!("publish-{state}"), &script)
}

#[track_caller]
fn apply(lab: &Lab, text: &str, exit: i32) -> Outcome {
    lab.workplace.write("waves.yml", text);
    lab.patchwave(&["apply", "waves.yml", "--yes", "--refresh", "always", "--format", "json"])
        .expect_exit(exit)
}

/// The version without epoch.
fn version(lab: &Lab, host: &str, package: &str) -> String {
    let installed = lab.installed(host, package).unwrap_or_default();
    installed
        .split_once(':')
        .map_or(installed.clone(), |(_, version)| version.to_owned())
}

fn difference(report: &Value, package: &str) -> Value {
    let differences = report["drift"]["differences"].as_array();
    let found = differences.and_then(|all| all.iter().find(|one| one["package"] == package));
    found
        .unwrap_or_else(|| panic!("nothing of {package} in {report:#}"))
        .clone()
}

fn fleet(lab: &Lab) -> Vec<String> {
    let names = lab.hosts.iter().map(|host| host.name.clone());
    names.filter(|name| name != "deb12").collect()
}

#[test]
#[ignore = "needs the lab"]
fn the_fleet_gets_the_versions_that_the_test_wave_ran() {
    let lab = Lab::up(&[]);
    lab.publish("new");
    let arch_before = lab.everything_installed("arch");
    let outcome = apply(&lab, &playbook(&publishing(&lab, "both"), ""), 24);
    assert_eq!(outcome.json()["outcome"], "completed");
    assert!(version(&lab, "deb12", "pw-lib").starts_with("1.1"));
    for host in fleet(&lab) {
        let report = outcome.host(&host);
        let of_lib = difference(&report, "pw-lib");
        assert!(
            of_lib["planned"].as_str().unwrap().contains("1.1"),
            "{host}: {of_lib:#}"
        );
        let newest = of_lib["offered"].as_array().unwrap().last().unwrap();
        assert!(newest.as_str().unwrap().contains("1.2"), "{host}: {of_lib:#}");
        if host == "arch" {
            // A repository of pacman holds one version of a package: the planned one is gone.
            assert_eq!(report["state"], "failed", "{report:#}");
            assert_eq!(report["error"]["code"], "E_GONE", "{report:#}");
            assert_eq!(report["drift"]["class"], "vanished", "{report:#}");
            assert_eq!(report["drift"]["action"], "fail", "{report:#}");
            continue;
        }
        assert_eq!(report["state"], "patched", "{report:#}");
        assert_eq!(report["drift"]["class"], "superseded", "{report:#}");
        assert_eq!(report["drift"]["action"], "pinned", "{report:#}");
        for package in ["pw-lib", "pw-app", "pw-tool"] {
            let installed = version(&lab, &host, package);
            assert!(installed.starts_with("1.1"), "{host}: {package} is at {installed}");
        }
    }
    assert_eq!(
        lab.everything_installed("arch"),
        arch_before,
        "a host that failed by drift was changed"
    );
    // The newer version is really there to be had: the next plan has it.
    let scan = lab.patchwave(&["scan", "--refresh", "always", "--format", "json"]);
    for host in fleet(&lab) {
        let updates = scan.host(&host)["updates"].clone();
        let of_lib = updates
            .as_array()
            .unwrap()
            .iter()
            .find(|update| update["package"] == "pw-lib");
        assert!(of_lib.unwrap()["to"].as_str().unwrap().contains("1.2"), "{host}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_fleet_whose_versions_are_gone_is_not_changed() {
    let lab = Lab::up(&[]);
    lab.publish("new");
    let before: Vec<String> = fleet(&lab).iter().map(|host| lab.everything_installed(host)).collect();
    let outcome = apply(&lab, &playbook(&publishing(&lab, "newest"), ""), 24);
    assert_eq!(outcome.json()["outcome"], "stopped");
    assert_eq!(outcome.host("deb12")["state"], "patched");
    for host in fleet(&lab) {
        let report = outcome.host(&host);
        assert_eq!(report["state"], "failed", "{report:#}");
        assert_eq!(report["error"]["code"], "E_GONE", "{report:#}");
        assert_eq!(report["drift"]["class"], "vanished", "{report:#}");
        let gone = report["drift"]["differences"].as_array().unwrap();
        let of_ours = |one: &&Value| one["package"] == "pw-lib" || one["package"] == "pw-app";
        assert!(
            gone.iter().filter(of_ours).any(|one| one["class"] == "vanished"),
            "{report:#}"
        );
        assert_eq!(report["changed"], serde_json::json!([]), "{report:#}");
    }
    let after: Vec<String> = fleet(&lab).iter().map(|host| lab.everything_installed(host)).collect();
    assert_eq!(before, after);
    let shown = lab
        .patchwave(&["show", "last", "--color", "never"])
        .expect_exit(0)
        .stdout;
    for words in ["vanished", "1.1-1 planned", "nothing was changed"] {
        assert!(shown.contains(words), "{words} is missing in\n{shown}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn the_policy_decides_about_versions_that_are_gone() {
    let lab = Lab::up(&["deb12", "deb13", "rocky", "alpine"]);
    let moving = publishing(&lab, "newest");
    lab.publish("new");
    let before: Vec<String> = fleet(&lab).iter().map(|host| lab.everything_installed(host)).collect();
    let skipping = playbook(&moving, "drift: {vanished: skip-host}");
    let outcome = apply(&lab, &skipping, 0);
    for host in fleet(&lab) {
        let report = outcome.host(&host);
        assert_eq!(report["state"], "skipped", "{report:#}");
        assert_eq!(report["error"], Value::Null, "{report:#}");
        assert_eq!(report["drift"]["action"], "skip-host", "{report:#}");
    }
    let after: Vec<String> = fleet(&lab).iter().map(|host| lab.everything_installed(host)).collect();
    assert_eq!(before, after);

    lab.publish("new");
    let outcome = apply(&lab, &playbook(&moving, "drift: {vanished: replan}"), 0);
    for host in fleet(&lab) {
        let report = outcome.host(&host);
        assert_eq!(report["state"], "patched", "{report:#}");
        assert_eq!(report["drift"]["action"], "replan", "{report:#}");
        let instead = report["drift"]["instead"].as_array().unwrap();
        let of_lib = instead.iter().find(|change| change["package"] == "pw-lib").unwrap();
        assert!(of_lib["to"].as_str().unwrap().contains("1.2"), "{report:#}");
        let installed = version(&lab, &host, "pw-lib");
        assert!(installed.starts_with("1.2"), "{host}: pw-lib is at {installed}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn what_was_done_by_hand_between_the_waves_is_seen() {
    let lab = Lab::up(&["deb12", "deb13", "rocky"]);
    lab.publish("new");
    // deb13 goes past the plan; of rocky's packages one is where the plan leads to.
    let by_hand = lab.write_program(
        "by-hand",
        "\"$lab\" publish \"$dir\" deb13 newest
         \"$lab\" exec \"$dir\" deb13 sh -c 'apt-get -q update && apt-get -q -y install pw-lib'
         \"$lab\" exec \"$dir\" rocky sh -c 'dnf -y upgrade pw-tool'",
    );
    let outcome = apply(&lab, &playbook(&by_hand, ""), 24);
    let report = outcome.host("deb13");
    assert_eq!(report["state"], "failed", "{report:#}");
    assert_eq!(report["error"]["code"], "E_DRIFT", "{report:#}");
    assert_eq!(report["drift"]["class"], "host-changed", "{report:#}");
    assert_eq!(difference(&report, "pw-lib")["class"], "host-changed", "{report:#}");
    assert!(version(&lab, "deb13", "pw-tool").starts_with("1.0"));
    let report = outcome.host("rocky");
    assert_eq!(report["state"], "patched", "{report:#}");
    assert_eq!(report["drift"]["class"], "already-there", "{report:#}");
    assert_eq!(difference(&report, "pw-tool")["class"], "already-there", "{report:#}");
    let changed: Vec<&str> = report["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["package"].as_str().unwrap())
        .collect();
    assert!(
        changed.contains(&"pw-lib") && !changed.contains(&"pw-tool"),
        "{report:#}"
    );
    assert!(version(&lab, "rocky", "pw-lib").starts_with("1.1"));
}
