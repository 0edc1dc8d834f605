//! What planning a large fleet costs: 10,000 hosts of seven systems with 50 updates each, in a process of its own.
//!
//! Nothing is contacted: the hosts' answers are made up here, one after another as the hosts are asked, so that only
//! the planner's own time and memory are measured, and what the scan and the answers take.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use patchwave::inventory::{Inventory, InventoryFile, ResolveContext, parse_inventory, select_hosts};
use patchwave::ledger::{Ledger, SqliteLedger};
use patchwave::model::first_seen::FirstSeen;
use patchwave::model::known::Knowledge;
use patchwave::model::name::{Architecture, HostName, PackageName, RunId, Version};
use patchwave::model::past::PastDurations;
use patchwave::model::resolution::{Offer, OfferSource, Resolution};
use patchwave::model::scan::{HostScan, HostState, Scan};
use patchwave::model::step::{Step, StepAction};
use patchwave::model::update::{Update, UpdateStatus};
use patchwave::plan::estimate::estimate;
use patchwave::plan::lint::{LintInputs, Validity, lint};
use patchwave::plan::{
    Asked, PlanInputs, Planned, SharedAnswers, complete_plan, make_plan, measure_coverage, questions,
};
use patchwave::playbook::parse_playbook;

use crate::controller::number_after;

const HOSTS: usize = 10_000;
const UPDATES: usize = 50;
/// Hosts of a system are at one of so many states, each with updates of its own.
const STATES: usize = 30;
/// Distribution, release, manager.
const SYSTEMS: [(&str, &str, &str); 7] = [
    ("debian", "12", "apt"),
    ("debian", "13", "apt"),
    ("ubuntu", "24.04", "apt"),
    ("fedora", "42", "dnf5"),
    ("almalinux", "9.6", "dnf4"),
    ("opensuse-leap", "15.6", "zypper"),
    ("alpine", "3.22", "apk"),
];
const PLAYBOOK: &str = "
name: monthly
updates: {min_age: 3d, exclude: [{package: 'postgresql-*', reason: DBA}]}
waves:
  - {name: canary, select: 'group:test', soak: 30m}
  - {name: fleet, rest: true, batch: [10%, 50%, 100%], parallel: 200}
";

