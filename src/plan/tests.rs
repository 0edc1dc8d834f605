//! Tests of whole plans: properties of waves, and which updates are chosen.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{PlanError, check_waves, make_plan};
use crate::inventory::{Inventory, InventoryFile, ResolveContext, parse_inventory, select_hosts};
use crate::model::error::{ErrorCode, HostError};
use crate::model::expression::Expression;
use crate::model::facts::{Facts, Kernel, Metadata, OperatingSystem, Reboot};
use crate::model::host::{Host, RebootPolicy};
use crate::model::known::Knowledge;
use crate::model::manager::Manager;
use crate::model::name::{Architecture, PackageName, RunId, Version};
use crate::model::plan::{Basis, Plan};
use crate::model::scan::{HostScan, HostState, Scan};
use crate::model::update::{Update, UpdateStatus};
use crate::playbook::{Playbook, parse_playbook};

fn inventory(text: &str) -> Inventory {
    let file = InventoryFile {
        path: "fleet.yml".into(),
        bytes: text.as_bytes().to_vec(),
    };
    let context = ResolveContext {
        local_user: "root".to_owned(),
        home: None,
        ssh: None,
    };
    parse_inventory(&[file], &context).unwrap()
}

fn playbook(text: &str) -> Playbook {
    parse_playbook("playbook.yml", text.as_bytes(), "playbook").unwrap()
}

fn update(package: &str, from: Option<&str>, security: Option<bool>, status: UpdateStatus) -> Update {
    Update {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        from: from.map(|text| Version::new(text).unwrap()),
        to: Version::new("2").unwrap(),
        repo: String::new(),
        status,
        reason: None,
        phased_percentage: None,
        removes: Vec::new(),
        security,
        severity: None,
        advisories: Vec::new(),
        cves: Vec::new(),
        size: None,
    }
}

fn answered(host: &Host, release: &str, updates: Vec<Update>) -> HostScan {
    HostScan {
        name: host.name.clone(),
        address: host.address.clone(),
        port: host.port,
        state: HostState::Ok,
        error: None,
        duration_ms: 0,
        facts: Some(Facts {
            os: OperatingSystem {
                id: "debian".to_owned(),
                version: release.to_owned(),
                name: String::new(),
            },
            arch: "x86_64".to_owned(),
            manager: Manager::Apt,
            experimental: false,
            kernel: Kernel {
                running: String::new(),
                newest: None,
            },
            boot_id: None,
            reboot: Reboot::default(),
            services: Some(Vec::new()),
            failed_units: None,
            metadata: Metadata::default(),
        }),
        updates,
        notices: Vec::new(),
    }
}

fn scan(hosts: Vec<HostScan>) -> Scan {
    let now = Timestamp::UNIX_EPOCH;
    Scan {
        id: RunId::new("scan").unwrap(),
        started: now,
        finished: now,
        hosts,
    }
}

fn plan(playbook: &Playbook, inventory: &Inventory, hosts: Vec<HostScan>) -> Result<super::Planned, PlanError> {
    let selected = select_hosts(inventory, &[], None, &Knowledge::default()).unwrap().hosts;
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    make_plan(playbook, inventory, &selected, &scan(hosts), &Knowledge::default(), now)
}

fn everything() -> Vec<Update> {
    vec![
        update("bash", Some("1"), Some(false), UpdateStatus::Upgradable),
        update("openssl", Some("1"), Some(true), UpdateStatus::Upgradable),
        update("new-dependency", None, Some(false), UpdateStatus::Upgradable),
        update("held", Some("1"), Some(true), UpdateStatus::Held),
        update("postgresql-15", Some("1"), None, UpdateStatus::Upgradable),
    ]
}

fn chosen(rules: &str) -> (Vec<String>, Vec<String>) {
    let inventory = inventory("hosts: {a: {exclude: [bas*]}}\n");
    let playbook = playbook(&format!("name: p\n{rules}\nwaves: [{{name: one, rest: true}}]\n"));
    let hosts = inventory
        .hosts()
        .iter()
        .map(|host| answered(host, "12", everything()))
        .collect();
    let planned = plan(&playbook, &inventory, hosts).unwrap();
    let host = planned.plan.hosts().next().unwrap();
    (
        host.changes.iter().map(|change| change.package.to_string()).collect(),
        host.left_out
            .iter()
            .map(|left| format!("{}: {}", left.package, left.reason))
            .collect(),
    )
}

