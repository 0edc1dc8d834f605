//! The command line without any host: mistakes, selections, exit codes, documents.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::TcpListener;

use patchwave::simulator::port::ReservedPort;
use serde_json::Value;

use crate::program::Workplace;

/// A port that notices when somebody connects.
struct Ear(TcpListener);

impl Ear {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    fn heard_something(&self) -> bool {
        !matches!(self.0.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

/// An inventory of one host, on a port that nothing listens on as long as what is returned lives.
fn write_closed_fleet(workplace: &Workplace) -> ReservedPort {
    let closed = ReservedPort::new().unwrap();
    let inventory = format!("hosts:\n  web01: {{address: 127.0.0.1, port: {}}}\n", closed.number());
    workplace.write("fleet.yml", &inventory);
    closed
}

#[test]
fn help_shows_examples_and_exit_codes() {
    let workplace = Workplace::new();
    let help = workplace.run(["--help"]).expect_exit(0);
    assert!(
        help.stdout.contains("Exit codes:") && help.stdout.contains("22"),
        "{}",
        help.stdout
    );
    for command in ["scan", "diff", "plan", "apply", "trust", "init"] {
        let help = workplace.run([command, "--help"]).expect_exit(0);
        assert!(help.stdout.contains("Example"), "{command}: {}", help.stdout);
    }
}

#[test]
fn without_an_inventory_the_way_to_one_is_shown() {
    let workplace = Workplace::new();
    let outcome = workplace.run(["scan"]).expect_exit(2);
    assert!(outcome.stderr.contains("patchwave init"), "{}", outcome.stderr);
}

#[test]
fn several_inventories_are_named_and_never_merged_unasked() {
    let workplace = Workplace::new();
    workplace.write("inventories/one.yml", "hosts: {a: {}}\n");
    workplace.write("inventories/two.yml", "hosts: {b: {}}\n");
    let outcome = workplace.run(["inventory", "list"]).expect_exit(2);
    assert!(
        outcome.stderr.contains("one.yml") && outcome.stderr.contains("two.yml"),
        "{}",
        outcome.stderr
    );
    std::fs::remove_file(workplace.path("inventories/two.yml")).unwrap();
    let _ = workplace.run(["inventory", "list"]).expect_exit(0);
}

#[test]
fn every_mistake_is_reported_at_once_and_nothing_is_contacted() {
    let workplace = Workplace::new();
    let ear = Ear::new();
    let inventory = format!(
        "defaults:\n  usr: root\nhosts:\n  web01: {{address: 127.0.0.1, port: {}}}\n  web02: {{jump: web1}}\ngroups:\n  \
         front:\n    children: [bak]\n    hosts: {{web01: {{port: many}}}}\n",
        ear.port()
    );
    workplace.write("fleet.yml", &inventory);
    let outcome = workplace.run(["-i", "fleet.yml", "scan"]).expect_exit(2);
    for part in ["fleet.yml:2:3", "`user`", "fleet.yml:5", "`web01`", "bak", "many"] {
        assert!(
            outcome.stderr.contains(part),
            "{part} is missing in:\n{}",
            outcome.stderr
        );
    }
    assert!(!ear.heard_something(), "a host was contacted");
    assert!(outcome.stdout.is_empty());
}

#[test]
fn an_empty_or_unexpected_selection_is_an_error_with_the_nearest_name() {
    let workplace = Workplace::new();
    let ear = Ear::new();
    workplace.write(
        "fleet.yml",
        &format!(
            "hosts:\n  web01: {{address: 127.0.0.1, port: {}}}\n  db01: {{}}\n",
            ear.port()
        ),
    );
    let unknown = workplace.run(["-i", "fleet.yml", "-l", "web1", "scan"]).expect_exit(2);
    assert!(unknown.stderr.contains("web01"), "{}", unknown.stderr);
    let _ = workplace
        .run(["-i", "fleet.yml", "-l", "web01&db01", "scan"])
        .expect_exit(2);
    let _ = workplace
        .run(["-i", "fleet.yml", "--expect", "3", "scan"])
        .expect_exit(2);
    let _ = workplace
        .run(["-i", "fleet.yml", "--expect", "2", "inventory", "list"])
        .expect_exit(0);
    assert!(!ear.heard_something(), "a host was contacted");
}

#[test]
fn apply_asks_nobody_without_a_terminal_and_contacts_nothing() {
    let workplace = Workplace::new();
    let ear = Ear::new();
    workplace.write(
        "fleet.yml",
        &format!("hosts:\n  web01: {{address: 127.0.0.1, port: {}}}\n", ear.port()),
    );
    let outcome = workplace.run(["-i", "fleet.yml", "apply"]).expect_exit(2);
    assert!(outcome.stderr.contains("--yes"), "{}", outcome.stderr);
    assert!(!ear.heard_something(), "a host was contacted");
}

#[test]
fn a_bad_playbook_is_shown_with_its_lines_and_nothing_is_contacted() {
    let workplace = Workplace::new();
    let ear = Ear::new();
    workplace.write(
        "fleet.yml",
        &format!("hosts:\n  web01: {{address: 127.0.0.1, port: {}}}\n", ear.port()),
    );
    workplace.write(
        "bad.yml",
        "name: bad\nwaves:\n  - {name: one, selct: web01}\n  - {name: one, rest: true}\nrebot: never\n",
    );
    let outcome = workplace
        .run(["-i", "fleet.yml", "apply", "bad.yml", "--yes"])
        .expect_exit(2);
    for part in ["bad.yml:3", "`select`", "bad.yml:5", "`reboot`"] {
        assert!(
            outcome.stderr.contains(part),
            "{part} is missing in:\n{}",
            outcome.stderr
        );
    }
    assert!(!ear.heard_something(), "a host was contacted");
}

#[test]
fn a_host_in_two_waves_or_in_none_is_an_error_before_any_contact() {
    let workplace = Workplace::new();
    let ear = Ear::new();
    workplace.write(
        "fleet.yml",
        &format!(
            "hosts:\n  web01: {{address: 127.0.0.1, port: {}}}\n  web02: {{}}\n",
            ear.port()
        ),
    );
    workplace.write(
        "two.yml",
        "name: two\nwaves:\n  - {name: one, select: web01}\n  - {name: two, select: 'web*'}\n",
    );
    let two = workplace.run(["-i", "fleet.yml", "plan", "two.yml"]).expect_exit(2);
    assert!(
        two.stderr.contains("`one`") && two.stderr.contains("`two`"),
        "{}",
        two.stderr
    );
    workplace.write("none.yml", "name: none\nwaves:\n  - {name: one, select: web01}\n");
    let none = workplace.run(["-i", "fleet.yml", "plan", "none.yml"]).expect_exit(2);
    assert!(none.stderr.contains("web02"), "{}", none.stderr);
    assert!(!ear.heard_something(), "a host was contacted");
}

#[test]
fn a_host_that_nothing_listens_on_is_unreachable_and_the_document_has_exactly_its_fields() {
    let workplace = Workplace::new();
    let _closed = write_closed_fleet(&workplace);
    let outcome = workplace
        .run(["-i", "fleet.yml", "scan", "--format", "json"])
        .expect_exit(22);
    let document = outcome.json();
    assert_eq!(
        keys(&document),
        words("format_version command id started finished summary hosts")
    );
    assert_eq!(
        keys(&document["summary"]),
        words("hosts ok unreachable updates security reboot_required")
    );
    let host = outcome.host("web01");
    assert_eq!(
        keys(&host),
        words("name address port state error duration_ms facts updates")
    );
    assert_eq!(keys(&host["error"]), words("code message hint"));
    assert_eq!(host["error"]["code"], "E_CONNECT");
    assert_eq!(host["state"], "unreachable");
}

#[test]
fn a_run_of_unreachable_hosts_is_a_document_with_exactly_its_fields() {
    let workplace = Workplace::new();
    let _closed = write_closed_fleet(&workplace);
    workplace.write("one.yml", "name: one\nwaves:\n  - {name: fleet, rest: true}\n");
    let outcome = workplace
        .run(["-i", "fleet.yml", "apply", "one.yml", "--yes", "--format", "json"])
        .expect_exit(21);
    let document = outcome.json();
    assert_eq!(
        keys(&document),
        words("format_version command run outcome reason waves hosts")
    );
    assert_eq!(keys(&document["waves"][0]), words("name outcome hosts"));
    assert_eq!(
        keys(&document["hosts"][0]),
        words(
            "name wave state rebooted duration_ms error changed restarted needs_restart left_over downloaded_bytes drift"
        )
    );
    assert_eq!(document["hosts"][0]["state"], "unreachable");
    let shown = workplace.run(["show", "--format", "json"]).expect_exit(0);
    assert_eq!(shown.json(), document, "`show` replays another document");
    let history = workplace.run(["history", "--format", "json"]).expect_exit(0);
    assert_eq!(history.json()["runs"][0]["outcome"], "stopped");
}

#[test]
fn json_lines_are_numbered_without_gaps() {
    let workplace = Workplace::new();
    let _closed = write_closed_fleet(&workplace);
    let outcome = workplace
        .run(["-i", "fleet.yml", "scan", "--format", "jsonl"])
        .expect_exit(22);
    let numbers: Vec<u64> = outcome
        .stdout
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["sequence"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(numbers.len() >= 3);
}

#[test]
fn inventory_list_has_exactly_its_fields() {
    let workplace = Workplace::new();
    let text = "defaults: {user: deploy, become: sudo}\nhosts: {bastion: {address: 203.0.113.7, port: 2222}}\n\
                groups:\n  all_web: {children: [web]}\n  web: {labels: {tier: front}, jump: bastion, hosts: {'web[01:03]': {}}}\n";
    workplace.write("fleet.yml", text);
    let outcome = workplace
        .run(["-i", "fleet.yml", "inventory", "list", "--format", "json"])
        .expect_exit(0);
    let host = outcome.host("web02");
    assert_eq!(
        keys(&host),
        words("name address port user keys jump become groups labels connect")
    );
    assert_eq!(keys(&host["become"]), words("method user"));
    assert_eq!(host["become"]["method"], "sudo");
    assert_eq!(host["jump"], serde_json::json!(["bastion"]));
    let groups: BTreeSet<&str> = host["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group.as_str().unwrap())
        .collect();
    assert_eq!(groups, words("web all_web"));
    assert_eq!(host["labels"]["tier"], "front");
    let shown = workplace
        .run(["-i", "fleet.yml", "inventory", "show", "web02"])
        .expect_exit(0);
    assert!(shown.stdout.contains("fleet.yml:1"), "{}", shown.stdout);
    let graph = workplace.run(["-i", "fleet.yml", "inventory", "graph"]).expect_exit(0);
    assert!(graph.stdout.contains("web[01:03]"), "{}", graph.stdout);
}

#[test]
fn init_writes_files_that_work_and_overwrites_nothing() {
    let workplace = Workplace::new();
    let _ = workplace.run(["init", "."]).expect_exit(0);
    let _ = workplace.run(["inventory", "check"]).expect_exit(0);
    let inventory = std::fs::read_dir(workplace.path("inventories"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::write(&inventory, "hosts: {mine: {connect: local}}\n").unwrap();
    let _ = workplace.run(["init", "."]).expect_exit(2);
    assert_eq!(
        std::fs::read_to_string(&inventory).unwrap(),
        "hosts: {mine: {connect: local}}\n"
    );
    for playbook in std::fs::read_dir(workplace.path("playbooks")).unwrap() {
        let path = playbook.unwrap().path();
        let _ = workplace
            .run(["playbook", "check", path.to_str().unwrap()])
            .expect_exit(0);
        let shown = workplace
            .run(["playbook", "show", path.to_str().unwrap()])
            .expect_exit(0);
        // What is shown is a playbook again.
        let copy = workplace.write("copy.yml", &shown.stdout);
        let again = workplace
            .run(["playbook", "show", copy.to_str().unwrap()])
            .expect_exit(0);
        assert_eq!(again.stdout, shown.stdout);
    }
}

#[test]
fn the_demo_does_the_whole_job_and_leaves_nothing_behind() {
    let workplace = Workplace::new();
    std::fs::create_dir_all(workplace.path("tmp")).unwrap();
    let outcome = workplace
        .command(["demo"])
        .env("TMPDIR", workplace.path("tmp"))
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&outcome.stdout);
    assert_eq!(
        outcome.status.code(),
        Some(0),
        "{stdout}\n{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
    for part in ["not-started", "stopped", "completed"] {
        assert!(stdout.contains(part), "{part} is missing in:\n{stdout}");
    }
    let left: Vec<_> = std::fs::read_dir(workplace.path("tmp")).unwrap().collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn completions_are_printed() {
    let outcome = Workplace::new().run(["completions", "bash"]).expect_exit(0);
    assert!(outcome.stdout.contains("patchwave"));
}
