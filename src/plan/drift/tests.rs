//! Each class of drift, from what a host says.

use std::sync::Arc;

use super::*;
use crate::manager::parse_installed;
use crate::model::drift::DriftAction;
use crate::model::facts::{Kernel, Metadata, OperatingSystem, Reboot};
use crate::model::host::{Host, RebootPolicy};
use crate::model::manager::Manager;
use crate::model::name::{Architecture, HostName, PackageName, Version};
use crate::model::plan::{Basis, PlannedRemoval};
use crate::model::resolution::{Offer, OfferSource};
use crate::model::step::{Step, StepAction};
use crate::model::update::UpdateStatus;

pub(super) fn facts(manager: Manager) -> Facts {
    Facts {
        os: OperatingSystem {
            id: "debian".to_owned(),
            version: "12".to_owned(),
            name: "Debian 12".to_owned(),
        },
        arch: "x86_64".to_owned(),
        manager,
        experimental: false,
        kernel: Kernel {
            running: "6.1".to_owned(),
            newest: None,
        },
        boot_id: None,
        reboot: Reboot::default(),
        services: None,
        failed_units: None,
        metadata: Metadata::default(),
    }
}

pub(super) fn planned(manager: Manager, changes: Vec<PlannedChange>) -> PlannedHost {
    PlannedHost {
        name: HostName::new("web01").unwrap(),
        address: "10.0.0.1".to_owned(),
        port: 22,
        basis: Basis::Scanned {
            manager,
            experimental: false,
            os: "debian".to_owned(),
            version: "12".to_owned(),
            arch: "x86_64".to_owned(),
            reboot_required: false,
        },
        changes: changes.into(),
        may_bring: Arc::default(),
        removes: Vec::new(),
        left_out: Vec::new(),
        reboot: RebootPolicy::Never,
        foresight: None,
    }
}

pub(super) fn change(package: &str, from: Option<&str>, to: &str) -> PlannedChange {
    PlannedChange {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        from: from.map(|text| Version::new(text).unwrap()),
        to: Version::new(to).unwrap(),
        repo: String::new(),
        security: None,
        size: None,
    }
}

pub(super) fn update(package: &str, from: &str, to: &str) -> Update {
    Update {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        from: Some(Version::new(from).unwrap()),
        to: Version::new(to).unwrap(),
        repo: String::new(),
        status: UpdateStatus::Upgradable,
        reason: None,
        phased_percentage: None,
        removes: Vec::new(),
        security: None,
        severity: None,
        advisories: Vec::new(),
        cves: Vec::new(),
        size: None,
    }
}

pub(super) fn step(action: StepAction, package: &str, from: Option<&str>, to: Option<&str>) -> Step {
    Step {
        action,
        package: package.to_owned(),
        arch: Some("amd64".to_owned()),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    }
}

pub(super) fn offer(package: &str, version: &str) -> Offer {
    Offer {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        version: Version::new(version).unwrap(),
        repo: String::new(),
        size: None,
        source: OfferSource::Repository,
    }
}

fn would(steps: Vec<Step>, offers: Vec<Offer>) -> Resolution {
    Resolution {
        steps,
        offers_unknown: offers.is_empty(),
        offers,
        ..Resolution::default()
    }
}

fn refuses(code: ErrorCode, message: &str) -> Resolution {
    Resolution {
        refusal: Some(HostError::new(code, message, "plan again")),
        offers_unknown: true,
        ..Resolution::default()
    }
}

fn upgrade(to: &str) -> Step {
    step(StepAction::Upgrade, "lib", Some("1.0"), Some(to))
}

/// The drift of a host with one planned change, `lib` from 1.0 to 1.1.
fn drift(installed: &str, updates: &[Update], resolution: Option<Resolution>) -> HostDrift {
    let plan = planned(Manager::Apt, vec![change("lib", Some("1.0"), "1.1")]);
    let (installed, _) = parse_installed(installed);
    classify(&plan, &facts(Manager::Apt), &installed, updates, resolution.as_ref())
}

fn said(drift: &HostDrift) -> Vec<&str> {
    drift.differences.iter().map(|one| one.message.as_str()).collect()
}

const AS_PLANNED: &str = "lib|amd64|1.0\n";

