//! Checks of what a transaction does beside installing newer versions: each finds what it is for, and nothing else.

use std::sync::Arc;

use super::{found, messages, now, one_wave, resolved, step};
use crate::model::foresight::Foresight;
use crate::model::lint_code::LintCode;
use crate::model::manager::Manager;
use crate::model::name::{Architecture, PackageName, Version};
use crate::model::plan::{Basis, PlannedRemoval};
use crate::model::resolution::{Offer, OfferSource, Resolution};
use crate::model::step::StepAction;
use crate::plan::lint::LintInputs;
use crate::plan::test_plans::host;

#[test]
fn a_removal_is_a_warning_and_an_old_version_that_goes_is_none() {
    use StepAction::{Install, Remove};
    let answers = resolved(&[(
        "a",
        Resolution {
            steps: vec![
                step(Install, "kernel", "1", Some("2")),
                step(Remove, "kernel", "1", None),
                step(Remove, "exim4", "4.96", None),
            ],
            ..Resolution::default()
        },
    )]);
    let inputs = LintInputs {
        resolutions: Some(&answers),
        ..LintInputs::at(now())
    };
    let findings = found(LintCode::Removal, &one_wave(vec![host("a", &["kernel"])]), &inputs);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].message, "exim4 is removed from 1 host");
}

/// A plan from a file comes without answers.
#[test]
fn a_planned_removal_is_a_warning_without_any_answer() {
    let mut going = host("a", &["app"]);
    going.removes = vec![PlannedRemoval {
        package: PackageName::new("old").unwrap(),
        version: Version::new("1").unwrap(),
    }];
    let plan = one_wave(vec![going, host("b", &["app"])]);
    assert_eq!(messages(LintCode::Removal, &plan), ["old is removed from 1 host"]);
}

#[test]
fn another_origin_is_a_warning_where_both_are_known() {
    let offer = |package: &str, version: &str, repo: &str| Offer {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        version: Version::new(version).unwrap(),
        repo: repo.to_owned(),
        size: None,
        source: OfferSource::Repository,
    };
    let answers = resolved(&[(
        "a",
        Resolution {
            offers: vec![
                offer("docker", "1", "Debian:12.9/oldstable"),
                offer("docker", "2", "Docker:bookworm"),
                offer("ssl", "1", "Debian:12.9/oldstable"),
                offer("ssl", "2", "Debian-Security:12/oldstable-security"),
                offer("gone", "2", "Docker:bookworm"),
                offer("taken", "3", "Docker:bookworm"),
                offer("taken", "1.9", "Debian:12.9/oldstable"),
                offer("superseded", "1.9", "Debian:12.9/oldstable"),
                offer("superseded", "2", "Debian-Security:12/oldstable-security"),
                offer("track", "1", "ACME stable:12"),
                offer("track", "2", "ACME testing:12"),
            ],
            ..Resolution::default()
        },
    )]);
    let inputs = LintInputs {
        resolutions: Some(&answers),
        ..LintInputs::at(now())
    };
    let mut rpm = host("a", &["docker"]);
    if let Basis::Scanned { manager, .. } = &mut rpm.basis {
        *manager = Manager::Dnf5;
    }
    let findings = found(
        LintCode::OriginChange,
        &one_wave(vec![host(
            "a",
            &["docker", "ssl", "gone", "taken=1=3", "superseded", "track"],
        )]),
        &inputs,
    );
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "docker comes from `Docker` and is installed from `Debian`",
            "taken comes from `Docker`, where only `Debian` has other versions of it; nobody has the installed one any \
             more",
            "track comes from `ACME testing` and is installed from `ACME stable`",
        ]
    );
    assert!(found(LintCode::OriginChange, &one_wave(vec![rpm]), &inputs).is_empty());
}

#[test]
fn updates_without_a_way_back_are_one_warning() {
    let mut one = host("a", &["x"]);
    one.foresight = Some(Arc::new(Foresight {
        irreversible: vec![PackageName::new("x").unwrap()],
        ..Foresight::default()
    }));
    assert_eq!(
        messages(LintCode::NoOldVersion, &one_wave(vec![one, host("b", &["x"])])),
        ["there is no way back on 1 host from 1 update: no source has the old version of x"]
    );
}
