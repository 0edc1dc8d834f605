//! What hosts are asked about a draft, and how the plan is completed from what they say.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{answered, inventory, now, playbook, scan, update};
use crate::model::error::{ErrorCode, HostError};
use crate::model::finding::Severity;
use crate::model::first_seen::{FirstSeen, Sighting, seen_in_scan};
use crate::model::host::Host;
use crate::model::known::Knowledge;
use crate::model::name::{Architecture, PackageName, Version};
use crate::model::resolution::{Offer, OfferSource, Resolution};
use crate::model::step::{Step, StepAction};
use crate::model::update::{Update, UpdateStatus};
use crate::plan::{Asked, HostAnswer, PlanInputs, Planned, complete_plan, make_plan, questions};

/// A repository: what each package needs, and what it puts out of the way.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) needs: Vec<(&'static str, &'static str)>,
    pub(super) removes: Vec<(&'static str, &'static str)>,
    /// Packages that are there to install.
    pub(super) offered: Vec<&'static str>,
    /// Packages that are installed at the offered version.
    pub(super) present: Vec<&'static str>,
}

impl World {
    fn answer(&self, asked: &Asked) -> Resolution {
        let mut wanted: Vec<&str> = asked.changes.iter().map(|change| change.package.as_str()).collect();
        for package in &asked.install {
            let name = package.as_str();
            if self.present.contains(&name) {
                continue;
            }
            if !self.offered.contains(&name) {
                let refusal = HostError::new(ErrorCode::Gone, format!("{name} is in no repository"), "look");
                return Resolution {
                    refusal: Some(refusal),
                    ..Resolution::default()
                };
            }
            wanted.push(name);
        }
        let mut next = 0;
        while let Some(package) = wanted.get(next).copied() {
            let needs = self.needs.iter().filter(|(who, _)| *who == package);
            let new: Vec<&str> = needs
                .map(|(_, what)| *what)
                .filter(|what| !wanted.contains(what))
                .collect();
            wanted.extend(new);
            next += 1;
        }
        let step = |action, package: &str, from: Option<&str>, to: Option<&str>| Step {
            action,
            package: package.to_owned(),
            arch: Some("amd64".to_owned()),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        };
        let removed = self.removes.iter().filter(|(who, _)| wanted.contains(who));
        let mut steps: Vec<Step> = removed
            .map(|(_, what)| step(StepAction::Remove, what, Some("1"), None))
            .collect();
        steps.extend(wanted.iter().map(|package| {
            let is_asked = asked.changes.iter().any(|change| change.package.as_str() == *package);
            let is_installed = package.starts_with("installed");
            match is_asked || is_installed {
                true => step(StepAction::Upgrade, package, Some("1"), Some("2")),
                false => step(StepAction::Install, package, None, Some("2")),
            }
        }));
        let offer = |package: &&str| Offer {
            package: PackageName::new(*package).unwrap(),
            arch: Architecture::new("amd64").unwrap(),
            version: Version::new("2").unwrap(),
            repo: "main".to_owned(),
            size: Some(700),
            source: OfferSource::Repository,
        };
        Resolution {
            steps,
            offers: wanted.iter().map(offer).collect(),
            ..Resolution::default()
        }
    }
}

/// Plans one host with these updates, asks it, and completes the plan. Versions of the scan are a year old.
fn planned(rules: &str, updates: &[&str], world: &World) -> (Planned, HostAnswer, usize) {
    let updates = updates
        .iter()
        .map(|name| update(name, Some("1"), None, UpdateStatus::Upgradable));
    planned_of(rules, updates.collect(), world)
}

