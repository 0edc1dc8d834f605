//! Counts failures against the budgets of the waves and of the whole run. Pure.
//!
//! What must stay true: the run stops at the failure that the words of a budget name, whichever budget it is, and a
//! host counts once, however often its end is told. So it can be made anew from what a journal tells, in any order.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::name::{HostName, WaveName};
use crate::model::plan::{Budget, Plan, PlannedWave};
use crate::model::run::HostRunState;
use crate::model::run_rules::{FailureKind, RunBudget};

/// As many names as a reason shows.
const NAMES: usize = 3;

/// The failures of a run so far.
#[derive(Debug, Clone)]
pub struct Budgets {
    rule: RunBudget,
    /// The budget of the whole run, when it has one.
    run: Option<Budget>,
    total: Tally,
    waves: BTreeMap<WaveName, Tally>,
}

/// The failed hosts of a wave, or of all waves.
#[derive(Debug, Clone, Default)]
struct Tally {
    /// Every host that failed in any way.
    failed: BTreeSet<HostName>,
    /// Those that count, in the order in which that became known.
    counted: Vec<HostName>,
}

impl Budgets {
    /// The budgets of a plan before its first host.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        Self {
            rule: plan.rules.run.budget.clone(),
            run: plan.run_budget(),
            total: Tally::default(),
            waves: BTreeMap::new(),
        }
    }

    /// A host of a wave ended, now or under an earlier controller.
    pub fn note(&mut self, wave: &WaveName, host: &HostName, state: HostRunState) {
        let kind = match state {
            HostRunState::Failed => FailureKind::Failed,
            HostRunState::Unreachable => FailureKind::Unreachable,
            _ => return,
        };
        let counts = self.rule.counts.contains(&kind);
        self.total.add(host, counts);
        self.waves.entry(wave.clone()).or_default().add(host, counts);
    }

    /// Which budget keeps the hosts of this wave from starting, in words; `None` while none does.
    #[must_use]
    pub fn exceeded(&self, wave: &PlannedWave) -> Option<String> {
        if let Some(tally) = self.waves.get(&wave.name).filter(|tally| tally.exceeds(wave.budget)) {
            let failed = tally.in_words();
            return Some(format!(
                "wave `{}` {}; failed: {failed}",
                wave.name,
                wave.budget.in_words()
            ));
        }
        let run = self.run.filter(|run| self.total.exceeds(*run))?;
        Some(format!("the run {}; failed: {}", run.in_words(), self.total.in_words()))
    }
}

impl Tally {
    fn add(&mut self, host: &HostName, counts: bool) {
        if self.failed.insert(host.clone()) && counts {
            self.counted.push(host.clone());
        }
    }

    /// Where every host failed nothing was proved, whichever kinds of failure count.
    fn exceeds(&self, budget: Budget) -> bool {
        budget.is_exceeded(self.counted.len()) || (!self.failed.is_empty() && self.failed.len() >= budget.hosts)
    }

