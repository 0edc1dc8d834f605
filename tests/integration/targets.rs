//! Target expressions as a user writes them: state out of the ledger with its age, lists in files, patterns of
//! Ansible; and domains.

use jiff::{SignedDuration, Timestamp};
use patchwave::ledger::{Ledger, SqliteLedger};
use patchwave::model::error::{ErrorCode, HostError};
use patchwave::model::name::RunId;
use patchwave::model::scan::{HostScan, HostState, Scan};

use crate::answers::{answer, facts, update};
use crate::program::{Outcome, Workplace};

const FLEET: &str =
    "{hosts: [web1, web2, db1, db2, new], groups: {web: {hosts: [web1, web2]}, db: {hosts: [db1, db2]}}}";

fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("fleet.yml", FLEET);
    place
}

/// A host that could have that many updates, of which the first is about security.
fn waiting(name: &str, os: &str, updates: usize) -> HostScan {
    let updates = (0..updates).map(|number| update(&format!("p{number}"), number == 0));
    answer(name, facts(os), updates.collect())
}

/// Keeps a scan that ended that long ago.
fn scanned(place: &Workplace, id: &str, ago: SignedDuration, hosts: Vec<HostScan>) {
    let at = Timestamp::now() - ago;
    let scan = Scan {
        id: RunId::new(id).unwrap(),
        started: at,
        finished: at,
        hosts,
    };
    SqliteLedger::open(&place.path("state"))
        .unwrap()
        .keep_scan(&scan)
        .unwrap();
}

fn list(place: &Workplace, expression: &str) -> Outcome {
    place.run([
        "-i",
        "fleet.yml",
        "--format",
        "json",
        "inventory",
        "list",
        "-l",
        expression,
    ])
}

fn names(outcome: &Outcome) -> String {
    let document = outcome.json();
    let hosts = document["hosts"].as_array().unwrap();
    let names: Vec<&str> = hosts.iter().map(|host| host["name"].as_str().unwrap()).collect();
    names.join(" ")
}

#[test]
fn state_is_answered_by_the_last_scan_and_its_age_is_shown() {
    let place = workplace();
    let hosts = vec![
        waiting("web1", "debian", 3),
        waiting("web2", "debian", 0),
        waiting("db1", "arch", 9),
    ];
    scanned(&place, "s1", SignedDuration::from_hours(3), hosts);
    let found = list(&place, "updates>0").expect_exit(0);
    assert_eq!(names(&found), "web1 db1");
    assert_eq!(
        found.stderr.trim(),
        "`updates>0` was answered by the scan of 3 h ago (s1); left out: 2 hosts never scanned (db2, new)"
    );
    // A newer scan of one host counts for it, also when the host did not answer.
    let mut gone = waiting("web1", "debian", 3);
    gone.state = HostState::Unreachable;
    gone.error = Some(HostError::new(ErrorCode::Connect, "refused", "start sshd"));
    scanned(
        &place,
        "s2",
        SignedDuration::from_mins(5),
        vec![gone, waiting("new", "debian", 0)],
    );
    let found = list(&place, "os:debian=12 & !updates>0").expect_exit(0);
    assert_eq!(names(&found), "web2 new");
    assert_eq!(
        found.stderr.trim(),
        "`os:debian=12`, `updates>0` were answered by 2 scans of 5 min to 3 h ago; left out: 1 host never scanned \
         (db2); left out: 1 host not answering the last scan (web1)"
    );
    let quiet = place
        .run(["-q", "-i", "fleet.yml", "inventory", "list", "-l", "updates>0"])
        .expect_exit(0);
    assert_eq!(
        quiet.stderr.trim(),
        "warning: left out: 1 host never scanned (db2); left out: 1 host not answering the last scan (web1)"
    );
    let decided = ["-q", "-i", "fleet.yml", "inventory", "list", "-l", "updates>0 & db1"];
    assert_eq!(place.run(decided).expect_exit(0).stderr, "", "nothing is left out");
    let unasked = list(&place, "web:!web1").expect_exit(0);
    assert_eq!((names(&unasked).as_str(), unasked.stderr.as_str()), ("web2", ""));
    let none = list(&place, "web1 & reboot").expect_exit(2);
    assert!(none.stderr.contains("picks none"), "{}", none.stderr);
}

