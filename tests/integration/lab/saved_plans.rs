//! A plan file on real hosts: what was planned and fetched is what is installed, whatever the repositories did since.

use super::hosts::Lab;

const ALL_AT_ONCE: &str = "
name: all at once
waves:
  - {name: fleet, rest: true, parallel: 7, max_failures: 7}
";

/// The repositories of these hosts offer the first update, which is planned, written and fetched.
fn lab_with_a_fetched_plan(hosts: &[&str]) -> Lab {
    let lab = Lab::up(hosts);
    lab.publish("new");
    let _ = lab.workplace.write("all.yml", ALL_AT_ONCE);
    let _ = lab.patchwave(&["plan", "all.yml", "--out", "plan.json"]).expect_exit(0);
    let fetched = lab.patchwave(&["fetch", "plan.json"]).expect_exit(0);
    assert!(fetched.stderr.contains("what the plan installs"), "{}", fetched.stderr);
    lab
}

#[test]
#[ignore = "needs the lab"]
fn what_was_fetched_is_installed_though_the_repositories_have_moved_on() {
    let lab = lab_with_a_fetched_plan(&[]);
    lab.publish("newest");
    let outcome = lab
        .patchwave(&["apply", "plan.json", "--yes", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(outcome.host(&host.name)["state"], "patched", "{}", outcome.stdout);
        assert!(is_at(&lab, &host.name, "1.1"), "{}", host.name);
    }
    let saved = std::fs::read_to_string(lab.workplace.path("plan.json")).unwrap();
    let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
    assert_eq!(outcome.json()["plan"]["sha256"], saved["sha256"]);
}

fn is_at(lab: &Lab, host: &str, version: &str) -> bool {
    lab.installed(host, "pw-lib")
        .is_some_and(|installed| installed.starts_with(version))
}

/// Nothing was fetched before: a host gets the planned version where its repository still has it beside a newer one.
/// That of pacman holds one version.
#[test]
#[ignore = "needs the lab"]
fn a_plan_of_yesterday_installs_what_it_says_or_names_what_is_gone() {
    let lab = Lab::up(&[]);
    lab.publish("new");
    let _ = lab.workplace.write("all.yml", ALL_AT_ONCE);
    let _ = lab.patchwave(&["plan", "all.yml", "--out", "plan.json"]).expect_exit(0);
    lab.publish("both");
    let outcome = lab
        .patchwave(&["apply", "plan.json", "--yes", "--format", "json"])
        .expect_exit(24);
    for host in &lab.hosts {
        let report = outcome.host(&host.name);
        if host.manager == "pacman" {
            assert_eq!(report["error"]["code"], "E_GONE", "{report:#}");
            assert!(is_at(&lab, &host.name, "1.0"), "{}", host.name);
        } else {
            assert_eq!(report["state"], "patched", "{report:#}");
            assert_eq!(report["drift"]["class"], "superseded", "{report:#}");
            assert!(is_at(&lab, &host.name, "1.1"), "{}", host.name);
        }
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_changed_plan_reaches_no_host() {
    let lab = lab_with_a_fetched_plan(&["deb12"]);
    let before = lab.everything_installed("deb12");
    let text = std::fs::read_to_string(lab.workplace.path("plan.json")).unwrap();
    let _ = lab.workplace.write("plan.json", &text.replacen("1.1", "1.2", 1));
    let outcome = lab.patchwave(&["apply", "plan.json", "--yes"]).expect_exit(2);
    assert!(
        outcome.stderr.contains("was changed after it was made"),
        "{}",
        outcome.stderr
    );
    assert_eq!(lab.everything_installed("deb12"), before);
}
