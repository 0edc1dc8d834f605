//! Real hosts by an inventory of Ansible: what it says about logins, privilege and the way is what is used.

use super::hosts::Lab;

/// Writes an inventory in INI form with `group_vars`, in a folder of its own, and the host keys beside it.
fn write(lab: &Lab, variables: &str) {
    let mut text = "[fleet]\n".to_owned();
    for host in &lab.hosts {
        text.push_str(&format!("{} ansible_host={}\n", host.name, host.address));
    }
    text.push_str("[fleet:vars]\n");
    text.push_str(&format!("ansible_ssh_private_key_file={}\n", lab.key().display()));
    lab.workplace.write("production/hosts", &text);
    lab.workplace.write("production/group_vars/fleet/main.yml", variables);
    let known_hosts = std::fs::read_to_string(lab.workplace.path("known_hosts")).unwrap();
    lab.workplace.write("production/known_hosts", &known_hosts);
}

#[test]
#[ignore = "needs the lab"]
fn an_ansible_inventory_is_patched_by_as_it_is() {
    let mut lab = Lab::up(&["deb12", "deb13"]);
    lab.publish("new");
    let variables = "\
ansible_user: operator
ansible_become: yes
ansible_become_password: \"{{ lookup('env', 'LAB_PASSWORD') }}\"
anything: \"{{ else }}\"
";
    write(&lab, variables);
    lab.workplace
        .environment
        .insert("LAB_PASSWORD".to_owned(), "correct horse".to_owned());
    let apply = [
        "-i",
        "production",
        "apply",
        "--yes",
        "--package",
        "pw-lib",
        "--format",
        "json",
    ];
    let _ = lab
        .workplace
        .run(["-i", "production", "scan", "--refresh", "always"])
        .expect_exit(0);
    let outcome = lab.workplace.run(apply).expect_exit(0);
    assert_eq!(outcome.host("deb12")["state"], "patched");
    assert_eq!(outcome.host("deb13")["state"], "patched");
    assert!(lab.installed("deb13", "pw-lib").unwrap().starts_with("1.1"));
}

#[test]
#[ignore = "needs the lab"]
fn passwords_and_the_way_in_an_ansible_inventory_are_used() {
    let lab = Lab::up(&["deb12", "deb13"]);
    let variables = "\
ansible_user: operator
ansible_become: true
ansible_become_password: correct horse
";
    write(&lab, variables);
    let way = "ansible_ssh_common_args: -o ProxyJump=deb12 -o ServerAliveInterval=5\n";
    lab.workplace.write("production/host_vars/deb13.yml", way);
    let outcome = lab.workplace.run(["-i", "production", "scan", "--format", "json"]);
    let outcome = outcome.expect_exit(0);
    assert_eq!(outcome.host("deb13")["state"], "ok");
    assert!(
        outcome.stderr.contains("group_vars/fleet/main.yml:3:26"),
        "{}",
        outcome.stderr
    );
    let shown = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!shown.contains("correct horse"), "the password was shown: {shown}");
    let list = lab
        .workplace
        .run(["-i", "production", "inventory", "list", "--format", "json"]);
    let list = list.expect_exit(0);
    assert_eq!(list.host("deb13")["jump"][0], "deb12");

    // Without the bastion the way is gone, and so is the host behind it.
    lab.control("stop", "deb12", &[]);
    let scan = [
        "-i",
        "production",
        "-l",
        "deb13",
        "--connect-timeout",
        "5s",
        "scan",
        "--format",
        "json",
    ];
    let outcome = lab.workplace.run(scan).expect_exit(22);
    assert_eq!(outcome.host("deb13")["state"], "unreachable");
}
