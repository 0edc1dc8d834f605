//! Laws of drift that hold for any host, against a manager that is made up here.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::tests::{change, facts, offer, planned, step, update};
use super::*;
use crate::manager::listing::key;
use crate::manager::version::compare;
use crate::model::manager::Manager;
use crate::model::name::Version;
use crate::model::step::StepAction;

const VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "1.10"];
const PACKAGES: [&str; 4] = ["app", "extra", "lib", "tool"];

/// One package of a made-up host.
#[derive(Debug, Clone)]
struct World {
    package: &'static str,
    from: Option<&'static str>,
    to: &'static str,
    installed: Vec<&'static str>,
    repository: Vec<&'static str>,
    is_planned: bool,
    /// Whether the manager tells what is offered of it.
    tells: bool,
}

fn package(name: &'static str) -> impl Strategy<Value = World> {
    (
        proptest::option::of(Just("1.0")),
        select(&VERSIONS[1..]),
        subsequence(VERSIONS.to_vec(), 0..=1),
        subsequence(VERSIONS.to_vec(), 0..=4),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(move |(from, to, installed, repository, is_planned, tells)| World {
            package: name,
            from,
            to,
            installed,
            repository,
            is_planned,
            tells,
        })
}

fn worlds() -> impl Strategy<Value = Vec<World>> {
    PACKAGES.map(package).prop_map(Vec::from)
}

fn installed(worlds: &[World]) -> Installed {
    let rows = worlds.iter().filter(|world| !world.installed.is_empty()).map(|world| {
        let versions = world.installed.iter().map(|text| Version::new(*text).unwrap());
        (key(world.package, "amd64").unwrap(), versions.collect())
    });
    rows.collect()
}

fn changes(worlds: &[World]) -> Vec<PlannedChange> {
    let planned = worlds.iter().filter(|world| world.is_planned);
    planned
        .map(|world| change(world.package, world.from, world.to))
        .collect()
}

fn candidates(worlds: &[World]) -> Vec<Update> {
    let newest = |world: &World| {
        let versions = world.repository.iter().map(|text| Version::new(*text).unwrap());
        versions.max_by(|one, other| compare(Manager::Apt, one, other))
    };
    worlds
        .iter()
        .filter_map(|world| Some((world, newest(world)?)))
        .filter_map(|(world, newest)| {
            let now = Version::new(*world.installed.first()?).unwrap();
            (compare(Manager::Apt, &newest, &now) == Ordering::Greater)
                .then(|| update(world.package, now.as_str(), newest.as_str()))
        })
        .collect()
}

/// What the made-up manager answers: it refuses what it has not, names the first, and takes what is asked and one more
/// package when `extra` says so.
fn resolution(worlds: &[World], asked: &[PlannedChange], extra: bool) -> Resolution {
    let by_name: BTreeMap<&str, &World> = worlds.iter().map(|world| (world.package, world)).collect();
    let has = |change: &PlannedChange| {
        by_name[change.package.as_str()]
            .repository
            .contains(&change.to.as_str())
    };
    let offers = worlds.iter().filter(|world| world.tells);
    let mut answer = Resolution {
        offers: offers
            .flat_map(|world| world.repository.iter().map(|version| offer(world.package, version)))
            .collect(),
        offers_unknown: worlds.iter().any(|world| !world.tells),
        ..Resolution::default()
    };
    if let Some(gone) = asked.iter().find(|change| !has(change)) {
        let words = format!("{} {} is in no repository", gone.package, gone.to);
        answer.refusal = Some(HostError::new(ErrorCode::Gone, words, "plan again"));
        return answer;
    }
    answer.steps = asked
        .iter()
        .map(|change| {
            let from = change.from.as_ref().map(Version::as_str);
            step(
                StepAction::Upgrade,
                change.package.as_str(),
                from,
                Some(change.to.as_str()),
            )
        })
        .collect();
    if extra {
        answer.steps.push(step(StepAction::Remove, "other", Some("1"), None));
    }
    answer
}

fn drift_of(worlds: &[World], extra: bool, is_turned: bool) -> (HostDrift, Vec<PlannedChange>) {
    let mut wanted = changes(worlds);
    let installed = installed(worlds);
    let asked = remaining_changes(Manager::Apt, &wanted, &installed);
    let mut answer = resolution(worlds, &asked, extra && !asked.is_empty());
    let mut updates = candidates(worlds);
    if is_turned {
        wanted.reverse();
        updates.reverse();
        answer.offers.reverse();
        answer.steps.reverse();
    }
    let plan = planned(Manager::Apt, wanted);
    let asked_at_all = !asked.is_empty();
    let drift = classify(
        &plan,
        &facts(Manager::Apt),
        &installed,
        &updates,
        asked_at_all.then_some(&answer),
    );
    (drift, asked)
}

proptest! {
    /// What may go on can be done, and does nothing else; what was not seen is graver.
    #[test]
    fn nothing_is_missed(worlds in worlds(), extra: bool) {
        let (drift, asked) = drift_of(&worlds, extra, false);
        let installed = installed(&worlds);
        let by_name: BTreeMap<&str, &World> = worlds.iter().map(|world| (world.package, world)).collect();
        let can_all = changes(&worlds).iter().all(|change| {
            let world = by_name[change.package.as_str()];
            let is_there = world.installed.contains(&change.to.as_str());
            let can_be_had = world.repository.contains(&change.to.as_str());
            let starts = match change.from {
                Some(_) => world.installed == ["1.0"],
                None => !installed.contains_key(&change.key()),
            };
            is_there || (starts && can_be_had)
        });
        let is_clean = !extra || asked.is_empty();
        prop_assert_eq!(drift.class <= DriftClass::Superseded, can_all && is_clean, "{:?}", drift);
    }

    #[test]
    fn no_order_decides(worlds in worlds(), extra: bool) {
        prop_assert_eq!(drift_of(&worlds, extra, false), {
            let (drift, asked) = drift_of(&worlds, extra, true);
            (drift, asked)
        });
    }

    /// The class is that of the gravest difference, and each difference is told in words.
    #[test]
    fn the_gravest_difference_is_the_class(worlds in worlds(), extra: bool) {
        let (drift, _) = drift_of(&worlds, extra, false);
        let gravest = drift.differences.iter().map(|difference| difference.class).max();
        prop_assert_eq!(drift.class, gravest.unwrap_or(DriftClass::Identical));
        prop_assert!(drift.differences.iter().all(|difference| !difference.message.is_empty()));
    }

    /// A newer version is named where the plan's own is still to be had, and nothing graver is wrong.
    #[test]
    fn a_superseded_version_can_still_be_had(worlds in worlds()) {
        let (drift, _) = drift_of(&worlds, false, false);
        if drift.class == DriftClass::Superseded {
            for difference in drift.differences.iter().filter(|one| one.class == DriftClass::Superseded) {
                let planned = difference.planned.as_ref().unwrap();
                let newest = difference.offered.last().unwrap();
                prop_assert_eq!(compare(Manager::Apt, newest, planned), Ordering::Greater);
            }
        }
    }
}
