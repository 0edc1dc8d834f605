//! Counts the rounds of a gate until it is decided. Pure.
//!
//! What could not be measured uses up `failures_allowed` too, so that one lost answer does not stop anybody; but a gate
//! fails only by failures.

use super::round::Outcome;
use crate::model::gate::{Gate, GateResult, UnknownRule};

/// How a gate was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rollout) struct Verdict {
    pub result: GateResult,
    /// What decided it.
    pub detail: String,
}

/// Counts rounds.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    needed: u32,
    allowed: u32,
    consecutive: bool,
    unknown: UnknownRule,
    /// Rounds that passed and count.
    passed: u32,
    failed: u32,
    missed: u32,
    /// All rounds that passed.
    passes: u32,
}

impl Tally {
    pub fn new(gate: &Gate) -> Self {
        Self {
            needed: gate.count.max(1),
            allowed: gate.failures_allowed,
            consecutive: gate.consecutive,
            unknown: gate.unknown,
            passed: 0,
            failed: 0,
            missed: 0,
            passes: 0,
        }
    }

    /// As [`new`](Self::new), for a gate that has passed before.
    pub fn once(gate: &Gate) -> Self {
        Self {
            needed: 1,
            ..Self::new(gate)
        }
    }

    /// Counts a round; gives the verdict once there is one.
    pub fn count(&mut self, round: &Outcome) -> Option<Verdict> {
        let result = match (round.result, self.unknown) {
            (GateResult::Unknown, UnknownRule::Fail) => GateResult::Fail,
            (GateResult::Unknown, UnknownRule::Pass) => GateResult::Pass,
            (result, _) => result,
        };
        let decided = |result, detail| Some(Verdict { result, detail });
        match result {
            GateResult::Pass => {
                self.passed += 1;
                self.passes += 1;
                return (self.passed >= self.needed).then(|| Verdict {
                    result: GateResult::Pass,
                    detail: self.in_words(),
                });
            }
            GateResult::Fail => self.failed += 1,
            GateResult::Unknown => self.missed += 1,
        }
        if self.consecutive {
            self.passed = 0;
        }
        if self.failed > self.allowed {
            return decided(GateResult::Fail, round.detail.clone());
        }
        if self.failed + self.missed > self.allowed {
            return decided(GateResult::Unknown, round.detail.clone());
        }
        None
    }

    fn in_words(&self) -> String {
        let measured = self.passes + self.failed + self.missed;
        let row = if self.consecutive && self.needed > 1 {
            format!(", the last {} in a row", self.needed)
        } else {
            String::new()
        };
        format!("{} of {measured} measurements passed{row}", self.passes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::gate::GateCheck;

    fn gate(count: u32, failures_allowed: u32, consecutive: bool, unknown: UnknownRule) -> Gate {
        let address = "x:1".to_owned();
        Gate {
            count,
            failures_allowed,
            consecutive,
            unknown,
            ..Gate::new("g", GateCheck::Tcp { address })
        }
    }

    /// The verdict over these rounds, and the number of rounds that it took.
    fn decided(gate: &Gate, rounds: &[GateResult]) -> Option<(GateResult, usize)> {
        let mut tally = Tally::new(gate);
        rounds.iter().enumerate().find_map(|(index, result)| {
            let round = Outcome::new(*result, "seen");
            tally.count(&round).map(|verdict| (verdict.result, index + 1))
        })
    }

    use GateResult::{Fail, Pass, Unknown};

    #[test]
    fn a_gate_passes_when_it_was_measured_often_enough() {
        let two = gate(2, 0, false, UnknownRule::Pause);
        assert_eq!(decided(&two, &[Pass]), None);
        assert_eq!(decided(&two, &[Pass, Pass]), Some((Pass, 2)));
    }

    #[test]
    fn a_gate_fails_at_the_first_failure_beyond_the_allowed_ones() {
        let one = gate(2, 1, false, UnknownRule::Pause);
        assert_eq!(decided(&one, &[Fail, Pass, Fail]), Some((Fail, 3)));
        assert_eq!(decided(&one, &[Pass, Fail, Pass]), Some((Pass, 3)));
    }

    #[test]
    fn in_a_row_means_that_a_failure_begins_the_row_anew() {
        let row = gate(2, 1, true, UnknownRule::Pause);
        assert_eq!(decided(&row, &[Pass, Fail, Pass]), None);
        assert_eq!(decided(&row, &[Pass, Fail, Pass, Pass]), Some((Pass, 4)));
        assert_eq!(decided(&row, &[Pass, Fail, Pass, Fail]), Some((Fail, 4)));
    }

    #[test]
    fn what_could_not_be_measured_follows_its_rule() {
        let by = |rule| decided(&gate(1, 0, false, rule), &[Unknown]);
        assert_eq!(by(UnknownRule::Pause), Some((Unknown, 1)));
        assert_eq!(by(UnknownRule::Fail), Some((Fail, 1)));
        assert_eq!(by(UnknownRule::Pass), Some((Pass, 1)));
        let one = gate(1, 1, false, UnknownRule::Pause);
        assert_eq!(decided(&one, &[Unknown, Pass]), Some((Pass, 2)));
        assert_eq!(decided(&one, &[Unknown, Fail]), Some((Unknown, 2)));
        assert_eq!(decided(&one, &[Fail, Fail]), Some((Fail, 2)));
    }

    fn results() -> impl Strategy<Value = Vec<GateResult>> {
        prop::collection::vec(prop::sample::select(vec![Pass, Fail, Unknown]), 0..60)
    }

    proptest! {
        #[test]
        fn every_gate_is_decided_in_bounded_time_and_as_it_was_counted(
            count in 1_u32..6,
            allowed in 0_u32..4,
            consecutive: bool,
            rounds in results(),
        ) {
            let gate = gate(count, allowed, consecutive, UnknownRule::Pause);
            let most = usize::try_from(count * (allowed + 1) + allowed + 1).unwrap();
            let Some((result, taken)) = decided(&gate, &rounds) else {
                prop_assert!(rounds.len() < most, "undecided after {} rounds", rounds.len());
                return Ok(());
            };
            prop_assert!(taken <= most);
            let seen = &rounds[..taken];
            let number = |wanted| u32::try_from(seen.iter().filter(|one| **one == wanted).count()).unwrap();
            match result {
                Pass => {
                    prop_assert!(number(Fail) + number(Unknown) <= allowed);
                    let row = u32::try_from(seen.iter().rev().take_while(|one| **one == Pass).count()).unwrap();
                    let counted = if consecutive { row } else { number(Pass) };
                    prop_assert_eq!(counted, count);
                }
                Fail => prop_assert_eq!(number(Fail), allowed + 1),
                Unknown => prop_assert!(number(Fail) <= allowed && number(Fail) + number(Unknown) == allowed + 1),
            }
        }

        #[test]
        fn without_failures_a_row_changes_nothing(count in 1_u32..6, rounds in 0_usize..10) {
            let passes = vec![Pass; rounds];
            let row = decided(&gate(count, 0, true, UnknownRule::Pause), &passes);
            prop_assert_eq!(row, decided(&gate(count, 0, false, UnknownRule::Pause), &passes));
        }
    }
}
