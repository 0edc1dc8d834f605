//! How much of what later waves get the first wave really exercises, and which hosts would make it complete. Pure.
//!
//! What must stay true: with the suggested hosts in the first wave everything is covered, and the same plan always
//! gives the same suggestion. Work grows with the number of changes, not with the product of hosts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use crate::model::coverage::{Coverage, SystemCoverage, UncoveredChange};
use crate::model::name::{Architecture, HostName, PackageName, Version};
use crate::model::plan::{Basis, Plan, PlannedChange, PlannedHost};

/// Distribution, release and machine architecture.
type System<'a> = (&'a str, &'a str, &'a str);

/// What is exercised: a version of a package on a kind of system.
type Exercise<'a> = (usize, &'a PackageName, &'a Architecture, &'a Version);

/// Measures a plan.
#[must_use]
pub fn measure_coverage(plan: &Plan) -> Coverage {
    let mut table = Table::default();
    for (index, wave) in plan.waves.iter().enumerate() {
        for host in wave.hosts() {
            table.add(host, index == 0);
        }
    }
    let suggested = table.suggest();
    let uncovered = table.uncovered();
    let systems = table.systems;
    Coverage {
        changes: systems.values().map(|row| row.coverage.changes).sum(),
        covered: systems.values().map(|row| row.coverage.covered).sum(),
        systems: systems.into_values().map(|row| row.coverage).collect(),
        uncovered,
        suggested,
    }
}

struct SystemRow {
    number: usize,
    coverage: SystemCoverage,
}

/// Every exercise by its number, and who has it.
#[derive(Default)]
struct Table<'a> {
    systems: BTreeMap<System<'a>, SystemRow>,
    numbers: HashMap<Exercise<'a>, usize>,
    exercises: Vec<Row<'a>>,
    /// The hosts of later waves, each with the numbers of what it lacks in the first wave.
    later: Vec<(&'a HostName, Vec<usize>)>,
}

struct Row<'a> {
    system: System<'a>,
    change: &'a PlannedChange,
    is_covered: bool,
    /// Positions in `later`.
    hosts: Vec<usize>,
}

impl<'a> Table<'a> {
    /// Hosts of the first wave come first: what they exercise is known when a later one is counted.
    fn add(&mut self, host: &'a PlannedHost, is_first: bool) {
        let Basis::Scanned { os, version, arch, .. } = &host.basis else {
            return;
        };
        let system: System<'a> = (os, version, arch);
        let number = self.systems.len();
        let row = self.systems.entry(system).or_insert_with(|| SystemRow {
            number,
            coverage: SystemCoverage {
                os: os.clone(),
                release: version.clone(),
                arch: arch.clone(),
                first_wave: 0,
                later: 0,
                changes: 0,
                covered: 0,
            },
        });
        if is_first {
            row.coverage.first_wave += 1;
        } else {
            row.coverage.later += 1;
            row.coverage.changes += host.changes.len();
        }
        let position = self.later.len();
        let mut lacking = Vec::new();
        for change in host.changes.iter() {
            let exercise = (row.number, &change.package, &change.arch, &change.to);
            let next = self.exercises.len();
            let number = *self.numbers.entry(exercise).or_insert(next);
            if number == next {
                self.exercises.push(Row {
                    system,
                    change,
                    is_covered: is_first,
                    hosts: Vec::new(),
                });
            }
            let Some(exercise) = self.exercises.get_mut(number) else {
                continue;
            };
            if is_first {
                exercise.is_covered = true;
            } else if exercise.is_covered {
                row.coverage.covered += 1;
            } else {
                exercise.hosts.push(position);
                lacking.push(number);
            }
        }
        if !is_first {
            self.later.push((&host.name, lacking));
        }
    }

