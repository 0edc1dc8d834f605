//! Promotions, and the laws that hold for any run.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::model::host::RebootPolicy;
use crate::model::name::{Architecture, PackageName};
use crate::model::plan::LeftOut;
use crate::model::update::UpdateStatus;

fn change(package: &str, from: Option<&str>, to: &str) -> PlannedChange {
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

fn host(name: &str, release: &str, changes: Vec<PlannedChange>) -> PlannedHost {
    PlannedHost {
        name: HostName::new(name).unwrap(),
        address: name.to_owned(),
        port: 22,
        basis: Basis::Scanned {
            manager: Manager::Apt,
            experimental: false,
            os: "debian".to_owned(),
            version: release.to_owned(),
            arch: "x86_64".to_owned(),
            reboot_required: false,
        },
        changes: changes.into(),
        may_bring: Vec::new().into(),
        removes: Vec::new(),
        left_out: Vec::new(),
        reboot: RebootPolicy::Never,
        foresight: None,
    }
}

fn note(seen: &mut Ran, wave: usize, host: &PlannedHost, anew: bool) {
    seen.note(wave, &host.name, &host.basis, &host.changes, anew);
}

/// What a later host with `lib` 1.0 to 1.1 gets after hosts that ran these versions, chosen anew or not.
fn later(ran: &[(&str, &str, &str, bool)]) -> Promoted {
    let mut seen = Ran::default();
    for (name, release, version, anew) in ran {
        let changes = [change("lib", Some("1.0"), version)];
        note(&mut seen, 0, &host(name, release, changes.to_vec()), *anew);
    }
    seen.promote(&host("later", "12", vec![change("lib", Some("1.0"), "1.1")]), |_| false)
}

#[test]
fn a_version_that_was_chosen_anew_and_ran_is_promoted() {
    let promoted = later(&[("a", "12", "1.2", true)]);
    assert_eq!(promoted.host.changes.to_vec(), [change("lib", Some("1.0"), "1.2")]);
    let one = &promoted.promotions[0];
    assert_eq!(
        (one.planned.as_str(), one.promoted.as_str(), one.ran_on.as_str()),
        ("1.1", "1.2", "a")
    );
}

#[test]
fn without_a_host_that_was_planned_anew_the_plan_stands() {
    for ran in [
        &[][..],
        &[("a", "12", "1.2", false)],
        // Another release says nothing.
        &[("a", "13", "1.2", true)],
        // The planned version ran as well.
        &[("a", "12", "1.2", true), ("b", "12", "1.1", false)],
        // No way back.
        &[("a", "12", "0.9", true)],
    ] {
        let promoted = later(ran);
        assert!(promoted.promotions.is_empty(), "{ran:?}");
        assert_eq!(promoted.host.changes.to_vec(), [change("lib", Some("1.0"), "1.1")]);
    }
}

#[test]
fn new_dependencies_of_what_ran_may_come_along() {
    let mut seen = Ran::default();
    let ran = [change("lib", Some("1.0"), "1.2"), change("extra", None, "3")];
    note(&mut seen, 0, &host("a", "12", ran.to_vec()), true);
    let promoted = seen.promote(&host("b", "12", vec![change("lib", Some("1.0"), "1.1")]), |_| false);
    assert_eq!(promoted.host.may_bring.to_vec(), [change("extra", None, "3")]);
}

#[test]
fn upgrades_that_ran_along_may_come_along_but_nothing_that_is_excluded() {
    let mut seen = Ran::default();
    let ran = [
        change("lib", Some("1.0"), "1.2"),
        change("data", Some("1"), "2"),
        change("extra", None, "3"),
        change("left-out", Some("1"), "2"),
    ];
    note(&mut seen, 0, &host("a", "12", ran.to_vec()), true);
    let mut later = host("b", "12", vec![change("lib", Some("1.0"), "1.1")]);
    later.left_out = vec![LeftOut {
        package: PackageName::new("left-out").unwrap(),
        status: UpdateStatus::TooYoung,
        reason: "it is too young".to_owned(),
    }];
    let promoted = seen.promote(&later, |package| package.as_str() == "extra");
    assert_eq!(promoted.host.may_bring.to_vec(), [change("data", Some("1"), "2")]);
}

#[test]
fn the_later_wave_decides() {
    let mut seen = Ran::default();
    for (wave, version) in [(0, "1.3"), (1, "1.2")] {
        let changes = [change("lib", Some("1.0"), version)];
        note(&mut seen, wave, &host("a", "12", changes.to_vec()), true);
    }
    let promoted = seen.promote(&host("b", "12", vec![change("lib", Some("1.0"), "1.1")]), |_| false);
    assert_eq!(promoted.promotions[0].promoted.as_str(), "1.2");
}

type Seen = (usize, &'static str, &'static str, &'static str, &'static str, bool);

fn seen() -> impl Strategy<Value = Vec<Seen>> {
    let one = (
        0_usize..3,
        select(&["a", "b", "c"][..]),
        select(&["12", "13"][..]),
        select(&["app", "lib"][..]),
        select(&["0.9", "1.0", "1.1", "1.2", "1.10"][..]),
        any::<bool>(),
    );
    proptest::collection::vec(one, 0..12)
}

fn ran<'a>(seen: impl Iterator<Item = &'a Seen>) -> Ran {
    let mut ran = Ran::default();
    for (wave, name, release, package, version, anew) in seen {
        let changes = [change(package, Some("1.0"), version)];
        note(&mut ran, *wave, &host(name, release, changes.to_vec()), *anew);
    }
    ran
}

fn later_host() -> PlannedHost {
    host(
        "later",
        "12",
        vec![change("app", Some("1.0"), "1.1"), change("lib", Some("1.0"), "1.1")],
    )
}

proptest! {
    /// Whatever was seen: a host gets its planned versions, or one that ran on its own platform and is newer than what
    /// it has; what it starts from and which packages it has never change.
    #[test]
    fn a_host_gets_what_is_planned_or_what_ran(seen in seen()) {
        let planned = later_host();
        let promoted = ran(seen.iter()).promote(&planned, |_| false);
        prop_assert_eq!(planned.changes.len(), promoted.host.changes.len());
        for (was, is) in planned.changes.iter().zip(promoted.host.changes.iter()) {
            prop_assert_eq!(was.key(), is.key());
            prop_assert_eq!(&was.from, &is.from);
            let has_run = |version: &str, of_any: bool| seen.iter().any(|(_, _, release, package, ran, anew)| {
                *release == "12" && *package == was.package.as_str() && *ran == version && (of_any || *anew)
            });
            if is.to == was.to {
                continue;
            }
            prop_assert!(has_run(is.to.as_str(), false));
            prop_assert!(!has_run(was.to.as_str(), true));
            prop_assert_eq!(compare(Manager::Apt, &is.to, was.from.as_ref().unwrap()), Ordering::Greater);
            let told = promoted.promotions.iter().filter(|one| one.package == was.package && one.promoted == is.to);
            prop_assert_eq!(told.count(), 1);
        }
    }

    #[test]
    fn the_order_in_which_hosts_ended_decides_nothing(seen in seen()) {
        let planned = later_host();
        prop_assert_eq!(ran(seen.iter()).promote(&planned, |_| false), ran(seen.iter().rev()).promote(&planned, |_| false));
    }

    #[test]
    fn without_a_plan_made_anew_nothing_changes(seen in seen()) {
        let planned = later_host();
        let kept = seen.iter().filter(|one| !one.5);
        let promoted = ran(kept).promote(&planned, |_| false);
        prop_assert_eq!(promoted.host, planned);
        prop_assert!(promoted.promotions.is_empty());
    }
}
