//! Ways to hosts: chains of bastions, servers that let few in at once, a hundred hosts at once, cut cables,
//! and hosts that have another address after their reboot.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::hosts::Lab;
use crate::program::Outcome;

/// The address of a host of the instance.
fn address(lab: &Lab, name: &str) -> String {
    let host = lab.hosts.iter().find(|host| host.name == name).unwrap();
    host.address.clone()
}

/// Replaces the inventory; `{}` in the text stands for the line with the instance's key.
fn write(lab: &Lab, text: &str) {
    let fleet = std::fs::read_to_string(lab.workplace.path("fleet.yml")).unwrap();
    let key = fleet.lines().find(|line| line.contains("key:")).unwrap().trim();
    lab.workplace.write("fleet.yml", &text.replace("{}", key));
}

/// How many logins sshd on a host has accepted since it came up.
fn logins(lab: &Lab, host: &str) -> usize {
    lab.shell(
        host,
        "journalctl -q --no-pager -t sshd -t sshd-session | grep -c 'Accepted publickey' || true",
    )
    .parse()
    .unwrap()
}

#[test]
#[ignore = "needs the lab"]
fn a_chain_of_two_bastions_leads_to_a_host_with_one_connection_each() {
    let lab = Lab::up(&["deb12", "deb13", "rocky", "suse"]);
    let mut text = "defaults:\n  user: root\n  {}\nhosts:\n".to_owned();
    for (name, jump) in [
        ("deb12", "[]"),
        ("deb13", "[deb12]"),
        ("rocky", "[deb12, deb13]"),
        ("suse", "[deb13]"),
    ] {
        writeln!(text, "  {name}: {{address: {}, jump: {jump}}}", address(&lab, name)).unwrap();
    }
    write(&lab, &text);
    let before = [logins(&lab, "deb12"), logins(&lab, "deb13")];
    let outcome = lab
        .patchwave(&["scan", "--limit", "rocky,suse", "--format", "json"])
        .expect_exit(0);
    assert_eq!(outcome.host("rocky")["state"], "ok");
    assert_eq!(outcome.host("suse")["state"], "ok");
    let after = [logins(&lab, "deb12"), logins(&lab, "deb13")];
    // Both ways begin alike, so there is one connection to the first bastion, and one through it to the second.
    assert_eq!([after[0] - before[0], after[1] - before[1]], [1, 1]);
}

