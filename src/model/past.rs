//! How long hosts took in past runs.

use std::collections::BTreeMap;
use std::time::Duration;

use super::name::HostName;

/// How long hosts took to be patched in the newest runs, from the start of their turn to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PastDurations {
    /// The number of runs in which a host was patched.
    pub runs: usize,
    /// Of each host the duration that nine of ten of its turns did not exceed.
    pub hosts: BTreeMap<HostName, Duration>,
}

impl PastDurations {
    /// From every turn in which a host was patched.
    #[must_use]
    pub fn from_turns(runs: usize, turns: impl IntoIterator<Item = (HostName, Duration)>) -> Self {
        let mut of_hosts: BTreeMap<HostName, Vec<Duration>> = BTreeMap::new();
        for (host, duration) in turns {
            of_hosts.entry(host).or_default().push(duration);
        }
        let hosts = of_hosts
            .into_iter()
            .filter_map(|(host, durations)| Some((host, ninth_of_ten(durations)?)))
            .collect();
        Self { runs, hosts }
    }

    /// Of one host; `None` where nothing is known.
    #[must_use]
    pub fn of(&self, host: &HostName) -> Option<Duration> {
        self.hosts.get(host).copied()
    }
}

/// The smallest of the values that at least nine of ten do not exceed: the nearest rank.
fn ninth_of_ten(mut durations: Vec<Duration>) -> Option<Duration> {
    durations.sort_unstable();
    let rank = (durations.len() * 9).div_ceil(10);
    durations.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_of_ten_turns_are_no_longer() {
        let seconds = |values: &[u64]| ninth_of_ten(values.iter().map(|value| Duration::from_secs(*value)).collect());
        assert_eq!(seconds(&[]), None);
        assert_eq!(seconds(&[7]), Some(Duration::from_secs(7)));
        assert_eq!(seconds(&[10, 1, 2, 3, 4, 5, 6, 7, 8, 9]), Some(Duration::from_secs(9)));
        assert_eq!(seconds(&[1, 100]), Some(Duration::from_secs(100)));
    }
}
