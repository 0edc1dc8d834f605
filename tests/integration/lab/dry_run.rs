//! Dry runs: the steps that each host's own manager says it would take, and nothing changes.

use serde_json::Value;

use super::hosts::Lab;

/// Checksums of everything that a manager keeps about packages. What every reader touches is left out: locks,
/// caches, and what SQLite writes beside its file.
fn databases(lab: &Lab, host: &str) -> String {
    let folders = match lab.manager(host) {
        "apt" => "/var/lib/dpkg/status /var/lib/dpkg/info /var/lib/apt/extended_states",
        "pacman" => "/var/lib/pacman/local /var/lib/pacman/sync",
        "apk" => "/lib/apk/db/installed /etc/apk/world",
        _ => "/var/lib/rpm/rpmdb.sqlite /var/lib/zypp/AutoInstalled",
    };
    lab.shell(
        host,
        &format!("find {folders} -type f -exec sha256sum {{}} + 2>/dev/null | LC_ALL=C sort"),
    )
}

fn simulated<'a>(document: &'a Value, host: &str) -> &'a Value {
    let all = document["simulation"].as_array().unwrap();
    all.iter().find(|entry| entry["name"] == host).unwrap()
}

#[test]
#[ignore = "needs the lab"]
fn every_manager_says_its_steps_and_nothing_changes() {
    let lab = Lab::up(&[]);
    lab.publish("new");
    let before: Vec<(String, String)> = lab
        .hosts
        .iter()
        .map(|host| (lab.everything_installed(&host.name), databases(&lab, &host.name)))
        .collect();
    let outcome = lab
        .patchwave(&["apply", "--dry-run", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    let document = outcome.json();
    for (host, before) in lab.hosts.iter().zip(before) {
        let entry = simulated(&document, &host.name);
        assert_eq!(entry["error"], Value::Null, "{}", host.name);
        assert_eq!(entry["unparsed"], 0, "{entry:#}");
        let steps = entry["steps"].as_array().unwrap();
        let step = |package: &str| {
            let found = steps.iter().find(|step| step["package"] == package);
            found.unwrap_or_else(|| panic!("{}: {package} is no step: {entry:#}", host.name))
        };
        // What is installed is asked of the manager itself.
        let installed = lab.installed(&host.name, "pw-lib").unwrap();
        assert_eq!(step("pw-lib")["action"], "upgrade");
        assert_eq!(step("pw-lib")["from"], installed.as_str(), "{}", host.name);
        assert!(step("pw-lib")["to"].as_str().unwrap().starts_with("1.1-"));
        assert_eq!(step("pw-extra")["action"], "install");
        assert_eq!(step("pw-extra")["from"], Value::Null);
        assert!(!steps.iter().any(|step| step["package"] == "pw-held"), "{entry:#}");
        assert!(!steps.iter().any(|step| step["action"] == "remove"), "{entry:#}");
        let after = (lab.everything_installed(&host.name), databases(&lab, &host.name));
        assert_eq!(after, before, "{}: a dry run changed something", host.name);
    }
    let page = lab
        .patchwave(&["apply", "--dry-run", "--refresh", "never"])
        .expect_exit(0);
    assert!(
        page.stdout.contains("fedora, rocky, suse: 7 steps each"),
        "{}",
        page.stdout
    );
    assert!(page.stdout.contains("as planned"), "{}", page.stdout);
}