#[test]
fn without_a_scan_nothing_is_guessed() {
    let place = workplace();
    let found = list(&place, "web & !reboot").expect_exit(2);
    for part in [
        "--limit:1:8",
        "no host of the inventory was ever scanned",
        "`patchwave scan`",
    ] {
        assert!(found.stderr.contains(part), "{part}: {}", found.stderr);
    }
    let positional = place.run(["-i", "fleet.yml", "scan", "security>0"]).expect_exit(2);
    assert!(positional.stderr.contains("EXPR:1:1"), "{}", positional.stderr);
    // A playbook's `select` asks as well, before anything is contacted.
    place.write("p.yml", "select: updates>0\nwaves: [{name: a, rest: true}]\n");
    let playbook = place.run(["-i", "fleet.yml", "plan", "p.yml"]).expect_exit(2);
    assert!(playbook.stderr.contains("p.yml:1:9"), "{}", playbook.stderr);
    // Nothing was asked, so no ledger was made.
    let plain = workplace();
    list(&plain, "web").expect_exit(0).json();
    assert!(!plain.path("state").exists());
}

#[test]
fn a_list_begins_at_the_working_directory_or_at_the_playbook() {
    let place = workplace();
    place.write("failed.retry", "web2\n# db1\ndb\n");
    assert_eq!(names(&list(&place, "@failed.retry & !db1").expect_exit(0)), "web2 db2");
    place.write("wrong.txt", "web1\nwbe2\n");
    let wrong = list(&place, "@wrong.txt").expect_exit(2);
    for part in [
        "wrong.txt:2:1",
        "there is no host and no group `wbe2`",
        "did you mean `web2`?",
    ] {
        assert!(wrong.stderr.contains(part), "{part}: {}", wrong.stderr);
    }
    let gone = list(&place, "web1,@gone.txt").expect_exit(2);
    assert!(
        gone.stderr.contains("--limit:1:6") && gone.stderr.contains("`@gone.txt` cannot be read"),
        "{}",
        gone.stderr
    );
    place.write(
        "plays/p.yml",
        "select: all\nwaves:\n  - {name: a, select: '@near.txt'}\n  - {name: b, rest: true}\n",
    );
    let missing = place.run(["-i", "fleet.yml", "plan", "plays/p.yml"]).expect_exit(2);
    assert!(missing.stderr.contains("plays/p.yml:3:24"), "{}", missing.stderr);
    place.write("plays/near.txt", "nobody\n");
    let found = place.run(["-i", "fleet.yml", "plan", "plays/p.yml"]).expect_exit(2);
    assert!(found.stderr.contains("plays/near.txt:1:1"), "{}", found.stderr);
}

#[test]
fn domains_are_checked_and_shown() {
    let place = Workplace::new();
    let domains = "domains: {galera: {select: 'group:db', max_down: 1}, rack: {select: 'web*,db1', max_down: 50%}}";
    place.write(
        "fleet.yml",
        &format!("hosts: [web1, web2]\ngroups: {{db: {{hosts: [db1, db2]}}}}\n{domains}\n"),
    );
    let run = |arguments: &[&str]| place.run(["-i", "fleet.yml"].iter().chain(arguments)).expect_exit(0);
    let checked = run(&["inventory", "check"]);
    assert!(
        checked.stderr.contains("4 hosts in 1 group, 2 domains, no mistakes"),
        "{}",
        checked.stderr
    );
    let shown = run(&["inventory", "show", "db1"]).stdout;
    assert!(
        shown.contains("domain galera: at most 1 of 2 down (db[1:2])"),
        "{shown}"
    );
    assert!(
        shown.contains("domain rack: at most 1 of 3 down (web[1:2], db1)"),
        "{shown}"
    );
    assert!(run(&["inventory", "graph"]).stdout.contains("domain galera"));
    let document = run(&["--format", "json", "inventory", "graph"]).json();
    assert_eq!(document["domains"][1]["max_down"], "50%");
    assert_eq!(document["domains"][0]["limit"], 1);
    let document = run(&["--format", "json", "inventory", "show", "db2"]).json();
    assert_eq!(document["domains"].as_array().unwrap().len(), 1);
}
