//! Downloads apart from installation: what a host fetches, where it waits, and what stays untouched when it cannot
//! be fetched or does not fit. What is installed is asked of the managers themselves.

use serde_json::Value;

use super::hosts::Lab;
use crate::program::Outcome;

/// Every host at once, and no failure holds up another.
const ALL_AT_ONCE: &str = "
name: all at once
waves:
  - {name: fleet, rest: true, parallel: 7, max_failures: 7}
";

const APPLY: [&str; 5] = ["apply", "all.yml", "--yes", "--refresh", "never"];

/// All hosts, knowing of the updates of that state. pacman's own database is refreshed too: with
/// `--refresh never` nothing else is looked at.
fn lab_that_knows(state: &str) -> Lab {
    let lab = Lab::up(&[]);
    lab.publish(state);
    lab.workplace.write("all.yml", ALL_AT_ONCE);
    let _ = lab.patchwave(&["scan", "--refresh", "always"]).expect_exit(0);
    lab.shell("arch", "pacman -Sy >/dev/null");
    lab
}

fn everything(lab: &Lab) -> Vec<(String, String)> {
    lab.hosts
        .iter()
        .map(|host| (host.name.clone(), lab.everything_installed(&host.name)))
        .collect()
}

/// The phases of a host, in their order, from the events of a run.
fn phases(events: &str, host: &str) -> Vec<String> {
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events
        .filter(|event| event["event"] == "host-phase" && event["host"] == host)
        .map(|event| event["phase"].as_str().unwrap().to_owned())
        .collect()
}

/// Every host failed with that code before anything was installed, says so, and is as it was.
#[track_caller]
fn assert_refused(lab: &Lab, before: &[(String, String)], code: &str) -> Outcome {
    let mut arguments = APPLY.to_vec();
    arguments.extend(["--format", "json"]);
    // What is gone is drift.
    let exit = if code == "E_GONE" { 24 } else { 21 };
    let outcome = lab.patchwave(&arguments).expect_exit(exit);
    for host in &lab.hosts {
        let report = outcome.host(&host.name);
        assert_eq!(report["error"]["code"], code, "{report:#}");
        let message = report["error"]["message"].as_str().unwrap();
        assert!(message.contains("nothing was changed"), "{}: {message}", host.name);
        assert_eq!(report["changed"], serde_json::json!([]), "{report:#}");
    }
    assert_eq!(everything(lab), before, "a host that failed beforehand was changed");
    outcome
}

#[test]
#[ignore = "needs the lab"]
fn a_host_is_seen_to_download_before_it_installs() {
    let lab = lab_that_knows("new");
    let mut arguments = APPLY.to_vec();
    arguments.extend(["--format", "jsonl"]);
    let outcome = lab.patchwave(&arguments).expect_exit(0);
    for host in &lab.hosts {
        let phases = phases(&outcome.stdout, &host.name);
        let expected = ["connecting", "checking", "downloading", "patching", "verifying"];
        assert_eq!(phases, expected, "{}", host.name);
    }
    // Nothing of ours stays behind, and apk, which keeps no packages by itself, has none.
    for host in &lab.hosts {
        let left = lab.shell(
            &host.name,
            "ls /var/lib/patchwave/jobs /tmp | grep -c . || true; ls -d /tmp/tmp.* 2>/dev/null || true",
        );
        assert!(!left.contains("/tmp/tmp."), "{}: {left}", host.name);
    }
    assert_eq!(lab.shell("alpine", "ls /var/cache/apk/*.apk 2>/dev/null || true"), "");
}

#[test]
#[ignore = "needs the lab"]
fn what_was_downloaded_is_installed_without_the_repository() {
    let lab = lab_that_knows("new");
    let before = everything(&lab);
    let download = [
        "apply",
        "all.yml",
        "--download-only",
        "--refresh",
        "never",
        "--format",
        "json",
    ];
    let bytes = |outcome: &Outcome, host: &str| outcome.host(host)["downloaded_bytes"].as_u64();
    let outcome = lab.patchwave(&download).expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(outcome.host(&host.name)["state"], "unchanged", "{}", outcome.stdout);
        assert!(bytes(&outcome, &host.name).unwrap() > 2_000, "{}", outcome.stdout);
    }
    assert_eq!(everything(&lab), before, "a download changed a package");
    let again = lab.patchwave(&download).expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(bytes(&again, &host.name), Some(0), "{}: {}", host.name, again.stdout);
    }
    // pacman looks at the repository's own list once more, and has to.
    for host in lab.hosts.iter().filter(|host| host.manager != "pacman") {
        lab.control("publish", &host.name, &["gone"]);
    }
    let mut arguments = APPLY.to_vec();
    arguments.extend(["--format", "json"]);
    let outcome = lab.patchwave(&arguments).expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(outcome.host(&host.name)["state"], "patched", "{}", outcome.stdout);
        assert_eq!(bytes(&outcome, &host.name), Some(0), "{}", host.name);
        let installed = lab.installed(&host.name, "pw-lib").unwrap();
        assert!(installed.starts_with("1.1"), "{}: {installed}", host.name);
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_file_that_the_mirror_lost_changes_nothing() {
    let lab = lab_that_knows("new");
    let before = everything(&lab);
    for host in &lab.hosts {
        lab.lose_files(&host.name, "pw-conf");
    }
    let _ = assert_refused(&lab, &before, "E_GONE");
    let outcome = lab.patchwave(&["show", "last", "--format", "jsonl"]);
    assert!(!outcome.stdout.contains("\"patching\""), "{}", outcome.stdout);
}

