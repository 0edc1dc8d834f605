//! Runs that the budget of the whole run ends.

use super::super::Fault;
use super::super::system::Effect;
use super::Fleet;
use super::rollouts::{plan, run, states, system};
use crate::model::host::RebootPolicy;
use crate::model::run::{HostRunState, RunOutcome, WaveOutcome};
use crate::model::run_rules::FailureKind;

#[tokio::test]
async fn failures_of_two_waves_together_end_the_run() {
    let broken = || Some(Effect::ScriptFails);
    let fleet = Fleet::start([
        system("a", broken()),
        system("b", None),
        system("c", broken()),
        system("d", None),
        system("e", None),
    ])
    .await;
    let mut plan = plan(
        &fleet.scan().await,
        &[&["a", "b"], &["c", "d"], &["e"]],
        RebootPolicy::Never,
    );
    for wave in &mut plan.waves {
        wave.budget.tolerated = 1;
    }
    plan.rules.run.budget.tolerated = Some(1);
    let (report, _) = run(&fleet, &plan).await;
    use HostRunState::{Failed, NotStarted, Patched};
    assert_eq!(report.outcome, RunOutcome::Stopped, "{report:?}");
    assert_eq!(states(&report), [Failed, Patched, Failed, NotStarted, NotStarted]);
    let outcomes: Vec<WaveOutcome> = report.waves.iter().map(|wave| wave.outcome).collect();
    assert_eq!(
        outcomes,
        [WaveOutcome::Passed, WaveOutcome::Failed, WaveOutcome::NotStarted]
    );
    assert_eq!(
        report.reason.unwrap(),
        "the run stops at the 2nd failure of 5; failed: a, c"
    );
    assert_eq!(fleet.system("d").transactions(), 0);
}

#[tokio::test]
async fn what_does_not_count_uses_up_no_budget() {
    let fleet = Fleet::start([system("a", None), system("b", None), system("c", None)]).await;
    let mut plan = plan(&fleet.scan().await, &[&["a", "b", "c"]], RebootPolicy::Never);
    plan.rules.run.budget.counts = vec![FailureKind::Failed];
    fleet.fleet.host("a").unwrap().set_fault(Fault::RefuseConnections);
    let (report, _) = run(&fleet, &plan).await;
    use HostRunState::{Patched, Unreachable};
    assert_eq!(states(&report), [Unreachable, Patched, Patched], "{report:?}");
    assert_eq!(report.outcome, RunOutcome::Completed);
}
