//! A plan that no longer fits: the inventory says something else, time has gone on, or only some hosts are wanted.

use std::collections::BTreeMap;
use std::time::Duration;

use super::office;
use crate::stage::Stage;

#[test]
fn a_plan_that_does_not_fit_is_refused_with_the_reason() {
    let stage = office();
    let _ = stage.plan();
    stage.refuses(
        ["apply", "plan.json", "--yes", "--security"],
        2,
        "`--security` would change the plan",
    );
    stage.refuses(
        ["apply", "plan.json", "--yes", "--package", "bash"],
        2,
        "`--package` would change",
    );
    stage.refuses(
        ["apply", "plan.json", "--yes", "--expect", "2"],
        2,
        "3 hosts selected, but 2 expected",
    );
    stage.refuses(["apply", "plan.json"], 2, "nobody is there to be asked");
    stage.write_inventory(&["web1", "db1"]);
    stage.refuses(["apply", "plan.json", "--yes"], 2, "not in the inventory: web2");
    stage.write_inventory(&["web1", "web2", "db1"]);
    let moved = stage
        .text("inventories/fleet.yml")
        .replacen("127.0.0.1", "127.0.0.2", 1);
    let _ = stage.workplace.write("inventories/fleet.yml", &moved);
    stage.refuses(
        ["apply", "plan.json", "--yes"],
        24,
        "another address in the inventory: web1",
    );
    assert_eq!(stage.transactions(), [0, 0, 0]);
}

#[test]
fn what_the_inventory_forbids_by_now_is_not_done() {
    let stage = office();
    let _ = stage.plan();
    let text = stage.text("inventories/fleet.yml");
    let excluded = text.replacen("  web2: {", "  web2: {exclude: ['*'], ", 1);
    let _ = stage.workplace.write("inventories/fleet.yml", &excluded);
    stage.refuses(["apply", "plan.json", "--yes"], 24, "on web2 (`*`)");
    let _ = stage
        .workplace
        .run(["apply", "plan.json", "--yes", "--limit", "web1"])
        .expect_exit(0);
}

#[test]
fn an_expired_plan_is_not_run() {
    let stage = office();
    let _ = stage
        .workplace
        .run(["plan", "monthly.yml", "--out", "plan.json", "--valid", "1s"])
        .expect_exit(0);
    std::thread::sleep(Duration::from_millis(1600));
    stage.refuses(["apply", "plan.json", "--yes"], 24, "held until");
    stage.refuses(["fetch", "plan.json"], 24, "held until");
    let _ = stage.workplace.run(["plan", "plan.json"]).expect_exit(0);
}

#[test]
fn a_limit_leaves_hosts_of_the_plan_for_later() {
    let stage = office();
    let _ = stage.plan();
    let outcome = stage
        .workplace
        .run(["apply", "plan.json", "--yes", "--limit", "web2", "--expect", "1"])
        .expect_exit(0);
    assert!(outcome.stderr.contains("wave `test` falls away"), "{}", outcome.stderr);
    let done: Vec<usize> = ["web1", "web2", "db1"]
        .iter()
        .map(|name| stage.systems[*name].transactions())
        .collect();
    assert_eq!(done, [0, 1, 0]);
}

/// Another address of the same machine, so that the simulated host is another one for the plan.
fn move_first_host(stage: &Stage) {
    let text = stage.text("inventories/fleet.yml");
    let moved = text.replacen("127.0.0.1", "127.0.0.2", 1);
    let _ = stage.workplace.write("inventories/fleet.yml", &moved);
}

#[test]
fn a_limit_leaves_out_hosts_that_are_elsewhere_or_gone() {
    let stage = office();
    let _ = stage.plan();
    stage.write_inventory(&["web1", "db1"]);
    move_first_host(&stage);
    stage.refuses(["apply", "plan.json", "--yes"], 2, "`--limit`");
    let _ = stage
        .workplace
        .run(["apply", "plan.json", "--yes", "--limit", "db1", "--expect", "1"])
        .expect_exit(0);
    stage.write_inventory(&["web1", "web2", "db1"]);
    move_first_host(&stage);
    stage.refuses(
        ["apply", "plan.json", "--yes"],
        24,
        "leave such hosts out with `--limit`",
    );
    let outcome = stage
        .workplace
        .run(["apply", "plan.json", "--yes", "--quiet", "--limit", "!web1"])
        .expect_exit(0);
    // The missing wave is told to those who want to hear little too.
    assert!(outcome.stderr.contains("wave `test` falls away"), "{}", outcome.stderr);
    assert_eq!(stage.systems["web1"].transactions(), 0);
    assert_eq!(stage.systems["web2"].transactions(), 1);
    assert_eq!(stage.systems["db1"].transactions(), 1);
}

#[test]
fn the_policy_decides_about_hosts_that_are_elsewhere_or_gone() {
    let stage = office();
    let playbook = "name: monthly\ndrift: {host_changed: skip-host}\nwaves: [{name: all, rest: true}]\n";
    let _ = stage.workplace.write("monthly.yml", playbook);
    let _ = stage.plan();
    stage.write_inventory(&["web1", "db1"]);
    move_first_host(&stage);
    let outcome = stage
        .workplace
        .run(["apply", "plan.json", "--yes", "--expect", "3", "--format", "json"])
        .expect_exit(0);
    assert!(
        outcome.stderr.contains("not in the inventory: web2"),
        "{}",
        outcome.stderr
    );
    let report = outcome.json();
    let states: BTreeMap<&str, &str> = report["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| (host["name"].as_str().unwrap(), host["state"].as_str().unwrap()))
        .collect();
    let expected = [("db1", "patched"), ("web1", "skipped"), ("web2", "skipped")];
    assert_eq!(states, BTreeMap::from(expected));
}

#[test]
fn errors_about_hosts_that_are_left_out_do_not_stop_the_others() {
    let stage = office();
    let gated = "name: monthly\nlint: {errors: [wave-without-gate, unknown-host]}\nwaves: [{name: all, rest: true}]\n";
    let _ = stage.workplace.write("monthly.yml", gated);
    let text = stage.text("inventories/fleet.yml");
    let silent = format!("{text}  web3: {{address: 127.0.0.1, port: 1}}\n");
    let _ = stage.workplace.write("inventories/fleet.yml", &silent);
    let _ = stage.workplace.run(["plan", "monthly.yml", "--out", "plan.json"]);
    let whole = stage.workplace.run(["apply", "plan.json", "--yes"]).expect_exit(2);
    assert!(whole.stderr.contains("unknown-host"), "{}", whole.stderr);
    let _ = stage
        .workplace
        .run(["apply", "plan.json", "--yes", "--limit", "!web3"])
        .expect_exit(0);
    assert_eq!(stage.transactions(), [1, 1, 1]);
}
