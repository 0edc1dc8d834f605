//! When a maintenance window is open, right through changes of the clock. Pure: the time is an input.
//!
//! A window opens by the clock of its zone and stays open for a length of elapsed time. Where the clock skips the
//! time at which it would open, it opens as much later as was skipped; where that time comes twice, at the first.
//! Openings that meet or overlap are one.

use std::time::Duration;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::model::window::Window;

/// A window stays open for a week at most, and opens once a week at least.
const DAYS_AROUND: i32 = 9;

/// Whether a window is open, and until when or from when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowState {
    /// It is open.
    Open {
        /// The first moment at which it is not.
        until: Timestamp,
    },
    /// It is closed.
    Closed {
        /// When it opens next.
        opens: Timestamp,
        /// When that opening ends.
        until: Timestamp,
    },
}

/// Whether a host may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAnswer {
    /// It may.
    Yes,
    /// The window is closed.
    Closed {
        /// When it opens next.
        opens: Timestamp,
    },
    /// The window is open for less time than this host takes.
    TooShort {
        /// How long it is still open.
        left: Duration,
        /// How long the host takes.
        expected: Duration,
    },
}

/// Why it cannot be told whether a window is open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The zone is not in this machine's database of time zones.
    #[error("the time zone `{0}` is not known on this machine")]
    Zone(String),
    /// No calendar reaches that far.
    #[error("the window lies beyond the calendar")]
    Range,
}

/// Whether the window is open at that time.
///
/// # Errors
/// When the zone is not known on this machine.
pub fn window_state(window: &Window, now: Timestamp) -> Result<WindowState, WindowError> {
    let openings = openings(window, now)?;
    openings
        .into_iter()
        .find(|(_, until)| *until > now)
        .map(|(opens, until)| {
            if opens <= now {
                WindowState::Open { until }
            } else {
                WindowState::Closed { opens, until }
            }
        })
        .ok_or(WindowError::Range)
}

/// Whether a host may be started at that time which is expected to take so long; `None` where that is not known.
///
/// # Errors
/// As [`window_state`].
pub fn may_start(window: &Window, expected: Option<Duration>, now: Timestamp) -> Result<StartAnswer, WindowError> {
    Ok(match window_state(window, now)? {
        WindowState::Closed { opens, .. } => StartAnswer::Closed { opens },
        WindowState::Open { until } => {
            let left = between(now, until);
            match expected {
                Some(expected) if expected > left => StartAnswer::TooShort { left, expected },
                _ => StartAnswer::Yes,
            }
        }
    })
}

/// A time by the clock of the window's zone: `Sat 2026-11-28 22:00 CET`.
#[must_use]
pub fn in_zone(window: &Window, at: Timestamp) -> String {
    let zone = TimeZone::get(&window.zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
}

/// The time from one moment to a later one; nothing when it is not later.
#[must_use]
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// Every opening from a week before that time to a week after it, in order, each with its end.
fn openings(window: &Window, now: Timestamp) -> Result<Vec<(Timestamp, Timestamp)>, WindowError> {
    let zone = TimeZone::get(&window.zone).map_err(|_| WindowError::Zone(window.zone.clone()))?;
    let length = SignedDuration::try_from(window.length).map_err(|_| WindowError::Range)?;
    let today = now.to_zoned(zone.clone()).date();
    let mut openings: Vec<(Timestamp, Timestamp)> = Vec::new();
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
        match openings.last_mut() {
            Some((_, end)) if *end >= opens => *end = (*end).max(until),
            _ => openings.push((opens, until)),
        }
    }
    Ok(openings)
}

