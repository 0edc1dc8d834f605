//! Domains: in batches, and while a plan runs.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{answered, everything, inventory, plan, playbook};
use crate::inventory::Inventory;
use crate::model::error::{ErrorCode, HostError};
use crate::model::name::HostName;
use crate::model::plan::Plan;
use crate::model::scan::{HostScan, HostState};
use crate::plan::schedule::{DomainSchedule, Next};

fn answers(inventory: &Inventory, changing: usize, silent: usize) -> Vec<HostScan> {
    let hosts = inventory.hosts().iter().enumerate();
    hosts
        .map(|(at, host)| {
            let mut scan = answered(host, "12", if at < changing { everything() } else { Vec::new() });
            if at >= inventory.hosts().len() - silent {
                scan.facts = None;
                scan.state = HostState::Unreachable;
                scan.error = Some(HostError::new(ErrorCode::Connect, "refused", "start sshd"));
            }
            scan
        })
        .collect()
}

#[test]
fn a_plan_has_the_domains_of_its_hosts() {
    let fleet =
        "{hosts: [c2, c10, b, a], domains: {two: {select: 'a,b', max_down: 1}, all: {select: all, max_down: 50%}}}";
    let inventory = inventory(fleet);
    let planned = plan(
        &playbook("waves: [{name: one, rest: true}]"),
        &inventory,
        answers(&inventory, 4, 0),
    );
    let planned = planned.unwrap();
    let shown: Vec<String> = planned
        .plan
        .domains
        .iter()
        .map(|domain| {
            let members: Vec<&str> = domain.members.iter().map(HostName::as_str).collect();
            format!("{} {} {}", domain.name, domain.limit, members.join(" "))
        })
        .collect();
    assert_eq!(shown, ["all 2 a b c2 c10", "two 1 a b"]);
    assert_eq!(planned.warnings, Vec::<String>::new());
}

/// What became of every host of a plan that runs as the schedule says, in the order in which they ended.
struct Course {
    ended: Vec<(HostName, End)>,
    most_down: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Well,
    Down,
    NeverBegun,
}

/// Runs a plan: `choices` decide who of the running ends next and whether it stays down.
fn course(plan: &Plan, choices: &[(usize, bool)]) -> Course {
    let mut schedule = DomainSchedule::new(plan);
    let mut choices = choices.iter().copied().cycle();
    let mut course = Course {
        ended: Vec::new(),
        most_down: schedule.down(),
    };
    for wave in &plan.waves {
        for batch in &wave.batches {
            let mut waiting = schedule.waiting(batch);
            let mut running: Vec<HostName> = Vec::new();
            loop {
                while running.len() < wave.parallel {
                    match schedule.next(&mut waiting) {
                        Next::Start(host) if host.has_work() => {
                            schedule.starts(&host.name);
                            running.push(host.name.clone());
                        }
                        Next::Start(host) => course.ended.push((host.name.clone(), End::Well)),
                        Next::Never(host, why) => {
                            assert!(why.down.len() >= why.limit);
                            course.ended.push((host.name.clone(), End::NeverBegun));
                        }
                        Next::Wait => {
                            assert!(!running.is_empty(), "nobody runs and somebody waits");
                            break;
                        }
                        Next::Nobody => break,
                    }
                    for (most, now) in course.most_down.iter_mut().zip(schedule.down()) {
                        *most = now.max(*most);
                    }
                }
                if running.is_empty() {
                    break;
                }
                let (who, fails) = choices.next().unwrap();
                let host = running.remove(who % running.len());
                schedule.ends(&host, fails);
                let end = if fails { End::Down } else { End::Well };
                course.ended.push((host, end));
            }
        }
    }
    course
}

const PAIR: &str = "{hosts: [a, b, c], domains: {pair: {select: 'a,b', max_down: 1}}}";

#[test]
fn a_failed_host_keeps_the_rest_of_its_domain_up() {
    let inventory = inventory(PAIR);
    let text = "waves: [{name: one, select: a}, {name: two, rest: true}]";
    let planned = plan(&playbook(text), &inventory, answers(&inventory, 3, 0)).unwrap();
    let ended = |fails: bool| -> Vec<(String, End)> {
        let course = course(&planned.plan, &[(0, fails)]);
        let ended = course.ended.iter();
        ended.map(|(host, end)| (host.to_string(), *end)).collect()
    };
    let row = |host: &str, end: End| (host.to_owned(), end);
    assert_eq!(
        ended(true),
        [row("a", End::Down), row("b", End::NeverBegun), row("c", End::Down)]
    );
    assert_eq!(
        ended(false),
        [row("a", End::Well), row("b", End::Well), row("c", End::Well)]
    );
}