/// Measures in a new process, whose memory nothing else has used.
pub fn in_own_process() -> Result<String> {
    let output = Command::new(std::env::current_exe()?).arg("planning").output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// Plans and prints the times of the steps, the size of the plan and the memory at its highest.
pub fn measure() -> Result<()> {
    let inventory = inventory()?;
    let playbook = parse_playbook("monthly.yml", PLAYBOOK.as_bytes(), "monthly").map_err(|error| anyhow!("{error}"))?;
    let scan = scan(&inventory)?;
    let before = peak_mib()?;
    let (first_seen, kept, known) = through_the_ledger(&scan)?;
    println!(
        "plan: a scan of {HOSTS} hosts with {UPDATES} updates each is kept in {kept:.2?}, first sightings are read in {known:.2?}"
    );
    let knowledge = Knowledge::default();
    let selected = select_hosts(&inventory, &[], None, &knowledge)?.hosts;
    let inputs = PlanInputs {
        playbook: &playbook,
        inventory: &inventory,
        selected: &selected,
        scan: &scan,
        knowledge: &knowledge,
        first_seen: &first_seen,
        known_exploited: None,
        now: Timestamp::from_second(1_800_000_000)?,
    };
    let clock = Instant::now();
    let draft = make_plan(&inputs)?;
    let made = clock.elapsed();
    let mut asked = Duration::ZERO;
    let (mut answers, mut shared) = (BTreeMap::new(), SharedAnswers::default());
    for mut question in questions(&inputs, &draft.plan) {
        while let Some(wanted) = question.next() {
            // What a host says comes from outside: making it up is not the planner's time.
            let said = answer(&wanted)?;
            let clock = Instant::now();
            question.answer(Ok(said));
            asked += clock.elapsed();
        }
        let clock = Instant::now();
        let answer = shared.share(question.into_answer());
        asked += clock.elapsed();
        answers.insert(answer.host.clone(), answer);
    }
    let clock = Instant::now();
    let planned = complete_plan(draft, answers);
    let completed = clock.elapsed();
    examine(&planned, &scan)?;
    let clock = Instant::now();
    let bytes = serde_json::to_vec(&planned.plan)?.len();
    let written = clock.elapsed();
    println!("plan: make {made:.2?}, judge answers {asked:.2?}, complete {completed:.2?}, write {written:.2?}");
    println!(
        "plan: {} changes of {} hosts in {} domains, {} KiB as JSON",
        planned.plan.change_count(),
        planned.plan.hosts().count(),
        planned.plan.domains.len(),
        bytes / 1024
    );
    println!(
        "plan: {} MiB at most, {before} MiB of them the inventory and the scan",
        peak_mib()?
    );
    Ok(())
}

/// What `plan` says about the plan: the checks, with every host's time known, how much the first wave tries out, and how
/// long it takes.
fn examine(planned: &Planned, scan: &Scan) -> Result<()> {
    let hosts: Vec<HostName> = scan.hosts.iter().map(|host| host.name.clone()).collect();
    let turns = hosts.iter().map(|host| (host.clone(), Duration::from_secs(90)));
    let past = PastDurations::from_turns(1, turns);
    let validities = [Validity {
        what: "the plan".to_owned(),
        until: planned.plan.made + Duration::from_secs(7 * 24 * 3600),
    }];
    let inputs = LintInputs {
        past: Some(&past),
        selected: Some(&hosts),
        resolutions: Some(&planned.resolutions),
        scan: Some(scan),
        validities: &validities,
        ..LintInputs::at(planned.plan.made)
    };
    let clock = Instant::now();
    let findings = lint(&planned.plan, &inputs);
    let checked = clock.elapsed();
    let clock = Instant::now();
    let coverage = measure_coverage(&planned.plan);
    let covered = clock.elapsed();
    let clock = Instant::now();
    let takes = estimate(&planned.plan, &past).context("an estimate")?;
    let estimated = clock.elapsed();
    println!(
        "plan: checks {checked:.2?}, coverage {covered:.2?}, estimate {estimated:.2?} ({} findings, {} of {} changes covered, {})",
        findings.len(),
        coverage.covered,
        coverage.changes,
        takes.in_words()
    );
    Ok(())
}

fn inventory() -> Result<Inventory> {
    let mut text =
        format!("hosts: ['web[00001:{HOSTS}]']\ngroups:\n  test: {{hosts: ['web[00001:00070]']}}\ndomains:\n");
    for number in 0..200 {
        let (first, last) = (number * 50 + 1, number * 50 + 5);
        text.push_str(&format!(
            "  cluster{number}: {{select: 'web[{first:05}:{last:05}]', max_down: 1}}\n"
        ));
    }
    let file = InventoryFile {
        path: "fleet.yml".into(),
        bytes: text.into_bytes(),
    };
    let context = ResolveContext {
        local_user: "root".to_owned(),
        ..ResolveContext::default()
    };
    parse_inventory(&[file], &context).map_err(|error| anyhow!("{error}"))
}

fn scan(inventory: &Inventory) -> Result<Scan> {
    let at = Timestamp::from_second(1_790_000_000)?;
    let hosts = inventory.hosts().iter().enumerate().map(|(number, host)| {
        let (os, release, manager) = SYSTEMS.get(number % SYSTEMS.len()).context("a system")?;
        let state = number / SYSTEMS.len() % STATES;
        let facts = serde_json::json!({
            "os": {"id": os, "version": release, "name": os}, "arch": "x86_64", "manager": manager,
            "kernel": {"running": "6.1.0-30-amd64", "newest": null}, "boot_id": null,
            "reboot": {"required": false, "reasons": []},
        });
        let updates = (state..state + UPDATES).map(|package| update(os, release, package));
        Ok(HostScan {
            name: host.name.clone(),
            address: host.address.clone(),
            port: host.port,
            state: HostState::Ok,
            error: None,
            duration_ms: 400,
            facts: Some(serde_json::from_value(facts)?),
            updates: updates.collect::<Result<_>>()?,
            notices: Vec::new(),
        })
    });
    Ok(Scan {
        id: RunId::new("scan")?,
        started: at,
        finished: at,
        hosts: hosts.collect::<Result<_>>()?,
    })
}

fn update(os: &str, release: &str, package: usize) -> Result<Update> {
    Ok(Update {
        package: PackageName::new(format!("lib{os}-package-{package:03}"))?,
        arch: Architecture::new("amd64")?,
        from: Some(Version::new(format!("1.{package}-1+{release}"))?),
        to: Version::new(format!("1.{package}-2+{release}"))?,
        repo: format!("{os}/{release}-security"),
        status: UpdateStatus::Upgradable,
        reason: None,
        phased_percentage: None,
        removes: Vec::new(),
        security: Some(package.is_multiple_of(2)),
        severity: None,
        advisories: Vec::new(),
        cves: Vec::new(),
        size: Some(100_000),
    })
}

/// The manager takes every planned step and brings one new dependency; both versions of everything are on offer.
fn answer(asked: &Asked) -> Result<Resolution> {
    let offer = |package: &PackageName, version: &Version| -> Result<Offer> {
        Ok(Offer {
            package: package.clone(),
            arch: Architecture::new("amd64")?,
            version: version.clone(),
            repo: "main".to_owned(),
            size: Some(100_000),
            source: OfferSource::Repository,
        })
    };
    let mut answer = Resolution::default();
    for change in &asked.changes {
        answer.steps.push(Step {
            action: StepAction::Upgrade,
            package: change.package.to_string(),
            arch: Some("amd64".to_owned()),
            from: change.from.as_ref().map(ToString::to_string),
            to: Some(change.to.to_string()),
        });
        for version in change.from.iter().chain([&change.to]) {
            answer.offers.push(offer(&change.package, version)?);
        }
    }
    Ok(answer)
}

fn through_the_ledger(scan: &Scan) -> Result<(FirstSeen, Duration, Duration)> {
    let directory = tempfile::tempdir()?;
    let mut ledger = SqliteLedger::open(directory.path())?;
    let clock = Instant::now();
    ledger.keep_scan(scan)?;
    let kept = clock.elapsed();
    let clock = Instant::now();
    let systems = SYSTEMS.iter().map(|(os, _, _)| *os).collect();
    let first_seen = ledger.first_seen(&systems)?;
    Ok((first_seen, kept, clock.elapsed()))
}

fn peak_mib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    Ok(number_after(&status, "VmHWM:").context("VmHWM in /proc/self/status")? / 1024)
}
