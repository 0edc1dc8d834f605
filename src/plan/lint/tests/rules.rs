//! Checks of the playbook's rules, and what the playbook says about the checks.

use super::{messages, now, one_wave};
use crate::model::finding::Severity;
use crate::model::lint_code::LintCode;
use crate::model::pattern::Pattern;
use crate::model::plan::Plan;
use crate::model::update_rule::Exclusion;
use crate::plan::lint::{LintInputs, lint};
use crate::plan::test_plans::{host, plan, wave};

#[test]
fn an_exclusion_that_ended_is_a_warning() {
    let mut plan = one_wave(vec![host("a", &[])]);
    let exclusion = |until: &str| Exclusion {
        package: Pattern::new("postgresql*").unwrap(),
        reason: None,
        owner: None,
        until: Some(until.parse().unwrap()),
    };
    plan.rules.updates.exclude = vec![exclusion("2026-11-22")];
    assert!(messages(LintCode::ExpiredExclusion, &plan).is_empty());
    plan.rules.updates.exclude = vec![exclusion("2026-11-21")];
    assert_eq!(
        messages(LintCode::ExpiredExclusion, &plan),
        ["the exclusion of `postgresql*` ended on 2026-11-21 and no longer counts"]
    );
}

#[test]
fn the_playbook_makes_warnings_errors_and_leaves_findings_out() {
    let mut plan = plan(vec![
        wave("test", vec![vec![host("a", &["x=2=1"])]]),
        wave("fleet", vec![vec![host("b", &["x=2=1"]), host("b", &[])]]),
    ]);
    let severities = |plan: &Plan| -> Vec<(String, Severity)> {
        let findings = lint(plan, &LintInputs::at(now()));
        findings
            .into_iter()
            .map(|finding| (finding.code, finding.severity))
            .collect()
    };
    let code = |code: LintCode, severity| (code.as_str().to_owned(), severity);
    let (doubled, downgrade, gate) = (LintCode::HostInTwoWaves, LintCode::Downgrade, LintCode::WaveWithoutGate);
    assert_eq!(
        severities(&plan),
        [
            code(doubled, Severity::Error),
            code(downgrade, Severity::Warning),
            code(gate, Severity::Warning)
        ]
    );
    plan.rules.lint.errors = vec!["wave-without-gate".to_owned()];
    plan.rules.lint.allow = vec!["downgrade".to_owned(), "host-in-two-waves".to_owned()];
    assert_eq!(
        severities(&plan),
        [code(doubled, Severity::Error), code(gate, Severity::Error)],
        "what is about the order of the plan itself cannot be left out"
    );
    plan.rules.lint.errors = vec!["all".to_owned()];
    plan.rules.lint.allow = Vec::new();
    assert!(
        severities(&plan)
            .iter()
            .all(|(_, severity)| *severity == Severity::Error)
    );
}