#[test]
fn a_host_as_planned_is_identical() {
    let found = drift(
        AS_PLANNED,
        &[update("lib", "1.0", "1.1")],
        Some(would(vec![upgrade("1.1")], vec![offer("lib", "1.1")])),
    );
    assert_eq!((found.class, found.differences.len()), (DriftClass::Identical, 0));
}

#[test]
fn what_is_installed_already_is_left_out_of_the_rest() {
    let found = drift("lib|amd64|1.1\n", &[], None);
    assert_eq!(found.class, DriftClass::AlreadyThere);
    assert_eq!(said(&found), ["lib is at the planned 1.1 already"]);
    let plan = [change("lib", Some("1.0"), "1.1"), change("app", Some("1.0"), "1.1")];
    let (installed, _) = parse_installed("lib|amd64|1.1\napp|amd64|1.0\n");
    assert_eq!(
        remaining_changes(Manager::Apt, &plan, &installed),
        [change("app", Some("1.0"), "1.1")]
    );
}

#[test]
fn a_newer_candidate_beside_the_planned_version_supersedes_it() {
    let found = drift(
        AS_PLANNED,
        &[update("lib", "1.0", "1.2")],
        Some(would(
            vec![upgrade("1.1")],
            vec![offer("lib", "1.2"), offer("lib", "1.1")],
        )),
    );
    assert_eq!(found.class, DriftClass::Superseded);
    assert_eq!(said(&found), ["lib 1.1 is planned; 1.2 is offered as well"]);
    let offered: Vec<&str> = found.differences[0].offered.iter().map(Version::as_str).collect();
    assert_eq!(offered, ["1.1", "1.2"]);
}

#[test]
fn an_offer_that_the_manager_would_not_take_supersedes_nothing() {
    let found = drift(
        AS_PLANNED,
        &[update("lib", "1.0", "1.1")],
        Some(would(
            vec![upgrade("1.1")],
            vec![offer("lib", "1.1"), offer("lib", "2.0~backports")],
        )),
    );
    assert_eq!(found.class, DriftClass::Identical);
}

#[test]
fn a_version_that_nobody_offers_has_vanished() {
    for resolution in [
        refuses(
            ErrorCode::Gone,
            "lib 1.1 is planned, and 1.2 is what would be installed",
        ),
        would(vec![upgrade("1.2")], vec![offer("lib", "1.2")]),
        Resolution {
            offers: vec![offer("lib", "1.2")],
            offers_unknown: false,
            ..refuses(ErrorCode::Gone, "no such version")
        },
    ] {
        let found = drift(AS_PLANNED, &[update("lib", "1.0", "1.2")], Some(resolution));
        assert_eq!(found.class, DriftClass::Vanished);
        assert_eq!(
            said(&found),
            ["lib 1.1 is planned and no longer offered; offered is 1.2"]
        );
    }
}

#[test]
fn a_version_on_the_host_itself_has_not_vanished() {
    let secured = Offer {
        source: OfferSource::Host,
        ..offer("lib", "1.1")
    };
    let found = drift(AS_PLANNED, &[], Some(would(vec![upgrade("1.1")], vec![secured])));
    assert_eq!(found.class, DriftClass::Identical);
}

#[test]
fn unknown_offers_are_not_called_vanished() {
    let found = drift(AS_PLANNED, &[], Some(would(Vec::new(), Vec::new())));
    assert_eq!(found.class, DriftClass::Identical);
    // The refusal is of something: what exactly, nobody can tell.
    let found = drift(AS_PLANNED, &[], Some(refuses(ErrorCode::Gone, "no match for argument")));
    assert_eq!(found.class, DriftClass::Vanished);
    assert_eq!(found.differences[0].package, None);
    assert_eq!(said(&found), ["no match for argument"]);
}

