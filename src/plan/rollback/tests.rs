//! What a run changed, what is installed now, and the plan back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::*;
use crate::manager::listing::key;
use crate::model::drift::DriftAction;
use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::{Facts, Kernel, OperatingSystem, Reboot};
use crate::model::foresight::Foresight;
use crate::model::name::RunId;
use crate::model::resolution::{Offer, OfferSource, Resolution};
use crate::model::rollback::Rollback;
use crate::model::step::{Step, StepAction};
use crate::plan::test_plans::{host, plan, wave};

fn name(text: &str) -> PackageName {
    PackageName::new(text).unwrap()
}

fn version(text: &str) -> Version {
    Version::new(text).unwrap()
}

/// `PACKAGE=FROM=TO`; an empty version for none.
fn changed(texts: &[&str]) -> Vec<Change> {
    let of = |text: &str| (!text.is_empty()).then(|| version(text));
    let change = |text: &&str| {
        let parts: Vec<&str> = text.split('=').collect();
        Change {
            package: name(parts[0]),
            from: of(parts[1]),
            to: of(parts[2]),
        }
    };
    texts.iter().map(change).collect()
}

fn installed(rows: &[(&str, &str, &[&str])]) -> Installed {
    rows.iter()
        .map(|(package, arch, versions)| {
            let versions = versions.iter().map(|text| version(text)).collect();
            (key(package, arch).unwrap(), versions)
        })
        .collect()
}

fn shown(way: &WayBack) -> Vec<String> {
    way.changes
        .iter()
        .map(|change| {
            let from = change.from.as_ref().unwrap();
            format!("{} {} {from} {}", change.package, change.arch, change.to)
        })
        .collect()
}

#[test]
fn only_what_is_still_where_the_run_left_it_goes_back() {
    let changes = changed(&[
        "a=1=2",
        "back=1=2",
        "moved=1=2",
        "gone=1=2",
        "new==1",
        "new-gone==1",
        "removed=1=",
    ]);
    let now = installed(&[
        ("a", "all", &["2"]),
        ("back", "all", &["1"]),
        ("moved", "all", &["3"]),
        ("new", "all", &["1"]),
        ("other", "all", &["9"]),
    ]);
    let way = way_back(Manager::Apt, &changes, &[], &now);
    assert_eq!(shown(&way), ["a all 2 1"]);
    let stays: Vec<&str> = way.stays.iter().map(|stay| stay.reason.as_str()).collect();
    assert_eq!(
        stays,
        [
            "it is not installed any more; the run left 2",
            "it is at 3 now; the run left 2"
        ]
    );
    assert_eq!(way.new, [(name("new"), version("1"))]);
    assert_eq!(way.gone, [(name("removed"), version("1"))]);
}

#[test]
fn architectures_are_those_that_the_run_was_to_change() {
    let now = installed(&[("a", "amd64", &["2"]), ("a", "i386", &["2"])]);
    let both = changed(&["a=1=2", "a=1=2"]);
    assert_eq!(
        shown(&way_back(Manager::Apt, &both, &[], &now)),
        ["a amd64 2 1", "a i386 2 1"]
    );
    let planned = host("h", &["a"]).changes;
    let way = way_back(Manager::Apt, &changed(&["a=1=2"]), &planned, &now);
    assert_eq!(shown(&way), ["a amd64 2 1"]);
}

#[test]
fn what_is_installed_side_by_side_and_kernels_stay() {
    let now = installed(&[("tool", "x86_64", &["1", "2"]), ("kernel-core", "x86_64", &["2"])]);
    let way = way_back(Manager::Dnf4, &changed(&["tool=1=2", "kernel-core=1=2"]), &[], &now);
    assert!(way.changes.is_empty());
    assert_eq!(way.stays.len(), 2);
    // There the new one took the place of the old one.
    let now = installed(&[("linux", "x86_64", &["2"])]);
    let way = way_back(Manager::Pacman, &changed(&["linux=1=2"]), &[], &now);
    assert_eq!(shown(&way), ["linux x86_64 2 1"]);
}

