//! Whole plans: hosts are scanned, asked what their changes come to, and get exactly that.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::system::{Offer, Package};
use super::Fleet;
use super::rollouts::{run, states, system};
use crate::inventory::{InventoryFile, ResolveContext, parse_inventory};
use crate::model::first_seen::FirstSeen;
use crate::model::host::Host;
use crate::model::known::Knowledge;
use crate::model::run::HostRunState;
use crate::plan::{HostAnswer, PlanInputs, Planned, complete_plan, make_plan, questions};
use crate::playbook::parse_playbook;
use crate::rollout::{Control, Limits, ask_hosts};

async fn planned(fleet: &Fleet, rules: &str) -> Planned {
    let names: Vec<String> = fleet.hosts().iter().map(|host| host.name.to_string()).collect();
    let file = InventoryFile {
        path: "fleet.yml".into(),
        bytes: format!("hosts: [{}]", names.join(", ")).into_bytes(),
    };
    let context = ResolveContext {
        local_user: "operator".to_owned(),
        ..ResolveContext::default()
    };
    let inventory = parse_inventory(&[file], &context).unwrap();
    let text = format!("{rules}\nwaves: [{{name: one, rest: true}}]");
    let playbook = parse_playbook("p.yml", text.as_bytes(), "p").unwrap();
    let selected: Vec<&Host> = inventory.hosts().iter().collect();
    let scan = fleet.scan().await;
    let inputs = PlanInputs {
        playbook: &playbook,
        inventory: &inventory,
        selected: &selected,
        scan: &scan,
        knowledge: &Knowledge::default(),
        first_seen: &FirstSeen::default(),
        known_exploited: None,
        now: Timestamp::UNIX_EPOCH,
    };
    let draft = make_plan(&inputs).unwrap();
    let questions = questions(&inputs, &draft.plan);
    let hosts: BTreeMap<_, _> = fleet
        .hosts()
        .into_iter()
        .map(|host| (host.name.clone(), host))
        .collect();
    let (limits, control) = (Limits::default(), Control::new());
    let mut told = 0;
    let hear = |_: &HostAnswer| told += 1;
    let answers = ask_hosts(questions, &hosts, &fleet.transport(), &limits, &control, hear).await;
    assert_eq!(told, answers.len());
    complete_plan(draft, answers)
}

#[tokio::test]
async fn what_must_be_present_is_planned_and_installed_in_one_transaction() {
    let shell = |name: &str| {
        let mut system = system(name, None);
        system.packages.push(Package::available(
            "vim",
            "amd64",
            Offer::new("9.1", "Debian/bookworm", 40),
        ));
        system
    };
    let fleet = Fleet::start([shell("a"), system("b", None)]).await;
    let planned = planned(&fleet, "install: [vim]").await;
    let counts: Vec<usize> = planned.plan.hosts().map(|host| host.changes.len()).collect();
    assert_eq!(counts, [3, 2], "{planned:?}");
    // The other host has nowhere to take it from, and that is found before the run.
    assert_eq!(planned.findings.len(), 1);
    assert_eq!(planned.findings[0].hosts[0].as_str(), "b");
    let (report, _) = run(&fleet, &planned.plan).await;
    assert_eq!(states(&report), [HostRunState::Patched; 2], "{report:?}");
    assert_eq!(
        fleet.system("a").system().package("vim").unwrap().version(),
        Some("9.1")
    );
    assert_eq!(
        (fleet.system("a").transactions(), fleet.system("b").transactions()),
        (1, 1)
    );
}