#[test]
fn steps_that_nobody_planned_are_named() {
    let steps = vec![
        upgrade("1.1"),
        step(StepAction::Install, "extra", None, Some("3")),
        step(StepAction::Remove, "old", Some("2"), None),
    ];
    let found = drift(AS_PLANNED, &[], Some(would(steps.clone(), Vec::new())));
    assert_eq!(found.class, DriftClass::ExtraDependency);
    assert_eq!(
        said(&found),
        [
            "the transaction would also install extra 3, which is not planned",
            "the transaction would also remove old 2, which is not planned"
        ]
    );
    let refused = drift(
        AS_PLANNED,
        &[],
        Some(refuses(
            ErrorCode::Drift,
            "the transaction would also change extra from nothing to 3",
        )),
    );
    assert_eq!(refused.class, DriftClass::ExtraDependency);
    // A dependency that was known beforehand is no surprise.
    let plan = PlannedHost {
        may_bring: vec![change("extra", None, "3")].into(),
        ..planned(Manager::Apt, vec![change("lib", Some("1.0"), "1.1")])
    };
    let (installed, _) = parse_installed(AS_PLANNED);
    let known = would(vec![steps[0].clone(), steps[1].clone()], Vec::new());
    let found = classify(&plan, &facts(Manager::Apt), &installed, &[], Some(&known));
    assert_eq!(found.class, DriftClass::Identical);
}

#[test]
fn a_version_that_the_plan_does_not_know_is_a_changed_host() {
    for (installed, words) in [
        (
            "lib|amd64|1.0.5\n",
            "lib is at 1.0.5, the plan starts from 1.0 and leads to 1.1",
        ),
        (
            "lib|i386|1.0\n",
            "lib is not installed, the plan starts from 1.0 and leads to 1.1",
        ),
    ] {
        let found = drift(installed, &[], None);
        assert_eq!((found.class, said(&found)), (DriftClass::HostChanged, vec![words]));
    }
    let plan = planned(Manager::Apt, vec![change("new", None, "2")]);
    let (installed, _) = parse_installed("new|amd64|1\n");
    let found = classify(&plan, &facts(Manager::Apt), &installed, &[], None);
    assert_eq!(said(&found), ["new is at 1, the plan installs it anew at 2"]);
}

#[test]
fn another_system_is_a_changed_host() {
    let plan = planned(Manager::Apt, Vec::new());
    let mut other = facts(Manager::Dnf5);
    other.os.version = "13".to_owned();
    other.arch = String::new();
    let found = classify(&plan, &other, &Installed::new(), &[], None);
    assert_eq!(found.class, DriftClass::HostChanged);
    assert_eq!(
        said(&found),
        [
            "the architecture is none, the plan was made for x86_64",
            "the package manager is dnf5, the plan was made for apt",
            "the release is 13, the plan was made for 12"
        ]
    );
}

#[test]
fn the_release_that_the_plan_led_to_is_no_other_system() {
    let plan = planned(Manager::Apt, vec![change("base-files", Some("12"), "13")]);
    let (installed, _) = parse_installed("base-files|amd64|13\n");
    let mut there = facts(Manager::Apt);
    there.os.version = "13".to_owned();
    let found = classify(&plan, &there, &installed, &[], None);
    assert_eq!(found.class, DriftClass::AlreadyThere);
}

#[test]
fn another_address_in_the_inventory_is_another_host() {
    let plan = planned(Manager::Apt, Vec::new());
    let mut host = Host::new(plan.name.clone(), "root");
    (host.address, host.port) = ("10.0.0.1".to_owned(), 22);
    assert_eq!(moved(&plan, &host), None);
    host.port = 2222;
    assert_eq!(
        moved(&plan, &host).unwrap().message,
        "the inventory has 10.0.0.1 port 2222, the plan was made for 10.0.0.1 port 22"
    );
}

#[test]
fn versions_are_compared_as_the_manager_does() {
    // To rpm a missing epoch is epoch 0.
    let plan = planned(Manager::Dnf4, vec![change("lib", Some("0:1.0-1"), "0:1.1-1")]);
    let (installed, _) = parse_installed("lib|amd64|1.0-1\n");
    let would = would(
        vec![step(StepAction::Upgrade, "lib", Some("1.0-1"), Some("1.1-1"))],
        vec![offer("lib", "1.1-1")],
    );
    let found = classify(&plan, &facts(Manager::Dnf4), &installed, &[], Some(&would));
    assert_eq!(found.class, DriftClass::Identical);
}