    /// The host that brings the most of what is still missing, again and again; the first in the plan of equals.
    fn suggest(&self) -> Vec<HostName> {
        let mut missing: Vec<usize> = self.later.iter().map(|(_, lacking)| lacking.len()).collect();
        let mut is_missing: Vec<bool> = self.exercises.iter().map(|row| !row.is_covered).collect();
        let mut heap: BinaryHeap<(usize, Reverse<usize>)> = missing
            .iter()
            .enumerate()
            .filter(|(_, number)| **number > 0)
            .map(|(position, number)| (*number, Reverse(position)))
            .collect();
        let mut suggested = Vec::new();
        while let Some((claimed, Reverse(position))) = heap.pop() {
            let left = missing.get(position).copied().unwrap_or_default();
            if left < claimed {
                // Others bring a part of it by now.
                if left > 0 {
                    heap.push((left, Reverse(position)));
                }
                continue;
            }
            let Some((_, lacking)) = self.later.get(position) else {
                continue;
            };
            suggested.push(position);
            for number in lacking {
                let Some(open) = is_missing.get_mut(*number).filter(|open| **open) else {
                    continue;
                };
                *open = false;
                for other in self.exercises.get(*number).into_iter().flat_map(|row| &row.hosts) {
                    if let Some(count) = missing.get_mut(*other) {
                        *count -= 1;
                    }
                }
            }
        }
        suggested.sort_unstable();
        suggested
            .into_iter()
            .filter_map(|position| self.later.get(position))
            .map(|(host, _)| (*host).clone())
            .collect()
    }

