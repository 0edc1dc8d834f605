//! Which hosts are in which wave.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{answered, everything, inventory, names, plan, playbook};
use crate::model::expression::Expression;
use crate::model::host::Host;
use crate::model::known::Knowledge;
use crate::model::manager::Manager;
use crate::model::scan::{HostScan, HostState};
use crate::plan::{PlanError, check_waves};
use crate::playbook::Playbook;

#[test]
fn the_built_in_playbook_begins_with_one_host_of_each_release() {
    let inventory = inventory("hosts: {a: {}, b: {}, c: {}}\n");
    let releases = ["12", "12", "13"];
    let hosts = inventory
        .hosts()
        .iter()
        .zip(releases)
        .map(|(host, release)| answered(host, release, Vec::new()));
    let planned = plan(&Playbook::built_in([]).unwrap(), &inventory, hosts.collect()).unwrap();
    assert_eq!(names(&planned.plan), [vec!["a", "c"], vec!["b"]]);
}

proptest! {
    #[test]
    fn every_selected_host_is_in_exactly_one_wave_or_there_is_no_plan(
        assignment in prop::collection::vec(0_usize..5, 1..40),
        with_rest in any::<bool>(),
        doubled in prop::option::of(0_usize..40),
    ) {
        let hosts: String = (0..assignment.len()).map(|number| format!("  h{number}: {{}}\n")).collect();
        let inventory = inventory(&format!("hosts:\n{hosts}"));
        let mut waves: Vec<Vec<String>> = vec![Vec::new(); 4];
        for (number, wave) in assignment.iter().enumerate() {
            if let Some(wave) = waves.get_mut(*wave) {
                wave.push(format!("h{number}"));
            }
        }
        let extra = doubled.filter(|number| *number < assignment.len());
        if let Some(number) = extra {
            waves[0].push(format!("h{number}"));
        }
        let mut text = String::from("name: p\nwaves:\n");
        for (number, members) in waves.iter().enumerate().filter(|(_, members)| !members.is_empty()) {
            text.push_str(&format!("  - {{name: w{number}, select: '{}', batch: [1, 30%]}}\n", members.join(",")));
        }
        let is_empty = waves.iter().all(Vec::is_empty);
        if with_rest || is_empty {
            text.push_str("  - {name: rest, rest: true}\n");
        }
        let in_two = extra.is_some_and(|number| (1..4).contains(&assignment[number]));
        let in_none = !(with_rest || is_empty)
            && assignment.iter().enumerate().any(|(number, wave)| *wave == 4 && extra != Some(number));
        match plan(&playbook(&text), &inventory, Vec::new()) {
            Ok(planned) => {
                prop_assert!(!in_two && !in_none);
                let all: Vec<&str> = planned.plan.hosts().map(|host| host.name.as_str()).collect();
                let unique: BTreeSet<&str> = all.iter().copied().collect();
                prop_assert_eq!(all.len(), assignment.len());
                prop_assert_eq!(unique.len(), assignment.len());
            }
            Err(PlanError::TwoWaves { .. }) => prop_assert!(in_two),
            Err(PlanError::NoWave { .. }) => prop_assert!(in_none),
            Err(error @ (PlanError::Selection(_) | PlanError::Calendar { .. })) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn an_expression_that_names_nothing_is_no_plan() {
    let inventory = inventory("hosts: {web01: {}}\n");
    let text = "name: p\nwaves: [{name: one, select: web1}, {name: two, rest: true}]\n";
    let error = plan(&playbook(text), &inventory, Vec::new()).unwrap_err();
    assert!(error.to_string().contains("web01"), "{error}");
    assert!(Expression::parse("web01").is_ok());
}

/// What depends on the state of hosts is answered by the scan that the plan is made from.
#[test]
fn waves_ask_the_scan_of_the_plan() {
    let inventory = inventory("hosts: [a, b, c]");
    let playbook = playbook(
        "waves: [{name: new, select: 'os:debian=13'}, {name: none, select: 'os:debian=13 & b & c'}, {name: old, select: '!os:debian=13'}]",
    );
    let selected: Vec<&Host> = inventory.hosts().iter().collect();
    check_waves(&playbook, &inventory, &selected, &Knowledge::default()).unwrap();
    let releases = ["12", "13", "12"];
    let answers: Vec<HostScan> = selected
        .iter()
        .zip(releases)
        .map(|(host, release)| answered(host, release, everything()))
        .collect();
    let planned = plan(&playbook, &inventory, answers.clone()).unwrap();
    let waves: Vec<(&str, usize)> = planned
        .plan
        .waves
        .iter()
        .map(|wave| (wave.name.as_str(), wave.hosts().count()))
        .collect();
    assert_eq!(waves, [("new", 1), ("old", 2)]);
    assert!(planned.warnings.iter().any(|warning| warning.contains("wave `none`")));
    // A system that no host has is a misspelt one: a canary must not be left out for it.
    let misspelt = super::playbook("waves: [{name: canary, select: 'os:debain=12'}, {name: fleet, rest: true}]");
    check_waves(&misspelt, &inventory, &selected, &Knowledge::default()).unwrap();
    let error = plan(&misspelt, &inventory, answers.clone()).unwrap_err().to_string();
    assert!(error.contains("did you mean `debian`?"), "{error}");
    // A host that did not answer is in neither, and that is said.
    let mut silent = answers;
    silent[2].state = HostState::Failed;
    let error = plan(&playbook, &inventory, silent).unwrap_err();
    assert!(matches!(error, PlanError::NoWave { hosts } if hosts.len() == 1));
}

#[test]
fn old_databases_that_are_never_changed_are_named() {
    let inventory = inventory("hosts: {a: {}}\n");
    let playbook = Playbook::built_in([]).unwrap();
    let host = inventory.hosts().first().unwrap();
    for (manager, age, refreshed, warned) in [
        (Manager::Pacman, Some(30_000), false, true),
        (Manager::Pacman, None, false, true),
        (Manager::Pacman, Some(0), false, false),
        (Manager::Pacman, Some(0), true, false),
        (Manager::Apt, Some(30_000), false, false),
    ] {
        let mut scan = answered(host, "12", Vec::new());
        let facts = scan.facts.as_mut().unwrap();
        facts.manager = manager;
        facts.metadata.age_seconds = age;
        facts.metadata.refreshed = refreshed;
        let planned = plan(&playbook, &inventory, vec![scan]).unwrap();
        let is_named = planned
            .warnings
            .iter()
            .any(|warning| warning.contains("pacman's own databases"));
        assert_eq!(is_named, warned, "{manager} {age:?} {refreshed}");
    }
}
