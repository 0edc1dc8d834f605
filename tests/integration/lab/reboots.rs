//! Reboots of real hosts: proved, timed, blocked, helped, and as a command of their own.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::hosts::Lab;

fn apply(playbook: &str) -> [&str; 7] {
    ["apply", playbook, "--yes", "--refresh", "always", "--format", "json"]
}

fn events(lab: &Lab) -> Vec<Value> {
    let outcome = lab.patchwave(&["show", "last", "--format", "jsonl"]).expect_exit(0);
    outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn boot_ids(lab: &Lab) -> Vec<String> {
    let ids = lab.hosts.iter().map(|host| lab.control("boot-id", &host.name, &[]));
    ids.collect()
}

#[test]
#[ignore = "needs the lab"]
fn a_reboot_is_proved_timed_and_compared_with_before_the_update() {
    let lab = Lab::up(&["deb12", "alpine", "rocky"]);
    lab.publish("new");
    lab.workplace.write(
        "all.yml",
        "name: all\nreboot: always\nwaves: [{name: fleet, rest: true, parallel: 3}]\n",
    );
    let before = boot_ids(&lab);
    let outcome = lab.patchwave(&apply("all.yml")).expect_exit(0);
    for ((host, before), after) in lab.hosts.iter().zip(before).zip(boot_ids(&lab)) {
        let report = outcome.host(&host.name);
        assert_ne!(before, after, "{}", host.name);
        assert_eq!(report["rebooted"], true, "{report:#}");
        let down = report["down_seconds"].as_u64().unwrap();
        assert!((1..120).contains(&down), "{}: {down}", host.name);
        assert_eq!(report["differences"], Value::Null, "{report:#}");
    }
    let shown = lab.patchwave(&["show", "last"]).expect_exit(0);
    assert!(shown.stdout.contains("rebooted (down for "), "{}", shown.stdout);
    let kinds: Vec<String> = events(&lab)
        .iter()
        .filter(|event| event["host"] == "alpine")
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect();
    let at = |kind: &str| kinds.iter().position(|other| other == kind);
    assert!(
        at("host-reboot").is_some() && at("host-reboot") < at("host-rebooted"),
        "{kinds:?}"
    );
}

#[test]
#[ignore = "needs the lab"]
fn what_a_reboot_breaks_is_seen_against_the_look_before_the_update() {
    let lab = Lab::up(&["deb12"]);
    lab.publish("new");
    // Mounted by hand: no boot mounts it again.
    lab.shell("deb12", "mkdir -p /data && mount -t tmpfs none /data");
    lab.workplace.write(
        "all.yml",
        "name: all\nreboot: always\ncondition: {settle: 2s}\nwaves: [{name: fleet, rest: true}]\n",
    );
    let outcome = lab.patchwave(&apply("all.yml")).expect_exit(21);
    let report = outcome.host("deb12");
    assert_eq!(report["rebooted"], true, "{report:#}");
    let message = report["error"]["message"].as_str().unwrap();
    assert!(message.contains("the mount /data tmpfs is gone"), "{message}");
}

/// Somebody at a terminal of every host.
fn logins(lab: &Lab) -> Vec<std::process::Child> {
    lab.hosts
        .iter()
        .map(|host| {
            std::process::Command::new("ssh")
                .args([
                    "-tt",
                    "-o",
                    "StrictHostKeyChecking=no",
                    "-o",
                    "UserKnownHostsFile=/dev/null",
                    "-i",
                ])
                .arg(lab.key())
                .args([&format!("admin@{}", host.address), "sleep 120"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect()
}

#[test]
#[ignore = "needs the lab"]
fn a_user_an_inhibitor_a_unit_a_file_and_a_command_block_a_reboot() {
    let lab = Lab::up(&["deb12", "alpine"]);
    let reboot = |blockers: &str, rest: &str| {
        let playbook = format!(
            "name: blocked\nreboot: {{policy: if-needed, blockers: [{blockers}]{rest}}}\nwaves: [{{name: fleet, rest: true, \
             max_failures: 100%}}]\n"
        );
        lab.workplace.write("blocked.yml", &playbook);
        lab.patchwave(&[
            "reboot",
            "--playbook",
            "blocked.yml",
            "--always",
            "--yes",
            "--format",
            "json",
        ])
    };
    let refused = |blockers: &str, host: &str, why: &str| {
        let outcome = reboot(blockers, "").expect_exit(if host.is_empty() { 0 } else { 21 });
        let error = outcome.host(host)["error"].clone();
        assert_eq!(error["code"], "E_REBOOT", "{error:#}");
        assert!(error["message"].as_str().unwrap().contains(why), "{error:#}");
    };
    let before = boot_ids(&lab);
    for host in ["deb12", "alpine"] {
        lab.shell(host, "touch /run/backup.lock");
    }
    refused("{file: /run/backup.lock}", "alpine", "/run/backup.lock is there");
    refused("{command: [test, '!', '-e', /run/backup.lock]}", "deb12", "exit 1");
    refused(
        "{unit: ssh*}, {command: [sh, -c, 'echo not yet; exit 3']}",
        "alpine",
        "exit 3: not yet",
    );
    let inhibitor =
        "setsid systemd-inhibit --what=shutdown --who=backup --why=nightly sleep 60 </dev/null >/dev/null 2>&1 &";
    lab.shell("deb12", inhibitor);
    refused("inhibitors, {file: /run/backup.lock}", "deb12", "backup");
    // Somebody is at work on both.
    let logins = logins(&lab);
    std::thread::sleep(std::time::Duration::from_secs(3));
    refused("users", "deb12", "admin on pts/");
    refused("users", "alpine", "admin on pts/");
    for mut login in logins {
        login.kill().unwrap();
        let _ = login.wait();
    }
    assert_eq!(boot_ids(&lab), before, "a blocked host was rebooted");
    // Reported only: nobody fails. And a blocker that goes away in time is waited for.
    let outcome = reboot("{file: /run/backup.lock}", ", blocked: report").expect_exit(0);
    assert_eq!(outcome.host("alpine")["rebooted"], false);
    assert_eq!(boot_ids(&lab), before);
    for host in ["deb12", "alpine"] {
        lab.shell(
            host,
            "setsid sh -c 'sleep 12; rm /run/backup.lock' </dev/null >/dev/null 2>&1 &",
        );
    }
    let outcome = reboot("users, {file: /run/backup.lock}", ", wait: 1m").expect_exit(0);
    for (host, before) in lab.hosts.iter().zip(before) {
        assert_eq!(outcome.host(&host.name)["rebooted"], true);
        assert_ne!(lab.control("boot-id", &host.name, &[]), before);
    }
    assert_eq!(outcome.json()["command"], "reboot");
}

/// Runs the program, and does something to the host as soon as it was told to reboot.
fn when_told(lab: &Lab, arguments: &[&str], act: impl Fn()) -> (i32, Vec<Value>) {
    let mut all = vec!["-i", "fleet.yml"];
    all.extend(arguments);
    all.extend(["--format", "jsonl"]);
    let mut child = lab
        .workplace
        .command(all)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut events = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] == "host-reboot" {
            act();
        }
        events.push(event);
    }
    (child.wait().unwrap().code().unwrap(), events)
}

#[test]
#[ignore = "needs the lab"]
fn a_host_that_does_not_come_back_is_helped_once_and_else_fails() {
    let lab = Lab::up(&["deb12"]);
    let start = lab.write_program(
        "power-on",
        "sleep 1; \"$lab\" start \"$dir\" \"$1\"; echo powered on \"$PATCHWAVE_HOST\"",
    );
    let playbook = |recover: &str| {
        let text = format!(
            "name: helped\nreboot: {{policy: if-needed, timeout: 8s{recover}}}\nwaves: [{{name: fleet, rest: true}}]\n"
        );
        lab.workplace.write("helped.yml", &text);
    };
    let arguments = [
        "reboot",
        "--playbook",
        "helped.yml",
        "--always",
        "--yes",
        "--connect-timeout",
        "3s",
        "--timeout",
        "15s",
    ];
    playbook(&format!(", recover: [{start}, \"{{{{ host.name }}}}\"]"));
    let before = lab.control("boot-id", "deb12", &[]);
    let (exit, events) = when_told(&lab, &arguments, || {
        lab.control("stop", "deb12", &[]);
    });
    let told = |kind: &str| events.iter().find(|event| event["event"] == kind);
    assert_eq!(exit, 0, "{events:#?}");
    assert_eq!(told("hook-started").unwrap()["point"], "recover");
    assert_eq!(told("hook-finished").unwrap()["detail"], "powered on deb12");
    assert!(told("host-rebooted").unwrap()["down_seconds"].as_u64().unwrap() >= 8);
    assert_ne!(lab.control("boot-id", "deb12", &[]), before);
    // Frozen, and nobody helps: it fails, with what was last seen.
    playbook("");
    let (exit, events) = when_told(&lab, &arguments, || {
        lab.control("freeze", "deb12", &[]);
    });
    lab.control("thaw", "deb12", &[]);
    assert_eq!(exit, 21);
    let end = events.iter().find(|event| event["event"] == "host-finished").unwrap();
    assert_eq!(end["error"]["code"], "E_REBOOT", "{end:#}");
    assert!(
        end["error"]["message"].as_str().unwrap().contains("within 8s"),
        "{end:#}"
    );
}

#[test]
#[ignore = "needs the lab"]
fn the_reboot_command_keeps_domains_and_changes_no_package() {
    let lab = Lab::up(&["deb12", "deb13", "alpine"]);
    lab.publish("new");
    lab.write_inventory("user: root", "domains:\n  all: {select: all, max_down: 1}\n");
    let installed: Vec<String> = lab
        .hosts
        .iter()
        .map(|host| lab.everything_installed(&host.name))
        .collect();
    let before = boot_ids(&lab);
    let none = lab.patchwave(&["reboot", "--yes", "--format", "json"]).expect_exit(0);
    assert_eq!(boot_ids(&lab), before, "no host needs a reboot: {}", none.stdout);
    lab.shell("deb12", "touch /run/reboot-required");
    let shown = lab.patchwave(&["reboot", "--dry-run"]).expect_exit(0);
    assert!(shown.stdout.contains("1 host to be rebooted"), "{}", shown.stdout);
    let refused = lab.patchwave(&["reboot"]).expect_exit(2);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert_eq!(boot_ids(&lab), before);
    lab.workplace.write(
        "together.yml",
        "name: together\nreboot: never\nwaves: [{name: fleet, rest: true, parallel: 3}]\n",
    );
    let arguments = [
        "reboot",
        "--playbook",
        "together.yml",
        "--always",
        "--yes",
        "--format",
        "json",
    ];
    let outcome = lab.patchwave(&arguments).expect_exit(0);
    for (host, before) in lab.hosts.iter().zip(before) {
        assert_eq!(outcome.host(&host.name)["rebooted"], true);
        assert_ne!(lab.control("boot-id", &host.name, &[]), before);
    }
    let mut down = 0;
    for event in events(&lab) {
        match event["event"].as_str().unwrap() {
            "host-reboot" => down += 1,
            "host-rebooted" => down -= 1,
            _ => {}
        }
        assert!(down <= 1, "two hosts of a domain were down together");
    }
    let after: Vec<String> = lab
        .hosts
        .iter()
        .map(|host| lab.everything_installed(&host.name))
        .collect();
    assert_eq!(installed, after);
    let one = lab
        .patchwave(&["reboot", "deb13", "--always", "--yes", "--format", "json"])
        .expect_exit(0);
    assert_eq!(one.json()["hosts"].as_array().unwrap().len(), 1);
}