    fn in_words(&self) -> String {
        let all: Vec<&HostName> = if self.counted.is_empty() {
            self.failed.iter().collect()
        } else {
            self.counted.iter().collect()
        };
        let names: Vec<&str> = all.iter().take(NAMES).map(|host| host.as_str()).collect();
        let more = if all.len() > names.len() { ", …" } else { "" };
        format!("{}{more}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plan::test_plans::{host, plan, wave};

    fn planned(sizes: &[(usize, usize)], total: Option<usize>, counts: Vec<FailureKind>) -> Plan {
        let waves = sizes.iter().enumerate().map(|(number, (hosts, tolerated))| {
            let names = (0..*hosts).map(|host_number| host(&format!("w{number}h{host_number}"), &["a"]));
            let mut wave = wave(&format!("w{number}"), vec![names.collect()]);
            wave.budget.tolerated = *tolerated;
            wave
        });
        let mut plan = plan(waves.collect());
        plan.rules.run.budget = RunBudget {
            tolerated: total,
            counts,
        };
        plan
    }

    fn both() -> Vec<FailureKind> {
        RunBudget::default().counts
    }

    fn ended(budgets: &mut Budgets, plan: &Plan, wave: usize, host: usize, state: HostRunState) {
        let wave = &plan.waves[wave];
        let host = wave.hosts().nth(host).unwrap();
        budgets.note(&wave.name, &host.name, state);
    }

    #[test]
    fn failures_of_all_waves_use_up_the_budget_of_the_run() {
        let plan = planned(&[(10, 5), (10, 5)], Some(1), both());
        let mut budgets = Budgets::new(&plan);
        ended(&mut budgets, &plan, 0, 3, HostRunState::Failed);
        assert_eq!(budgets.exceeded(&plan.waves[0]), None);
        assert_eq!(budgets.exceeded(&plan.waves[1]), None);
        // Told again by a journal that is read a second time, it is the same host.
        ended(&mut budgets, &plan, 0, 3, HostRunState::Failed);
        ended(&mut budgets, &plan, 1, 0, HostRunState::Patched);
        assert_eq!(budgets.exceeded(&plan.waves[1]), None);
        ended(&mut budgets, &plan, 1, 4, HostRunState::Unreachable);
        assert_eq!(
            budgets.exceeded(&plan.waves[1]).unwrap(),
            "the run stops at the 2nd failure of 20; failed: w0h3, w1h4"
        );
    }

    #[test]
    fn what_does_not_count_ends_a_wave_only_when_nobody_is_left() {
        let plan = planned(&[(3, 0)], Some(0), vec![FailureKind::Failed]);
        let mut budgets = Budgets::new(&plan);
        for host in 0..2 {
            ended(&mut budgets, &plan, 0, host, HostRunState::Unreachable);
            assert_eq!(budgets.exceeded(&plan.waves[0]), None);
        }
        ended(&mut budgets, &plan, 0, 2, HostRunState::Unreachable);
        assert_eq!(
            budgets.exceeded(&plan.waves[0]).unwrap(),
            "wave `w0` stops at the 1st failure of 3; failed: w0h0, w0h1, w0h2"
        );
        let mut budgets = Budgets::new(&plan);
        ended(&mut budgets, &plan, 0, 1, HostRunState::Failed);
        assert!(budgets.exceeded(&plan.waves[0]).is_some());
    }

    /// The number that the words name: `stops at the 12th failure of 40`.
    fn named(words: &str) -> usize {
        let number: String = words.chars().filter(|c| c.is_ascii_digit() || *c == ' ').collect();
        number.split_whitespace().next().unwrap().parse().unwrap()
    }

    proptest! {
        #[test]
        fn a_run_stops_at_the_failure_that_the_words_of_its_budgets_name(
            sizes in prop::collection::vec((1_usize..12, 0_usize..6), 1..5),
            total in prop::option::of(0_usize..12),
            failing in prop::collection::vec(any::<bool>(), 48),
        ) {
            let plan = planned(&sizes, total, both());
            let whole = plan.run_budget().map(|budget| named(&budget.in_words()));
            let mut budgets = Budgets::new(&plan);
            let mut failing = failing.into_iter();
            let mut all = 0;
            'run: for wave in &plan.waves {
                let of_wave = named(&wave.budget.in_words());
                let mut here = 0;
                for host in wave.hosts() {
                    let failed = failing.next().unwrap_or_default();
                    let state = if failed { HostRunState::Failed } else { HostRunState::Patched };
                    budgets.note(&wave.name, &host.name, state);
                    here += usize::from(failed);
                    all += usize::from(failed);
                    let stops = here >= of_wave || whole.is_some_and(|whole| all >= whole);
                    let reason = budgets.exceeded(wave);
                    prop_assert_eq!(reason.is_some(), stops, "{:?}", reason);
                    if stops {
                        break 'run;
                    }
                }
            }
        }
    }
}
