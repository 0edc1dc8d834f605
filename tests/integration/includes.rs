//! What an inventory includes: other files, folders, the output of programs; and what is said when one fails.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::program::{Outcome, Workplace};

const PROGRAM: &str = "i/cloud-hosts";

/// A workplace whose inventory includes a program with that text.
fn with_program(include: &str, script: &str) -> Workplace {
    let place = Workplace::new();
    program(&place, PROGRAM, script);
    place.write("i/fleet.yml", &format!("include: [{include}]\nhosts: [here]\n"));
    place
}

fn program(place: &Workplace, name: &str, script: &str) {
    let path = place.write(name, &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn run(place: &Workplace, arguments: &[&str]) -> Outcome {
    place.run(["-i", "i/fleet.yml"].iter().chain(arguments))
}

/// The names of the hosts, in order.
fn hosts(place: &Workplace) -> String {
    let document = run(place, &["--format", "json", "inventory", "list"])
        .expect_exit(0)
        .json();
    let hosts = document["hosts"].as_array().unwrap();
    let names: Vec<&str> = hosts.iter().map(|host| host["name"].as_str().unwrap()).collect();
    names.join(" ")
}

#[track_caller]
fn refused(place: &Workplace, parts: &[&str]) {
    let outcome = run(place, &["inventory", "list"]).expect_exit(2);
    assert_eq!(outcome.stdout, "", "never a smaller fleet");
    for part in parts {
        assert!(outcome.stderr.contains(part), "{part}:\n{}", outcome.stderr);
    }
}

#[test]
fn what_a_program_prints_is_part_of_the_inventory() {
    let script = "cat data.yml; test \"$1\" = 'two words' && cat >/dev/null && echo '  cloud2: {port: 2200}'";
    let place = with_program("{command: {run: [./cloud-hosts, 'two words'], timeout: 10s}}", script);
    place.write(
        "i/data.yml",
        "groups: {cloud: {hosts: [cloud1, cloud2], user: admin, key: keys/id}}\nhosts:\n",
    );
    assert_eq!(hosts(&place), "here cloud1 cloud2");
    let shown = run(&place, &["--format", "json", "inventory", "show", "cloud2"]).expect_exit(0);
    assert!(
        shown.stdout.contains("command ./cloud-hosts two words:3:"),
        "{}",
        shown.stdout
    );
    let key = place.path("i/keys/id");
    let end = key.strip_prefix(place.path("")).unwrap();
    assert!(
        shown.stdout.contains(end.to_str().unwrap()),
        "paths begin at the inventory: {}",
        shown.stdout
    );
}

#[test]
fn json_is_told_by_its_keys() {
    let native = r#"echo '{"hosts": {"n1": {"port": 2201}}}'"#;
    assert_eq!(hosts(&with_program("{command: [./cloud-hosts]}", native)), "here n1");
    let list = r#"echo '{"web": {"hosts": ["a1"]}, "_meta": {"hostvars": {"a1": {"ansible_port": 2202}}}}'"#;
    let place = with_program("{command: [./cloud-hosts]}", list);
    assert_eq!(hosts(&place), "here a1");
    let shown = run(&place, &["--format", "json", "inventory", "show", "a1"]).expect_exit(0);
    assert!(
        shown.stdout.contains("2202") && shown.stdout.contains("command ./cloud-hosts"),
        "{}",
        shown.stdout
    );
    let asked =
        r#"case $1 in --list) echo '{"web": ["a1", "a2"]}' ;; --host) echo "{\"ansible_user\": \"u-$2\"}" ;; esac"#;
    let place = with_program("{command: [./cloud-hosts, --list]}", asked);
    let listed = run(&place, &["inventory", "list"]).expect_exit(0);
    assert!(
        listed.stdout.contains("u-a1") && listed.stdout.contains("u-a2"),
        "{}",
        listed.stdout
    );
    let bare = with_program("{command: [./cloud-hosts]}", r#"echo '{"web": ["a1"]}'"#);
    refused(&bare, &["no `_meta`", "fleet.yml:1:11"]);
}

#[test]
fn a_program_that_fails_is_a_mistake_of_its_line() {
    let include = "{command: {run: [./cloud-hosts], timeout: 20s}}";
    let failing = "echo hosts: [lost]; echo one >&2; echo 'token\u{1b}[31m expired' >&2; exit 3";
    refused(
        &with_program(include, failing),
        &[
            "i/fleet.yml:1:11",
            "`./cloud-hosts`: it failed (exit status: 3); it said: one / token",
            "by hand",
        ],
    );
    let place = with_program(include, "exit 1");
    place.write(
        "i/fleet.yml",
        &format!("include: [{include}]\nhosts: [h]\ndomains: {{x: {{select: 'group:cloud', max_down: 1}}}}"),
    );
    let alone = run(&place, &["inventory", "list"]).expect_exit(2);
    assert!(
        !alone.stderr.contains("cloud`"),
        "what was not read is not missing: {}",
        alone.stderr
    );
    refused(&with_program(include, "kill -9 $$"), &["it failed (signal: 9"]);
    refused(&with_program(include, "exit 0"), &["it printed nothing"]);
    for empty in [
        "{}",
        r#"{"_meta": {"hostvars": {}}}"#,
        r#"{"web": {"hosts": []}}"#,
        "hosts: []",
        "groups: {web: }",
    ] {
        let place = with_program(include, &format!("echo '{empty}'"));
        refused(&place, &["i/fleet.yml:1:11", "what it printed names no host"]);
    }
    refused(
        &with_program(include, "echo 'hosts: {x: {prot: 1}}'"),
        &["command ./cloud-hosts:1:13", "`port`"],
    );
    refused(&with_program(include, "echo '{\"web\": '"), &["is not JSON"]);
    refused(&with_program(include, "echo just text"), &["expected a mapping"]);
    refused(
        &with_program(include, "echo 'include: [a.yml]'"),
        &["what a program prints cannot include anything"],
    );
    refused(&with_program("{command: [./gone]}", ""), &["`./gone` cannot be run"]);
    refused(
        &with_program("{command: [patchwave-test-no-such-program]}", ""),
        &["cannot be run"],
    );
}

#[test]
fn a_program_without_end_is_ended_with_all_that_it_started() {
    let endless =
        "sleep 300 & echo $! >>pids; echo $$ >>pids; (sleep 301 & echo $! >>pids; wait) & echo waiting >&2; wait";
    let place = with_program("{command: {run: [./cloud-hosts], timeout: 1s}}", endless);
    let begin = Instant::now();
    refused(
        &place,
        &["it did not end within 1s; it said: waiting", "i/fleet.yml:1:11"],
    );
    assert!(begin.elapsed() < Duration::from_secs(10));
    let pids = std::fs::read_to_string(place.path("i/pids")).unwrap();
    assert_eq!(pids.lines().count(), 3);
    for pid in pids.lines() {
        assert!(is_gone(pid), "{pid} is still there");
    }
    // One that fails leaves nothing behind either.
    let failing = "sleep 303 >/dev/null 2>&1 & echo $! >>pids; exit 4";
    let place = with_program("{command: {run: [./cloud-hosts], timeout: 20s}}", failing);
    refused(&place, &["it failed (exit status: 4)"]);
    assert!(is_gone(std::fs::read_to_string(place.path("i/pids")).unwrap().trim()));
    // The time is one for all answers.
    let slow = r#"case $1 in --list) echo '{"web": ["a1", "a2", "a3", "a4"]}' ;; *) sleep 0.4; echo '{}' ;; esac"#;
    let place = with_program("{command: {run: [./cloud-hosts, --list], timeout: 1s}}", slow);
    refused(&place, &["asked with `--host a3`: it did not end within 1s"]);
    // One that has ended itself but left something that holds its output is no end either.
    let orphan = "sleep 302 & echo $! >>pids; echo 'hosts: [a]'";
    let place = with_program("{command: {run: [./cloud-hosts], timeout: 1s}}", orphan);
    refused(&place, &["it did not end within 1s"]);
    assert!(is_gone(std::fs::read_to_string(place.path("i/pids")).unwrap().trim()));
    let flood =
        "echo $$ >>pids; while :; do echo 'hosts: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]'; done";
    let place = with_program("{command: {run: [./cloud-hosts], timeout: 50s}}", flood);
    refused(&place, &["it prints more than 16 MiB"]);
    assert!(is_gone(std::fs::read_to_string(place.path("i/pids")).unwrap().trim()));
}

/// A process that was killed may take a moment to be gone; a zombie has ended.
fn is_gone(pid: &str) -> bool {
    let has_ended = || match std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")) {
        Ok(stat) => stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'),
        Err(_) => true,
    };
    (0..50).any(|_| {
        has_ended() || {
            std::thread::sleep(Duration::from_millis(20));
            false
        }
    })
}

#[test]
fn programs_run_together_and_their_hosts_stand_in_order() {
    let place = Workplace::new();
    program(&place, "i/slow", "sleep 2; echo \"hosts: [$1]\"");
    program(&place, "i/fast", "echo \"hosts: [$1]\"");
    let entries = "[{command: [./slow, s1]}, {command: [./fast, f1]}, other.yml, {command: [./slow, s2]}]";
    place.write("i/fleet.yml", &format!("hosts: [h]\ninclude: {entries}"));
    place.write("i/other.yml", "hosts: [o]");
    let begin = Instant::now();
    assert_eq!(hosts(&place), "h s1 f1 o s2");
    assert!(
        begin.elapsed() < Duration::from_millis(3_800),
        "one after the other takes 4 s"
    );
}

#[test]
fn of_a_native_directory_no_program_is_left_out() {
    let place = with_program("{command: [./cloud-hosts]}", "echo 'hosts: [cloud]'");
    let list = |place: &Workplace| place.run(["-i", "i", "inventory", "list"]);
    assert!(list(&place).expect_exit(0).stdout.contains("cloud"));
    program(&place, "i/aws.sh", "echo '{}'");
    let refused = list(&place).expect_exit(2);
    assert!(
        refused
            .stderr
            .contains("`i/aws.sh` belongs to Ansible and would not be read"),
        "{}",
        refused.stderr
    );
}

#[test]
fn what_ansible_would_lose_is_told_under_quiet_too() {
    let place = Workplace::new();
    place.write("i/hosts", "h\n");
    program(&place, "i/cloud.sh", r#"echo '{"_meta": {"hostvars": {}}}'"#);
    place.write("i/site.yml", "- hosts: all\n  tasks: []\n");
    place.write("i/requirements.yml", "- src: a.b\n");
    let listed = place.run(["-q", "-i", "i", "inventory", "list"]).expect_exit(0);
    for part in [
        "this program names no host",
        "i/site.yml:1:1",
        "i/requirements.yml:1:1",
        "is left aside",
    ] {
        assert!(listed.stderr.contains(part), "{part}: {}", listed.stderr);
    }
    place.write("i/more.yml", "- web01\n- web02\n");
    let refused = place.run(["-i", "i", "inventory", "list"]).expect_exit(2);
    assert!(
        refused.stderr.contains("i/more.yml:1:1") && refused.stderr.contains("this is no inventory: it is a list"),
        "{}",
        refused.stderr
    );
}

#[test]
fn files_and_folders_are_read_once_and_from_where_they_are_named() {
    let place = Workplace::new();
    place.write(
        "i/fleet.yml",
        "include: [sub, {file: sub/a.yml}, {directory: ansible}, {path: old.ini}]\nhosts: [h]",
    );
    place.write("i/sub/a.yml", "hosts: [a]\ninclude: [{file: ../more/c.yml}]");
    place.write("i/sub/b.yaml", "hosts: [b]");
    place.write("i/more/c.yml", "hosts: {c: {user: carol}}");
    place.write("i/ansible/hosts", "[web]\nw1\n");
    place.write("i/ansible/group_vars/web.yml", "ansible_user: will\n");
    place.write("i/old.ini", "o1 ansible_port=2222\n");
    assert_eq!(hosts(&place), "h a c b w1 o1");
    let listed = run(&place, &["inventory", "list"]).expect_exit(0);
    assert!(
        listed.stdout.contains("carol") && listed.stdout.contains("will"),
        "{}",
        listed.stdout
    );
    let shown = run(&place, &["inventory", "show", "c"]).expect_exit(0);
    assert!(shown.stdout.contains("i/sub/../more/c.yml:1:19"), "{}", shown.stdout);
}

#[test]
fn hosts_of_openssh_are_reached_as_that_file_says() {
    let place = Workplace::new();
    place.write(
        "i/fleet.yml",
        "include: [{ssh_config: {path: ssh, match: 'prod-*,!prod-3'}}]\nhosts: [h]",
    );
    let config = "Host prod-1 prod-2 prod-3\n  HostName %h.example.org\n  Port 2207\nHost lab\nHost *\n  User carol\n";
    place.write("i/ssh", config);
    assert_eq!(hosts(&place), "h prod-1 prod-2");
    let listed = run(&place, &["--format", "json", "inventory", "list", "-l", "prod-2"]).expect_exit(0);
    let host = listed.host("prod-2");
    assert_eq!(host["address"], "prod-2.example.org");
    assert_eq!((&host["port"], &host["user"]), (&2207.into(), &"carol".into()));
    let shown = run(&place, &["inventory", "show", "prod-2"]).expect_exit(0);
    assert!(
        shown.stdout.contains("i/ssh:2:") && shown.stdout.contains("i/fleet.yml:1:"),
        "{}",
        shown.stdout
    );
    place.write(
        "i/fleet.yml",
        "include: [{ssh_config: {path: ssh, match: 'x*'}}]\nhosts: [h]",
    );
    refused(&place, &["i/fleet.yml:1:11", "names no host that `x*` matches"]);
    place.write("i/fleet.yml", "include: [{ssh_config: gone}]\nhosts: [h]");
    refused(&place, &["i/gone"]);
}

#[test]
fn what_cannot_be_included_says_where_it_is_named() {
    let place = Workplace::new();
    place.write(
        "i/fleet.yml",
        "include:\n  - gone.yml\n  - {file: sub}\n  - {directory: x.yml}\n  - a.yml\nhosts: [h]",
    );
    place.write("i/sub/b.yml", "hosts: [b]");
    place.write("i/x.yml", "hosts: [x]");
    place.write("i/a.yml", "include: [sub2/b.yml]\nhosts: [a]");
    place.write("i/sub2/b.yml", "include: [../a.yml]\nhosts: [b]");
    refused(
        &place,
        &[
            "i/fleet.yml:2:5",
            "`i/gone.yml`: cannot be read",
            "i/fleet.yml:3:5",
            "this is a directory; write `directory: …`",
            "this is no directory; write `file: …`",
            "i/sub2/b.yml:1:11",
            "these files include each other in a circle: `i/a.yml`, `i/sub2/b.yml`, `i/sub2/../a.yml`",
        ],
    );
    let deep = Workplace::new();
    deep.write("i/fleet.yml", "include: [d0.yml]\nhosts: [h]");
    for depth in 0..20 {
        let text = format!("include: [d{}.yml]\nhosts: [h{depth}]", depth + 1);
        deep.write(&format!("i/d{depth}.yml"), &text);
    }
    refused(&deep, &["more than 16 deep"]);
}
