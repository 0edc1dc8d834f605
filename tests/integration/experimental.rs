//! Hosts with managers that nobody has run patchwave on: every output says so, and what is only scanned is never
//! planned.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use patchwave::inventory::load::load_inventory;
use patchwave::inventory::{Inventory, ResolveContext};
use patchwave::model::experimental::Experimental;
use patchwave::model::first_seen::FirstSeen;
use patchwave::model::host::Host;
use patchwave::model::known::Knowledge;
use patchwave::model::manager::Manager;
use patchwave::model::name::RunId;
use patchwave::model::plan::Plan;
use patchwave::model::run::{RunLine, RunOutcome, RunReport};
use patchwave::model::scan::{HostScan, Scan};
use patchwave::plan::diff::fold_by_package;
use patchwave::plan::{PlanInputs, make_plan};
use patchwave::playbook::Playbook;
use patchwave::remote::probe::parse_probe;
use patchwave::remote::script::Nonce;
use patchwave::remote::transport::ScriptOutput;
use patchwave::report::document::{Document, HostUpdates, PlanBody, RunBody, ScanBody};
use patchwave::report::page::Page;
use patchwave::report::pages::diff::{diff_page_by_host, diff_page_by_package};
use patchwave::report::pages::history::history_page;
use patchwave::report::pages::plan::{plan_outline, plan_page};
use patchwave::report::pages::run::{RunNotes, run_page};
use patchwave::report::pages::scan::scan_page;
use patchwave::report::terminal::{Look, render};
use patchwave::report::{csv, markdown};

use crate::answers::answer;

/// The capture of a host, as `tests/fixtures` has it.
fn probed(name: &str, capture: &str) -> HostScan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(capture);
    let output = ScriptOutput {
        stdout: fs::read(path.with_extension("stdout")).unwrap(),
        stderr: fs::read(path.with_extension("stderr")).unwrap(),
        exit_code: Some(0),
        truncated: false,
    };
    let probe = parse_probe(&output, &Nonce::from_bits(0)).unwrap();
    HostScan {
        notices: probe.notices,
        ..answer(name, probe.facts, probe.updates)
    }
}

fn scan() -> Scan {
    let now = Timestamp::from_second(0).unwrap();
    Scan {
        id: RunId::new("scan").unwrap(),
        started: now,
        finished: now,
        hosts: vec![
            probed("void01", "xbps/invented-updates"),
            probed("void02", "xbps/invented-updates"),
            probed("mac01", "brew/invented-updates"),
        ],
    }
}

fn inventory(scan: &Scan) -> (PathBuf, Inventory) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/experimental");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("hosts.yml");
    let hosts: String = scan
        .hosts
        .iter()
        .map(|host| format!("  {}: {{}}\n", host.name))
        .collect();
    fs::write(&file, format!("defaults: {{reboot: always}}\nhosts:\n{hosts}")).unwrap();
    let context = ResolveContext {
        local_user: "somebody".to_owned(),
        home: None,
        ssh: None,
    };
    let inventory = load_inventory(std::slice::from_ref(&file), &context).unwrap();
    (file, inventory)
}

fn plan(scan: &Scan) -> Plan {
    let (_, inventory) = inventory(scan);
    let selected: Vec<&Host> = inventory.hosts().iter().collect();
    let playbook = Playbook::built_in(std::iter::empty()).unwrap();
    let now = Timestamp::from_second(0).unwrap();
    make_plan(&PlanInputs {
        playbook: &playbook,
        inventory: &inventory,
        selected: &selected,
        scan,
        knowledge: &Knowledge::default(),
        first_seen: &FirstSeen::default(),
        known_exploited: None,
        now,
    })
    .unwrap()
    .plan
}

/// All formats of a page that has a table.
fn says_everywhere(page: &Page, what: &str) {
    let look = Look {
        width: None,
        colour: false,
    };
    for (format, text) in [
        ("table", render(page, look)),
        ("markdown", markdown::render(page)),
        ("csv", csv::render(page)),
    ] {
        assert!(text.contains("experimental"), "{what} as {format}:\n{text}");
        assert!(text.contains("xbps"), "{what} as {format}:\n{text}");
    }
}

#[test]
fn every_page_says_it_in_every_format() {
    let scan = scan();
    let plan = plan(&scan);
    let report = RunReport {
        run: RunId::new("run").unwrap(),
        plan: None,
        rollback: None,
        outcome: RunOutcome::Completed,
        reason: None,
        waves: Vec::new(),
        hosts: Vec::new(),
        experimental: Experimental::planned(&plan),
        not_undone: Vec::new(),
    };
    says_everywhere(&scan_page(&scan), "scan");
    says_everywhere(
        &diff_page_by_package(&fold_by_package(&scan.hosts), &scan.hosts),
        "diff",
    );
    says_everywhere(&diff_page_by_host(&scan.hosts), "diff by host");
    says_everywhere(&plan_page(&plan, true), "plan");
    says_everywhere(&plan_outline(&plan), "outline");
    says_everywhere(&run_page(&report, &RunNotes::default()), "run");
    let line = RunLine {
        run: report.run.clone(),
        plan: None,
        rollback: None,
        started: Timestamp::from_second(0).unwrap(),
        finished: None,
        outcome: None,
        experimental: report.experimental.clone(),
        by: None,
        resumable: false,
    };
    says_everywhere(&history_page(&[line]), "history");
    let documents = [
        Document::new("scan", ScanBody::from(&scan)).to_text().unwrap(),
        Document::new("plan", PlanBody::from(&plan)).to_text().unwrap(),
        Document::new("apply", RunBody::from(&report)).to_text().unwrap(),
        serde_json::to_string_pretty(&scan.hosts.iter().map(HostUpdates::from).collect::<Vec<_>>()).unwrap(),
    ];
    for text in documents {
        assert!(
            text.contains("\"experimental\": true") || text.contains("\"experimental\": ["),
            "{text}"
        );
    }
}

#[test]
fn a_fleet_of_tested_managers_says_nothing_of_it() {
    let mut scan = scan();
    for host in &mut scan.hosts {
        let facts = host.facts.as_mut().unwrap();
        facts.manager = Manager::Apt;
        facts.experimental = false;
        host.notices.clear();
    }
    let look = Look {
        width: None,
        colour: false,
    };
    assert!(!render(&scan_page(&scan), look).contains("experimental"));
    assert!(!render(&plan_page(&plan(&scan), true), look).contains("experimental"));
}

#[test]
fn what_is_only_scanned_is_left_out_of_the_plan_with_the_reason() {
    let scan = scan();
    let plan = plan(&scan);
    let mac = plan.hosts().find(|host| host.name.as_str() == "mac01").unwrap();
    assert!(mac.changes.is_empty() && mac.may_bring.is_empty());
    assert_eq!(mac.left_out.len(), 3);
    assert!(
        mac.left_out[0].reason.contains("only scans hosts with brew"),
        "{:?}",
        mac.left_out[0]
    );
    assert_eq!(mac.reboot.to_string(), "never");
    let void = plan.hosts().find(|host| host.name.as_str() == "void01").unwrap();
    assert_eq!(void.changes.len(), 4);
}