fn opens_on(window: &Window, day: Date) -> bool {
    let weekday: Weekday = day.weekday();
    window.days.is_empty() || window.days.contains(&weekday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use proptest::prelude::*;

    use super::*;

    fn window(days: &[Weekday], start: (i8, i8), hours: u64, zone: &str) -> Window {
        Window {
            days: days.to_vec(),
            start: time(start.0, start.1, 0, 0),
            length: Duration::from_secs(hours * 3600),
            zone: zone.to_owned(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_weekly_window_opens_and_closes_by_the_clock_of_its_zone() {
        let saturday = window(&[Weekday::Saturday], (22, 0), 4, "Europe/Berlin");
        let (opens, until) = (at("2026-11-28T21:00:00Z"), at("2026-11-29T01:00:00Z"));
        let closed = WindowState::Closed { opens, until };
        assert_eq!(window_state(&saturday, at("2026-11-22T12:00:00Z")), Ok(closed));
        assert_eq!(window_state(&saturday, at("2026-11-28T20:59:59Z")), Ok(closed));
        assert_eq!(window_state(&saturday, opens), Ok(WindowState::Open { until }));
        assert_eq!(
            window_state(&saturday, at("2026-11-29T00:59:59Z")),
            Ok(WindowState::Open { until })
        );
        let WindowState::Closed { opens: next, .. } = window_state(&saturday, until).unwrap() else {
            panic!("it is over");
        };
        assert_eq!(next, at("2026-12-05T21:00:00Z"));
        assert_eq!(in_zone(&saturday, opens), "Sat 2026-11-28 22:00 CET");
    }

    #[test]
    fn a_window_over_a_change_of_the_clock_is_as_long_as_it_says() {
        // The night of 2026-10-25 has an hour more, that of 2027-03-28 an hour less.
        let saturday = window(&[Weekday::Saturday], (22, 0), 8, "Europe/Berlin");
        assert_eq!(
            window_state(&saturday, at("2026-10-24T20:00:00Z")),
            Ok(WindowState::Open {
                until: at("2026-10-25T04:00:00Z")
            })
        );
        assert_eq!(
            in_zone(&saturday, at("2026-10-25T04:00:00Z")),
            "Sun 2026-10-25 05:00 CET"
        );
        assert_eq!(
            window_state(&saturday, at("2027-03-27T21:00:00Z")),
            Ok(WindowState::Open {
                until: at("2027-03-28T05:00:00Z")
            })
        );
        assert_eq!(
            in_zone(&saturday, at("2027-03-28T05:00:00Z")),
            "Sun 2027-03-28 07:00 CEST"
        );
    }

    #[test]
    fn a_time_that_the_clock_skips_is_an_hour_later_and_one_that_comes_twice_is_the_first() {
        let daily = window(&[], (2, 30), 1, "Europe/Berlin");
        let opens = |now: &str| match window_state(&daily, at(now)).unwrap() {
            WindowState::Closed { opens, .. } => opens,
            WindowState::Open { until } => panic!("open until {until}"),
        };
        // 02:30 is skipped: 03:30 CEST.
        assert_eq!(opens("2027-03-28T00:00:00Z"), at("2027-03-28T01:30:00Z"));
        assert_eq!(opens("2027-03-28T03:00:00Z"), at("2027-03-29T00:30:00Z"));
        // 02:30 comes twice: CEST first.
        assert_eq!(opens("2026-10-25T00:00:00Z"), at("2026-10-25T00:30:00Z"));
        assert_eq!(opens("2026-10-25T01:31:00Z"), at("2026-10-26T01:30:00Z"));
    }

    #[test]
    fn a_host_is_not_started_when_it_would_not_be_done_in_time() {
        let daily = window(&[], (22, 0), 2, "UTC");
        let minutes = |number: u64| Duration::from_secs(60 * number);
        let ask = |expected, now: &str| may_start(&daily, expected, at(now)).unwrap();
        let late = "2026-11-22T23:50:00Z";
        assert_eq!(ask(Some(minutes(10)), late), StartAnswer::Yes);
        assert_eq!(ask(None, late), StartAnswer::Yes);
        assert_eq!(
            ask(Some(minutes(11)), late),
            StartAnswer::TooShort {
                left: minutes(10),
                expected: minutes(11)
            }
        );
        assert_eq!(
            ask(None, "2026-11-23T00:00:00Z"),
            StartAnswer::Closed {
                opens: at("2026-11-23T22:00:00Z")
            }
        );
    }

    #[test]
    fn an_unknown_zone_is_an_error_and_not_an_open_window() {
        let error = window_state(&window(&[], (0, 0), 1, "Europe/Berlinn"), Timestamp::UNIX_EPOCH);
        assert_eq!(error, Err(WindowError::Zone("Europe/Berlinn".to_owned())));
    }

    const ZONES: [&str; 6] = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "UTC",
    ];

    const WEEK: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    proptest! {
        #[test]
        fn what_a_window_says_holds_at_the_times_it_names(
            days in prop::sample::subsequence(WEEK.to_vec(), 0..7),
            minute in 0_i32..1440,
            length in 1_u64..(7 * 24 * 60),
            zone in prop::sample::select(ZONES.to_vec()),
            second in 1_700_000_000_i64..2_000_000_000,
        ) {
            let window = Window {
                days,
                start: time((minute / 60) as i8, (minute % 60) as i8, 0, 0),
                length: Duration::from_secs(60 * length),
                zone: zone.to_owned(),
            };
            let now = Timestamp::from_second(second).unwrap();
            let tick = SignedDuration::from_secs(1);
            match window_state(&window, now).unwrap() {
                WindowState::Open { until } => {
                    prop_assert!(until > now);
                    let is_open = matches!(window_state(&window, until - tick).unwrap(), WindowState::Open { .. });
                    prop_assert!(is_open);
                }
                WindowState::Closed { opens, until } => {
                    prop_assert!(opens > now && between(opens, until) >= window.length);
                    let is_closed = matches!(window_state(&window, opens - tick).unwrap(), WindowState::Closed { .. });
                    prop_assert!(is_closed);
                    let is_open = matches!(window_state(&window, opens).unwrap(), WindowState::Open { .. });
                    prop_assert!(is_open);
                    let local = opens.to_zoned(TimeZone::get(zone).unwrap());
                    let shift = local.time().duration_since(window.start);
                    let hours = SignedDuration::from_hours(1);
                    prop_assert!(shift.is_zero() || (shift.is_positive() && shift <= hours) || shift.abs() >= hours * 23);
                    if shift.is_zero() {
                        prop_assert!(opens_on(&window, local.date()));
                    }
                }
            }
        }
    }
}