#[test]
fn a_host_that_did_not_answer_is_down_from_the_beginning() {
    let inventory = inventory("{hosts: [a, c, b], domains: {pair: {select: 'a,b', max_down: 1}}}");
    let planned = plan(
        &playbook("waves: [{name: one, rest: true}]"),
        &inventory,
        answers(&inventory, 3, 1),
    );
    let planned = planned.unwrap();
    let mut schedule = DomainSchedule::new(&planned.plan);
    assert_eq!(schedule.down(), [1]);
    let mut waiting = schedule.waiting(&planned.plan.waves[0].batches[0]);
    let Next::Never(host, why) = schedule.next(&mut waiting) else {
        panic!("`a` must not start beside the silent `b`");
    };
    assert_eq!(host.name.as_str(), "a");
    assert_eq!(
        why.to_string(),
        "domain `pair` may have 1 of its hosts down, and these stay down: b"
    );
    schedule.starts(&host.name);
}

proptest! {
    #[test]
    fn no_domain_is_ever_exceeded_and_every_host_ends(
        domains in prop::collection::vec((prop::collection::btree_set(0_usize..12, 1..8), 1_usize..4), 0..4),
        choices in prop::collection::vec((0_usize..12, prop::bool::weighted(0.2)), 1..40),
        (changing, silent, parallel) in (0_usize..13, 0_usize..3, 1_usize..6),
        batch in 1_usize..13,
    ) {
        let mut text = String::from("hosts: ['h[00:11]']\ndomains:\n");
        for (number, (members, limit)) in domains.iter().enumerate() {
            let members: Vec<String> = members.iter().map(|member| format!("h{member:02}")).collect();
            text.push_str(&format!("  d{number}: {{select: '{}', max_down: {limit}}}\n", members.join(",")));
        }
        let text = if domains.is_empty() { text.replace("domains:\n", "") } else { text };
        let inventory = inventory(&text);
        let rule = format!(
            "waves: [{{name: one, select: 'h0*', batch: [{batch}], parallel: {parallel}}}, {{name: two, rest: true}}]"
        );
        let planned = plan(&playbook(&rule), &inventory, answers(&inventory, changing, silent)).unwrap();
        let before = DomainSchedule::new(&planned.plan).down();
        let course = course(&planned.plan, &choices);
        let ended: BTreeSet<&HostName> = course.ended.iter().map(|(host, _)| host).collect();
        prop_assert_eq!(ended.len(), 12);
        prop_assert_eq!(course.ended.len(), 12);
        for ((domain, most), before) in planned.plan.domains.iter().zip(&course.most_down).zip(before) {
            // More hosts than the limit may have been down before; the run adds none to them.
            prop_assert!(*most <= domain.limit.max(before), "{}: {most} of {}", domain.name, domain.limit);
        }
        // Whoever was never begun was kept back by hosts that are down.
        if course.ended.iter().all(|(_, end)| *end != End::Down) && silent == 0 {
            prop_assert!(course.ended.iter().all(|(_, end)| *end == End::Well));
        }
    }

    #[test]
    fn batches_keep_their_sizes_and_spread_a_domain(
        sizes in prop::collection::vec(1_usize..6, 1..5),
        members in prop::collection::btree_set(0_usize..20, 2..12),
        changing in 0_usize..21,
    ) {
        let names: Vec<String> = members.iter().map(|member| format!("h{member:02}")).collect();
        let fleet = format!("{{hosts: ['h[00:19]'], domains: {{d: {{select: '{}', max_down: 1}}}}}}", names.join(","));
        let inventory = inventory(&fleet);
        let shares: Vec<String> = sizes.iter().map(ToString::to_string).collect();
        let rule = format!("waves: [{{name: one, rest: true, batch: [{}]}}]", shares.join(", "));
        let planned = plan(&playbook(&rule), &inventory, answers(&inventory, changing, 0)).unwrap();
        let wave = &planned.plan.waves[0];
        let expected = crate::plan::waves::batch_sizes(&playbook(&rule).waves[0].batches, 20);
        let found: Vec<usize> = wave.batches.iter().map(Vec::len).collect();
        prop_assert_eq!(&found, &expected);
        let all: BTreeSet<&HostName> = wave.hosts().map(|host| &host.name).collect();
        prop_assert_eq!(all.len(), 20);
        let working = members.iter().filter(|member| **member < changing).count();
        let most_of = |most: usize| expected.iter().map(|size| most.min(*size)).sum::<usize>();
        let least = (0..=working).find(|most| most_of(*most) >= working).unwrap();
        for batch in &wave.batches {
            let here = batch.iter().filter(|host| host.has_work() && names.contains(&host.name.to_string()));
            prop_assert!(here.count() <= least);
            let in_order: Vec<&str> = batch.iter().map(|host| host.name.as_str()).collect();
            prop_assert!(in_order.is_sorted());
        }
    }
}
