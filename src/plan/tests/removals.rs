//! Updates that take the place of installed packages: planned where the playbook allows it and the host says what goes.

use super::questions::{World, changes, left_out, planned_of};
use super::update;
use crate::model::name::PackageName;
use crate::model::update::{Update, UpdateStatus};
use crate::plan::Planned;

const ALLOWED: &str = "updates: {allow_removals: ['mai*', theirs, old]}";

fn replacing(package: &str, from: Option<&str>, removes: &[&str]) -> Update {
    let mut update = update(package, from, None, UpdateStatus::KeptBack);
    update.removes = removes.iter().map(|name| PackageName::new(*name).unwrap()).collect();
    update
}

fn removes(planned: &Planned) -> Vec<String> {
    let host = planned.plan.hosts().next().unwrap();
    let removes = host.removes.iter();
    removes
        .map(|removal| format!("{} {}", removal.package, removal.version))
        .collect()
}

fn world(removes: &[(&'static str, &'static str)]) -> World {
    World {
        removes: removes.to_vec(),
        ..World::default()
    }
}

#[test]
fn what_may_go_goes_with_the_version_that_the_host_tells() {
    let updates = vec![
        replacing("app", Some("1"), &["mail"]),
        replacing("newname", None, &["old"]),
        update("b", Some("1"), None, UpdateStatus::Upgradable),
    ];
    let world = world(&[("app", "mail"), ("newname", "old")]);
    let (planned, answer, _) = planned_of(ALLOWED, updates.clone(), &world);
    let shown: Vec<String> = changes(&planned)
        .iter()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    // A new package that takes the place of another is a change, although nothing needs it. It is no update here.
    assert_eq!(shown, ["app 1", "b 1", "newname new"]);
    assert_eq!(removes(&planned), ["mail 1", "old 1"]);
    assert_eq!(left_out(&planned), [""; 0]);
    assert_eq!(answer.transaction.unwrap().removes.len(), 2);
    // Without the key nothing of it is planned, and nothing is said of it.
    let (planned, _, _) = planned_of("name: p", updates, &world);
    assert_eq!(changes(&planned), ["b 1  None"]);
    assert_eq!((removes(&planned).len(), left_out(&planned).len()), (0, 0));
}

#[test]
fn one_package_that_may_not_go_keeps_the_update_back_and_is_named() {
    let updates = vec![
        replacing("app", Some("1"), &["mail", "other"]),
        replacing("b", Some("1"), &["theirs"]),
        update("c", Some("1"), None, UpdateStatus::Upgradable),
    ];
    let (planned, _, count) = planned_of(ALLOWED, updates, &world(&[("app", "mail"), ("app", "other")]));
    assert_eq!((changes(&planned).len(), removes(&planned).len(), count), (1, 0, 1));
    assert_eq!(
        left_out(&planned),
        [
            "app kept-back: it would remove other: allow it with `updates: {allow_removals: [other]}`",
            "b kept-back: it would remove theirs, which is excluded: the inventory excludes `theirs` on this host"
        ]
    );
}

#[test]
fn the_host_may_need_more_than_the_scan_said_and_is_refused() {
    let updates = vec![
        replacing("app", Some("1"), &["mail"]),
        update("b", Some("1"), None, UpdateStatus::Upgradable),
    ];
    let (planned, _, _) = planned_of(ALLOWED, updates, &world(&[("app", "mail"), ("app", "database")]));
    assert_eq!(changes(&planned), ["b 1  None"]);
    assert_eq!(removes(&planned), [""; 0]);
    assert_eq!(
        left_out(&planned),
        ["app kept-back: it would remove database: allow it with `updates: {allow_removals: [database]}`"]
    );
}

#[test]
fn an_update_that_the_scan_calls_pending_may_replace_too() {
    let updates = vec![update("app", Some("1"), None, UpdateStatus::Upgradable)];
    let (planned, _, _) = planned_of(ALLOWED, updates, &world(&[("app", "mail")]));
    assert_eq!(changes(&planned), ["app 1  None"]);
    assert_eq!(removes(&planned), ["mail 1"]);
}
