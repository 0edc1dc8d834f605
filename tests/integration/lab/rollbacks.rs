//! Runs that are taken back, on real hosts: what is installed afterwards is asked of the managers themselves.

use serde_json::Value;

use super::hosts::Lab;

const TWO_WAVES: &str = "
name: two waves
waves:
  - {name: first, select: 'deb*', max_failures: 7}
  - {name: others, rest: true, parallel: 7, max_failures: 7}
";

/// What patchwave itself would not tell: which packages count as dependencies, and what apk is to keep.
const MARKS: &str = "apt-mark showauto 2>/dev/null; grep -v '^#' /var/lib/zypp/AutoInstalled 2>/dev/null; \
                     cat /etc/apk/world 2>/dev/null; pacman -Qqd 2>/dev/null; true";

fn marks(lab: &Lab) -> Vec<String> {
    lab.hosts.iter().map(|host| lab.shell(&host.name, MARKS)).collect()
}

fn everything(lab: &Lab) -> Vec<(String, String)> {
    lab.hosts
        .iter()
        .map(|host| (host.name.clone(), lab.everything_installed(&host.name)))
        .collect()
}

/// Without the package that came new: where its manager does not remove it by itself, it remains.
fn without_new(everything: &[(String, String)]) -> Vec<String> {
    let of = |text: &str| {
        let lines = text.lines().filter(|line| !line.contains("pw-extra"));
        lines.collect::<Vec<_>>().join("\n")
    };
    everything.iter().map(|(_, text)| of(text)).collect()
}

/// A lab whose repositories have old and new versions; that of pacman has one, so its cache has the old ones.
fn lab_with_history(hosts: &[&str]) -> Lab {
    let lab = Lab::up(hosts);
    lab.workplace.write("two.yml", TWO_WAVES);
    if lab.hosts.iter().any(|host| host.name == "arch") {
        lab.control("publish", "arch", &["old"]);
        lab.shell(
            "arch",
            "pacman -Sy >/dev/null && pacman -Sw --noconfirm pw-lib pw-app pw-tool pw-newdep pw-conf pw-service >/dev/null",
        );
    }
    lab.publish("history");
    lab
}

#[test]
#[ignore = "needs the lab"]
fn every_manager_goes_back_to_the_exact_old_versions() {
    let lab = lab_with_history(&[]);
    let (before, marks_before) = (everything(&lab), marks(&lab));
    let _ = lab.patchwave(&["apply", "two.yml", "--yes"]).expect_exit(0);
    assert_ne!(without_new(&everything(&lab)), without_new(&before));
    let outcome = lab
        .patchwave(&["rollback", "last", "--yes", "--format", "jsonl"])
        .expect_exit(0);
    assert_eq!(without_new(&everything(&lab)), without_new(&before));
    // What came new remains, as a dependency, wherever the manager leaves it there.
    let left = |marks: &[String]| -> Vec<String> {
        let without = |text: &String| {
            text.lines()
                .filter(|line| *line != "pw-extra")
                .collect::<Vec<_>>()
                .join("\n")
        };
        marks.iter().map(without).collect()
    };
    assert_eq!(left(&marks(&lab)), left(&marks_before));
    let events: Vec<Value> = outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let waves: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "wave-started")
        .map(|event| event["wave"].as_str().unwrap())
        .collect();
    assert_eq!(waves, ["others", "first"], "waves run in the reverse order");
    let started = events.iter().find(|event| event["event"] == "run-started").unwrap();
    assert!(started["rollback"].is_string(), "{started:#}");
    let report = lab.patchwave(&["show", "last", "--format", "json"]).expect_exit(0);
    assert!(report.stdout.contains("\"command\": \"rollback\""), "{}", report.stdout);
    // Once more there is nothing left to do.
    let of = started["rollback"].as_str().unwrap();
    let again = lab.patchwave(&["rollback", of, "--yes"]).expect_exit(0);
    assert!(
        again.stdout.contains("goes back") || again.stderr.contains("goes back"),
        "{}",
        again.stdout
    );
    // And the way back can be taken back.
    let _ = lab.patchwave(&["rollback", "last", "--yes"]).expect_exit(0);
    for host in &lab.hosts {
        let installed = lab.installed(&host.name, "pw-newdep").unwrap();
        assert!(installed.starts_with("1.1"), "{}: {installed}", host.name);
    }
}

