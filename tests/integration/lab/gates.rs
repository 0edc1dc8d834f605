//! Gates on real hosts: units of systemd and of OpenRC, what was red before, and what dies after its wave has passed.

use std::fmt::Write as _;

use serde_json::Value;

use super::hosts::Lab;

/// A playbook with a wave of one host each, with these gates.
fn playbook(waves: &[(&str, &str)]) -> String {
    let mut text = "name: gated\nwaves:\n".to_owned();
    for (host, gates) in waves {
        writeln!(text, "  - {{name: {host}, select: {host}, gates: [{gates}]}}").unwrap();
    }
    text
}

const APPLY: [&str; 6] = ["apply", "gated.yml", "--yes", "--refresh", "always", "--format"];

/// The events of a run that has to end with that exit code.
fn events(lab: &Lab, playbook: &str, exit: i32) -> Vec<Value> {
    lab.workplace.write("gated.yml", playbook);
    let mut arguments = APPLY.to_vec();
    arguments.push("jsonl");
    let outcome = lab.patchwave(&arguments).expect_exit(exit);
    let lines = outcome.stdout.lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn details(events: &[Value], kind: &str, result: (&str, Value)) -> Vec<String> {
    events
        .iter()
        .filter(|event| event["event"] == kind && event[result.0] == result.1)
        .map(|event| event["detail"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
#[ignore = "needs the lab"]
fn units_of_systemd_and_of_openrc_are_judged_by_their_state() {
    let lab = Lab::up(&["deb12", "alpine"]);
    lab.publish("new");
    let ssh = "{name: ssh, unit: ssh.service, consecutive: 2, interval: 200ms}";
    let sshd = "{name: sshd, unit: sshd.service, scope: host}, {name: cron, unit: crond, state: inactive}";
    let seen = events(&lab, &playbook(&[("deb12", ssh), ("alpine", sshd)]), 0);
    let before = details(&seen, "gate-baseline", ("result", "pass".into()));
    assert_eq!(
        before,
        [
            "ssh.service is active (running)",
            "sshd.service is active",
            "crond is inactive"
        ]
    );
    let measured = details(&seen, "gate-measured", ("passed", true.into()));
    assert_eq!(measured.len(), 4, "{measured:?}");
    assert!(lab.installed("alpine", "pw-lib").unwrap().starts_with("1.1"));
}

#[test]
#[ignore = "needs the lab"]
fn a_unit_that_crashed_or_is_not_there_fails_and_is_said_to_have_done_so_before() {
    let lab = Lab::up(&["alpine", "deb12"]);
    lab.publish("new");
    lab.shell("alpine", "kill -9 $(pidof syslogd); sleep 0.5");
    let crashed = "{name: log, unit: syslog}";
    let seen = events(&lab, &playbook(&[("alpine", crashed), ("deb12", "")]), 21);
    let reason = seen.last().unwrap()["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("syslog is failed, not active"), "{reason}");
    assert!(reason.contains("it failed before the wave too"), "{reason}");
    let installed = lab.everything_installed("deb12");
    let missing = "{name: none, unit: no-such.service, baseline: required}";
    let seen = events(&lab, &playbook(&[("deb12", missing), ("alpine", "")]), 21);
    let reason = seen.last().unwrap()["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("failed before anything was changed"), "{reason}");
    assert!(reason.contains("there is no unit no-such.service"), "{reason}");
    assert_eq!(lab.everything_installed("deb12"), installed);
}

#[test]
#[ignore = "needs the lab"]
fn a_service_that_dies_while_a_later_wave_runs_stops_the_run() {
    let lab = Lab::up(&["deb12", "deb13", "alpine"]);
    lab.publish("new");
    let stop = lab.write_program(
        "stop-service",
        r#"exec "$lab" exec "$dir" deb12 systemctl stop pw-service"#,
    );
    let first = "{name: service, unit: pw-service.service, relook: 1s}";
    // It stops the service of a wave that has passed, and itself passes.
    let second = format!("{{name: stopped, command: ['{stop}'], on: controller, baseline: ignore}}");
    let untouched = lab.everything_installed("alpine");
    let waves = playbook(&[("deb12", first), ("deb13", &second), ("alpine", "")]);
    let seen = events(&lab, &waves, 21);
    let reason = seen.last().unwrap()["reason"].as_str().unwrap().to_owned();
    assert!(
        reason.contains("gate `service` of wave `deb12`, which had passed, fails now")
            && reason.contains("pw-service.service is inactive"),
        "{reason}"
    );
    assert_eq!(details(&seen, "gate-looked", ("result", "fail".into())).len(), 1);
    assert_eq!(lab.everything_installed("alpine"), untouched);
}

#[test]
#[ignore = "needs the lab"]
fn a_command_that_takes_too_long_says_nothing_and_is_ended_on_the_host() {
    let lab = Lab::up(&["deb12", "alpine"]);
    lab.publish("new");
    let slow = "{name: slow, command: [sleep, '4321'], timeout: 2s, baseline: ignore}";
    lab.workplace.write(
        "gated.yml",
        &playbook(&[("'deb12,alpine'", slow)]).replace("name: 'deb12,alpine'", "name: both"),
    );
    let mut arguments = APPLY.to_vec();
    arguments.extend(["json", "--no-wait"]);
    let outcome = lab.patchwave(&arguments).expect_exit(130);
    assert!(outcome.stdout.contains("slow"), "{}", outcome.stdout);
    for host in ["deb12", "alpine"] {
        // The first letter in brackets keeps the search from finding itself.
        let search = "n=0; while grep -l '[s]leep.4321' /proc/[0-9]*/cmdline 2>/dev/null && [ $n -lt 10 ]; do sleep 1; \
                      n=$((n + 1)); done; test $n -lt 10 || echo never";
        let seen = lab.shell(host, search);
        assert!(!seen.contains("never"), "{host}: {seen}");
    }
}
