//! Checks of how long the plan is expected to take: each finds what it is for, and nothing else.

use std::time::Duration;

use jiff::civil::time;

use super::{found, name, now, one_wave};
use crate::model::lint_code::LintCode;
use crate::model::past::PastDurations;
use crate::model::plan::Plan;
use crate::model::window::Window;
use crate::plan::lint::{LintInputs, Validity, lint_time};
use crate::plan::test_plans::{host, plan, wave};

fn daily(hour: i8, hours: u64) -> Window {
    Window {
        days: Vec::new(),
        start: time(hour, 0, 0, 0),
        length: Duration::from_secs(3600 * hours),
        zone: "UTC".to_owned(),
    }
}

fn past(hours: u64) -> PastDurations {
    PastDurations::from_turns(3, [(name("a"), Duration::from_secs(3600 * hours))])
}

#[test]
fn a_window_that_is_shorter_than_the_plan_is_a_warning() {
    let mut plan = one_wave(vec![host("a", &["x"])]);
    let past = past(3);
    let inputs = LintInputs {
        past: Some(&past),
        ..LintInputs::at(now())
    };
    assert!(found(LintCode::WindowTooShort, &plan, &inputs).is_empty(), "no window");
    plan.rules.windows = vec![daily(22, 2)];
    assert_eq!(
        found(LintCode::WindowTooShort, &plan, &inputs)[0].message,
        "the plan takes about 3 hours, from 3 past runs, and the window is open for about 2 hours"
    );
    // Open since ten and until two: long enough as a whole, not for a run that begins now.
    plan.rules.windows = vec![daily(10, 4)];
    assert!(found(LintCode::WindowTooShort, &plan, &inputs).is_empty());
    let applied = LintInputs {
        is_applied: true,
        ..inputs
    };
    assert_eq!(lint_time(&plan, &applied).len(), 1);
    let unknown = LintInputs { past: None, ..applied };
    assert!(found(LintCode::WindowTooShort, &plan, &unknown).is_empty());
}

#[test]
fn an_approval_that_ends_in_the_middle_is_a_warning() {
    let mut plan = one_wave(vec![host("a", &["x"])]);
    let past = past(3);
    let approval = |until: &str| {
        vec![Validity {
            what: "the approval of anna@example.org".to_owned(),
            until: until.parse().unwrap(),
        }]
    };
    let messages = |plan: &Plan, validities: &[Validity]| -> Vec<String> {
        let inputs = LintInputs {
            past: Some(&past),
            validities,
            ..LintInputs::at(now())
        };
        found(LintCode::ApprovalExpires, plan, &inputs)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    };
    assert!(messages(&plan, &approval("2026-11-22T15:00:00Z")).is_empty());
    assert_eq!(
        messages(&plan, &approval("2026-11-22T14:59:00Z")),
        [
            "the approval of anna@example.org holds until 2026-11-22 14:59 UTC, and the run is expected to go on \
             until 2026-11-22 15:00 UTC"
        ]
    );
    plan.rules.windows = vec![daily(22, 4)];
    assert_eq!(
        messages(&plan, &approval("2026-11-22T21:00:00Z")),
        [
            "the approval of anna@example.org holds until Sun 2026-11-22 21:00 UTC, and the window opens only at \
             Sun 2026-11-22 22:00 UTC"
        ]
    );
}

#[test]
fn soaks_count_although_no_host_was_ever_patched() {
    let mut test = wave("test", vec![vec![host("a", &["x"])]]);
    test.soak = Duration::from_secs(72 * 3600);
    let mut plan = plan(vec![test, wave("fleet", vec![vec![host("b", &["x"])]])]);
    let validities = vec![Validity {
        what: "the plan".to_owned(),
        until: "2026-11-24T12:00:00Z".parse().unwrap(),
    }];
    let inputs = LintInputs {
        validities: &validities,
        ..LintInputs::at(now())
    };
    assert_eq!(found(LintCode::ApprovalExpires, &plan, &inputs).len(), 1);
    plan.rules.windows = vec![daily(22, 4)];
    assert_eq!(
        found(LintCode::WindowTooShort, &plan, &inputs)[0].message,
        "the plan takes about 72 hours or more, from its soaks and gates alone, and the window is open for about 4 \
         hours"
    );
    plan.waves[0].soak = Duration::ZERO;
    assert!(lint_time(&plan, &inputs).is_empty(), "nothing is known");
}
