//! Transactions that were broken off in the middle: recognised by the host's own manager, named, and mended where the
//! playbook says so.

use super::hosts::Lab;
use super::slow::{Running, kill_job, stand_still, until_it_stands};

const MENDING: &str =
    "name: mending\nhalf_done: mend\nwaves: [{name: fleet, rest: true, parallel: 10, max_failures: 100%}]\n";
const FAILING: &str = "name: failing\nwaves: [{name: fleet, rest: true, parallel: 10, max_failures: 100%}]\n";

/// What the host's own manager says that is not as it should be; nothing when it is well.
fn complaints(lab: &Lab, host: &str) -> String {
    let question = match lab.manager(host) {
        "apt" => "dpkg --audit; apt-get -q check >/dev/null",
        "pacman" => "pacman -Dk | grep -v '^No database errors'; ls /var/lib/pacman/db.lck 2>/dev/null",
        "apk" => "grep '^f:.*[fsx]' /lib/apk/db/installed /usr/lib/apk/db/installed 2>/dev/null",
        _ => {
            "rpmdb --verifydb; rpm -qa --qf '%{NAME}.%{ARCH}\\n' | grep '^pw' | sort | uniq -d; rpm -V pw-lib pw-app --nofiles"
        }
    };
    lab.shell(host, &format!("{{ {question}; }} 2>&1 || true"))
}

fn is_planned(lab: &Lab, host: &str) {
    let mut packages = vec!["pw-lib", "pw-app", "pw-tool", "pw-conf", "pw-newdep"];
    if lab.manager(host) != "apk" {
        packages.push("pw-service");
    }
    for package in packages {
        let found = lab.installed(host, package).unwrap_or_default();
        let version = found.rsplit(':').next().unwrap();
        assert!(version.starts_with("1.1"), "{host}: {package} is at {found}");
    }
    assert_eq!(complaints(lab, host), "", "{host}");
}

#[test]
#[ignore = "needs the lab"]
fn a_killed_transaction_is_mended_and_the_rest_of_the_plan_installed() {
    let lab = Lab::up(&["deb12", "rocky", "suse", "arch", "alpine"]);
    lab.publish("new");
    lab.workplace.write("mending.yml", MENDING);
    for host in &lab.hosts {
        stand_still(&lab, &host.name);
    }
    let running = Running::apply(&lab, &["mending.yml", "--refresh", "always"]);
    std::thread::scope(|scope| {
        for host in &lab.hosts {
            let lab = &lab;
            scope.spawn(move || {
                until_it_stands(lab, &host.name);
                kill_job(lab, &host.name);
            });
        }
    });
    let outcome = running.end();
    for host in &lab.hosts {
        assert_eq!(
            outcome.host(&host.name)["state"],
            "patched",
            "{}\n{}",
            outcome.stdout,
            outcome.stderr
        );
        let said = format!("{}: is mended: the job ended without a result", host.name);
        assert!(outcome.stderr.contains(&said), "{said}\n{}", outcome.stderr);
        is_planned(&lab, &host.name);
        assert_eq!(
            lab.shell(&host.name, "ls /var/lib/patchwave/jobs | wc -l"),
            "0",
            "{}",
            host.name
        );
    }
    assert_eq!(outcome.exit, 0);
}

#[test]
#[ignore = "needs the lab"]
fn without_the_word_a_broken_off_transaction_is_named_with_what_is_broken() {
    let lab = Lab::up(&["deb12"]);
    lab.publish("new");
    lab.workplace.write("failing.yml", FAILING);
    stand_still(&lab, "deb12");
    let running = Running::apply(&lab, &["failing.yml", "--refresh", "always"]);
    until_it_stands(&lab, "deb12");
    kill_job(&lab, "deb12");
    let outcome = running.end();
    let error = outcome.host("deb12")["error"].clone();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("it is half done: pw-"), "{error:#}");
    assert!(
        error["hint"].as_str().unwrap().contains("patchwave repair deb12"),
        "{error:#}"
    );
    let _ = lab.patchwave(&["repair", "deb12", "--yes"]).expect_exit(0);
    let _ = lab
        .patchwave(&["apply", "failing.yml", "--yes", "--refresh", "always"])
        .expect_exit(0);
    is_planned(&lab, "deb12");
}

#[test]
#[ignore = "needs the lab"]
fn a_reboot_in_the_middle_is_told_and_mended() {
    let lab = Lab::up(&["deb12", "rocky"]);
    lab.publish("new");
    lab.workplace.write("mending.yml", MENDING);
    for host in &lab.hosts {
        stand_still(&lab, &host.name);
    }
    let running = Running::apply(&lab, &["mending.yml", "--refresh", "always", "--connect-timeout", "5s"]);
    for host in &lab.hosts {
        until_it_stands(&lab, &host.name);
        lab.control("stop", &host.name, &[]);
        lab.control("start", &host.name, &[]);
    }
    let outcome = running.end();
    for host in &lab.hosts {
        let entry = outcome.host(&host.name);
        assert_eq!(entry["state"], "patched", "{entry:#}\n{}", outcome.stderr);
        let said = format!(
            "{}: is mended: the host rebooted by itself while the job ran",
            host.name
        );
        assert!(outcome.stderr.contains(&said), "{said}\n{}", outcome.stderr);
        is_planned(&lab, &host.name);
    }
}

/// Kills the controller as soon as the mending has begun that many jobs, and goes on. dpkg installs the rest with its
/// repair; rpm has a job of its own for it.
#[test]
#[ignore = "needs the lab"]
fn a_mending_that_nobody_watched_is_gone_on_with_and_leaves_no_job_behind() {
    for (host, jobs) in [("deb12", 2), ("rocky", 2), ("rocky", 3)] {
        let lab = Lab::up(&[host]);
        lab.publish("new");
        lab.workplace.write("mending.yml", MENDING);
        stand_still(&lab, host);
        let running = Running::apply(&lab, &["mending.yml", "--refresh", "always"]);
        until_it_stands(&lab, host);
        kill_job(&lab, host);
        let clock = std::time::Instant::now();
        while events(&lab, "host-job").len() < jobs {
            assert!(clock.elapsed().as_secs() < 120, "{}", running.told());
        }
        drop(running);
        let outcome = lab.patchwave(&["resume", "--format", "json"]).expect_exit(0);
        assert_eq!(outcome.host(host)["state"], "patched", "{}", outcome.stdout);
        is_planned(&lab, host);
        // One that was announced and not begun before the kill is announced again: the same id is the same job.
        let mut begun = events(&lab, "host-job");
        begun.dedup();
        assert!(begun.len() >= jobs, "{begun:?}");
        assert_eq!(begun, events(&lab, "host-job-ended"), "every job has its end, once");
        assert_eq!(lab.shell(host, "ls /var/lib/patchwave/jobs | wc -l"), "0");
    }
}

/// What the ids of the jobs in such events end with, behind the run's own, sorted.
fn events(lab: &Lab, kind: &str) -> Vec<String> {
    let shown = lab.patchwave(&["show", "last", "--format", "jsonl"]);
    let lines = shown.stdout.lines().filter(|line| line.starts_with('{'));
    let events = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of_kind = events.filter(|event| event["event"] == kind);
    let ids = of_kind.map(|event| {
        let (job, run) = (event["job"].as_str().unwrap(), event["run"].as_str().unwrap());
        job.strip_prefix(run).unwrap_or(job).to_owned()
    });
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids
}