#[test]
fn the_gravest_difference_decides_and_is_the_error() {
    let (installed, _) = parse_installed("app|amd64|1.1\nlib|amd64|1.0\n");
    let plan = planned(
        Manager::Apt,
        vec![change("app", Some("1.0"), "1.1"), change("lib", Some("1.0"), "1.1")],
    );
    let gone = refuses(
        ErrorCode::Gone,
        "lib 1.1 is planned, and is in no repository of the host now",
    );
    let found = classify(&plan, &facts(Manager::Apt), &installed, &[], Some(&gone));
    let found = decided(found, &DriftPolicy::default());
    assert_eq!(
        (found.class, found.action),
        (DriftClass::Vanished, Some(DriftAction::Fail))
    );
    let error = drift_error(&found);
    assert_eq!(error.code, ErrorCode::Gone);
    assert_eq!(
        error.message,
        "lib 1.1 is planned and no longer offered; nothing else is: nothing was changed"
    );
}

#[test]
fn a_package_that_would_go_beyond_its_plan_is_told_though_it_is_there() {
    let changes = vec![change("app", Some("1"), "2"), change("lib", Some("1.0"), "1.1")];
    let plan = planned(Manager::Apt, changes);
    let (installed, _) = parse_installed("app|amd64|2\nlib|amd64|1.0\n");
    let steps = |app: &str| {
        let app = step(StepAction::Upgrade, "app", Some("2"), Some(app));
        would(vec![app, upgrade("1.1")], vec![offer("lib", "1.1")])
    };
    let of = |app: &str| classify(&plan, &facts(Manager::Apt), &installed, &[], Some(&steps(app)));
    let drift = of("3");
    assert_eq!(drift.class, DriftClass::ExtraDependency, "{drift:?}");
    assert!(
        said(&drift)
            .iter()
            .any(|words| words.contains("upgrade app from 2 to 3"))
    );
    // The same version in another text is what is planned.
    assert_eq!(of("0:2").class, DriftClass::AlreadyThere);
}

#[test]
fn a_kernel_is_not_installed_beside_a_newer_one() {
    let plan = planned(Manager::Dnf4, vec![change("kernel", Some("6.1"), "6.2")]);
    let of = |text: &str| {
        let (installed, _) = parse_installed(text);
        (
            classify(&plan, &facts(Manager::Dnf4), &installed, &[], None).class,
            remaining_changes(Manager::Dnf4, &plan.changes, &installed).len(),
        )
    };
    let beyond = of("kernel|amd64|6.1\nkernel|amd64|6.3\n");
    assert_eq!(beyond, (DriftClass::HostChanged, 0));
    assert_eq!(of("kernel|amd64|6.0\nkernel|amd64|6.1\n"), (DriftClass::Identical, 1));
}

#[test]
fn a_planned_removal_is_as_planned_gone_already_or_another_one() {
    let removal = |version: &str| PlannedRemoval {
        package: PackageName::new("old").unwrap(),
        version: Version::new(version).unwrap(),
    };
    let plan = PlannedHost {
        removes: vec![removal("2")],
        ..planned(Manager::Apt, vec![change("lib", Some("1.0"), "1.1")])
    };
    let goes = |version: &str| step(StepAction::Remove, "old", Some(version), None);
    let class = |listed: &str, steps: Vec<Step>| {
        let (installed, _) = parse_installed(listed);
        let would = would(steps, Vec::new());
        let found = classify(&plan, &facts(Manager::Apt), &installed, &[], Some(&would));
        (found.class, found.differences.first().map(|one| one.message.clone()))
    };
    let both = "lib|amd64|1.0\nold|all|2\n";
    assert_eq!(
        class(both, vec![upgrade("1.1"), goes("2")]),
        (DriftClass::Identical, None)
    );
    assert_eq!(
        class(AS_PLANNED, vec![upgrade("1.1")]),
        (DriftClass::AlreadyThere, Some("old 2 is gone already".to_owned()))
    );
    assert_eq!(
        class(both, vec![upgrade("1.1")]),
        (
            DriftClass::HostChanged,
            Some("the plan removes old 2, and the transaction would leave it".to_owned())
        )
    );
    let other = class("lib|amd64|1.0\nold|all|3\n", vec![upgrade("1.1"), goes("3")]);
    assert_eq!(other.0, DriftClass::HostChanged);
    let further = step(StepAction::Remove, "other", Some("2"), None);
    let found = class(both, vec![upgrade("1.1"), goes("2"), further]);
    assert_eq!(
        found,
        (
            DriftClass::ExtraDependency,
            Some("the transaction would also remove other 2, which is not planned".to_owned())
        )
    );
}
