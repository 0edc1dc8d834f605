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
    let lab = lab_with_a_fetched_plan(&["deb12", "alpine"]);
    lab.publish("newest");
    let outcome = lab
        .patchwave(&["apply", "plan.json", "--yes", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(outcome.host(&host.name)["state"], "patched", "{}", outcome.stdout);
        let installed = lab.installed(&host.name, "pw-lib").unwrap();
        assert!(installed.starts_with("1.1"), "{}: {installed}", host.name);
    }
    let saved = std::fs::read_to_string(lab.workplace.path("plan.json")).unwrap();
    let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
    assert_eq!(outcome.json()["plan"]["sha256"], saved["sha256"]);
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
