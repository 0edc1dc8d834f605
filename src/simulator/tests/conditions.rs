//! The condition of hosts before and after, and blocked reboots, over real SSH.

use std::time::Duration;

use super::rollouts::{plan, run, system};
use super::{Fleet, System};
use crate::model::error::ErrorCode;
use crate::model::event::EventKind;
use crate::model::host::RebootPolicy;
use crate::model::reboot_rule::{Blocker, WhenBlocked};
use crate::model::run::HostRunState;
use crate::simulator::system::Effect;

fn losing(name: &str, line: &str) -> System {
    system(name, Some(Effect::Loses(line.to_owned())))
}

#[tokio::test]
async fn what_an_update_takes_away_fails_the_host_and_what_is_allowed_does_not() {
    let fleet = Fleet::start([losing("a", "1 0 / ext4"), system("b", None)]).await;
    let mut plan = plan(&fleet.scan().await, &[&["a", "b"]], RebootPolicy::Never);
    plan.waves[0].budget.tolerated = 1;
    plan.rules.run.condition.settle = Some(Duration::ZERO);
    let (report, events) = run(&fleet, &plan).await;
    let [a, b] = report.hosts.as_slice() else {
        panic!("{report:?}")
    };
    assert_eq!((a.state, b.state), (HostRunState::Failed, HostRunState::Patched));
    let error = a.error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::Service);
    assert!(error.message.contains("the mount / ext4 is gone"), "{error}");
    assert!(error.hint.contains("mount:/ ext4"), "{error}");
    assert_eq!((a.differences.len(), b.differences.len()), (1, 0));
    assert!(
        events
            .iter()
            .any(|event| matches!(event, EventKind::HostDiffers { .. }))
    );
}

#[tokio::test]
async fn what_the_playbook_allows_is_told_and_fails_nobody() {
    for (allow, ignored, told) in [("mount:/*", false, 1), ("mount:/srv*", true, 0)] {
        let fleet = Fleet::start([losing("a", "1 0 / ext4")]).await;
        let mut plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
        plan.rules.run.condition.allow = vec![allow.to_owned()];
        plan.rules.run.condition.ignored = ignored;
        let (report, _) = run(&fleet, &plan).await;
        assert_eq!(report.hosts[0].state, HostRunState::Patched, "{report:?}");
        assert_eq!(report.hosts[0].differences.len(), told);
    }
}

#[tokio::test]
async fn a_blocked_host_is_not_rebooted_and_fails_or_is_reported() {
    for (blocked, state) in [
        (WhenBlocked::Fail, HostRunState::Failed),
        (WhenBlocked::Report, HostRunState::Patched),
    ] {
        let fleet = Fleet::start([system("a", None)]).await;
        fleet
            .system("a")
            .change(|system| system.blockers = vec!["anna on pts/0".to_owned()]);
        let boot = fleet.system("a").system().boot_id();
        let mut plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Always);
        plan.rules.run.rebooting.blockers = vec![Blocker::Users];
        plan.rules.run.rebooting.blocked = blocked;
        let (report, events) = run(&fleet, &plan).await;
        assert_eq!(report.hosts[0].state, state, "{report:?}");
        assert_eq!(fleet.system("a").system().boot_id(), boot);
        let told = events.iter().find_map(|event| match event {
            EventKind::HostBlocked { blockers, .. } => Some(blockers.join("; ")),
            _ => None,
        });
        assert_eq!(told.as_deref(), Some("anna on pts/0 is logged in"));
        fleet.system("a").change(|system| system.blockers.clear());
        let (report, _) = run(&fleet, &plan).await;
        assert!(!report.hosts[0].state.is_failure(), "{report:?}");
    }
}

#[tokio::test]
async fn a_reboot_is_kept_before_the_order_and_timed() {
    let fleet = Fleet::start([system("a", None)]).await;
    let boot = fleet.system("a").system().boot_id();
    let plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Always);
    let (report, events) = run(&fleet, &plan).await;
    assert!(report.hosts[0].rebooted && report.hosts[0].down_seconds.is_some());
    let at = |is: &dyn Fn(&EventKind) -> bool| events.iter().position(is).unwrap();
    let told = at(&|event| matches!(event, EventKind::HostReboot { boot_id, .. } if *boot_id == boot));
    let back = at(&|event| matches!(event, EventKind::HostRebooted { boot_id, .. } if *boot_id != boot));
    assert!(told < back);
}
