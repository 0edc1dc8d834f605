//! Runs: what is planned is installed, once; a failure stops, and the others stay as they were.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::super::system::{Effect, Offer, Package, System};
use super::scans::one_of_everything;
use super::{Events, Fleet};
use crate::model::error::ErrorCode;
use crate::model::event::EventKind;
use crate::model::host::RebootPolicy;
use crate::model::manager::Manager;
use crate::model::name::WaveName;
use crate::model::plan::{Basis, Budget, Gate, GateCheck, GatePlace, Plan, PlannedChange, PlannedHost, PlannedWave};
use crate::model::restart::RestartPolicy;
use crate::model::run::{HostRunState, RunOutcome, RunReport, WaveOutcome};
use crate::model::scan::{HostScan, Scan};
use crate::remote::job::JobStep;
use crate::rollout::{ClosingTime, Control, Limits, RunContext, run_plan, simulate_plan};

/// A host with two updates; the second is installed or not as `script` says.
pub(super) fn system(name: &str, effect: Option<Effect>) -> System {
    let mut newest = Offer::new("2.0-1", "Acme/stable", 700);
    newest.effects.extend(effect);
    System::new(name, Manager::Apt, "ID=debian\nVERSION_ID=\"12\"\n", "6.1.0-30-amd64")
        .with_packages([
            Package::installed("libssl3", "amd64", "3.0.16-1").offer(Offer::new(
                "3.0.17-1",
                "Debian-Security/bookworm-security",
                2_000,
            )),
            Package::installed("webshop", "all", "1.9-1").offer(newest),
        ])
        .with_service("webshop")
}

/// A wave for each list of hosts.
pub(super) fn plan(scan: &Scan, waves: &[&[&str]], reboot: RebootPolicy) -> Plan {
    let wave = |(number, names): (usize, &&[&str])| PlannedWave {
        name: WaveName::new(format!("wave-{number}")).unwrap(),
        batches: vec![
            names
                .iter()
                .map(|name| {
                    planned(
                        scan.hosts.iter().find(|host| host.name.as_str() == *name).unwrap(),
                        reboot,
                    )
                })
                .collect(),
        ],
        parallel: 1,
        budget: Budget {
            tolerated: 0,
            hosts: names.len(),
        },
        soak: Duration::ZERO,
        gates: Vec::new(),
    };
    Plan {
        scan: scan.id.clone(),
        made: Timestamp::UNIX_EPOCH,
        playbook: "test".to_owned(),
        rules: crate::model::plan::PlanRules::default(),
        domains: Vec::new(),
        waves: waves.iter().enumerate().map(wave).collect(),
    }
}

fn planned(host: &HostScan, reboot: RebootPolicy) -> PlannedHost {
    let basis = match (&host.facts, &host.error) {
        (Some(facts), _) => Basis::Scanned {
            manager: facts.manager,
            experimental: facts.manager.is_experimental(),
            os: facts.os.id.clone(),
            version: facts.os.version.clone(),
            arch: facts.arch.clone(),
            reboot_required: facts.reboot.required,
        },
        (None, error) => Basis::Unknown {
            error: error.clone().unwrap(),
        },
    };
    PlannedHost {
        name: host.name.clone(),
        address: host.address.clone(),
        port: host.port,
        basis,
        changes: host.pending().map(PlannedChange::from).collect(),
        may_bring: Arc::default(),
        removes: Vec::new(),
        left_out: Vec::new(),
        reboot,
        foresight: None,
    }
}

pub(super) async fn run(fleet: &Fleet, plan: &Plan) -> (RunReport, Vec<EventKind>) {
    run_step(fleet, plan, JobStep::Everything).await
}

pub(super) async fn run_step(fleet: &Fleet, plan: &Plan, step: JobStep) -> (RunReport, Vec<EventKind>) {
    run_until(fleet, plan, step, None).await
}

pub(super) async fn run_until(
    fleet: &Fleet,
    plan: &Plan,
    step: JobStep,
    closing: Option<ClosingTime>,
) -> (RunReport, Vec<EventKind>) {
    let context = RunContext {
        step,
        closing,
        ..fleet.context()
    };
    let mut events = Events::default();
    let report = run_plan(plan, context, &mut events).await.report;
    (report, events.0)
}

pub(super) fn states(report: &RunReport) -> Vec<HostRunState> {
    report.hosts.iter().map(|host| host.state).collect()
}