/// The same of updates as they are.
pub(super) fn planned_of(rules: &str, updates: Vec<Update>, world: &World) -> (Planned, HostAnswer, usize) {
    let inventory = inventory("hosts: {web01: {exclude: [theirs]}}");
    let playbook = playbook(&format!("{rules}\nwaves: [{{name: one, rest: true}}]"));
    let selected: Vec<&Host> = inventory.hosts().iter().collect();
    let scan = scan(vec![answered(selected[0], "12", updates)]);
    let mut first_seen = FirstSeen::default();
    for (seen, host) in seen_in_scan(&scan) {
        let at = "2025-11-21T12:00:00Z".parse().unwrap();
        first_seen.note(seen, Sighting { at, host: host.clone() });
    }
    let inputs = PlanInputs {
        playbook: &playbook,
        inventory: &inventory,
        selected: &selected,
        scan: &scan,
        knowledge: &Knowledge::default(),
        first_seen: &first_seen,
        known_exploited: None,
        now: now(),
    };
    let draft = make_plan(&inputs).unwrap();
    let mut question = questions(&inputs, &draft.plan).pop().unwrap();
    let mut count = 0;
    while let Some(asked) = question.next() {
        count += 1;
        question.answer(Ok(world.answer(&asked)));
    }
    let answer = question.into_answer();
    let answers = BTreeMap::from([(answer.host.clone(), answer.clone())]);
    (complete_plan(draft, answers), answer, count)
}

pub(super) fn changes(planned: &Planned) -> Vec<String> {
    let host = planned.plan.hosts().next().unwrap();
    let changes = host.changes.iter();
    changes
        .map(|change| {
            let from = change.from.as_ref().map_or("new", |version| version.as_str());
            format!("{} {from} {} {:?}", change.package, change.repo, change.size)
        })
        .collect()
}

pub(super) fn left_out(planned: &Planned) -> Vec<String> {
    let host = planned.plan.hosts().next().unwrap();
    let left_out = host.left_out.iter();
    left_out
        .map(|left| format!("{} {}: {}", left.package, left.status, left.reason))
        .collect()
}

#[test]
fn the_plan_has_the_complete_transaction() {
    let world = World {
        needs: vec![("app", "libnew"), ("libnew", "installed-base")],
        ..World::default()
    };
    let (planned, _, count) = planned("name: p", &["app", "theirs"], &world);
    assert_eq!(
        changes(&planned),
        [
            "app 1  None",
            "installed-base 1 main Some(700)",
            "libnew new main Some(700)"
        ]
    );
    assert_eq!(count, 1);
    let host = planned.plan.hosts().next().unwrap();
    assert!(host.may_bring.is_empty() && host.foresight.is_some());
    assert_eq!(planned.resolutions.len(), 1);
}

#[test]
fn what_needs_an_excluded_package_is_left_out_before_the_run() {
    let world = World {
        needs: vec![("app", "lib"), ("lib", "postgresql"), ("web", "theirs")],
        ..World::default()
    };
    let rules = "updates: {exclude: [{package: postgresql, reason: DBA upgrades it, owner: team db}]}";
    let (planned, _, _) = planned(rules, &["a", "app", "b", "c", "d", "web"], &world);
    let names: Vec<String> = changes(&planned)
        .iter()
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(
        left_out(&planned),
        [
            "app kept-back: it needs postgresql 2, which is left out: DBA upgrades it (ask team db)",
            "web kept-back: it needs theirs 2, which is left out: the inventory excludes `theirs` on this host",
        ]
    );
    let codes: Vec<(&str, Severity, usize)> = planned
        .findings
        .iter()
        .map(|finding| (finding.code.as_str(), finding.severity, finding.hosts.len()))
        .collect();
    assert_eq!(codes, [("conflict", Severity::Warning, 1); 2]);
}

#[test]
fn a_removal_is_not_planned_without_consent() {
    let world = World {
        removes: vec![("app", "mail")],
        ..World::default()
    };
    let (planned, _, _) = planned("name: p", &["app", "b"], &world);
    assert_eq!(changes(&planned), ["b 1  None"]);
    assert_eq!(
        left_out(&planned),
        ["app kept-back: it would remove mail: allow it with `updates: {allow_removals: [mail]}`"]
    );
}