#[test]
#[ignore = "needs the lab"]
fn what_no_repository_has_any_more_comes_from_the_host() {
    let lab = lab_with_history(&[]);
    let before = everything(&lab);
    let _ = lab
        .patchwave(&["apply", "two.yml", "--yes", "--secure-old"])
        .expect_exit(0);
    lab.publish("new");
    let found = lab
        .patchwave(&["rollback", "last", "--dry-run", "--format", "json"])
        .expect_exit(0);
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    for change in found["changes"].as_array().unwrap() {
        assert_eq!(change["source"], "kept on the host", "{change:#}");
    }
    let _ = lab.patchwave(&["rollback", "last", "--yes"]).expect_exit(0);
    assert_eq!(without_new(&everything(&lab)), without_new(&before));
}

#[test]
#[ignore = "needs the lab"]
fn what_cannot_go_back_is_named_before_anything_is_changed() {
    let lab = lab_with_history(&["deb12", "rocky", "alpine"]);
    let _ = lab.patchwave(&["apply", "two.yml", "--yes"]).expect_exit(0);
    lab.publish("new");
    // dnf and apt keep what they downloaded, which would be a way back.
    for host in &lab.hosts {
        lab.shell(
            &host.name,
            "rm -rf /var/lib/patchwave/packages /var/cache/apt/archives/*.deb /var/cache/apk/*.apk; \
             find /var/cache/dnf -name '*.rpm' -exec rm -f {} + 2>/dev/null; true",
        );
    }
    let before = everything(&lab);
    let outcome = lab.patchwave(&["rollback", "last", "--yes"]).expect_exit(24);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("Nothing of run") && said.contains("pw-lib"), "{said}");
    assert_eq!(everything(&lab), before, "a host that cannot go back was changed");
    // One package was moved on by somebody else: its host stays as a whole, unless a part is asked for.
    lab.publish("history");
    lab.control("publish", "deb12", &["both"]);
    lab.shell(
        "deb12",
        "apt-get -q update >/dev/null && apt-get -y -q install pw-lib=1.2-1 >/dev/null 2>&1",
    );
    lab.control("publish", "deb12", &["history"]);
    let outcome = lab.patchwave(&["rollback", "last", "--yes"]).expect_exit(24);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("it is at 1.2-1 now; the run left 1.1-1"), "{said}");
    assert!(lab.installed("deb12", "pw-tool").unwrap().contains("1.1"));
    assert!(lab.installed("rocky", "pw-tool").unwrap().contains("1.0"));
}

#[test]
#[ignore = "needs the lab"]
fn a_package_alone_can_be_named() {
    let lab = lab_with_history(&["deb13", "suse", "fedora"]);
    let _ = lab.patchwave(&["apply", "two.yml", "--yes"]).expect_exit(0);
    let rollback = [
        "rollback",
        "last",
        "--yes",
        "--package",
        "pw-to*",
        "--limit",
        "deb13,fedora",
    ];
    let _ = lab.patchwave(&rollback).expect_exit(0);
    let is_at = |host: &str, package: &str, version: &str| {
        let installed = lab.installed(host, package).unwrap();
        assert!(installed.contains(version), "{host}: {package} {installed}");
    };
    is_at("deb13", "pw-tool", "1.0");
    is_at("fedora", "pw-tool", "1.0");
    is_at("suse", "pw-tool", "1.1");
    is_at("deb13", "pw-conf", "1.1");
}
