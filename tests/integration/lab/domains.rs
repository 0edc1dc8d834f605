//! Domains on real hosts: one that has no power is down, whether the run selects it, has patched it, or neither.

use serde_json::Value;

use super::hosts::Lab;

const APPLY: [&str; 7] = ["apply", "one.yml", "--yes", "--refresh", "always", "--format", "json"];

/// The hosts `deb13` and `alpine` are a domain of which one may be down at a time.
fn lab_with_a_domain() -> Lab {
    let lab = Lab::up(&["deb12", "deb13", "alpine"]);
    lab.publish("new");
    lab.write_inventory(
        "user: root",
        "domains:\n  pair: {select: 'deb13,alpine', max_down: 1}\n",
    );
    lab
}

fn events_of(lab: &Lab, kind: &str) -> Vec<Value> {
    let outcome = lab.patchwave(&["show", "last", "--format", "jsonl"]).expect_exit(0);
    let lines = outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|event: &Value| event["event"] == kind).collect()
}

#[track_caller]
fn is_left_out(report: &Value, down: &str) {
    assert_eq!(report["state"], "skipped", "{report:#}");
    let error = &report["error"];
    assert_eq!(error["code"], "E_DOMAIN", "{report:#}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("`pair`") && message.contains(down), "{message}");
}

#[test]
#[ignore = "needs the lab"]
fn a_host_without_power_that_no_run_selects_keeps_the_other_of_its_domain_as_it_is() {
    let lab = lab_with_a_domain();
    lab.workplace.write(
        "one.yml",
        "name: one\nselect: 'deb12,alpine'\nwaves: [{name: fleet, rest: true}]\n",
    );
    let untouched = lab.everything_installed("alpine");
    lab.control("stop", "deb13", &[]);
    let outcome = lab.patchwave(&APPLY).expect_exit(20);
    is_left_out(&outcome.host("alpine"), "deb13");
    assert_eq!(outcome.host("deb12")["state"], "patched");
    let down = events_of(&lab, "host-down");
    assert!(down.len() == 1 && down[0]["host"] == "deb13", "{down:?}");
    assert_eq!(lab.everything_installed("alpine"), untouched);
    lab.control("start", "deb13", &[]);
    let outcome = lab.patchwave(&APPLY).expect_exit(0);
    assert_eq!(outcome.host("alpine")["state"], "patched");
    assert!(lab.installed("alpine", "pw-lib").unwrap().starts_with("1.1"));
}

#[test]
#[ignore = "needs the lab"]
fn a_host_that_loses_its_power_after_it_was_patched_keeps_the_other_of_its_domain_as_it_is() {
    let lab = lab_with_a_domain();
    let power_off = lab.write_program("power-off", r#"exec "$lab" stop "$dir" deb13"#);
    let gate = format!("{{name: power, command: ['{power_off}'], on: controller, baseline: ignore, relook: false}}");
    lab.workplace.write(
        "one.yml",
        &format!(
            "name: one\nwaves:\n  - {{name: first, select: deb13, gates: [{gate}]}}\n  - {{name: rest, rest: true}}\n"
        ),
    );
    let untouched = lab.everything_installed("alpine");
    let outcome = lab.patchwave(&APPLY).expect_exit(20);
    assert_eq!(outcome.host("deb13")["state"], "patched");
    assert_eq!(outcome.host("deb12")["state"], "patched");
    is_left_out(&outcome.host("alpine"), "deb13");
    assert_eq!(lab.everything_installed("alpine"), untouched);
}
