//! Things that come again by a rule of a calendar (RFC 5545, sections 3.3.10 and 3.8.5). Pure.
//!
//! Everything is by the clock of one zone. Where the clock skips a time it is as much later as was skipped; where a time
//! comes twice it is the first.

mod days;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use self::days::Periods;

/// More periods than any rule that ends before a plan does can need: one a day for five hundred years.
const MOST_PERIODS: usize = 200_000;

/// One thing of a calendar, with all its repetitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarEvent {
    /// What it is called.
    pub summary: Option<String>,
    /// When it begins first, by the clock of its zone.
    pub starts: DateTime,
    /// The zone, in a form that [`time_zone`] reads.
    pub zone: String,
    /// How long it lasts.
    pub lasts: EventLength,
    /// How it comes again; `None` when it comes once.
    pub rule: Option<RecurrenceRule>,
    /// Beginnings that fall out.
    pub excluded: BTreeSet<Timestamp>,
}

/// From the beginning to the end: first so many days by the clock, then so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLength {
    /// Days by the clock of the zone.
    pub days: u32,
    /// Elapsed time after them.
    pub time: Duration,
}

/// How something comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurrenceRule {
    /// The unit of its periods.
    pub frequency: Frequency,
    /// It comes in each so many-th period; at least 1.
    pub interval: u32,
    /// When it ends.
    pub ends: RecurrenceEnd,
    /// Weekdays, each with its number within the month or year where one is given: `-1` is the last.
    pub weekdays: Vec<(Option<i16>, Weekday)>,
    /// Days of the month, from 1 or from -1 backwards.
    pub month_days: Vec<i8>,
    /// Months, from 1.
    pub months: Vec<i8>,
    /// Of what one period has, only these, from 1 or from -1 backwards; all when empty.
    pub positions: Vec<i16>,
    /// On which day a week begins.
    pub week_start: Weekday,
}

/// The unit of periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// Days.
    Daily,
    /// Weeks.
    Weekly,
    /// Months.
    Monthly,
    /// Years.
    Yearly,
}

/// When repetitions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecurrenceEnd {
    /// Never.
    Never,
    /// After so many, the first included.
    After(u32),
    /// With the last one that begins no later than this, by the clock of the zone.
    At(DateTime),
}

/// The zone is not in this machine's database, or the calendar ends before the event does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceError {
    /// The zone is unknown.
    #[error("the time zone `{0}` is not known on this machine")]
    Zone(String),
    /// Beyond the calendar.
    #[error("it lies beyond the calendar")]
    Range,
}

impl CalendarEvent {
    /// Every time from beginning to end that touches the time between the two, in order.
    ///
    /// # Errors
    /// When its zone is not known on this machine, or no calendar reaches that far.
    pub fn between(&self, from: Timestamp, until: Timestamp) -> Result<Vec<(Timestamp, Timestamp)>, RecurrenceError> {
        let zone = time_zone(&self.zone).ok_or_else(|| RecurrenceError::Zone(self.zone.clone()))?;
        let mut found = Vec::new();
        for starts in self.starts() {
            let at = instant(&zone, starts)?;
            if at >= until {
                break;
            }
            let ends = self.end(&zone, starts)?;
            if ends > from && !self.excluded.contains(&at) {
                found.push((at, ends));
            }
        }
        Ok(found)
    }

    /// Whether its rule has its own first time: what a rule means that has not, nobody has said.
    #[must_use]
    pub fn begins_with_its_rule(&self) -> bool {
        self.starts().next() == Some(self.starts)
    }

    fn starts(&self) -> Box<dyn Iterator<Item = DateTime> + '_> {
        let Some(rule) = &self.rule else {
            return Box::new(std::iter::once(self.starts));
        };
        let time = self.starts.time();
        let all = Periods::new(rule, self.starts.date())
            .take(MOST_PERIODS)
            .flatten()
            .map(move |day| day.to_datetime(time))
            .filter(|starts| *starts >= self.starts);
        match rule.ends {
            RecurrenceEnd::Never => Box::new(all),
            RecurrenceEnd::After(count) => Box::new(all.take(usize::try_from(count).unwrap_or(usize::MAX))),
            RecurrenceEnd::At(last) => Box::new(all.take_while(move |starts| *starts <= last)),
        }
    }

    fn end(&self, zone: &TimeZone, starts: DateTime) -> Result<Timestamp, RecurrenceError> {
        let days = i64::from(self.lasts.days).days();
        let day = starts.checked_add(days).map_err(|_| RecurrenceError::Range)?;
        let time = SignedDuration::try_from(self.lasts.time).map_err(|_| RecurrenceError::Range)?;
        instant(zone, day)?
            .checked_add(time)
            .map_err(|_| RecurrenceError::Range)
    }
}

/// A zone by its IANA name, or as POSIX writes one: `<+01>-1<+02>,M3.5.0,M10.5.0/3`.
#[must_use]
pub fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).or_else(|_| TimeZone::posix(name)).ok()
}

/// A time by the clock of a zone as an instant.
///
/// # Errors
/// When no calendar reaches that far.
pub fn instant(zone: &TimeZone, time: DateTime) -> Result<Timestamp, RecurrenceError> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    ambiguous.compatible().map_err(|_| RecurrenceError::Range)
}

#[cfg(test)]
mod tests;
