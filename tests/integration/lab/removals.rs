//! Packages whose place an update takes: kept where nothing was said, gone where the playbook allows it, and never any
//! other. What is installed is asked of the managers themselves.

use std::collections::BTreeSet;

use patchwave::model::name::{PackageName, Version};
use patchwave::model::rollback::Consent;
use patchwave::remote::job::JobStep;
use serde_json::Value;

use super::host_jobs::{change, job_with, refresh, version};
use super::hosts::Lab;

const PLAIN: &str = "name: plain\nwaves: [{name: all, rest: true, max_failures: 7}]\n";

const ALLOWED: &str = "
name: allowed
updates: {allow_removals: ['pwx-repl*']}
waves: [{name: all, rest: true, parallel: 7, max_failures: 7}]
";

fn lab_with_extras() -> Lab {
    let lab = Lab::up(&["deb12", "rocky", "suse", "fedora", "arch", "alpine"]);
    for host in &lab.hosts {
        lab.control("extras", &host.name, &[]);
        refresh(&lab, &host.name);
    }
    lab.workplace.write("plain.yml", PLAIN);
    lab.workplace.write("allowed.yml", ALLOWED);
    lab
}

fn names(lab: &Lab, host: &str) -> BTreeSet<String> {
    let query = match lab.manager(host) {
        "apt" => "dpkg-query -W -f '${db:Status-Abbrev}|${Package}\\n' | sed -n 's/^.i .*|//p'",
        "pacman" => "pacman -Qq",
        "apk" => "apk info 2>/dev/null",
        _ => "rpm -qa --qf '%{NAME}\\n'",
    };
    lab.shell(host, query).lines().map(str::to_owned).collect()
}