/// Every host was logged in to. What its package manager says to many callers at once is another matter: behind
/// all these names is one machine.
#[track_caller]
fn assert_reached(outcome: &Outcome, number: usize) {
    let document = outcome.json();
    let hosts = document["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), number);
    for host in hosts {
        let code = host["error"]["code"].as_str().unwrap_or_default();
        let is_of_the_way =
            ["E_CONNECT", "E_TIMEOUT", "E_AUTH", "E_LOST"].contains(&code) || code.starts_with("E_HOSTKEY");
        assert!(!is_of_the_way, "{host:#}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_bastion_that_lets_three_in_at_once_serves_a_hundred_hosts() {
    let lab = Lab::up(&["deb12", "deb13"]);
    lab.shell(
        "deb12",
        "echo 'MaxStartups 3' > /etc/ssh/sshd_config.d/00-few.conf && systemctl restart ssh",
    );
    // A hundred addresses of one real sshd: a hundred hosts to everybody who comes by.
    let inner = address(&lab, "deb13");
    let (network, _) = inner.rsplit_once('.').unwrap();
    lab.shell(
        "deb13",
        &format!(
            "echo 'MaxStartups 500' > /etc/ssh/sshd_config.d/00-many.conf && systemctl restart ssh && \
             device=$(ip -o -4 addr show | sed -n 's|^[0-9]*: \\([^ ]*\\) .* {inner}/.*|\\1|p') && \
             for last in $(seq 101 200); do ip addr add {network}.$last/32 dev \"$device\" || exit 1; done"
        ),
    );
    let known = std::fs::read_to_string(lab.workplace.path("known_hosts")).unwrap();
    let of_inner = known.lines().find(|line| line.starts_with(&inner)).unwrap();
    let (_, key) = of_inner.split_once(' ').unwrap();
    lab.workplace.write(
        "known_hosts",
        &format!("{known}{network}.1?? {key}\n{network}.200 {key}\n"),
    );
    let mut text = format!(
        "defaults:\n  user: root\n  {{}}\n  jump: bastion\nhosts:\n  bastion: {{address: {}, jump: []}}\n",
        address(&lab, "deb12")
    );
    for last in 101..=200 {
        writeln!(text, "  web{last}: {{address: {network}.{last}}}").unwrap();
    }
    write(&lab, &text);
    let before = logins(&lab, "deb12");
    let begin = Instant::now();
    let scan = [
        "scan",
        "--limit",
        "web*",
        "--parallel",
        "100",
        "--expect",
        "100",
        "--format",
        "json",
    ];
    let outcome = lab.patchwave(&scan);
    println!("100 hosts behind a bastion with MaxStartups 3: {:?}", begin.elapsed());
    assert_reached(&outcome, 100);
    assert_eq!(logins(&lab, "deb12") - before, 1);
    // The same without the bastion, and the bastion itself by many names.
    write(&lab, &text.replace("  jump: bastion\n", ""));
    let begin = Instant::now();
    let outcome = lab.patchwave(&scan);
    println!("100 hosts directly: {:?}", begin.elapsed());
    assert_reached(&outcome, 100);
    let mut text = "defaults:\n  user: root\n  {}\nhosts:\n".to_owned();
    for number in 1..=40 {
        writeln!(text, "  name{number}: {{address: {}}}", address(&lab, "deb12")).unwrap();
    }
    write(&lab, &text);
    let begin = Instant::now();
    let outcome = lab.patchwave(&["scan", "--parallel", "40", "--format", "json"]);
    println!("40 names of a server with MaxStartups 3: {:?}", begin.elapsed());
    assert_reached(&outcome, 40);
    assert!(outcome.stderr.contains("MaxStartups"), "{}", outcome.stderr);
}

#[test]
#[ignore = "needs the lab"]
fn a_bastion_that_is_gone_fails_all_hosts_behind_it_with_one_cause() {
    let lab = Lab::up(&["deb12", "deb13"]);
    let inner = address(&lab, "deb13");
    let mut text = format!(
        "defaults:\n  user: root\n  {{}}\n  jump: bastion\nhosts:\n  bastion: {{address: {}, jump: []}}\n",
        address(&lab, "deb12")
    );
    for number in 1..=30 {
        writeln!(text, "  web{number}: {{address: {inner}}}").unwrap();
    }
    write(&lab, &text);
    lab.control("stop", "deb12", &[]);
    let begin = Instant::now();
    let outcome = lab
        .patchwave(&[
            "scan",
            "--limit",
            "web*",
            "--parallel",
            "4",
            "--connect-timeout",
            "4s",
            "--format",
            "json",
        ])
        .expect_exit(22);
    // Thirty hosts, four at a time: eight deadlines one after the other if each tried for itself.
    assert!(begin.elapsed() < Duration::from_secs(12), "{:?}", begin.elapsed());
    for host in ["web1", "web30"] {
        let message = outcome.host(host)["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("jump host bastion: "), "{message}");
    }
}

/// Calls the program where `/etc/hosts` is this file.
fn with_names(lab: &Lab, names: &std::path::Path, arguments: &[&str]) -> Command {
    let inner = lab.workplace.command(["-i", "fleet.yml"].iter().chain(arguments));
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\""])
        .arg(names)
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(inner.get_current_dir().unwrap())
        .env_clear()
        .stdin(Stdio::null());
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

#[test]
#[ignore = "needs the lab"]
fn a_host_that_has_another_address_after_its_reboot_is_found_by_its_name() {
    let lab = Lab::up(&["deb12"]);
    let old = address(&lab, "deb12");
    let (network, _) = old.rsplit_once('.').unwrap();
    let new = format!("{network}.99");
    let names = lab
        .workplace
        .write("names", &format!("127.0.0.1 localhost\n{old} moving.lab\n"));
    let known = std::fs::read_to_string(lab.workplace.path("known_hosts")).unwrap();
    lab.workplace.write("known_hosts", &known.replace(&old, "moving.lab"));
    write(
        &lab,
        "defaults:\n  user: root\n  {}\nhosts:\n  moving: {address: moving.lab}\n",
    );
    lab.publish("new");
    lab.workplace.write(
        "reboot.yml",
        "name: reboot\nreboot: always\nwaves:\n  - {name: fleet, rest: true}\n",
    );
    let mut run = with_names(
        &lab,
        &names,
        &[
            "apply",
            "reboot.yml",
            "--yes",
            "--refresh",
            "always",
            "--format",
            "json",
        ],
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    // While it is down it gets another address, and the name server learns of it.
    let begin = Instant::now();
    let is_there = |address: &str| {
        std::net::TcpStream::connect_timeout(&format!("{address}:22").parse().unwrap(), Duration::from_secs(1)).is_ok()
    };
    while is_there(&old) && run.try_wait().unwrap().is_none() && begin.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let number = network.rsplit_once('.').unwrap().1;
    let address = |verb: &str, address: &str| {
        Command::new("ip")
            .args(["-n", &format!("pw{number}-deb12"), "address", verb])
            .args([&format!("{address}/24"), "dev", "eth0"])
            .status()
            .unwrap()
            .success()
    };
    let moved = run.try_wait().unwrap().is_none() && address("del", &old) && address("add", &new);
    std::fs::write(&names, format!("127.0.0.1 localhost\n{new} moving.lab\n")).unwrap();
    if !moved {
        let _ = run.kill();
    }
    let output = run.wait_with_output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(moved, "the host does not move\n{stdout}\n{stderr}");
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["hosts"][0]["rebooted"], true, "{stdout}");
}