fn step(action: StepAction, package: &str, from: &str, to: &str) -> Step {
    let of = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Step {
        action,
        package: package.to_owned(),
        arch: None,
        from: of(from),
        to: of(to),
    }
}

fn offer(package: &str, version_text: &str, repo: &str, source: OfferSource) -> Offer {
    let key = key(package, "all").unwrap();
    Offer {
        package: key.package,
        arch: key.arch,
        version: version(version_text),
        repo: repo.to_owned(),
        size: Some(7),
        source,
    }
}

fn two_packages() -> WayBack {
    let now = installed(&[("a", "all", &["2"]), ("b", "all", &["2"]), ("new", "all", &["1"])]);
    way_back(Manager::Apt, &changed(&["a=1=2", "b=1=2", "new==1"]), &[], &now)
}

fn resolution(steps: Vec<Step>) -> Resolution {
    Resolution {
        steps,
        offers: vec![
            offer("a", "2", "main", OfferSource::Repository),
            offer("a", "1", "main", OfferSource::Repository),
            offer("a", "1", "", OfferSource::Host),
            offer("b", "1", "", OfferSource::Host),
        ],
        ..Resolution::default()
    }
}

fn both_back() -> Vec<Step> {
    vec![
        step(StepAction::Downgrade, "a", "2", "1"),
        step(StepAction::Downgrade, "b", "2", "1"),
    ]
}

#[test]
fn it_is_told_where_the_older_versions_come_from() {
    let mut steps = both_back();
    steps.push(step(StepAction::Remove, "new", "1", ""));
    let refused = judge(Manager::Apt, &two_packages(), &resolution(steps.clone()), "x86_64").unwrap_err();
    assert_eq!(refused[0].reason, "it would also remove new", "its jobs remove nothing");
    let feasible = judge(Manager::Apk, &two_packages(), &resolution(steps), "x86_64").unwrap();
    let told: Vec<(&str, &str, &str)> = feasible
        .changes
        .iter()
        .map(|(change, source)| (change.package.as_str(), change.repo.as_str(), source.as_str()))
        .collect();
    assert_eq!(told, [("a", "main", "repository main"), ("b", "", "kept on the host")]);
    assert_eq!(feasible.removes, [(name("new"), version("1"))]);
}

#[test]
fn nothing_beside_what_the_run_changed_is_touched() {
    let judged = |extra: Step| {
        let mut steps = both_back();
        steps.push(extra);
        judge(Manager::Apk, &two_packages(), &resolution(steps), "x86_64").unwrap_err()[0]
            .reason
            .clone()
    };
    assert_eq!(
        judged(step(StepAction::Remove, "webshop", "5", "")),
        "it would also remove webshop, which did not come with the run"
    );
    assert_eq!(
        judged(step(StepAction::Downgrade, "c", "5", "4")),
        "it would also take c to 4"
    );
    assert_eq!(
        judged(step(StepAction::Install, "d", "", "4")),
        "it would also install d 4"
    );
}

#[test]
fn what_the_run_removed_may_come_again() {
    let now = installed(&[("a", "all", &["2"])]);
    let way = way_back(Manager::Apk, &changed(&["a=1=2", "old=5="]), &[], &now);
    let steps = vec![
        step(StepAction::Downgrade, "a", "2", "1"),
        step(StepAction::Install, "old", "", "5"),
    ];
    let feasible = judge(Manager::Apk, &way, &resolution(steps), "x86_64").unwrap();
    let packages: Vec<&str> = feasible.changes.iter().map(|(one, _)| one.package.as_str()).collect();
    assert_eq!(packages, ["a", "old"]);
}

