//! Broken connections, reboots and hosts that are not there.

use std::time::Duration;

use super::super::Fault;
use super::super::system::{Effect, Offer, Package, System};
use super::Fleet;
use super::rollouts::{plan, run, states};
use crate::model::host::RebootPolicy;
use crate::model::manager::Manager;
use crate::model::plan::Plan;
use crate::model::run::{HostRunState, RunOutcome, RunReport};
use crate::model::run_rules::HalfDone;
use crate::model::scan::HostState;

fn with_new_kernel(name: &str) -> System {
    System::new(name, Manager::Apt, "ID=debian\nVERSION_ID=\"12\"\n", "6.1.0-30-amd64").with_packages([
        Package::installed("linux-image-amd64", "amd64", "6.1.129-1").offer(
            Offer::new("6.1.135-1", "Debian-Security/bookworm-security", 1_500)
                .with(Effect::Kernel("6.1.0-31-amd64".to_owned())),
        ),
    ])
}

#[tokio::test]
async fn an_unreachable_host_is_counted() {
    let fleet = Fleet::start([with_new_kernel("a"), with_new_kernel("b")]).await;
    fleet.fleet.host("a").unwrap().set_fault(Fault::RefuseConnections);
    let scan = fleet.scan().await;
    assert_eq!(scan.hosts[0].state, HostState::Unreachable);
    assert_eq!(scan.hosts[1].state, HostState::Ok);
    let (report, _) = run(&fleet, &plan(&scan, &[&["a"], &["b"]], RebootPolicy::Never)).await;
    assert_eq!(report.outcome, RunOutcome::Stopped);
    assert_eq!(states(&report), [HostRunState::Unreachable, HostRunState::NotStarted]);
    assert_eq!(fleet.system("b").transactions(), 0);
}

#[tokio::test]
async fn a_reboot_is_waited_for_and_proved() {
    let fleet = Fleet::start([with_new_kernel("a")]).await;
    let before = fleet.system("a").system().boot_id();
    let plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::IfNeeded);
    let (report, _) = run(&fleet, &plan).await;
    assert_eq!(report.outcome, RunOutcome::Completed, "{report:?}");
    assert!(report.hosts[0].rebooted);
    let system = fleet.system("a").system();
    assert_ne!(system.boot_id(), before);
    assert_eq!(system.running_kernel, "6.1.0-31-amd64");
    let facts = fleet.scan().await.hosts.remove(0).facts.unwrap();
    assert!(!facts.reboot.required);
}

/// The connection breaks while the job runs: the controller comes back, and nothing is done twice.
#[tokio::test]
async fn a_broken_connection_does_not_start_a_job_again() {
    let mut system = with_new_kernel("a");
    system.job_time = Duration::from_millis(600);
    let fleet = Fleet::start([system]).await;
    let plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
    let host = fleet.fleet.host("a").unwrap().clone();
    let running = run(&fleet, &plan);
    let breaking = async {
        while fleet.system("a").transactions() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        host.reset();
    };
    let ((report, _), ()) = tokio::join!(running, breaking);
    assert_eq!(states(&report), [HostRunState::Patched], "{report:?}");
    assert_eq!(fleet.system("a").transactions(), 1);
    // The scan, the first connection and the one after the break.
    assert_eq!(host.connections_accepted(), 3);
    assert_eq!(
        fleet
            .system("a")
            .system()
            .package("linux-image-amd64")
            .unwrap()
            .version(),
        Some("6.1.135-1")
    );
}

/// Runs the plan, and lets the host lose its power in the middle of the job.
async fn run_and_lose_power(fleet: &Fleet, plan: &Plan) -> RunReport {
    let breaking = async {
        while fleet.system("a").transactions() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The answer to the start has to arrive first.
        tokio::time::sleep(Duration::from_millis(150)).await;
        fleet.system("a").lose_power();
        fleet.fleet.host("a").unwrap().reset();
    };
    let ((report, _), ()) = tokio::join!(run(fleet, plan), breaking);
    report
}

/// The host is mended by a job of its own, and the rest of the plan is installed by a third.
#[tokio::test]
async fn a_transaction_that_was_broken_off_is_mended_where_the_playbook_wants_it() {
    let mut system = with_new_kernel("a");
    system.job_time = Duration::from_secs(3);
    let fleet = Fleet::start([system]).await;
    let mut plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
    plan.rules.run.half_done = HalfDone::Mend;
    let report = run_and_lose_power(&fleet, &plan).await;
    assert_eq!(states(&report), [HostRunState::Patched], "{report:?}");
    let system = fleet.system("a");
    assert_eq!(system.transactions(), 3);
    assert_eq!(system.jobs_left(), 0);
    let package = system.system();
    assert_eq!(
        package.package("linux-image-amd64").unwrap().version(),
        Some("6.1.135-1")
    );
}

#[tokio::test]
async fn a_reboot_in_the_middle_of_a_job_is_no_success() {
    let mut system = with_new_kernel("a");
    system.job_time = Duration::from_secs(3);
    let fleet = Fleet::start([system]).await;
    let plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
    let report = run_and_lose_power(&fleet, &plan).await;
    assert!(report.hosts[0].state.is_failure(), "{report:?}");
    let error = report.hosts[0].error.as_ref().unwrap();
    assert!(error.message.contains("rebooted"), "{error}");
    assert!(error.message.contains("finds nothing broken"), "{error}");
    assert_eq!(
        fleet
            .system("a")
            .system()
            .package("linux-image-amd64")
            .unwrap()
            .version(),
        Some("6.1.129-1")
    );
}

/// The answer to the start of a job is lost: it is asked for again, and the job is not started again.
#[tokio::test]
async fn a_lost_start_does_not_start_a_job_twice() {
    let mut system = with_new_kernel("a");
    system.job_time = Duration::from_millis(1500);
    let fleet = Fleet::start([system]).await;
    let plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
    let host = fleet.fleet.host("a").unwrap().clone();
    let breaking = async {
        while fleet.system("a").transactions() == 0 {
            tokio::task::yield_now().await;
        }
        host.reset();
    };
    let ((report, _), ()) = tokio::join!(run(&fleet, &plan), breaking);
    assert_eq!(states(&report), [HostRunState::Patched], "{report:?}");
    assert_eq!(fleet.system("a").transactions(), 1);
}
