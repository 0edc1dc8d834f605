//! Windows and blackouts in words.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::{WindowError, WindowState, between, window_state};
use crate::model::duration::format_duration;
use crate::model::estimate::{Estimate, about};
use crate::model::text::printable;
use crate::model::window::{Blackout, Calendar, Window};

/// As many blackouts as are told of a plan.
const BLACKOUTS: usize = 3;

/// A time by the clock of the first window's zone, of UTC where there is no window: `Sat 2026-11-28 22:00 CET`.
#[must_use]
pub fn in_zone(calendar: &Calendar, at: Timestamp) -> String {
    let zone = calendar
        .windows
        .first()
        .and_then(|window| TimeZone::get(&window.zone).ok());
    let at = at.to_zoned(zone.unwrap_or(TimeZone::UTC));
    at.strftime("%a %Y-%m-%d %H:%M %Z").to_string()
}

/// Why nothing is begun, given the blackout that is on: `a blackout is on (year-end freeze)`.
#[must_use]
pub fn why_closed(blackout: Option<&str>) -> String {
    match blackout {
        Some(blackout) => format!("{blackout} is on"),
        None => "the maintenance window is closed".to_owned(),
    }
}

/// `a blackout (year-end freeze)`.
pub(super) fn blackout(blackout: &Blackout) -> String {
    match &blackout.reason {
        Some(reason) => format!("a blackout ({})", printable(reason)),
        None => "a blackout".to_owned(),
    }
}

/// What a plan says of the time in which it may run: its windows, the blackouts to come, the next opening, and whether
/// it is long enough. Nothing where it may always run.
#[must_use]
pub fn outlook(calendar: &Calendar, takes: Option<Estimate>, now: Timestamp) -> Vec<String> {
    if calendar.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<String> = calendar.windows.iter().map(window).collect();
    let ahead: Vec<&Blackout> = calendar.blackouts.iter().filter(|one| one.until > now).collect();
    let told = ahead.iter().take(BLACKOUTS);
    lines.extend(told.map(|one| {
        let (from, until) = (in_zone(calendar, one.from), in_zone(calendar, one.until));
        format!("{} from {from} to {until}", capital(&blackout(one)))
    }));
    if ahead.len() > BLACKOUTS {
        lines.push(format!("and {} more blackouts", ahead.len() - BLACKOUTS));
    }
    lines.push(match next(calendar, takes, now) {
        Ok(line) => line,
        Err(error) => format!("Whether the maintenance window is open cannot be told: {error}"),
    });
    lines
}

fn next(calendar: &Calendar, takes: Option<Estimate>, now: Timestamp) -> Result<String, WindowError> {
    let (when, begins, until) = match window_state(calendar, now)? {
        WindowState::Open { until, .. } => ("Hosts may be changed now".to_owned(), now, until),
        WindowState::Closed { opens, until, blackout } => (
            format!(
                "{}; hosts may be changed from {} on, in {}",
                capital(&why_closed(blackout.as_deref())),
                in_zone(calendar, opens),
                about(between(now, opens))
            ),
            opens,
            until,
        ),
    };
    let Some(until) = until else {
        return Ok(format!("{when}."));
    };
    let open: Duration = between(begins, until);
    let fits = match takes {
        None => "how long the plan takes is not known".to_owned(),
        Some(takes) if takes.duration <= open => format!("the plan fits: it takes {}", takes.in_words()),
        Some(takes) => format!("the plan does not fit: it takes {}", takes.in_words()),
    };
    let end = in_zone(calendar, until);
    Ok(format!("{when}, until {end} ({}); {fits}.", about(open)))
}

fn window(window: &Window) -> String {
    let name = |day: &Weekday| format!("{day:?}").chars().take(3).collect::<String>();
    let days = match window.days.as_slice() {
        [] => "every day".to_owned(),
        days => days.iter().map(name).collect::<Vec<_>>().join(", "),
    };
    format!(
        "Window: {days} at {} {} for {}",
        window.start.strftime("%H:%M"),
        window.zone,
        format_duration(window.length)
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
