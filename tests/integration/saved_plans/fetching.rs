//! What is done before a plan is applied: its packages are fetched, and the installed versions put aside.

use std::sync::Arc;

use patchwave::simulator::SimulatedSystem;
use serde_json::Value;

use super::{PLAYBOOK, office};

#[test]
fn what_was_fetched_is_installed_later() {
    let stage = office();
    let _ = stage.plan();
    let before: Vec<_> = stage
        .systems
        .values()
        .map(|system| system.system().installed())
        .collect();
    let fetched = stage.workplace.run(["fetch", "plan.json"]).expect_exit(0);
    assert!(fetched.stderr.contains("REPOSITORY"), "{}", fetched.stderr);
    assert!(
        fetched.stderr.contains("3 hosts now have what the plan installs"),
        "{}",
        fetched.stderr
    );
    let after: Vec<_> = stage
        .systems
        .values()
        .map(|system| system.system().installed())
        .collect();
    assert_eq!(before, after, "no package is changed");
    let _ = stage.workplace.run(["apply", "plan.json", "--yes"]).expect_exit(0);
    let history = stage
        .workplace
        .run(["history", "--format", "json"])
        .expect_exit(0)
        .json();
    assert_eq!(history["runs"][0]["plan"], history["runs"][1]["plan"]);
}

#[test]
fn fetching_with_the_old_packages_prints_one_document() {
    let stage = office();
    let _ = stage.plan();
    let fetched = stage
        .workplace
        .run(["fetch", "plan.json", "--secure-old", "--format", "json"])
        .expect_exit(0);
    let report = fetched.json();
    assert_eq!(report["outcome"], "completed");
    assert_ne!(report["securing"]["run"], report["run"]);
    let secured = &report["securing"]["hosts"][0]["secured"]["missing"];
    assert!(!secured.as_array().unwrap().is_empty(), "{report}");
    assert!(report["hosts"][0]["downloaded_bytes"].is_number(), "{report}");
    let waiting = |system: &Arc<SimulatedSystem>| !system.system().upgradable_names().is_empty();
    assert!(stage.systems.values().all(waiting), "a package was changed");
    let shown = stage
        .workplace
        .run(["fetch", "plan.json", "--secure-old"])
        .expect_exit(0);
    assert!(shown.stderr.contains("put aside on the hosts"), "{}", shown.stderr);
}

#[test]
fn a_fetch_takes_the_package_lists_as_they_are_where_it_is_told_to() {
    let stage = office();
    let _ = stage.plan();
    // A refresh makes the simulated lists young.
    let age_of = |name: &str| stage.systems[name].system().metadata_age;
    let _ = stage.workplace.run(["fetch", "plan.json"]).expect_exit(0);
    stage.systems["web1"].change(|system| system.metadata_age = 90_000);
    let _ = stage
        .workplace
        .run(["fetch", "plan.json", "--refresh", "never"])
        .expect_exit(0);
    assert_eq!(age_of("web1"), 90_000);
    let _ = stage.workplace.run(["fetch", "plan.json"]).expect_exit(0);
    assert!(age_of("web1") < 90_000);
}

#[test]
fn a_plan_can_be_told_to_secure_the_old_packages_first() {
    let stage = office();
    let _ = stage
        .workplace
        .run(["plan", "monthly.yml", "--secure-old", "--out", "plan.json"])
        .expect_exit(0);
    let saved: Value = serde_json::from_str(&stage.text("plan.json")).unwrap();
    assert_eq!(saved["plan"]["rules"]["secure_old"], true);
    let shown = stage.workplace.run(["plan", "plan.json"]).expect_exit(0).stdout;
    assert!(shown.contains("put aside on every host first"), "{shown}");
    stage.refuses(["plan", "plan.json", "--secure-old"], 2, "`--secure-old` would change");
    let report = stage
        .workplace
        .run(["apply", "plan.json", "--yes", "--format", "json"])
        .expect_exit(0)
        .json();
    let secured = &report["securing"]["hosts"][0]["secured"]["missing"];
    assert!(!secured.as_array().unwrap().is_empty(), "{report}");
    assert_eq!(report["securing"]["plan"], report["plan"]);
    assert_eq!(report["outcome"], "completed");
    let done = |system: &Arc<SimulatedSystem>| system.system().upgradable_names().is_empty();
    assert!(stage.systems.values().all(done));
}

#[test]
fn nothing_is_changed_where_the_old_packages_cannot_be_secured() {
    let stage = office();
    let playbook = format!("{PLAYBOOK}drift: {{host_changed: replan}}\n");
    let _ = stage.workplace.write("monthly.yml", &playbook);
    let _ = stage
        .workplace
        .run(["plan", "monthly.yml", "--secure-old", "--out", "plan.json"])
        .expect_exit(0);
    let port = stage.fleet.host("web2").unwrap().address.port();
    let text = stage.text("inventories/fleet.yml");
    let silent = text.replacen(&format!("port: {port}"), "port: 1", 1);
    let _ = stage.workplace.write("inventories/fleet.yml", &silent);
    let outcome = stage.workplace.run(["apply", "plan.json", "--yes"]).expect_exit(22);
    assert!(outcome.stderr.contains("no package was changed"), "{}", outcome.stderr);
    let waiting = |system: &Arc<SimulatedSystem>| !system.system().upgradable_names().is_empty();
    assert!(stage.systems.values().all(waiting), "a package was changed");
}
