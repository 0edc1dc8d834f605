//! When hosts fetch their repositories' metadata anew before they are compared with the plan. Pure.

use std::time::Duration;

use jiff::Timestamp;

use crate::remote::probe::Refresh;

/// For so long a plan, and what its scan fetched, counts as just made.
const JUST_MADE: Duration = Duration::from_secs(5 * 60);

/// How far a run trusts what its hosts knew when the plan was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The plan is of this command: its first wave need not fetch what was fetched a moment ago.
    JustPlanned,
    /// The plan was kept: every host fetches.
    KeptPlan,
    /// Nothing is fetched, as `--refresh never` says: what is planned lies on the hosts, or is known there.
    NothingFetched,
}

impl Freshness {
    /// What a host of the wave with that number does, of a plan made then.
    pub(super) fn refresh(self, wave: usize, made: Timestamp, now: Timestamp) -> Refresh {
        let age = now.duration_since(made);
        let is_young = !age.is_negative() && age.unsigned_abs() < JUST_MADE;
        match self {
            Self::NothingFetched => Refresh::Never,
            Self::JustPlanned if wave == 0 && is_young => Refresh::OlderThan(JUST_MADE),
            Self::JustPlanned | Self::KeptPlan => Refresh::Always,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn only_the_first_wave_of_a_young_plan_trusts_the_scan() {
        let made = Timestamp::UNIX_EPOCH;
        let (soon, late) = (made + 60.seconds(), made + 300.seconds());
        let young = Refresh::OlderThan(JUST_MADE);
        for (freshness, wave, now, expected) in [
            (Freshness::JustPlanned, 0, soon, young),
            (Freshness::JustPlanned, 0, late, Refresh::Always),
            (Freshness::JustPlanned, 0, made - 1.seconds(), Refresh::Always),
            (Freshness::JustPlanned, 1, soon, Refresh::Always),
            (Freshness::KeptPlan, 0, soon, Refresh::Always),
            (Freshness::NothingFetched, 1, late, Refresh::Never),
        ] {
            assert_eq!(
                freshness.refresh(wave, made, now),
                expected,
                "{freshness:?} {wave} {now}"
            );
        }
    }
}
