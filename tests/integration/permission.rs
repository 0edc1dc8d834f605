//! What keeps a plan from being applied: a closed window, an error of the checks. No host is changed, and for a
//! window none is contacted.

use std::net::TcpListener;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use patchwave::simulator::port::ReservedPort;

use crate::program::{Outcome, Workplace};

/// A fleet of which no host answers, who notices that it is contacted, and the port, which stays refused without him.
fn workplace(hosts: &[&str]) -> (Workplace, TcpListener, ReservedPort) {
    let workplace = Workplace::new();
    let reserved = ReservedPort::new().unwrap();
    let ear = TcpListener::bind(reserved.address()).unwrap();
    ear.set_nonblocking(true).unwrap();
    let port = reserved.number();
    let hosts: String = hosts
        .iter()
        .map(|name| format!("  {name}: {{address: 127.0.0.1, port: {port}}}\n"))
        .collect();
    workplace.write("fleet.yml", &format!("hosts:\n{hosts}"));
    (workplace, ear, reserved)
}

fn apply(workplace: &Workplace, rest: &[&str]) -> Outcome {
    let mut arguments = vec!["-i", "fleet.yml", "apply", "p.yml", "--yes"];
    arguments.extend(rest);
    workplace.run(arguments)
}

/// A window of an hour that opens in two days.
fn closed_window() -> (String, String) {
    let opens = (Timestamp::now() + Duration::from_secs(48 * 3600)).to_zoned(TimeZone::UTC);
    let window = opens
        .strftime("{start: \"%H:%M\", length: 1h, tz: UTC, days: [DAY]}")
        .to_string();
    let day = opens.strftime("%a").to_string().to_lowercase();
    (
        window.replace("DAY", &day),
        opens.strftime("%a %Y-%m-%d %H:%M UTC").to_string(),
    )
}

#[test]
fn a_closed_window_is_an_exit_of_its_own_and_names_the_next_opening() {
    let (workplace, ear, _reserved) = workplace(&["web01"]);
    let (window, opens) = closed_window();
    workplace.write(
        "p.yml",
        &format!("waves: [{{name: all, rest: true}}]\nwindow: {window}\n"),
    );
    let refused = apply(&workplace, &[]).expect_exit(23);
    assert!(
        refused.stderr.contains(&format!(
            "the maintenance window is closed; hosts may be changed from {opens}"
        )),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("--ignore-window"), "{}", refused.stderr);
    assert!(ear.accept().is_err(), "a host was contacted");
    drop(ear);
    // In an emergency it begins: nobody answers, which is another end.
    let ignored = apply(&workplace, &["--ignore-window"]).expect_exit(21);
    assert!(
        ignored.stderr.contains("is closed, which is ignored"),
        "{}",
        ignored.stderr
    );
    let shown = workplace.run(["history", "--format", "json"]).expect_exit(0).json();
    let run = shown["runs"][0]["run"].as_str().unwrap().to_owned();
    let journal = workplace.run(["show", &run, "--format", "jsonl"]).expect_exit(0).stdout;
    assert!(journal.contains("window-ignored"), "{journal}");
    // Looking is always possible.
    let _ = workplace.run(["-i", "fleet.yml", "plan", "p.yml"]).expect_exit(22);
}

#[test]
fn an_error_of_the_checks_stops_apply_and_a_warning_does_not() {
    let (workplace, ear, _reserved) = workplace(&["web01", "web02"]);
    drop(ear);
    let playbook = |lint: &str| format!("waves: [{{name: all, rest: true}}]\nlint: {lint}\n");
    workplace.write("p.yml", &playbook("{errors: [unknown-host]}"));
    let plan = workplace.run(["-i", "fleet.yml", "plan", "p.yml"]).expect_exit(22);
    assert!(
        plan.stdout
            .contains("error: 2 hosts are unknown: not scanned, and will count as failed [unknown-host]"),
        "{}",
        plan.stdout
    );
    let refused = apply(&workplace, &[]).expect_exit(2);
    assert!(
        refused.stderr.contains("2 hosts are unknown: not scanned")
            && refused
                .stderr
                .contains("the checks of the plan found 1 error; nothing was changed"),
        "{}",
        refused.stderr
    );
    let runs = workplace.run(["history", "--format", "json"]).expect_exit(0).json();
    assert_eq!(runs["runs"], serde_json::json!([]), "a run was begun");
    workplace.write("p.yml", &playbook("{}"));
    let _ = apply(&workplace, &[]).expect_exit(21);
    workplace.write("p.yml", &playbook("{allow: [unknown-host]}"));
    let plan = workplace
        .run(["-i", "fleet.yml", "plan", "p.yml", "--format", "json"])
        .expect_exit(22)
        .json();
    assert_eq!(plan["findings"], serde_json::json!([]));
    workplace.write("p.yml", &playbook("{allow: [unknown-hosts]}"));
    let mistake = workplace.run(["playbook", "check", "p.yml"]).expect_exit(2);
    assert!(
        mistake.stderr.contains("did you mean `unknown-host`?"),
        "{}",
        mistake.stderr
    );
}