#[tokio::test]
async fn a_run_installs_exactly_what_is_planned() {
    let fleet = Fleet::start([system("a", None), system("b", None)]).await;
    let scan = fleet.scan().await;
    let plan = plan(&scan, &[&["a"], &["b"]], RebootPolicy::Never);
    // The mirror moves on after the plan was made.
    fleet.system("b").change(|system| {
        let package = system.package_mut("webshop").unwrap();
        package.offers.push(Offer::new("3.0-1", "Acme/stable", 1));
    });
    let hosts = fleet
        .hosts()
        .into_iter()
        .map(|host| (host.name.clone(), host))
        .collect();
    let answers = simulate_plan(&plan, &hosts, &fleet.transport(), &Limits::default(), &Control::new()).await;
    assert!(answers.iter().all(|answer| answer.error.is_none()), "{answers:?}");
    assert_eq!(fleet.system("a").transactions(), 0);
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(report.outcome, RunOutcome::Completed, "{report:?}");
    assert_eq!(states(&report), [HostRunState::Patched; 2]);
    for name in ["a", "b"] {
        let host = fleet.system(name);
        assert_eq!(host.system().package("webshop").unwrap().version(), Some("2.0-1"));
        assert_eq!(host.system().package("libssl3").unwrap().version(), Some("3.0.17-1"));
        assert_eq!((host.transactions(), host.jobs_left()), (1, 0));
    }
    assert_eq!(report.hosts[0].changed.len(), 2);
    let again = fleet.scan().await;
    assert_eq!(again.hosts[0].pending().count(), 0);
    assert_eq!(again.hosts[1].pending().count(), 1);
}

#[tokio::test]
async fn a_failing_script_stops_the_run_and_the_others_stay_as_they_were() {
    let fleet = Fleet::start([
        system("a", Some(Effect::ScriptFails)),
        system("b", None),
        system("c", None),
    ])
    .await;
    let scan = fleet.scan().await;
    let before = fleet.system("b").system().installed();
    let (report, _) = run(&fleet, &plan(&scan, &[&["a", "b"], &["c"]], RebootPolicy::Never)).await;
    assert_eq!(report.outcome, RunOutcome::Stopped);
    assert_eq!(
        states(&report),
        [HostRunState::Failed, HostRunState::NotStarted, HostRunState::NotStarted]
    );
    let outcomes: Vec<WaveOutcome> = report.waves.iter().map(|wave| wave.outcome).collect();
    assert_eq!(outcomes, [WaveOutcome::Failed, WaveOutcome::NotStarted]);
    let error = report.hosts[0].error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::Manager, "{error}");
    for name in ["b", "c"] {
        assert_eq!(fleet.system(name).system().installed(), before);
        assert_eq!(fleet.system(name).transactions(), 0);
    }
    // The evidence stays on the host. The half-installed package has its new version already, and is no
    // success for that: neither a scan nor a second run takes the host for one that is up to date.
    assert_eq!(fleet.system("a").jobs_left(), 1);
    let again = fleet.scan().await;
    let error = again.hosts[0].error.as_ref().unwrap();
    assert!(
        error.code == ErrorCode::Broken && error.message.contains("webshop"),
        "{error}"
    );
}

#[tokio::test]
async fn services_with_replaced_files_are_restarted_where_the_playbook_says_so() {
    for (policy, restarted, left) in [
        (RestartPolicy::Auto, 1, 0),
        (RestartPolicy::List, 0, 1),
        (RestartPolicy::None, 0, 0),
    ] {
        let keeps = Effect::KeepsOldFile("webshop".to_owned(), "/usr/lib/libshop.so.1".to_owned());
        let fleet = Fleet::start([system("a", Some(keeps))]).await;
        let mut plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
        plan.rules.restart = policy.into();
        let (report, _) = run(&fleet, &plan).await;
        let host = &report.hosts[0];
        assert_eq!(host.state, HostRunState::Patched, "{host:?}");
        assert_eq!(
            (host.restarted.len(), host.needs_restart.len()),
            (restarted, left),
            "{host:?}"
        );
        assert_eq!(fleet.system("a").system().replaced_files.len(), 1 - restarted);
        assert_eq!(fleet.system("a").jobs_left(), 0);
    }
}

#[tokio::test]
async fn a_bad_update_is_caught_by_the_gate() {
    let breaks = Effect::BreaksService("webshop".to_owned());
    let fleet = Fleet::start([system("a", Some(breaks.clone())), system("b", Some(breaks))]).await;
    let mut plan = plan(&fleet.scan().await, &[&["a"], &["b"]], RebootPolicy::Never);
    plan.waves[0].gates.push(Gate {
        interval: Duration::ZERO,
        timeout: Duration::from_secs(5),
        ..Gate::new(
            "shop answers",
            GateCheck::Command {
                run: ["systemctl", "is-active", "webshop"].map(str::to_owned).to_vec(),
                on: GatePlace::Host,
            },
        )
    });
    let (report, events) = run(&fleet, &plan).await;
    assert_eq!(report.outcome, RunOutcome::Stopped);
    assert_eq!(states(&report), [HostRunState::Patched, HostRunState::NotStarted]);
    let reason = report.reason.unwrap();
    assert!(
        reason.contains("shop answers") && reason.contains("exit 3: inactive"),
        "{reason}"
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(event, EventKind::GateFinished { passed: false, .. }))
    );
    assert!(fleet.system("b").system().services[0].active);
}

