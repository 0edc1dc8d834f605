//! The examples that users start from: every inventory loads, every playbook plans on it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use patchwave::inventory::load::load_inventory;
use patchwave::inventory::{Inventory, ResolveContext, select_hosts};
use patchwave::model::first_seen::FirstSeen;
use patchwave::model::host::Host;
use patchwave::model::known::Knowledge;
use patchwave::model::name::RunId;
use patchwave::model::scan::{HostScan, Scan};
use patchwave::plan::{PlanInputs, make_plan};
use patchwave::playbook::Playbook;
use patchwave::playbook::load::load_playbook;

use crate::answers::{answer, facts, update};

fn examples(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yml" || extension == "yaml")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn load(path: &Path) -> Inventory {
    let context = ResolveContext {
        local_user: "somebody".to_owned(),
        home: Some(PathBuf::from("/home/somebody")),
        ssh: None,
    };
    load_inventory(&[path.to_path_buf()], &context).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A scan in which every host answered and has two updates.
fn scan(hosts: &[&Host]) -> Scan {
    let hosts = hosts
        .iter()
        .map(|host| HostScan {
            address: host.address.clone(),
            port: host.port,
            ..answer(
                host.name.as_str(),
                facts("debian"),
                vec![update("bash", false), update("openssl", true)],
            )
        })
        .collect();
    let now = Timestamp::from_second(0).unwrap();
    Scan {
        id: RunId::new("scan").unwrap(),
        started: now,
        finished: now,
        hosts,
    }
}

#[test]
fn every_example_playbook_plans_on_the_example_inventories_that_have_its_groups() {
    let inventories: Vec<Inventory> = examples("inventories").iter().map(|path| load(path)).collect();
    for path in examples("playbooks") {
        let playbook = load_playbook(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let planned = inventories
            .iter()
            .filter(|inventory| plans(&playbook, inventory))
            .count();
        assert!(
            planned > 0,
            "{} plans on none of the example inventories",
            path.display()
        );
    }
}

#[test]
fn the_built_in_playbook_plans_on_every_example_inventory() {
    for path in examples("inventories") {
        let inventory = load(&path);
        let groups = inventory
            .groups()
            .iter()
            .filter(|group| !group.members.is_empty())
            .map(|group| &group.name);
        let playbook = Playbook::built_in(groups).unwrap();
        assert!(plans(&playbook, &inventory), "{}", path.display());
    }
}

/// Plans, and sees that every selected host is in exactly one wave.
fn plans(playbook: &Playbook, inventory: &Inventory) -> bool {
    let known = Knowledge::default();
    let Ok(selection) = select_hosts(inventory, std::slice::from_ref(&playbook.select), None, &known) else {
        return false;
    };
    let selected = selection.hosts;
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let inputs = PlanInputs {
        playbook,
        inventory,
        selected: &selected,
        scan: &scan(&selected),
        knowledge: &known,
        first_seen: &FirstSeen::default(),
        known_exploited: None,
        now,
    };
    let Ok(planned) = make_plan(&inputs) else {
        return false;
    };
    let in_waves: Vec<&str> = planned.plan.hosts().map(|host| host.name.as_str()).collect();
    let unique: BTreeSet<&str> = in_waves.iter().copied().collect();
    assert_eq!(unique.len(), in_waves.len(), "a host is in two waves");
    assert_eq!(unique, selected.iter().map(|host| host.name.as_str()).collect());
    assert!(planned.plan.change_count() > 0);
    true
}
