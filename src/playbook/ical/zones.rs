//! Clocks of a calendar: the one of times that name none, and those that the calendar defines itself (`VTIMEZONE`,
//! RFC 5545, section 3.6.5), as Outlook does for names that only Windows knows.
//!
//! A zone that the IANA database has is taken from there. Any other must be a clock that is changed twice a year by one
//! rule, or never; it is kept in the form of POSIX (`TZ` in chapter 8 of its Base Definitions).

use std::collections::BTreeMap;

use jiff::civil::{DateTime, Weekday};

use super::lines::Property;
use super::rule::rule;
use super::values::{known_zone, local_time};
use crate::model::recurrence::{Frequency, RecurrenceEnd, time_zone};

/// The clocks that a calendar may speak of.
#[derive(Debug, Clone, Default)]
pub(super) struct Clocks {
    /// Of times that name none.
    pub default: String,
    own: BTreeMap<String, String>,
}

impl Clocks {
    pub(super) fn new(default: &str) -> Self {
        Self {
            default: default.to_owned(),
            own: BTreeMap::new(),
        }
    }

    /// The clock of that name, in a form that [`time_zone`] reads.
    pub(super) fn find(&self, name: &str) -> Option<String> {
        known_zone(name).or_else(|| self.own.get(name).cloned())
    }

    /// Learns a zone of the calendar's own, when its rules can be kept.
    pub(super) fn learn(&mut self, zone: ZoneReader) {
        if let Some(posix) = zone.posix().filter(|posix| time_zone(posix).is_some())
            && let Some(name) = zone.name
        {
            self.own.insert(name, posix);
        }
    }
}

/// A zone while its lines are read.
#[derive(Debug, Default)]
pub(super) struct ZoneReader {
    name: Option<String>,
    parts: Vec<Part>,
}

/// Standard time or summer time.
#[derive(Debug, Default)]
struct Part {
    is_summer: bool,
    /// Seconds east of UTC.
    offset: Option<i32>,
    starts: Option<DateTime>,
    rule: Option<Property>,
}

impl ZoneReader {
    pub(super) fn begin(&mut self, part: &str) {
        self.parts.push(Part {
            is_summer: part == "DAYLIGHT",
            ..Part::default()
        });
    }

    pub(super) fn take(&mut self, property: &Property) {
        let Some(part) = self.parts.last_mut() else {
            if property.name == "TZID" {
                self.name = Some(property.value.clone());
            }
            return;
        };
        match property.name.as_str() {
            "DTSTART" => part.starts = local_time(&property.value),
            "TZOFFSETTO" => part.offset = offset(&property.value),
            "RRULE" => part.rule = Some(property.clone()),
            _ => {}
        }
    }

    /// The zone as POSIX writes it; `None` for anything but one rule a year for each change.
    fn posix(&self) -> Option<String> {
        match self.parts.as_slice() {
            [only] if only.rule.is_none() => fixed(only.offset?),
            [one, other] if one.is_summer != other.is_summer => {
                let (summer, standard) = if one.is_summer { (one, other) } else { (other, one) };
                let (begins, ends) = (summer.change()?, standard.change()?);
                Some(format!(
                    "{}{},{begins},{ends}",
                    fixed(standard.offset?)?,
                    fixed(summer.offset?)?
                ))
            }
            _ => None,
        }
    }
}

impl Part {
    /// When the clock is changed to it: `M3.5.0/02:00:00` is the last Sunday of March at two.
    fn change(&self) -> Option<String> {
        let time = self.starts?.time();
        let rule = rule(self.rule.as_ref()?, "UTC").ok()?;
        let ([month], [(Some(number), weekday)]) = (rule.months.as_slice(), rule.weekdays.as_slice()) else {
            return None;
        };
        let is_plain = rule.frequency == Frequency::Yearly
            && rule.interval == 1
            && rule.ends == RecurrenceEnd::Never
            && rule.month_days.is_empty()
            && rule.positions.is_empty();
        let week = match number {
            -1 => 5,
            1..=4 => *number,
            _ => return None,
        };
        let day = weekday.since(Weekday::Sunday);
        is_plain.then(|| format!("M{month}.{week}.{day}/{}", time.strftime("%H:%M:%S")))
    }
}

/// A name and an offset; POSIX counts west of Greenwich.
fn fixed(seconds: i32) -> Option<String> {
    let (east, west) = if seconds < 0 { ('-', "") } else { ('+', "-") };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let is_whole = seconds % 60 == 0;
    is_whole.then(|| format!("<{east}{hours:02}{minutes:02}>{west}{hours:02}:{minutes:02}"))
}

/// `+0130` in seconds.
fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let is_number = matches!(digits.len(), 4 | 6) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let part = |from: usize| {
        digits
            .get(from..from + 2)
            .map_or(Some(0), |part| part.parse::<i32>().ok())
    };
    is_number.then_some(())?;
    Some(sign * (part(0)? * 3600 + part(2)? * 60 + part(4)?))
}