#[tokio::test]
async fn a_version_that_is_gone_changes_nothing() {
    let fleet = Fleet::start([system("a", None)]).await;
    let plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
    fleet.system("a").change(|system| {
        let package = system.package_mut("webshop").unwrap();
        package.offers = vec![Offer::new("3.0-1", "Acme/stable", 1)];
    });
    let before = fleet.system("a").system().installed();
    let hosts = fleet
        .hosts()
        .into_iter()
        .map(|host| (host.name.clone(), host))
        .collect();
    let refused = simulate_plan(&plan, &hosts, &fleet.transport(), &Limits::default(), &Control::new()).await;
    assert_eq!(refused[0].error.as_ref().unwrap().code, ErrorCode::Gone);
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(report.hosts[0].error.as_ref().unwrap().code, ErrorCode::Gone);
    assert_eq!(fleet.system("a").system().installed(), before);
}

/// The systems of all managers, each with a plan of everything that is pending.
async fn every_manager() -> (Fleet, Plan) {
    let fleet = Fleet::start(Manager::SIMULATED.map(one_of_everything)).await;
    let scan = fleet.scan().await;
    let names: Vec<&str> = Manager::SIMULATED.iter().map(|manager| manager.as_str()).collect();
    let mut plan = plan(&scan, &[&names], RebootPolicy::Never);
    plan.waves[0].parallel = names.len();
    plan.waves[0].budget.tolerated = names.len();
    (fleet, plan)
}

#[tokio::test]
async fn every_manager_installs_what_is_planned() {
    let (fleet, plan) = every_manager().await;
    let hosts = fleet
        .hosts()
        .into_iter()
        .map(|host| (host.name.clone(), host))
        .collect();
    let answers = simulate_plan(&plan, &hosts, &fleet.transport(), &Limits::default(), &Control::new()).await;
    for (answer, planned) in answers.iter().zip(plan.hosts()) {
        assert_eq!(answer.error, None, "{}", answer.name);
        assert_eq!(
            (answer.steps.len(), answer.unparsed),
            (3, 0),
            "{}: {:?}",
            answer.name,
            answer.steps
        );
        assert!(
            answer.missing(planned).is_empty(),
            "{}: {:?}",
            answer.name,
            answer.steps
        );
    }
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(report.outcome, RunOutcome::Completed, "{report:?}");
    for host in &report.hosts {
        assert_eq!(host.state, HostRunState::Patched, "{}: {:?}", host.name, host.error);
        assert_eq!(host.changed.len(), 3, "{}: {:?}", host.name, host.changed);
        let system = fleet.system(host.name.as_str());
        assert!(system.system().pending().is_empty(), "{}", host.name);
        assert_eq!((system.transactions(), system.jobs_left()), (1, 0), "{}", host.name);
    }
}

#[tokio::test]
async fn every_manager_says_that_a_version_is_gone() {
    let (fleet, plan) = every_manager().await;
    for system in fleet.systems.values() {
        system.change(|system| {
            system.package_mut("tls").unwrap().offers.clear();
        });
    }
    let before: Vec<_> = fleet
        .systems
        .values()
        .map(|system| system.system().installed())
        .collect();
    let (report, _) = run(&fleet, &plan).await;
    for host in &report.hosts {
        let error = host.error.as_ref().unwrap();
        assert_eq!(error.code, ErrorCode::Gone, "{}: {error}", host.name);
    }
    let after: Vec<_> = fleet
        .systems
        .values()
        .map(|system| system.system().installed())
        .collect();
    assert_eq!(before, after);
}

#[tokio::test]
async fn every_manager_says_that_a_script_failed() {
    let (fleet, plan) = every_manager().await;
    for system in fleet.systems.values() {
        system.change(|system| {
            let package = system.package_mut("tls").unwrap();
            package.offers[1].effects.push(Effect::ScriptFails);
        });
    }
    let (report, _) = run(&fleet, &plan).await;
    for host in &report.hosts {
        assert_eq!(host.state, HostRunState::Failed, "{}", host.name);
        let error = host.error.as_ref().unwrap();
        assert_eq!(error.code, ErrorCode::Manager, "{}: {error}", host.name);
        // The other packages of the transaction are installed, as with the real managers.
        let system = fleet.system(host.name.as_str()).system();
        assert!(!system.upgradable_names().contains(&"app".to_owned()), "{}", host.name);
    }
}

#[tokio::test]
async fn what_is_not_planned_is_refused() {
    let (fleet, mut plan) = every_manager().await;
    for host in &mut plan.waves[0].batches[0] {
        let kept = host.changes.iter().filter(|change| change.package.as_str() != "extra");
        host.changes = kept.cloned().collect();
    }
    let (report, _) = run(&fleet, &plan).await;
    for host in &report.hosts {
        let error = host.error.as_ref().unwrap();
        assert_eq!(error.code, ErrorCode::Drift, "{}: {error}", host.name);
        assert!(error.message.contains("extra"), "{}: {error}", host.name);
        assert_eq!(
            fleet
                .system(host.name.as_str())
                .system()
                .package("app")
                .unwrap()
                .installed
                .len(),
            1
        );
    }
}
