//! Runs that their maintenance window ends: what fits is done, the rest is left as it was.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::time;

use super::Fleet;
use super::rollouts::{plan, run_until, states, system};
use crate::model::host::RebootPolicy;
use crate::model::name::HostName;
use crate::model::past::PastDurations;
use crate::model::run::{HostRunState, RunOutcome, WaveOutcome};
use crate::model::window::{Calendar, Window};
use crate::remote::job::JobStep;
use crate::rollout::ClosingTime;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn closing(window: Window, past: &[(&str, Duration)]) -> Option<ClosingTime> {
    let turns = past
        .iter()
        .map(|(name, duration)| (HostName::new(*name).unwrap(), *duration));
    Some(ClosingTime {
        calendar: Calendar {
            windows: vec![window],
            blackouts: Vec::new(),
        },
        ignored: None,
        past: PastDurations::from_turns(1, turns),
    })
}

#[tokio::test]
async fn a_host_that_does_not_fit_is_left_and_a_quicker_one_is_patched() {
    let fleet = Fleet::start([system("slow", None), system("quick", None), system("later", None)]).await;
    let plan = plan(
        &fleet.scan().await,
        &[&["slow", "quick"], &["later"]],
        RebootPolicy::Never,
    );
    let always = Window {
        days: Vec::new(),
        start: time(0, 0, 0, 0),
        length: 7 * DAY,
        zone: "UTC".to_owned(),
    };
    let before = fleet.system("slow").system().installed();
    let closing = closing(always, &[("slow", 100 * DAY), ("quick", Duration::from_secs(1))]);
    let (report, _) = run_until(&fleet, &plan, JobStep::Everything, closing).await;
    use HostRunState::{NotStarted, Patched};
    assert_eq!(report.outcome, RunOutcome::OutOfTime, "{report:?}");
    assert_eq!(states(&report), [NotStarted, Patched, NotStarted]);
    let outcomes: Vec<WaveOutcome> = report.waves.iter().map(|wave| wave.outcome).collect();
    assert_eq!(outcomes, [WaveOutcome::OutOfTime, WaveOutcome::NotStarted]);
    let reason = report.reason.unwrap();
    assert!(reason.ends_with("no time was left for 1 host: slow"), "{reason}");
    for name in ["slow", "later"] {
        assert_eq!(fleet.system(name).system().installed(), before);
    }
}

#[tokio::test]
async fn nothing_is_begun_in_a_closed_window() {
    let fleet = Fleet::start([system("a", None)]).await;
    let plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
    let tomorrow = (Timestamp::now() + DAY).to_zoned(jiff::tz::TimeZone::UTC);
    let closed = Window {
        days: vec![tomorrow.weekday()],
        start: tomorrow.time(),
        length: Duration::from_secs(60),
        zone: "UTC".to_owned(),
    };
    let (report, _) = run_until(&fleet, &plan, JobStep::Everything, closing(closed, &[])).await;
    assert_eq!(report.outcome, RunOutcome::OutOfTime);
    assert_eq!(states(&report), [HostRunState::NotStarted]);
    assert_eq!(fleet.system("a").transactions(), 0);
}
