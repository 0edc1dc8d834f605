//! How long a plan is expected to take, in numbers and in words.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::text::count;

/// What a plan is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// From the start of the first wave to the end of the last, soaks and gates included.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub duration: Duration,
    /// The past runs that it is from.
    #[serde(rename = "past_runs")]
    pub runs: usize,
    /// Hosts with changes of which nothing is known.
    #[serde(rename = "unknown_hosts")]
    pub unknown: usize,
}

impl Estimate {
    /// In words: `about 40 minutes, from 12 past runs`.
    #[must_use]
    pub fn in_words(self) -> String {
        let unknown = match self.unknown {
            0 => String::new(),
            number => format!("; {} never patched before", count(number, "host")),
        };
        format!(
            "{}, from {}{unknown}",
            about(self.duration),
            count(self.runs, "past run")
        )
    }
}

/// A duration as one says it: `about 40 minutes`, `about 3 hours 20 minutes`.
#[must_use]
pub fn about(duration: Duration) -> String {
    let minutes = usize::try_from(duration.as_secs().div_ceil(60))
        .unwrap_or(usize::MAX)
        .max(1);
    match (minutes / 60, minutes % 60) {
        (0 | 1, _) if minutes < 120 => format!("about {}", count(minutes, "minute")),
        (hours, 0) => format!("about {}", count(hours, "hour")),
        (hours, rest) => format!("about {} {}", count(hours, "hour"), count(rest, "minute")),
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_as_one_says_them() {
        let words = |minutes: u64| about(Duration::from_secs(60 * minutes));
        assert_eq!(about(Duration::from_secs(5)), "about 1 minute");
        assert_eq!(words(119), "about 119 minutes");
        assert_eq!(words(120), "about 2 hours");
        assert_eq!(words(200), "about 3 hours 20 minutes");
    }
}
