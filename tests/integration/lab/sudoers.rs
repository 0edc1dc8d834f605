//! The rules that `sudoers` prints, installed for a login that has no other right: what they allow works, and nothing
//! else does.

use std::io::Write as _;
use std::process::Stdio;

use super::hosts::Lab;

/// A login with the instance's key and without any right.
const LOGIN: &str = "if command -v useradd >/dev/null; then useradd -m -s /bin/sh narrow; else adduser -D narrow; fi
sed -i 's/^narrow:!/narrow:*/' /etc/shadow
mkdir -p ~narrow/.ssh && cp ~admin/.ssh/authorized_keys ~narrow/.ssh/ && chown -R narrow ~narrow/.ssh && id -un narrow";

fn lab() -> Lab {
    let lab = Lab::up(&["deb12", "suse", "alpine", "fedora"]);
    for host in &lab.hosts {
        assert_eq!(lab.shell(&host.name, LOGIN), "narrow", "{}", host.name);
    }
    lab
}

/// Puts the text into a file of sudoers that visudo finds right, and gives what sudo then says it allows.
#[track_caller]
fn install(lab: &Lab, host: &str, rules: &str) -> String {
    let script = "cat >/tmp/rules && visudo -cf /tmp/rules && install -m 440 /tmp/rules /etc/sudoers.d/zz-patchwave";
    let mut child = lab
        .exec(host, &["sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{host}: {rules}");
    let listed = lab.shell(host, "sudo -l -U narrow | sed -n '/may run the following/,$p' | sed 1d");
    listed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether sudo lets the login run this, without a password.
fn may(lab: &Lab, host: &str, command: &str) -> bool {
    let script = format!("su narrow -c 'sudo -n {command}' >/dev/null 2>&1 && echo yes || echo no");
    lab.shell(host, &script) == "yes"
}

#[test]
#[ignore = "needs the lab"]
fn the_rules_for_a_scan_are_enough_to_scan_and_for_nothing_else() {
    let lab = lab();
    lab.write_inventory("user: narrow\nbecome: {method: sudo, scope: refresh}", "");
    lab.publish("new");
    // Without rules: named, and how to get them.
    let scan = ["scan", "--refresh", "always", "--format", "json"];
    let refused = lab.patchwave(&scan).expect_exit(20);
    for name in ["deb12", "suse", "alpine"] {
        let error = &refused.host(name)["error"];
        assert_eq!(error["code"], "E_SUDO", "{error:#}");
        assert!(
            error["hint"].as_str().unwrap().contains("patchwave sudoers"),
            "{error:#}"
        );
    }
    // dnf refreshes a cache of the login's own.
    assert_eq!(refused.host("fedora")["state"], "ok");
    let doctor = lab.patchwave(&["doctor"]).expect_exit(20).stdout;
    assert!(
        doctor.contains("privilege failed E_SUDO: sudo does not let narrow run"),
        "{doctor}"
    );
    let _ = lab.patchwave(&["sudoers"]).expect_exit(2);

    let _ = lab.patchwave(&["scan", "--refresh", "never"]);
    for (name, expected) in [
        (
            "deb12",
            "(root) NOPASSWD: /usr/bin/timeout 240 /usr/bin/apt-get -q --error-on\\=any update \
             (root) NOPASSWD: /usr/bin/timeout 240 /usr/bin/apt-get -q -q update",
        ),
        (
            "suse",
            "(root) NOPASSWD: /usr/bin/timeout 300 /usr/bin/zypper -n refresh",
        ),
        (
            "alpine",
            "(root) NOPASSWD: /usr/bin/timeout 240 /sbin/apk --wait 5 update",
        ),
    ] {
        // The manager comes from the last scan.
        let rules = lab.patchwave(&["sudoers", name]).expect_exit(0).stdout;
        assert_eq!(install(&lab, name, &rules), expected, "{name}");
        assert!(!may(&lab, name, "/bin/sh -c id"), "{name}");
    }
    assert!(!may(
        &lab,
        "deb12",
        "/usr/bin/timeout 240 /usr/bin/apt-get -q -q update -o Dir=/"
    ));
    assert!(!may(
        &lab,
        "deb12",
        "/usr/bin/timeout 240 /usr/bin/apt-get -q -q upgrade"
    ));

    let scanned = lab.patchwave(&scan).expect_exit(0);
    for name in ["deb12", "suse", "alpine", "fedora"] {
        let found = scanned.host(name);
        let updates = found["updates"].as_array().unwrap();
        assert!(updates.iter().any(|update| update["package"] == "pw-lib"), "{found:#}");
        assert_eq!(found["facts"]["metadata"]["age_seconds"], 0, "{found:#}");
    }
    let _ = lab.patchwave(&["doctor", "--format", "json"]).expect_exit(0);
    let refused = lab.patchwave(&["apply", "--yes"]).expect_exit(2).stderr;
    assert!(
        refused.contains("nothing was contacted") && refused.contains("patchwave sudoers"),
        "{refused}"
    );
}

#[test]
#[ignore = "needs the lab"]
fn the_rule_for_everything_is_enough_to_apply() {
    let lab = lab();
    lab.write_inventory("user: narrow\nbecome: sudo", "");
    lab.publish("new");
    let refused = lab.patchwave(&["scan", "--format", "json"]).expect_exit(20);
    for host in &lab.hosts {
        let error = &refused.host(&host.name)["error"];
        assert_eq!(error["code"], "E_SUDO", "{error:#}");
        assert!(
            error["hint"].as_str().unwrap().contains("patchwave sudoers"),
            "{error:#}"
        );
    }
    let doctor = lab.patchwave(&["doctor", "--format", "json"]).expect_exit(20);
    for host in &lab.hosts {
        let checks = doctor.host(&host.name)["checks"].clone();
        let outcome = |name: &str| {
            let checks = checks.as_array().unwrap();
            checks.iter().find(|check| check["check"] == name).unwrap()["outcome"].clone()
        };
        // What needs no root is told all the same.
        assert_eq!(outcome("privilege"), "failed", "{checks:#}");
        assert_eq!(outcome("manager"), "ok", "{checks:#}");
        assert_eq!(outcome("jobs"), "unknown", "{checks:#}");
    }
    let rules = lab.patchwave(&["sudoers"]).expect_exit(0).stdout;
    for host in &lab.hosts {
        assert_eq!(
            install(&lab, &host.name, &rules),
            "(root) NOPASSWD: /bin/sh -c echo PATCHWAVE-READY; exec /bin/sh -s"
        );
        assert!(!may(&lab, &host.name, "/bin/sh -c id"), "{}", host.name);
    }
    let doctor = lab.patchwave(&["doctor", "--format", "json"]).expect_exit(0);
    let applied = lab
        .patchwave(&["apply", "--yes", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(doctor.host(&host.name)["state"], "well");
        assert_eq!(applied.host(&host.name)["state"], "patched");
    }
}
/// Puts the text into the configuration of doas, alone, after doas itself has found it right.
#[track_caller]
fn install_for_doas(lab: &Lab, host: &str, rules: &str) {
    let script = "cat >/tmp/rules && doas -C /tmp/rules && install -m 400 /tmp/rules /etc/doas.conf";
    let mut child = lab
        .exec(host, &["sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{host}: {rules}");
}

/// Whether doas lets the login run this, without a password.
fn may_by_doas(lab: &Lab, host: &str, command: &str) -> bool {
    let script = format!("su narrow -c 'doas -n {command}' >/dev/null 2>&1 && echo yes || echo no");
    lab.shell(host, &script) == "yes"
}

#[test]
#[ignore = "needs the lab"]
fn the_rules_for_doas_are_enough_and_allow_nothing_else() {
    let lab = Lab::up(&["deb12"]);
    assert_eq!(lab.shell("deb12", LOGIN), "narrow");
    lab.shell("deb12", "rm -f /etc/doas.conf");
    lab.publish("new");
    lab.write_inventory("user: narrow\nbecome: {method: doas, scope: refresh}", "");
    let scan = ["scan", "--refresh", "always", "--format", "json"];
    let refused = lab.patchwave(&scan).expect_exit(20);
    assert_eq!(refused.host("deb12")["error"]["code"], "E_SUDO");
    let _ = lab.patchwave(&["scan", "--refresh", "never"]);
    let rules = lab.patchwave(&["sudoers", "--method", "doas"]).expect_exit(0).stdout;
    install_for_doas(&lab, "deb12", &rules);
    let scanned = lab.patchwave(&scan).expect_exit(0);
    assert_eq!(scanned.host("deb12")["facts"]["metadata"]["age_seconds"], 0);
    for command in [
        "id",
        "/bin/sh -c id",
        "/usr/bin/timeout 240 /usr/bin/apt-get -q -q upgrade",
    ] {
        assert!(!may_by_doas(&lab, "deb12", command), "{command}");
    }

    lab.write_inventory("user: narrow\nbecome: doas", "");
    let refused = lab.patchwave(&["apply", "--yes", "--format", "json"]).expect_exit(21);
    assert_eq!(refused.host("deb12")["state"], "failed");
    let rules = lab.patchwave(&["sudoers", "--method", "doas"]).expect_exit(0).stdout;
    install_for_doas(&lab, "deb12", &rules);
    for command in ["id", "/bin/sh -c id"] {
        assert!(!may_by_doas(&lab, "deb12", command), "{command}");
    }
    let applied = lab
        .patchwave(&["apply", "--yes", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    assert_eq!(applied.host("deb12")["state"], "patched");
}
