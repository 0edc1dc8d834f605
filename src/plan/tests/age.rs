//! The minimum age of updates.

use std::time::Duration;

use super::{answered, inventory, now, playbook, scan, update};
use crate::model::first_seen::{FirstSeen, Sighting, seen_in_scan};
use crate::model::host::Host;
use crate::model::known::Knowledge;
use crate::model::known_exploited::KnownExploited;
use crate::model::name::HostName;
use crate::model::scan::Scan;
use crate::model::update::{Update, UpdateStatus};
use crate::plan::{PlanInputs, Planned, make_plan};

fn hours(number: u64) -> Duration {
    Duration::from_secs(number * 3600)
}

/// `old` was seen a week ago, `young` a day ago, `new` never before.
fn first_seen(scan: &Scan) -> FirstSeen {
    let mut found = FirstSeen::default();
    for (seen, host) in seen_in_scan(scan) {
        let age = match seen.package.as_str() {
            "old" => hours(7 * 24),
            "new" => continue,
            _ => hours(24),
        };
        let sighting = Sighting {
            at: now() - age,
            host: host.clone(),
        };
        found.note(seen, sighting);
    }
    found
}

fn planned(rule: &str, updates: Vec<Update>, exploited: Option<&KnownExploited>) -> Planned {
    let inventory = inventory("hosts: [web01]");
    let playbook = playbook(&format!(
        "updates: {{min_age: {rule}}}\nwaves: [{{name: one, rest: true}}]"
    ));
    let selected: Vec<&Host> = inventory.hosts().iter().collect();
    let scan = scan(vec![answered(selected[0], "12", updates)]);
    make_plan(&PlanInputs {
        playbook: &playbook,
        inventory: &inventory,
        selected: &selected,
        scan: &scan,
        knowledge: &Knowledge::default(),
        first_seen: &first_seen(&scan),
        known_exploited: exploited,
        now: now(),
    })
    .unwrap()
}

fn names(planned: &Planned) -> Vec<&str> {
    let host = planned.plan.hosts().next().unwrap();
    host.changes.iter().map(|change| change.package.as_str()).collect()
}

fn updates() -> Vec<Update> {
    ["old", "young", "new", "grave", "exploited"]
        .map(|name| {
            let mut update = update(name, Some("1"), Some(true), UpdateStatus::Upgradable);
            update.severity = (name == "grave").then(|| "critical".to_owned());
            update
                .cves
                .extend((name == "exploited").then(|| "CVE-2024-3094".to_owned()));
            update
        })
        .to_vec()
}

#[test]
fn what_is_too_young_is_left_out_and_says_until_when() {
    let planned = planned("3d", updates(), None);
    assert_eq!(names(&planned), ["old"]);
    let host = planned.plan.hosts().next().unwrap();
    let shown: Vec<String> = host
        .left_out
        .iter()
        .map(|left| format!("{} {}: {}", left.package, left.status, left.reason))
        .collect();
    assert_eq!(shown.len(), 4);
    assert_eq!(
        shown[2],
        "new too-young: version 2 was first seen on 2026-11-21 12:00 UTC by this very plan and is old enough (3d) on \
         2026-11-24 12:00 UTC"
    );
    assert_eq!(
        shown[3],
        "young too-young: version 2 was first seen on 2026-11-20 12:00 UTC by web01 and is old enough (3d) on \
         2026-11-23 12:00 UTC"
    );
    // Nobody can be exempt that nobody knows of, and that is said.
    assert!(
        planned
            .warnings
            .iter()
            .any(|warning| warning.contains("known_exploited: kev.json")),
        "{:?}",
        planned.warnings
    );
}

#[test]
fn the_age_is_enough_to_the_second() {
    let update = || vec![update("young", Some("1"), None, UpdateStatus::Upgradable)];
    assert_eq!(names(&planned("1d", update(), None)), ["young"]);
    assert!(names(&planned("1d1s", update(), None)).is_empty());
}

#[test]
fn exceptions_do_not_wait() {
    let known: KnownExploited = ["cve-2024-3094".to_owned()].into_iter().collect();
    assert_eq!(names(&planned("3d", updates(), Some(&known))), ["exploited", "old"]);
    let both = "{age: 3d, except: [critical, known-exploited], known_exploited: kev.json}";
    assert_eq!(
        names(&planned(both, updates(), Some(&known))),
        ["exploited", "grave", "old"]
    );
    let found = planned("{age: 3d, except: [critical]}", updates(), Some(&known));
    assert_eq!(names(&found), ["grave", "old"]);
    assert!(found.warnings.is_empty());
}

#[test]
fn every_version_of_a_scan_is_noted_once_with_its_first_host() {
    let inventory = inventory("hosts: [b, a]");
    let held = update("held", Some("1"), None, UpdateStatus::Held);
    let hosts = inventory.hosts().iter();
    let scan = scan(hosts.map(|host| answered(host, "12", vec![held.clone()])).collect());
    let seen: Vec<(&str, &HostName)> = seen_in_scan(&scan)
        .into_iter()
        .map(|(seen, host)| (seen.package.as_str(), host))
        .collect();
    assert_eq!(seen, [("held", &HostName::new("b").unwrap())]);
}