#[test]
fn a_new_dependency_has_an_age_too() {
    let world = World {
        needs: vec![("app", "libnew")],
        ..World::default()
    };
    let (planned, answer, _) = planned("updates: {min_age: 3d}", &["app", "b"], &world);
    assert_eq!(changes(&planned), ["b 1  None"]);
    assert!(
        left_out(&planned)[0]
            .starts_with("app kept-back: it needs libnew 2, which is left out: version 2 was first seen"),
        "{:?}",
        left_out(&planned)
    );
    // It was refused, and from now on it grows old.
    let seen: Vec<&str> = answer.seen.iter().map(|change| change.package.as_str()).collect();
    assert_eq!(seen, ["libnew"]);
}

#[test]
fn what_must_be_present_comes_in_the_same_transaction() {
    let world = World {
        needs: vec![("vim", "vim-common"), ("bad", "theirs")],
        offered: vec!["vim", "bad"],
        present: vec!["bash"],
        ..World::default()
    };
    let (found, _, _) = planned("install: [vim, bash, nosuch, bad, theirs]", &["app"], &world);
    assert_eq!(
        changes(&found),
        ["app 1  None", "vim new main Some(700)", "vim-common new main Some(700)"]
    );
    assert_eq!(
        left_out(&found),
        [
            "bad kept-back: it needs theirs 2, which is left out: the inventory excludes `theirs` on this host",
            "theirs excluded: the inventory excludes `theirs` on this host",
        ]
    );
    let unknown = &found.findings[0];
    assert_eq!(
        (unknown.code.as_str(), unknown.severity, unknown.hosts[0].as_str()),
        ("install-unknown", Severity::Error, "web01")
    );
    assert!(unknown.message.contains("nosuch"), "{unknown:?}");
    let (young, _, _) = planned("updates: {min_age: 3d}\ninstall: [vim]", &[], &world);
    assert!(
        left_out(&young)[0].starts_with("vim too-young: version 2 was first seen"),
        "{:?}",
        left_out(&young)
    );
}

#[test]
fn a_host_that_cannot_say_it_keeps_its_draft() {
    let inventory = inventory("hosts: [web01]");
    let playbook = playbook("waves: [{name: one, rest: true}]");
    let selected: Vec<&Host> = inventory.hosts().iter().collect();
    let updates = vec![update("app", Some("1"), None, UpdateStatus::Upgradable)];
    let scan = scan(vec![answered(selected[0], "12", updates)]);
    let inputs = PlanInputs {
        playbook: &playbook,
        inventory: &inventory,
        selected: &selected,
        scan: &scan,
        knowledge: &Knowledge::default(),
        first_seen: &FirstSeen::default(),
        known_exploited: None,
        now: now(),
    };
    let draft = make_plan(&inputs).unwrap();
    let mut question = questions(&inputs, &draft.plan).pop().unwrap();
    question.answer(Err(HostError::new(ErrorCode::Lock, "apt runs", "wait")));
    assert_eq!(question.next(), None);
    let answer = question.into_answer();
    let answers = BTreeMap::from([(answer.host.clone(), answer)]);
    let planned = complete_plan(draft.clone(), answers);
    assert_eq!(planned.plan, draft.plan);
    assert!(
        planned.warnings[0].starts_with("1 host could not say what the planned versions come to"),
        "{:?}",
        planned.warnings
    );
}

const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

proptest! {
    /// Whatever needs what is excluded, exactly that is left out, in few questions.
    #[test]
    fn exactly_what_conflicts_is_left_out(bad in prop::collection::btree_set(0_usize..12, 0..5), count in 1_usize..13) {
        let world = World {
            needs: bad.iter().map(|item| (NAMES[*item], "theirs")).collect(),
            ..World::default()
        };
        let (planned, answer, questions) = planned("name: p", &NAMES[..count], &world);
        let kept = changes(&planned).len();
        let conflicts = bad.iter().filter(|item| **item < count).count();
        prop_assert_eq!(kept, count - conflicts);
        prop_assert_eq!(left_out(&planned).len(), conflicts);
        prop_assert_eq!(answer.transaction.unwrap().resolution.is_some(), kept > 0);
        prop_assert!(questions <= 1 + conflicts * 10, "{questions} questions for {conflicts} of {count}");
    }
}
