//! Jobs that print nothing: what keeps each is found out on the host, told, and nothing is killed.

use std::time::Duration;

use patchwave::remote::diagnosis::{Diagnosis, diagnose_script, parse_diagnosis};
use patchwave::remote::job::{
    JobId, JobRequest, JobState, JobStep, follow_script, parse_follow, parse_start, start_script,
};
use patchwave::remote::script::Nonce;

use super::host_jobs::{change, manager_of, pair, refresh, run};
use super::hosts::Lab;
use super::slow::{Running, let_go, stand_still, until, until_it_stands};

fn nonce() -> Nonce {
    Nonce::from_bits(7)
}

fn start(lab: &Lab, host: &str, id: &str, packages: &[&str]) {
    let mut changes = pair(lab, host, "1.0", "1.1");
    changes.extend(packages.iter().map(|name| change(lab, host, name, Some("1.0"), "1.1")));
    let request = JobRequest {
        id: JobId::new(id).unwrap(),
        manager: manager_of(lab, host),
        step: JobStep::Everything,
        changes,
        may_bring: Vec::new(),
        install: Vec::new(),
        consent: patchwave::model::rollback::Consent::default(),
        lock_wait: Duration::from_secs(300),
    };
    parse_start(&run(lab, host, &start_script(&request, nonce()).unwrap()), &nonce()).unwrap();
}

fn diagnose(lab: &Lab, host: &str, id: &str) -> Diagnosis {
    let script = diagnose_script(&JobId::new(id).unwrap(), nonce()).unwrap();
    parse_diagnosis(&run(lab, host, &script), &nonce()).unwrap()
}

/// Looks until the first reason has that text: a process that has just begun is still at work.
#[track_caller]
fn expect(lab: &Lab, host: &str, id: &str, text: &str) {
    let mut found = diagnose(lab, host, id);
    for _ in 0..10 {
        if found.lines()[0].contains(text) {
            return;
        }
        found = diagnose(lab, host, id);
    }
    panic!("{host}: no {text:?}: {:#?}", found.lines());
}

#[track_caller]
fn finish(lab: &Lab, host: &str, id: &str) -> i32 {
    let mut offset = 0;
    for _ in 0..60 {
        let script = follow_script(&JobId::new(id).unwrap(), offset, Duration::from_secs(5), nonce()).unwrap();
        let progress = parse_follow(&run(lab, host, &script), &nonce()).unwrap();
        offset = progress.offset;
        match progress.state {
            JobState::Running => {}
            JobState::Finished { exit_code } => return exit_code,
            other => panic!("{host}: {other:?}"),
        }
    }
    panic!("{host}: the job does not end");
}

/// A program that takes connections for the repository's name, and never answers.
const MUTE_MIRROR: &str = "cp /etc/hosts /root/hosts
perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => \"127.0.0.2\", LocalPort => 80, Listen => 50) or die; sleep 600' \
  >/dev/null 2>&1 </dev/null &
echo $! >/root/mute
sed 's/^.* repo fault$/127.0.0.2 repo/' /root/hosts >/etc/hosts; grep -c 127.0.0.2 /etc/hosts";

#[test]
#[ignore = "needs the lab"]
fn every_stall_is_diagnosed_by_its_reason() {
    let lab = Lab::up(&["deb12", "rocky", "alpine"]);
    lab.publish("new");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            refresh(&lab, "deb12");
            stand_still(&lab, "deb12");
            assert_eq!(lab.shell("deb12", MUTE_MIRROR), "1");
            start(&lab, "deb12", "job-mirror", &["pw-service"]);
            expect(&lab, "deb12", "job-mirror", "waits for an answer of 127.0.0.2 port 80");
            // Refused from now on: the job ends, and installs nothing that the next one is to install.
            lab.shell("deb12", "kill $(cat /root/mute)");
            assert_ne!(finish(&lab, "deb12", "job-mirror"), 0);
            lab.shell("deb12", "cat /root/hosts >/etc/hosts");

            start(&lab, "deb12", "job-stopped", &["pw-service"]);
            until(&lab, "deb12", "pidof dpkg && pgrep -f '[s]ystemctl restart pw-service'");
            expect(
                &lab,
                "deb12",
                "job-stopped",
                "systemctl restart pw-service.service` (pid ",
            );
            lab.shell("deb12", "kill -STOP $(pidof dpkg)");
            expect(&lab, "deb12", "job-stopped", "dpkg (pid ");
            expect(&lab, "deb12", "job-stopped", "was stopped by a signal");
            lab.shell("deb12", "kill -CONT $(pidof dpkg)");
            let_go(&lab, "deb12");
            assert_eq!(finish(&lab, "deb12", "job-stopped"), 0);
            assert!(lab.installed("deb12", "pw-service").unwrap().starts_with("1.1"));
        });
        scope.spawn(|| {
            refresh(&lab, "rocky");
            stand_still(&lab, "rocky");
            start(&lab, "rocky", "job-script", &["pw-service"]);
            until_it_stands(&lab, "rocky");
            expect(
                &lab,
                "rocky",
                "job-script",
                "systemctl restart pw-service.service` (pid ",
            );
            let_go(&lab, "rocky");
            assert_eq!(finish(&lab, "rocky", "job-script"), 0);
        });
        scope.spawn(|| {
            refresh(&lab, "alpine");
            stand_still(&lab, "alpine");
            lab.shell(
                "alpine",
                "touch /root/locked; flock /lib/apk/db/lock sh -c 'while [ -e /root/locked ]; do sleep 0.3; done' \
                 >/dev/null 2>&1 </dev/null &",
            );
            until(&lab, "alpine", "! flock -n /lib/apk/db/lock true");
            start(&lab, "alpine", "job-lock", &[]);
            expect(&lab, "alpine", "job-lock", "/apk/db/lock is locked by ");
            lab.shell("alpine", "rm /root/locked");
            until_it_stands(&lab, "alpine");
            expect(
                &lab,
                "alpine",
                "job-lock",
                "the log ends with a question: * Go on? [y/N]",
            );
            let_go(&lab, "alpine");
            assert_eq!(finish(&lab, "alpine", "job-lock"), 0);
        });
    });
}

