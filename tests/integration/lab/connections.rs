//! Reaching hosts: keys, users, privilege, hosts that are gone.

use super::hosts::Lab;

#[test]
#[ignore = "needs the lab"]
fn an_unreachable_host_is_reported_and_holds_nobody_up() {
    let lab = Lab::up(&["deb12", "deb13"]);
    lab.control("stop", "deb13", &[]);
    let outcome = lab
        .patchwave(&["scan", "--connect-timeout", "5s", "--format", "json"])
        .expect_exit(22);
    assert_eq!(outcome.host("deb12")["state"], "ok");
    let gone = outcome.host("deb13");
    assert_eq!(gone["state"], "unreachable");
    assert!(
        gone["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()),
        "{gone:#}"
    );
}

#[test]
#[ignore = "needs the lab"]
fn a_changed_host_key_is_refused_until_it_is_trusted() {
    let lab = Lab::up(&["deb12"]);
    let _ = lab.patchwave(&["scan"]).expect_exit(0);
    lab.control("rekey", "deb12", &[]);
    let outcome = lab.patchwave(&["scan", "--format", "json"]).expect_exit(22);
    let host = outcome.host("deb12");
    assert_eq!(host["state"], "host-key");
    assert_eq!(host["error"]["code"], "E_HOSTKEY_CHANGED");
    let untouched = std::fs::read_to_string(lab.workplace.path("known_hosts")).unwrap();
    let _ = lab.patchwave(&["trust", "--yes"]).expect_exit(22);
    assert_eq!(
        std::fs::read_to_string(lab.workplace.path("known_hosts")).unwrap(),
        untouched
    );
    let _ = lab.patchwave(&["trust", "--yes", "--replace"]).expect_exit(0);
    let _ = lab.patchwave(&["scan"]).expect_exit(0);
}

#[test]
#[ignore = "needs the lab"]
fn an_unknown_host_key_is_refused_and_trust_is_the_way_in() {
    let lab = Lab::up(&["deb12", "alpine"]);
    std::fs::remove_file(lab.workplace.path("known_hosts")).unwrap();
    let outcome = lab.patchwave(&["scan", "--format", "json"]).expect_exit(22);
    assert_eq!(outcome.host("alpine")["error"]["code"], "E_HOSTKEY_UNKNOWN");
    let refused = lab.patchwave(&["trust"]).expect_exit(2);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    let trusted = lab.patchwave(&["trust", "--yes"]).expect_exit(0);
    assert!(trusted.stdout.contains("SHA256:"), "{}", trusted.stdout);
    let _ = lab.patchwave(&["scan"]).expect_exit(0);
}

#[test]
#[ignore = "needs the lab"]
fn sudo_works_with_and_without_a_password() {
    let mut lab = Lab::up(&["deb12", "rocky"]);
    lab.publish("new");
    lab.write_inventory("user: admin\nbecome: sudo", "");
    let outcome = lab
        .patchwave(&["scan", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    assert!(outcome.json()["summary"]["updates"].as_u64().unwrap() > 0);

    let with_password = "user: operator\nbecome: {method: sudo, password: {env: LAB_PASSWORD}}";
    lab.write_inventory(with_password, "");
    lab.workplace
        .environment
        .insert("LAB_PASSWORD".to_owned(), "correct horse".to_owned());
    let outcome = lab
        .patchwave(&["apply", "--yes", "--package", "pw-lib", "--format", "json"])
        .expect_exit(0);
    assert_eq!(outcome.host("deb12")["state"], "patched");
    assert!(lab.installed("deb12", "pw-lib").unwrap().starts_with("1.1"));
    assert!(lab.installed("rocky", "pw-lib").unwrap().starts_with("1.1"));

    lab.workplace
        .environment
        .insert("LAB_PASSWORD".to_owned(), "wrong zebra".to_owned());
    let outcome = lab.patchwave(&["scan", "--format", "json"]).expect_exit(20);
    assert_eq!(outcome.host("deb12")["error"]["code"], "E_SUDO");
    assert!(
        !format!("{}{}", outcome.stdout, outcome.stderr).contains("zebra"),
        "the password was shown"
    );

    lab.write_inventory("user: operator\nbecome: sudo", "");
    let outcome = lab.patchwave(&["scan", "--format", "json"]).expect_exit(20);
    assert_eq!(outcome.host("deb12")["error"]["code"], "E_SUDO");
}

#[test]
#[ignore = "needs the lab"]
fn a_refused_login_is_told_apart() {
    let lab = Lab::up(&["deb12"]);
    lab.write_inventory("user: nobody", "");
    let outcome = lab.patchwave(&["scan", "--format", "json"]).expect_exit(22);
    assert_eq!(outcome.host("deb12")["state"], "auth-failed");
    assert_eq!(outcome.host("deb12")["error"]["code"], "E_AUTH");
}
