//! How long ago something was, for the screens that say how old their figures are.

use jiff::Timestamp;

/// The time from `time` to `now` in words; one that lies ahead, by a clock that was set, counts as now.
pub fn age_in_words(now: Timestamp, time: Timestamp) -> String {
    let seconds = now.duration_since(time).as_secs();
    crate::model::duration::age_in_words(u64::try_from(seconds).unwrap_or(0))
}
