//! The host's clock against the one here. Pure: both times are given.

use std::time::Duration;

use crate::model::checkup::{Check, Topic};
use crate::model::duration::format_duration;
use crate::model::section::Sections;

/// Further apart than this is worth a look.
const WORTH_A_LOOK: i64 = 30_000;
/// Further apart than this, repositories and certificates that are new will not be believed, or old ones will be.
const TOO_FAR: i64 = 3_600_000;

const REMEDY: &str =
    "let the host keep its time (chrony, systemd-timesyncd); Release files and certificates are judged by it";

/// When a script was sent and when its whole answer was there, in milliseconds since 1970 by the clock here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Before the first byte was sent.
    pub sent: i64,
    /// After the last byte had come.
    pub received: i64,
}

/// How far the host's clock is at the least from the one here, in milliseconds; positive when it is ahead. The host
/// gives whole seconds, read after the script was sent and before its answer was complete.
fn distance(first: i64, last: i64, times: Times) -> i64 {
    let at_least = last * 1000 - times.received;
    let at_most = first * 1000 + 1000 - times.sent;
    if at_least > 0 {
        at_least
    } else if at_most < 0 {
        at_most
    } else {
        0
    }
}

/// The check.
pub(super) fn clock(sections: &Sections, times: Times) -> Check {
    let read = |name| {
        sections
            .text(name)
            .trim()
            .parse::<i64>()
            .ok()
            .filter(|at| at.unsigned_abs() < 1 << 40)
    };
    let (Some(first), Some(last)) = (read("clock"), read("clock-end")) else {
        return Check::unknown(
            Topic::Clock,
            "the host did not say what time it is",
            "run `date +%s` on it",
        );
    };
    let apart = distance(first, last, times);
    let direction = if apart > 0 { "ahead of" } else { "behind" };
    let words = format!(
        "its clock is {} {direction} the one here",
        format_duration(Duration::from_secs(apart.unsigned_abs() / 1000))
    );
    match apart.abs() {
        far if far > TOO_FAR => Check::failed(Topic::Clock, words, REMEDY),
        far if far > WORTH_A_LOOK => Check::warning(Topic::Clock, words, REMEDY),
        far if far >= 1000 => Check::ok(Topic::Clock, words),
        _ => Check::ok(Topic::Clock, "its clock agrees with the one here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_the_answer_took_is_not_taken_for_a_wrong_clock() {
        let times = Times {
            sent: 1_000_000,
            received: 1_009_000,
        };
        assert_eq!(distance(1_001, 1_008, times), 0);
        assert_eq!(distance(1_000, 1_009, times), 0);
        // Ahead by a minute, and behind by one: never more is said than is certain.
        assert_eq!(distance(1_061, 1_068, times), 59_000);
        assert_eq!(distance(941, 948, times), -58_000);
    }
}