fn packages(host: &Value, key: &str) -> Vec<String> {
    let list = host[key].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|one| one["package"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
#[ignore = "needs the lab"]
fn what_may_go_goes_and_nothing_else() {
    let lab = lab_with_extras();
    let plain = lab
        .patchwave(&["plan", "plain.yml", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    let scan = lab.patchwave(&["scan", "--refresh", "always", "--format", "json"]);
    for host in lab.hosts.iter().map(|host| host.name.as_str()) {
        let planned = plain.host(host);
        assert_eq!(packages(&planned, "removes"), [""; 0], "{host}");
        assert!(
            !packages(&planned, "changes").contains(&"pwx-newname".to_owned()),
            "{host}"
        );
        let updates = scan.host(host)["updates"].clone();
        let of_old = |update: &&Value| packages_of(update).contains(&"pwx-replaced".to_owned());
        let waiting = updates.as_array().unwrap().iter().find(of_old).cloned();
        let waiting = waiting.unwrap_or_else(|| panic!("{host}: {updates:#}"));
        assert_eq!(waiting["status"], "kept-back", "{host}");
        let reason = waiting["reason"].as_str().unwrap();
        assert!(
            reason.contains("updates: {allow_removals: [pwx-replaced]}"),
            "{host}: {reason}"
        );
    }
    let before: Vec<BTreeSet<String>> = lab.hosts.iter().map(|host| names(&lab, &host.name)).collect();
    let _ = lab
        .patchwave(&["plan", "allowed.yml", "--refresh", "always", "--out", "plan.json"])
        .expect_exit(0);
    let shown = lab.patchwave(&["plan", "plan.json"]).expect_exit(0).stdout;
    assert!(shown.contains("removed"), "{shown}");
    let planned = lab.patchwave(&["plan", "plan.json", "--format", "json"]).expect_exit(0);
    for host in lab.hosts.iter().map(|host| host.name.as_str()) {
        let planned = planned.host(host);
        assert_eq!(packages(&planned, "removes"), ["pwx-replaced"], "{host}");
        let changes = packages(&planned, "changes");
        assert!(changes.contains(&"pwx-newname".to_owned()), "{host}: {changes:?}");
        assert!(changes.contains(&"pwx-client".to_owned()), "{host}: {changes:?}");
    }
    let outcome = lab.patchwave(&["apply", "plan.json", "--yes", "--format", "json"]);
    let outcome = outcome.expect_exit(0);
    for (host, before) in lab.hosts.iter().map(|host| host.name.as_str()).zip(&before) {
        let report = outcome.host(host);
        assert_eq!(report["state"], "patched", "{host}: {report:#}");
        let after = names(&lab, host);
        let gone: Vec<&String> = before.difference(&after).collect();
        assert_eq!(gone, ["pwx-replaced"], "{host}");
        assert_eq!(
            lab.installed(host, "pwx-newname"),
            Some(version(&lab, host, "1.1")),
            "{host}"
        );
        assert_eq!(
            lab.installed(host, "pwx-client"),
            Some(version(&lab, host, "1.1")),
            "{host}"
        );
    }
    // It is done: nothing is left to go.
    let again = lab
        .patchwave(&["plan", "allowed.yml", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(packages(&again.host(&host.name), "removes"), [""; 0], "{}", host.name);
    }
}

fn packages_of(update: &Value) -> Vec<String> {
    let removes = update["removes"].as_array().cloned().unwrap_or_default();
    removes.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs the lab"]
fn a_job_refuses_every_removal_that_is_not_planned_at_that_version() {
    let lab = lab_with_extras();
    for host in lab.hosts.iter().map(|host| host.name.as_str()) {
        let changes = [
            change(&lab, host, "pwx-client", Some("1.0"), "1.1"),
            change(&lab, host, "pwx-newname", None, "1.1"),
        ];
        let consent = |package: &str, text: &str| Consent {
            may_remove: vec![(
                PackageName::new(package).unwrap(),
                Version::new(version(&lab, host, text)).unwrap(),
            )],
            ..Consent::default()
        };
        let before = lab.everything_installed(host);
        for wrong in [
            Consent::default(),
            consent("pwx-replaced", "0.9"),
            consent("pwx-excluded", "1.0"),
        ] {
            let (log, code) = job_with(&lab, host, JobStep::Everything, &changes, &[], wrong.clone());
            assert_ne!(code, 0, "{host}: {wrong:?}: {log}");
            assert_eq!(lab.everything_installed(host), before, "{host}: {wrong:?}: {log}");
        }
        let right = consent("pwx-replaced", "1.0");
        let (log, code) = job_with(&lab, host, JobStep::Everything, &changes, &[], right);
        assert_eq!(code, 0, "{host}: {log}");
        // pacman takes what provides a package for it.
        assert!(!names(&lab, host).contains("pwx-replaced"), "{host}: {log}");
        assert_eq!(
            lab.installed(host, "pwx-newname"),
            Some(version(&lab, host, "1.1")),
            "{host}"
        );
        assert!(lab.installed(host, "pwx-excluded").is_some(), "{host}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn what_is_gone_already_needs_no_decision() {
    let lab = lab_with_extras();
    let _ = lab
        .patchwave(&["plan", "allowed.yml", "--refresh", "always", "--out", "plan.json"])
        .expect_exit(0);
    for host in lab.hosts.iter().map(|host| host.name.as_str()) {
        let remove = match lab.manager(host) {
            "apt" => "dpkg -r pwx-replaced",
            "pacman" => "pacman -R --noconfirm pwx-replaced",
            "apk" => "apk del pwx-replaced",
            _ => "rpm -e pwx-replaced",
        };
        let said = lab.shell(host, &format!("{remove} 2>&1 || true"));
        assert_eq!(lab.installed(host, "pwx-replaced"), None, "{host}: {said}");
    }
    let outcome = lab
        .patchwave(&["apply", "plan.json", "--yes", "--format", "json"])
        .expect_exit(0);
    for host in lab.hosts.iter().map(|host| host.name.as_str()) {
        let report = outcome.host(host);
        assert_eq!(report["state"], "patched", "{host}: {report:#}");
        assert_eq!(report["drift"]["class"], "already-there", "{host}: {report:#}");
        assert_eq!(
            lab.installed(host, "pwx-newname"),
            Some(version(&lab, host, "1.1")),
            "{host}"
        );
    }
}
