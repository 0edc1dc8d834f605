//! A plan does not depend on the order in which anything was written or answered.

use proptest::prelude::*;

use super::{answered, everything, inventory, names, plan, playbook, update};
use crate::model::scan::HostScan;
use crate::model::update::UpdateStatus;
use crate::plan::Planned;
use crate::playbook::Playbook;

#[test]
fn hosts_are_in_the_natural_order_of_their_names() {
    let inventory = inventory("hosts: [web10, web2, db, web1]");
    let planned = plan(&playbook("waves: [{name: one, rest: true}]"), &inventory, Vec::new()).unwrap();
    assert_eq!(names(&planned.plan), [vec!["db", "web1", "web2", "web10"]]);
}

#[test]
fn one_of_each_release_is_the_first_by_name() {
    let inventory = inventory("hosts: [web10, web2, web3]");
    let hosts = inventory.hosts().iter();
    let hosts = hosts.map(|host| answered(host, "12", Vec::new())).collect();
    let planned = plan(&Playbook::built_in([]).unwrap(), &inventory, hosts).unwrap();
    assert_eq!(names(&planned.plan), [vec!["web2"], vec!["web3", "web10"]]);
}

/// Two systems and three transactions among twelve hosts: the first batch has one of each.
#[test]
fn the_first_batch_meets_every_system_and_transaction() {
    let inventory = inventory("hosts: ['web[01:12]']");
    let hosts = inventory.hosts().iter().enumerate();
    let hosts = hosts.map(|(number, host)| match number {
        10 => answered(host, "13", everything()),
        11 => answered(
            host,
            "12",
            vec![update("curl", Some("1"), None, UpdateStatus::Upgradable)],
        ),
        _ => answered(host, "12", everything()),
    });
    let playbook = playbook("waves: [{name: one, rest: true, batch: [25%, 100%]}]");
    let planned = plan(&playbook, &inventory, hosts.collect()).unwrap();
    let batches: Vec<Vec<&str>> = planned.plan.waves[0]
        .batches
        .iter()
        .map(|batch| batch.iter().map(|host| host.name.as_str()).collect())
        .collect();
    assert_eq!(batches[0], ["web01", "web11", "web12"]);
    assert_eq!(batches[1].len(), 9);
}

#[test]
fn equal_changes_are_kept_once() {
    let inventory = inventory("hosts: [a, b]");
    let hosts = inventory.hosts().iter().map(|host| answered(host, "12", everything()));
    let planned = plan(
        &playbook("waves: [{name: one, rest: true}]"),
        &inventory,
        hosts.collect(),
    );
    let planned = planned.unwrap();
    let lists: Vec<_> = planned.plan.hosts().map(|host| host.changes.as_ptr()).collect();
    assert_eq!(lists[0], lists[1]);
}

/// Hosts as written: number, release, whether the second update is offered, group, whether it answers.
type Row = (usize, bool, bool, bool, bool);

fn planned(rows: &[Row], scan: &[usize], rule: &str) -> Planned {
    let hosts: String = rows.iter().map(|row| format!("  h{}: {{}}\n", row.0)).collect();
    let of = |wanted: bool| -> Vec<String> {
        let rows = rows.iter().filter(|row| row.3 == wanted);
        rows.map(|row| format!("h{}", row.0)).collect()
    };
    let group = |name: &str, hosts: Vec<String>| format!("  {name}: {{hosts: [{}]}}\n", hosts.join(", "));
    let text = format!(
        "hosts:\n{hosts}groups:\n{}{}domains:\n  d1: {{select: 'group:odd', max_down: 1}}\n  d0: {{select: all, max_down: 50%}}\n",
        group("odd", of(true)),
        group("even", of(false)),
    );
    let inventory = inventory(&text);
    let answers: Vec<HostScan> = scan
        .iter()
        .filter_map(|position| {
            let row = rows[*position % rows.len()];
            let host = inventory.host(&format!("h{}", row.0)).unwrap();
            let mut updates = everything();
            updates.truncate(if row.2 { 5 } else { 1 });
            let release = if row.1 { "13" } else { "12" };
            row.4.then(|| answered(host, release, updates))
        })
        .collect();
    plan(&playbook(rule), &inventory, answers).unwrap()
}

const RULES: [&str; 3] = [
    "waves: [{name: odd, select: 'group:odd | h0', batch: [1, 30%]}, {name: rest, rest: true, batch: [10%, 50%]}]",
    "waves: [{name: new, select: 'os:debian=13'}, {name: rest, rest: true, batch: 2}]",
    "waves: [{name: each, one_of_each: release}, {name: rest, rest: true, batch: [1, 3]}]",
];

proptest! {
    #[test]
    fn permuting_inventory_and_scan_gives_an_equal_plan(
        rows in prop::collection::vec(any::<(bool, bool, bool, bool)>(), 2..30),
        keys in prop::collection::vec(any::<(u32, u32)>(), 30),
        rule in 0_usize..3,
    ) {
        let mut rows: Vec<Row> = rows.iter().enumerate().map(|(number, row)| (number, row.0, row.1, row.2, row.3)).collect();
        // Every name and system that the rules speak of is there.
        rows[0] = (0, true, true, true, true);
        rows[1] = (1, false, true, false, true);
        let in_order: Vec<usize> = (0..rows.len()).collect();
        let one = planned(&rows, &in_order, RULES[rule]);
        let (mut permuted, mut scan) = (rows.clone(), in_order);
        permuted.sort_by_key(|row| keys[row.0].0);
        scan.sort_by_key(|position| keys[*position].1);
        let other = planned(&permuted, &scan, RULES[rule]);
        prop_assert_eq!(one, other);
    }
}