#[test]
#[ignore = "needs the lab"]
fn a_version_that_vanished_after_the_scan_changes_nothing() {
    let lab = lab_that_knows("new");
    let before = everything(&lab);
    lab.publish("newest");
    let mut arguments = APPLY.to_vec();
    arguments.extend(["--format", "json"]);
    let outcome = lab.patchwave(&arguments).expect_exit(24);
    for host in &lab.hosts {
        let report = outcome.host(&host.name);
        if host.manager == "pacman" {
            // It is asked over databases of its own while the plan is made, and what is gone is left out of it.
            let changed = report["changed"].as_array().unwrap();
            assert!(
                !changed.iter().any(|change| change["package"] == "pw-lib"),
                "{report:#}"
            );
        } else {
            assert_eq!(report["error"]["code"], "E_GONE", "{report:#}");
            assert!(
                report["error"]["message"]
                    .as_str()
                    .unwrap()
                    .contains("nothing was changed")
            );
        }
    }
    for ((host, before), (_, after)) in before.iter().zip(everything(&lab)) {
        assert!(
            host == "arch" || *before == after,
            "{host} failed beforehand and was changed: {after}"
        );
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_repository_that_cannot_be_reached_changes_nothing() {
    let lab = lab_that_knows("new");
    let before = everything(&lab);
    for host in &lab.hosts {
        lab.shell(
            &host.name,
            "sed 's/^[0-9.]* repo.*$/127.0.0.1 repo/' /etc/hosts >/tmp/hosts && cat /tmp/hosts >/etc/hosts",
        );
    }
    let _ = assert_refused(&lab, &before, "E_REPO");
}

#[test]
#[ignore = "needs the lab"]
fn a_cache_without_room_is_found_before_anything_is_downloaded() {
    let lab = lab_that_knows("new");
    let before = everything(&lab);
    for host in &lab.hosts {
        let cache = match host.manager.as_str() {
            "apt" => "/var/cache/apt/archives",
            "dnf4" => "/var/cache/dnf",
            "dnf5" => "/var/cache/libdnf5",
            "zypper" => "/var/cache/zypp/packages",
            "pacman" => "/var/cache/pacman/pkg",
            _ => "/var/cache/apk",
        };
        // Large enough for the packages of the lab, too small for the reserve.
        let script = format!("{SMALL}small {cache} 3m");
        lab.shell(&host.name, &script);
    }
    let outcome = assert_refused(&lab, &before, "E_DISK");
    for host in &lab.hosts {
        let message = outcome.host(&host.name)["error"]["message"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            message.contains(" free, the update needs ") && message.contains("/var/cache/"),
            "{}: {message}",
            host.name
        );
    }
}

/// `small FOLDER SIZE`: puts a file system of its own in the place of a folder, with what is in it. Some hosts
/// have no `mount`; perl, which they have, can ask the kernel for it.
const SMALL: &str = r#"
small() {
  mkdir -p "$1" && cp -a "$1" /root/small || return
  if command -v mount >/dev/null; then
    mount -t tmpfs -o "size=$2" small "$1"
  else
    perl -e 'my ($from, $to, $type, $options) = ("small", $ARGV[0], "tmpfs", "size=$ARGV[1]");
      exit(syscall(165, $from, $to, $type, 0, $options) != 0)' "$1" "$2"
  fi && cp -a /root/small/. "$1/" && rm -rf /root/small
}
"#;

const SMALL_VAR: &str = "small /var $(($(du -sk /var | cut -f1) + 3000))k";

const DPKG: &str = "sha256sum /var/lib/dpkg/status /var/lib/dpkg/available /var/lib/apt/extended_states 2>/dev/null; \
                    ls /var/lib/dpkg/updates";

#[test]
#[ignore = "needs the lab"]
fn a_full_var_is_found_before_dpkg_touches_its_database() {
    let lab = Lab::up(&["deb12"]);
    lab.publish("new");
    let _ = lab.patchwave(&["scan", "--refresh", "always"]).expect_exit(0);
    lab.shell("deb12", &format!("{SMALL}{SMALL_VAR}"));
    let (before, database) = (lab.everything_installed("deb12"), lab.shell("deb12", DPKG));
    let apply = ["apply", "--yes", "--refresh", "never", "--format", "json"];
    let refused = |what: &str| {
        let outcome = lab.patchwave(&apply).expect_exit(21);
        let report = outcome.host("deb12");
        assert_eq!(report["error"]["code"], "E_DISK", "{what}: {report:#}");
        assert_eq!(lab.everything_installed("deb12"), before, "{what}");
        assert_eq!(lab.shell("deb12", DPKG), database, "{what}: dpkg's database changed");
        report["error"]["message"].as_str().unwrap().to_owned()
    };
    let message = refused("little is free");
    assert!(message.contains("/var has "), "{message}");
    // Nothing at all is free.
    lab.shell("deb12", "dd if=/dev/zero of=/var/full bs=4k 2>/dev/null; true");
    let _ = refused("nothing is free");
    lab.shell("deb12", "umount /var || umount -l /var");
    let outcome = lab.patchwave(&apply).expect_exit(0);
    assert_eq!(outcome.host("deb12")["state"], "patched", "{}", outcome.stdout);
}

#[test]
#[ignore = "needs the lab"]
fn a_package_that_grows_beyond_the_disk_is_found_before_it_is_downloaded() {
    let lab = Lab::up(&["deb13"]);
    lab.publish("new");
    let _ = lab.patchwave(&["scan", "--refresh", "always"]).expect_exit(0);
    // In KiB: about 900 GB.
    let grow = "sed -i '/^Package: pw-tool$/a Installed-Size: 900000000' /var/lib/apt/lists/*_Packages && \
                rm -f /var/cache/apt/*.bin";
    lab.shell("deb13", grow);
    let before = lab.everything_installed("deb13");
    let outcome = lab
        .patchwave(&["apply", "--yes", "--refresh", "never", "--format", "json"])
        .expect_exit(21);
    let error = outcome.host("deb13")["error"].clone();
    assert_eq!(error["code"], "E_DISK", "{error:#}");
    assert!(error["message"].as_str().unwrap().starts_with("/ has "), "{error:#}");
    assert_eq!(lab.everything_installed("deb13"), before);
    assert_eq!(
        lab.shell("deb13", "ls /var/cache/apt/archives/*.deb 2>/dev/null | wc -l"),
        "0"
    );
}

#[test]
#[ignore = "needs the lab"]
fn a_repository_on_the_host_itself_is_installed_from() {
    let lab = Lab::up(&["deb12", "rocky", "fedora", "suse"]);
    lab.publish("new");
    lab.workplace.write("all.yml", ALL_AT_ONCE);
    let sources = "/etc/apt/sources.list /etc/yum.repos.d/*.repo /etc/zypp/repos.d/*.repo";
    for host in &lab.hosts {
        lab.copy_repository(&host.name);
        let name = &host.name;
        let edit = format!(
            "for f in {sources}; do if [ -e $f ]; then sed -i 's|http://repo/{name}|file:///srv/repository|' $f; fi; done"
        );
        lab.shell(&host.name, &edit);
    }
    let outcome = lab
        .patchwave(&["apply", "all.yml", "--yes", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(outcome.host(&host.name)["state"], "patched", "{}", outcome.stdout);
        let installed = lab.installed(&host.name, "pw-lib").unwrap();
        assert!(installed.starts_with("1.1"), "{}: {installed}", host.name);
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_plan_says_how_much_each_host_downloads() {
    let lab = Lab::up(&["deb12", "rocky"]);
    lab.publish("new");
    let outcome = lab.patchwave(&["plan", "--format", "json"]).expect_exit(0);
    let document = outcome.json();
    let mut sum = 0;
    for host in document["hosts"].as_array().unwrap() {
        let sizes: Vec<Option<u64>> = host["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| change["size"].as_u64())
            .collect();
        let known: u64 = sizes.iter().flatten().sum();
        assert_eq!(host["download_bytes"], known, "{host:#}");
        assert_eq!(
            host["download_unknown"],
            sizes.iter().filter(|size| size.is_none()).count()
        );
        sum += known;
    }
    assert!(sum > 10_000, "{document:#}");
    assert_eq!(document["summary"]["download_bytes"], sum);
}