#[test]
fn what_is_nowhere_is_named_and_the_rest_can_go_without_it() {
    let way = two_packages();
    let mut refused = resolution(Vec::new());
    refused.offers.retain(|offer| offer.package.as_str() != "b");
    refused.refusal = Some(HostError::new(ErrorCode::Gone, "b 1 is in no repository", "plan again"));
    let obstacles = judge(Manager::Apt, &way, &refused, "x86_64").unwrap_err();
    assert_eq!(obstacles.len(), 1);
    assert_eq!(obstacles[0].package, Some(name("b")));
    let rest = way.clone().without(&obstacles).unwrap();
    assert_eq!(shown(&rest), ["a all 2 1"]);
    assert_eq!(rest.stays, obstacles);
    // What is not known to be offered is not told as gone.
    refused.offers_unknown = true;
    let unknown = judge(Manager::Apt, &way, &refused, "x86_64").unwrap_err();
    assert_eq!(unknown[0].package, None);
    assert!(way.without(&unknown).is_none());
}

#[test]
fn a_manager_that_would_leave_a_package_does_not_count_as_able() {
    let steps = vec![step(StepAction::Downgrade, "a", "2", "1")];
    let left = judge(Manager::Zypper, &two_packages(), &resolution(steps), "x86_64").unwrap_err();
    assert_eq!(left[0].package, Some(name("b")));
}

fn facts() -> Facts {
    Facts {
        os: OperatingSystem {
            id: "debian".to_owned(),
            version: "12".to_owned(),
            name: "Debian".to_owned(),
        },
        arch: "x86_64".to_owned(),
        manager: Manager::Apt,
        experimental: false,
        kernel: Kernel {
            running: "6.1".to_owned(),
            newest: None,
        },
        boot_id: None,
        reboot: Reboot {
            required: true,
            reasons: Vec::new(),
        },
        services: Default::default(),
        failed_units: Default::default(),
        metadata: Default::default(),
    }
}

#[test]
fn waves_run_in_the_reverse_order_and_hosts_that_stay_are_in_none() {
    let mut old = plan(vec![
        wave("canary", vec![vec![host("h1", &["a"])]]),
        wave("lost", vec![vec![host("h2", &["a"])]]),
        wave(
            "rest",
            vec![vec![host("h3", &["a"]), host("h4", &["a"])], vec![host("h5", &["a"])]],
        ),
    ]);
    old.rules.secure_old = true;
    old.rules.drift.superseded = DriftAction::Fail;
    old.rules.drift.vanished = DriftAction::Replan;
    let back = |name: &str| {
        let back = HostBack {
            facts: facts(),
            changes: vec![crate::plan::test_plans::change("a=2=1")],
            foresight: Foresight::default(),
        };
        (HostName::new(name).unwrap(), back)
    };
    let rollback = Rollback {
        of: RunId::new("r1").unwrap(),
        stays: Vec::new(),
        removes: Vec::new(),
        remains: Vec::new(),
    };
    let made = rollback_plan(
        &old,
        RollbackParts {
            hosts: [back("h1"), back("h3"), back("h5")].into(),
            silent: BTreeMap::new(),
            rollback: rollback.clone(),
            made: Timestamp::from_second(9).unwrap(),
        },
    );
    let waves: Vec<(&str, Vec<usize>)> = made
        .waves
        .iter()
        .map(|wave| (wave.name.as_str(), wave.batches.iter().map(Vec::len).collect()))
        .collect();
    assert_eq!(waves, [("rest", vec![1, 1]), ("canary", vec![1])]);
    let first = made.hosts().next().unwrap();
    assert_eq!(first.changes[0].to, version("1"));
    assert!(first.has_work());
    assert!(!made.rules.secure_old);
    assert_eq!(made.rules.drift.vanished, DriftAction::Fail);
    assert_eq!(made.rules.rollback, Some(rollback));
    assert!(made.rules.consent(&first.name, &[]).may_go_back);
    assert!(!old.rules.consent(&first.name, &[]).may_go_back);
}