#[test]
#[ignore = "needs the lab"]
fn a_stalled_job_is_told_of_and_after_its_deadline_left_alone() {
    let lab = Lab::up(&["deb12"]);
    lab.publish("new");
    stand_still(&lab, "deb12");
    let running = Running::apply(
        &lab,
        &["--refresh", "always", "--stall-after", "3s", "--job-timeout", "30s"],
    );
    until_it_stands(&lab, "deb12");
    lab.shell("deb12", "kill -STOP $(pidof dpkg)");
    running.until_told("was stopped by a signal");
    let outcome = running.end().expect_exit(21);
    let error = outcome.host("deb12")["error"].clone();
    assert_eq!(error["code"], "E_STALL", "{error:#}");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("was not killed")
            && message.contains("was stopped by a signal")
            && message.contains("dpkg (pid "),
        "{message}"
    );
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.contains("kill -CONT ") && hint.contains("/var/lib/patchwave/jobs/"),
        "{hint}"
    );
    assert_eq!(
        outcome.stderr.matches("has printed nothing").count(),
        distinct(&outcome.stderr),
        "{}",
        outcome.stderr
    );

    lab.shell("deb12", "kill -CONT $(pidof dpkg)");
    let_go(&lab, "deb12");
    until(&lab, "deb12", "ls /var/lib/patchwave/jobs/*/result");
    assert_eq!(lab.shell("deb12", "cat /var/lib/patchwave/jobs/*/result"), "0");
    assert!(lab.installed("deb12", "pw-service").unwrap().starts_with("1.1"));
}

/// How many different times of silence were told: each is told once.
fn distinct(told: &str) -> usize {
    let lines: std::collections::BTreeSet<&str> = told
        .lines()
        .filter_map(|line| line.split_once("has printed nothing for "))
        .map(|(_, rest)| rest)
        .collect();
    lines.len()
}

#[test]
#[ignore = "needs the lab"]
fn a_host_that_freezes_or_loses_the_network_is_named_and_its_job_is_followed_to_its_end() {
    let lab = Lab::up(&["deb12", "alpine"]);
    lab.publish("new");
    lab.workplace.write(
        "all.yml",
        "name: all\nwaves: [{name: fleet, rest: true, parallel: 10}]\n",
    );
    for host in ["deb12", "alpine"] {
        stand_still(&lab, host);
    }
    let running = Running::apply(
        &lab,
        &[
            "all.yml",
            "--refresh",
            "always",
            "--connect-timeout",
            "5s",
            "--stall-after",
            "5m",
        ],
    );
    for host in ["deb12", "alpine"] {
        until_it_stands(&lab, host);
        let_go(&lab, host);
    }
    lab.control("freeze", "deb12", &[]);
    lab.control("cut", "alpine", &[]);
    std::thread::sleep(Duration::from_secs(20));
    lab.control("thaw", "deb12", &[]);
    lab.control("mend", "alpine", &[]);
    let outcome = running.end().expect_exit(0);
    for host in ["deb12", "alpine"] {
        assert_eq!(outcome.host(host)["state"], "patched", "{}", outcome.stdout);
        assert!(lab.installed(host, "pw-lib").unwrap().starts_with("1.1"));
        assert_eq!(lab.shell(host, "ls /var/lib/patchwave/jobs | wc -l"), "0");
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_reboot_in_the_middle_is_told_apart_from_a_lost_network() {
    let lab = Lab::up(&["deb12"]);
    lab.publish("new");
    stand_still(&lab, "deb12");
    let running = Running::apply(&lab, &["--refresh", "always", "--connect-timeout", "5s"]);
    until_it_stands(&lab, "deb12");
    lab.control("stop", "deb12", &[]);
    lab.control("start", "deb12", &[]);
    let outcome = running.end().expect_exit(21);
    let error = outcome.host("deb12")["error"].clone();
    assert_eq!(error["code"], "E_LOST", "{error:#}");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("rebooted by itself while the job ran"),
        "{error:#}"
    );
}