    fn uncovered(&self) -> Vec<UncoveredChange> {
        let mut rows: Vec<&Row<'a>> = self.exercises.iter().filter(|row| !row.is_covered).collect();
        rows.sort_by_key(|row| {
            let change = row.change;
            (
                Reverse(row.hosts.len()),
                row.system,
                &change.package,
                &change.arch,
                &change.to,
            )
        });
        rows.into_iter()
            .map(|row| UncoveredChange {
                os: row.system.0.to_owned(),
                release: row.system.1.to_owned(),
                machine: row.system.2.to_owned(),
                package: row.change.package.clone(),
                arch: row.change.arch.clone(),
                to: row.change.to.clone(),
                hosts: row
                    .hosts
                    .iter()
                    .filter_map(|position| self.later.get(*position))
                    .map(|(host, _)| (*host).clone())
                    .collect(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::plan::test_plans::{host, of_release, plan, wave};

    fn names(coverage: &Coverage) -> Vec<&str> {
        coverage.suggested.iter().map(HostName::as_str).collect()
    }

    #[test]
    fn only_the_same_version_on_the_same_system_exercises_a_change() {
        let plan = plan(vec![
            wave("test", vec![vec![host("t1", &["ssl", "bash"]), host("t2", &[])]]),
            wave(
                "fleet",
                vec![vec![
                    host("a", &["ssl", "bash"]),
                    host("b", &["ssl=1=3", "nginx"]),
                    of_release(host("c", &["ssl"]), "13"),
                ]],
            ),
        ]);
        let coverage = measure_coverage(&plan);
        assert_eq!((coverage.covered, coverage.changes), (2, 5));
        let systems: Vec<(&str, usize, usize, usize, usize)> = coverage
            .systems
            .iter()
            .map(|row| {
                (
                    row.release.as_str(),
                    row.first_wave,
                    row.later,
                    row.covered,
                    row.changes,
                )
            })
            .collect();
        assert_eq!(systems, [("12", 2, 2, 2, 4), ("13", 0, 1, 0, 1)]);
        let uncovered: Vec<(&str, &str, &str)> = coverage
            .uncovered
            .iter()
            .map(|row| (row.release.as_str(), row.package.as_str(), row.to.as_str()))
            .collect();
        assert_eq!(
            uncovered,
            [("12", "nginx", "2"), ("12", "ssl", "3"), ("13", "ssl", "2")]
        );
        assert_eq!(names(&coverage), ["b", "c"]);
    }

    #[test]
    fn one_host_that_brings_all_is_suggested_before_many_that_bring_a_little() {
        let plan = plan(vec![
            wave("test", vec![vec![host("t", &["base"])]]),
            wave(
                "fleet",
                vec![vec![
                    host("a", &["x"]),
                    host("b", &["y"]),
                    host("all", &["x", "y", "z"]),
                    host("c", &["z"]),
                ]],
            ),
        ]);
        assert_eq!(names(&measure_coverage(&plan)), ["all"]);
    }

    #[test]
    fn a_plan_of_one_wave_has_nothing_to_cover() {
        let coverage = measure_coverage(&plan(vec![wave("only", vec![vec![host("a", &["x"])]])]));
        assert_eq!((coverage.changes, coverage.covered), (0, 0));
        assert!(coverage.uncovered.is_empty() && coverage.suggested.is_empty());
    }

    /// The suggested hosts moved into the first wave.
    fn improved(plan: &Plan, suggested: &[HostName]) -> Plan {
        let suggested: BTreeSet<&HostName> = suggested.iter().collect();
        let mut plan = plan.clone();
        let mut moved = Vec::new();
        for wave in plan.waves.iter_mut().skip(1) {
            for batch in &mut wave.batches {
                let (go, stay) = std::mem::take(batch)
                    .into_iter()
                    .partition(|host| suggested.contains(&host.name));
                *batch = stay;
                moved.extend::<Vec<PlannedHost>>(go);
            }
        }
        plan.waves[0].batches.push(moved);
        plan
    }

    proptest! {
        #[test]
        fn with_the_suggested_hosts_everything_is_covered(
            waves in prop::collection::vec(
                prop::collection::vec((0_usize..3, prop::collection::vec((0_usize..8, 2_usize..4), 0..6)), 0..6),
                1..4,
            ),
        ) {
            let mut number = 0;
            let waves = waves.into_iter().enumerate().map(|(index, hosts)| {
                let hosts = hosts.into_iter().map(|(release, changes)| {
                    number += 1;
                    let unique: BTreeMap<usize, usize> = changes.into_iter().collect();
                    let texts: Vec<String> = unique.iter().map(|(package, to)| format!("p{package}=1={to}")).collect();
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    of_release(host(&format!("h{number}"), &texts), ["11", "12", "13"][release])
                });
                wave(&format!("w{index}"), vec![hosts.collect()])
            });
            let plan = plan(waves.collect());
            let coverage = measure_coverage(&plan);
            prop_assert_eq!(&coverage, &measure_coverage(&plan));
            let lacking: usize = coverage.uncovered.iter().map(|row| row.hosts.len()).sum();
            prop_assert_eq!(coverage.changes - coverage.covered, lacking);
            prop_assert_eq!(coverage.suggested.is_empty(), coverage.uncovered.is_empty());
            let after = measure_coverage(&improved(&plan, &coverage.suggested));
            prop_assert_eq!(after.covered, after.changes);
            prop_assert!(after.uncovered.is_empty());
        }
    }

    /// Every host has packages of its own besides those that all have: the worst case for a suggestion.
    #[test]
    fn a_large_fleet_is_measured_at_once() {
        let fleet: Vec<PlannedHost> = (0..2_000)
            .map(|number| {
                let texts: Vec<String> = (0..50)
                    .map(|package| format!("p{}", (number / (package + 1)) * 50 + package))
                    .collect();
                host(
                    &format!("h{number}"),
                    &texts.iter().map(String::as_str).collect::<Vec<_>>(),
                )
            })
            .collect();
        let plan = plan(vec![
            wave("test", vec![vec![host("t", &["p1"])]]),
            wave("fleet", vec![fleet]),
        ]);
        let begin = Instant::now();
        let coverage = measure_coverage(&plan);
        assert_eq!(coverage.changes, 100_000);
        // Unoptimised and beside other tests; a product of hosts would take minutes.
        assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
    }
}
