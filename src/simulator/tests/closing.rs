//! Runs that their maintenance window ends: what fits is done, the rest is left as it was.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::time;

use super::Fleet;
use super::rollouts::{plan, run_until, states, system};
use crate::model::event::EventKind;
use crate::model::host::RebootPolicy;
use crate::model::name::HostName;
use crate::model::past::PastDurations;
use crate::model::run::{HostRunState, RunOutcome, WaveOutcome};
use crate::model::window::{Blackout, Calendar, IgnoredWindow, Window};
use crate::remote::job::JobStep;
use crate::report::pages::run::{RunNotes, run_page};
use crate::report::terminal::{Look, render};
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
    let page = render(
        &run_page(&report, &RunNotes::default()),
        Look {
            width: None,
            colour: false,
        },
    );
    assert!(page.contains("no time for: slow, later"), "{page}");
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

#[tokio::test]
async fn a_blackout_that_is_ignored_is_kept_in_the_journal() {
    let fleet = Fleet::start([system("a", None)]).await;
    let plan = plan(&fleet.scan().await, &[&["a"]], RebootPolicy::Never);
    let now = Timestamp::now();
    let freeze = Calendar {
        windows: Vec::new(),
        blackouts: vec![Blackout {
            from: now - DAY,
            until: now + DAY,
            reason: Some("freeze".to_owned()),
        }],
    };
    let minded = ClosingTime {
        calendar: freeze,
        past: PastDurations::default(),
        ignored: None,
    };
    let (report, _) = run_until(&fleet, &plan, JobStep::Everything, Some(minded.clone())).await;
    assert_eq!(report.outcome, RunOutcome::OutOfTime);
    assert!(report.reason.unwrap().starts_with("a blackout (freeze) is on"));
    let ignored = ClosingTime {
        ignored: Some(IgnoredWindow {
            by: "ana@ops".to_owned(),
            reason: Some("a hole that is used".to_owned()),
        }),
        ..minded
    };
    let (report, events) = run_until(&fleet, &plan, JobStep::Everything, Some(ignored)).await;
    assert_eq!(states(&report), [HostRunState::Patched], "{report:?}");
    assert!(
        matches!(&events[1], EventKind::WindowIgnored { by, .. } if by == "ana@ops"),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_window_that_closes_while_the_run_goes_on_leaves_the_rest() {
    let names = ["a", "b", "c"];
    let fleet = Fleet::start(names.map(|name| system(name, None))).await;
    let plan = plan(&fleet.scan().await, &[&names], RebootPolicy::Never);
    // Open for one host of this length, not for two: what the first one takes is more than what is spared.
    let closes = Timestamp::now() + Duration::from_millis(200);
    let calendar = Calendar {
        windows: Vec::new(),
        blackouts: vec![Blackout {
            from: closes,
            until: closes + DAY,
            reason: None,
        }],
    };
    let closing = ClosingTime {
        calendar,
        past: PastDurations::default(),
        ignored: None,
    };
    let (report, _) = run_until(&fleet, &plan, JobStep::Everything, Some(closing)).await;
    use HostRunState::{NotStarted, Patched};
    assert_eq!(report.outcome, RunOutcome::OutOfTime, "{report:?}");
    let states = states(&report);
    assert_eq!(states[0], Patched, "what was begun is brought to its end");
    assert_eq!(states[2], NotStarted);
    assert_eq!(fleet.system("c").transactions(), 0);
}
