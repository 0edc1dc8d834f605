//! Checks of the versions that are installed: each finds what it is for, and nothing else.

use super::{found, messages, names, now, one_wave, resolved, step};
use crate::model::lint_code::LintCode;
use crate::model::pattern::Pattern;
use crate::model::resolution::Resolution;
use crate::model::step::StepAction;
use crate::plan::lint::LintInputs;
use crate::plan::test_plans::{host, of_release, plan, wave};

#[test]
fn a_downgrade_is_a_warning_by_the_managers_own_order() {
    let plan = one_wave(vec![
        host("a", &["epoch=2=1:1", "tilde=1.0=1.0~rc1"]),
        host("b", &["tilde=1.0=1.0~rc1"]),
    ]);
    assert_eq!(
        messages(LintCode::Downgrade, &plan),
        ["tilde goes back from 1.0 to 1.0~rc1 on 2 hosts"]
    );
    let answers = resolved(&[(
        "a",
        Resolution {
            steps: vec![step(StepAction::Downgrade, "dep", "3", Some("2"))],
            ..Resolution::default()
        },
    )]);
    let inputs = LintInputs {
        resolutions: Some(&answers),
        ..LintInputs::at(now())
    };
    let findings = found(LintCode::Downgrade, &one_wave(vec![host("a", &["x"])]), &inputs);
    assert_eq!(findings[0].message, "dep goes back from 3 to 2 on 1 host");
}

#[test]
fn a_major_version_of_a_listed_package_is_a_warning() {
    let mut plan = one_wave(vec![host(
        "a",
        &[
            "postgresql=1:15.6=1:16.1",
            "nginx=1.2=2.0",
            "postgresql-common=15.1=15.2",
        ],
    )]);
    assert!(messages(LintCode::MajorVersion, &plan).is_empty());
    plan.rules.lint.major_versions = vec![Pattern::new("postgresql*").unwrap()];
    assert_eq!(
        messages(LintCode::MajorVersion, &plan),
        ["postgresql gets another major version on 1 host: 1:15.6 to 1:16.1"]
    );
}

#[test]
fn a_version_that_no_earlier_wave_gets_is_a_warning() {
    let plan = plan(vec![
        wave("test", vec![vec![host("t", &["ssl=1=2", "bash"])]]),
        wave(
            "fleet",
            vec![vec![
                host("a", &["ssl=1=3", "bash", "nginx"]),
                host("b", &["ssl=1=3"]),
                of_release(host("c", &["ssl=1=4"]), "13"),
            ]],
        ),
    ]);
    let findings = found(LintCode::UntestedVersion, &plan, &LintInputs::at(now()));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].message,
        "wave `fleet` would get ssl 3 on debian 12; earlier waves get 2"
    );
    assert_eq!(names(&findings[0]), ["a", "b"]);
}
