//! When hosts may be changed, right through changes of the clock. Pure: the time is an input.
//!
//! A window opens by the clock of its zone and stays open for a length of elapsed time. Where the clock skips the
//! time at which it would open, it opens as much later as was skipped; where that time comes twice, at the first.
//! Openings that meet or overlap are one, whichever windows they are of. A blackout is taken out of all of them; where
//! there is no window, out of all time.

mod words;

use std::time::Duration;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::model::window::{Blackout, Calendar, Window};

pub use words::{in_zone, outlook, why_closed};

/// A window stays open for a week at most, and opens once a week at least.
const DAYS_AROUND: i32 = 9;

/// Whether hosts may be changed, and until when or from when on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowState {
    /// They may.
    Open {
        /// The first moment at which they may not; `None` for ever.
        until: Option<Timestamp>,
        /// The blackout that ends it, in words; `None` where the window itself ends.
        ends_by: Option<String>,
    },
    /// They may not.
    Closed {
        /// When they may next.
        opens: Timestamp,
        /// When that opening ends; `None` for never.
        until: Option<Timestamp>,
        /// The blackout that is on, in words; `None` outside every blackout.
        blackout: Option<String>,
    },
}

/// Whether a host may be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartAnswer {
    /// It may.
    Yes,
    /// Nothing may be begun now.
    Closed {
        /// When it may next.
        opens: Timestamp,
        /// The blackout that is on, in words; `None` outside every blackout.
        blackout: Option<String>,
    },
    /// Less time is left than this host takes.
    TooShort {
        /// How much.
        left: Duration,
        /// How long the host takes.
        expected: Duration,
        /// The blackout that comes, in words; `None` where the window itself ends.
        ends_by: Option<String>,
    },
}

/// Why it cannot be told whether hosts may be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The zone is not in this machine's database of time zones.
    #[error("the time zone `{0}` is not known on this machine")]
    Zone(String),
    /// No calendar reaches that far.
    #[error("the window lies beyond the calendar")]
    Range,
}

/// Whether hosts may be changed at that time.
///
/// # Errors
/// When a zone is not known on this machine.
pub fn window_state(calendar: &Calendar, now: Timestamp) -> Result<WindowState, WindowError> {
    let mut at = now;
    // Each round but the last ends behind a blackout, which no later round meets again.
    for _ in 0..=calendar.blackouts.len() {
        let (opens, closes) = opening(&calendar.windows, at)?;
        at = opens.max(at);
        if let Some(blackout) = latest_around(&calendar.blackouts, at) {
            at = blackout.until;
            continue;
        }
        let next = calendar
            .blackouts
            .iter()
            .filter(|blackout| blackout.from > at)
            .min_by_key(|blackout| blackout.from)
            .filter(|blackout| closes.is_none_or(|closes| blackout.from < closes));
        let until = next.map(|blackout| blackout.from).or(closes);
        return Ok(if at == now {
            WindowState::Open {
                until,
                ends_by: next.map(words::blackout),
            }
        } else {
            WindowState::Closed {
                opens: at,
                until,
                blackout: latest_around(&calendar.blackouts, now).map(words::blackout),
            }
        });
    }
    Err(WindowError::Range)
}

/// Of the blackouts that are on at a time, the one that ends last.
fn latest_around(blackouts: &[Blackout], at: Timestamp) -> Option<&Blackout> {
    let around = blackouts
        .iter()
        .filter(|blackout| blackout.from <= at && at < blackout.until);
    around.max_by_key(|blackout| blackout.until)
}

/// Whether a host may be started at that time which is expected to take so long; `None` where that is not known.
///
/// # Errors
/// As [`window_state`].
pub fn may_start(calendar: &Calendar, expected: Option<Duration>, now: Timestamp) -> Result<StartAnswer, WindowError> {
    Ok(match window_state(calendar, now)? {
        WindowState::Closed { opens, blackout, .. } => StartAnswer::Closed { opens, blackout },
        WindowState::Open { until, ends_by } => {
            let left = until.map(|until| between(now, until));
            match (expected, left) {
                (Some(expected), Some(left)) if expected > left => StartAnswer::TooShort {
                    left,
                    expected,
                    ends_by,
                },
                _ => StartAnswer::Yes,
            }
        }
    })
}

/// The time from one moment to a later one; nothing when it is not later.
#[must_use]
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// The opening that is not over at that time, blackouts aside: its beginning, and its end when it has one.
fn opening(windows: &[Window], now: Timestamp) -> Result<(Timestamp, Option<Timestamp>), WindowError> {
    if windows.is_empty() {
        return Ok((now, None));
    }
    let openings = openings(windows, now)?;
    let next = openings.into_iter().find(|(_, until)| *until > now);
    next.map(|(opens, until)| (opens, Some(until)))
        .ok_or(WindowError::Range)
}

/// Every opening from a week before that time to a week after it, in order, each with its end.
fn openings(windows: &[Window], now: Timestamp) -> Result<Vec<(Timestamp, Timestamp)>, WindowError> {
    let mut all: Vec<(Timestamp, Timestamp)> = Vec::new();
    for window in windows {
        openings_of(window, now, &mut all)?;
    }
    all.sort_unstable();
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (opens, until) in all {
        match merged.last_mut() {
            Some((_, end)) if *end >= opens => *end = (*end).max(until),
            _ => merged.push((opens, until)),
        }
    }
    Ok(merged)
}

fn openings_of(window: &Window, now: Timestamp, all: &mut Vec<(Timestamp, Timestamp)>) -> Result<(), WindowError> {
    let zone = TimeZone::get(&window.zone).map_err(|_| WindowError::Zone(window.zone.clone()))?;
    let length = SignedDuration::try_from(window.length).map_err(|_| WindowError::Range)?;
    let today = now.to_zoned(zone.clone()).date();
    for offset in -DAYS_AROUND..=DAYS_AROUND {
        let Ok(day) = today.checked_add(offset.days()) else {
            continue;
        };
        if !opens_on(window, day) {
            continue;
        }
        let opens = zone
            .to_ambiguous_timestamp(day.to_datetime(window.start))
            .compatible()
            .map_err(|_| WindowError::Range)?;
        let until = opens.checked_add(length).map_err(|_| WindowError::Range)?;
        all.push((opens, until));
    }
    Ok(())
}

fn opens_on(window: &Window, day: Date) -> bool {
    let weekday: Weekday = day.weekday();
    window.days.is_empty() || window.days.contains(&weekday)
}

#[cfg(test)]
mod tests;
