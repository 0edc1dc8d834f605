//! What `scan` says is what each manager says by itself.

use std::collections::BTreeSet;

use super::hosts::Lab;

/// Asks a host's own manager, in its own way and not in patchwave's, what it would update: `name version` lines.
fn asked_by_hand(lab: &Lab, host: &str) -> BTreeSet<String> {
    let question = match lab.manager(host) {
        "apt" => {
            "apt-get -qq update; apt-get -s -V -q upgrade --with-new-pkgs | sed -n 's/^Inst \\([^ ]*\\) .*(\\([^ ]*\\) .*/\\1 \\2/p'"
        }
        "dnf4" => {
            "dnf -q makecache; dnf -q check-update | awk 'NF==3 {split($1, name, \".\"); sub(/^[0-9]+:/, \"\", $2); print name[1], $2}'"
        }
        "dnf5" => {
            "dnf5 -q makecache --refresh >/dev/null; dnf5 -q check-upgrade | awk 'NF==3 {split($1, name, \".\"); sub(/^[0-9]+:/, \"\", $2); print name[1], $2}'"
        }
        "zypper" => {
            "zypper -q -n ref; zypper -q -n lu | awk -F' *[|] *' '$1 ~ /v/ {sub(/^[0-9]+:/, \"\", $5); print $3, $5}'"
        }
        "pacman" => "pacman -Sy >/dev/null; pacman -Qu | awk '!/ignored/ {print $1, $4}'",
        "apk" => {
            "apk update >/dev/null; apk upgrade -s | sed -n 's/^([0-9/]*) Upgrading \\([^ ]*\\) (.* -> \\(.*\\))/\\1 \\2/p'"
        }
        other => panic!("no question for {other}"),
    };
    lab.shell(host, &format!("export LC_ALL=C; {question} || true"))
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
#[ignore = "needs the lab"]
fn a_scan_of_every_host_is_what_each_manager_says() {
    let lab = Lab::up(&[]);
    assert_eq!(lab.hosts.len(), 7);
    lab.publish("new");
    let outcome = lab
        .patchwave(&["scan", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        let found = outcome.host(&host.name);
        assert_eq!(found["state"], "ok", "{found:#}");
        assert_eq!(found["facts"]["manager"], host.manager, "{found:#}");
        let pending: BTreeSet<String> = found["updates"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|update| update["status"] == "upgradable")
            // A new dependency is no update of an installed package; some managers do not list it.
            .filter(|update| !update["from"].is_null() || host.manager == "apt")
            .map(|update| {
                let version = update["to"].as_str().unwrap();
                let version = if matches!(host.manager.as_str(), "dnf4" | "dnf5" | "zypper") {
                    version.split_once(':').map_or(version, |(_, rest)| rest)
                } else {
                    version
                };
                format!("{} {version}", update["package"].as_str().unwrap())
            })
            .collect();
        assert!(!pending.is_empty(), "{}", host.name);
        assert_eq!(pending, asked_by_hand(&lab, &host.name), "{}", host.name);
    }
}

#[test]
#[ignore = "needs the lab"]
fn held_packages_and_security_fixes_are_told_apart() {
    let lab = Lab::up(&[]);
    lab.publish("new");
    let outcome = lab
        .patchwave(&["scan", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        let found = outcome.host(&host.name);
        let update = |name: &str| {
            found["updates"]
                .as_array()
                .unwrap()
                .iter()
                .find(|update| update["package"] == name)
                .cloned()
        };
        if let Some(held) = update("pw-held") {
            assert_ne!(held["status"], "upgradable", "{} {held:#}", host.name);
        }
        let library = update("pw-lib").unwrap_or_else(|| panic!("{}: no pw-lib in {found:#}", host.name));
        match host.manager.as_str() {
            "pacman" | "apk" => assert!(library["security"].is_null(), "{} cannot know: {library:#}", host.name),
            _ => assert_eq!(library["security"], true, "{} {library:#}", host.name),
        }
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_scan_without_updates_says_so_and_changes_nothing() {
    let lab = Lab::up(&["deb13", "alpine"]);
    let before: Vec<String> = lab
        .hosts
        .iter()
        .map(|host| lab.everything_installed(&host.name))
        .collect();
    let outcome = lab
        .patchwave(&["scan", "--format", "json", "--detailed-exitcode"])
        .expect_exit(0);
    assert_eq!(outcome.json()["summary"]["updates"], 0);
    lab.publish("new");
    let _ = lab
        .patchwave(&["scan", "--refresh", "always", "--detailed-exitcode"])
        .expect_exit(10);
    let after: Vec<String> = lab
        .hosts
        .iter()
        .map(|host| lab.everything_installed(&host.name))
        .collect();
    assert_eq!(before, after);
}