#[test]
fn only_what_would_install_now_is_planned_and_the_inventory_may_exclude() {
    let (changes, left_out) = chosen("");
    assert_eq!(changes, ["openssl", "postgresql-15"]);
    assert_eq!(left_out, ["bash: the inventory excludes `bas*` on this host"]);
}

#[test]
fn security_only_leaves_out_what_is_not_known_to_be_security() {
    assert_eq!(chosen("updates: {only: security}").0, ["openssl"]);
}

#[test]
fn an_exclusion_gives_its_reason_until_it_ends() {
    let rule = |until: &str| {
        format!("updates:\n  exclude:\n    - {{package: 'postgresql-*', reason: DBA upgrades these, until: {until}}}")
    };
    let (changes, left_out) = chosen(&rule("2027-01-31"));
    assert_eq!(changes, ["openssl"]);
    assert!(
        left_out.contains(&"postgresql-15: DBA upgrades these".to_owned()),
        "{left_out:?}"
    );
    assert!(chosen(&rule("2026-11-20")).0.contains(&"postgresql-15".to_owned()));
}

#[test]
fn an_exclusion_that_ended_is_warned_of() {
    let inventory = inventory("hosts: {a: {}}\n");
    let text = "name: p\nupdates: {exclude: [{package: x, until: 2026-01-01}]}\nwaves: [{name: one, rest: true}]\n";
    let planned = plan(&playbook(text), &inventory, Vec::new()).unwrap();
    assert!(
        planned.warnings.iter().any(|warning| warning.contains("2026-01-01")),
        "{:?}",
        planned.warnings
    );
}

#[test]
fn the_stricter_word_on_reboots_wins() {
    let inventory = inventory("hosts: {a: {reboot: never}, b: {reboot: always}, c: {}}\n");
    let text = "name: p\nreboot: if-needed\nwaves: [{name: one, rest: true}]\n";
    let planned = plan(&playbook(text), &inventory, Vec::new()).unwrap();
    let policies: Vec<RebootPolicy> = planned.plan.hosts().map(|host| host.reboot).collect();
    assert_eq!(
        policies,
        [RebootPolicy::Never, RebootPolicy::IfNeeded, RebootPolicy::IfNeeded]
    );
}

#[test]
fn a_host_that_could_not_be_scanned_is_in_its_wave_with_the_error() {
    let inventory = inventory("hosts: {a: {}}\n");
    let mut host = answered(&inventory.hosts()[0], "12", everything());
    host.facts = None;
    host.error = Some(HostError::new(ErrorCode::Connect, "refused", "start sshd"));
    let planned = plan(
        &playbook("name: p\nwaves: [{name: one, rest: true}]\n"),
        &inventory,
        vec![host],
    )
    .unwrap();
    assert!(
        matches!(&planned.plan.hosts().next().unwrap().basis, Basis::Unknown { error } if error.code == ErrorCode::Connect)
    );
}

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

fn names(plan: &Plan) -> Vec<Vec<&str>> {
    plan.waves
        .iter()
        .map(|wave| wave.hosts().map(|host| host.name.as_str()).collect())
        .collect()
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
            Err(PlanError::Selection(error)) => prop_assert!(false, "{}", error),
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
    let misspelt =
        crate::plan::tests::playbook("waves: [{name: canary, select: 'os:debain=12'}, {name: fleet, rest: true}]");
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
fn a_domain_that_a_plan_may_break_is_a_warning() {
    let fleet = "{hosts: [a, b, c], domains: {pair: {select: 'a,b', max_down: 1}, all: {select: all, max_down: 100%}}}";
    let inventory = inventory(fleet);
    let playbook = playbook("waves: [{name: one, rest: true}]");
    let warnings = |changing: usize| {
        let hosts = inventory.hosts().iter().enumerate();
        let answers =
            hosts.map(|(at, host)| answered(host, "12", if at < changing { everything() } else { Vec::new() }));
        plan(&playbook, &inventory, answers.collect()).unwrap().warnings
    };
    assert_eq!(warnings(1), Vec::<String>::new());
    let found = warnings(3);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("domain `pair` (at most 1 of 2 down) is not enforced by this version"),
        "{found:?}"
    );
}
