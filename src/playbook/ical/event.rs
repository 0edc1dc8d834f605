//! One event of a calendar: what is said of it line by line, and what that comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};

use super::Mistake;
use super::lines::Property;
use super::rule::rule;
use super::values::{Moment, length, moment, moments, text};
use super::zones::Clocks;
use crate::model::recurrence::{CalendarEvent, EventLength, instant, time_zone};

/// What says nothing about times.
const PASSED_OVER: [&str; 25] = [
    "DTSTAMP",
    "CREATED",
    "LAST-MODIFIED",
    "DESCRIPTION",
    "STYLED-DESCRIPTION",
    "LOCATION",
    "CLASS",
    "CATEGORIES",
    "ORGANIZER",
    "ATTENDEE",
    "SEQUENCE",
    "PRIORITY",
    "URL",
    "GEO",
    "COMMENT",
    "CONTACT",
    "ATTACH",
    "RESOURCES",
    "RELATED-TO",
    "REQUEST-STATUS",
    "IMAGE",
    "COLOR",
    "CONFERENCE",
    "TRANSP",
    "STRUCTURED-DATA",
];

/// An event while its lines are read.
#[derive(Debug)]
pub(super) struct EventReader {
    line: usize,
    uid: Option<String>,
    summary: Option<String>,
    starts: Option<Moment>,
    ends: Option<(usize, Moment)>,
    lasts: Option<(usize, EventLength)>,
    rule: Option<Property>,
    excluded: Vec<(usize, Moment)>,
    /// The repetition of another event that this one takes the place of.
    instead_of: Option<(usize, Moment)>,
    is_cancelled: bool,
    /// A line of it was refused, which says enough.
    is_wrong: bool,
}

impl EventReader {
    pub(super) fn new(line: usize) -> Self {
        Self {
            line,
            uid: None,
            summary: None,
            starts: None,
            ends: None,
            lasts: None,
            rule: None,
            excluded: Vec::new(),
            instead_of: None,
            is_cancelled: false,
            is_wrong: false,
        }
    }

    /// One line of it.
    pub(super) fn take(&mut self, property: &Property, clocks: &Clocks) -> Result<(), Mistake> {
        let taken = self.read(property, clocks);
        self.is_wrong |= taken.is_err();
        taken
    }

    fn read(&mut self, property: &Property, clocks: &Clocks) -> Result<(), Mistake> {
        let line = property.line;
        let is_again = match property.name.as_str() {
            "DTSTART" => self.starts.replace(moment(property, clocks)?).is_some(),
            "DTEND" => self.ends.replace((line, moment(property, clocks)?)).is_some(),
            "DURATION" => self.lasts.replace((line, length(property)?)).is_some(),
            "RRULE" => self.rule.replace(property.clone()).is_some(),
            "RECURRENCE-ID" => self.instead_of.replace((line, moment(property, clocks)?)).is_some(),
            "EXDATE" => {
                let excluded = moments(property, clocks)?.into_iter().map(|moment| (line, moment));
                self.excluded.extend(excluded);
                false
            }
            "STATUS" => {
                self.is_cancelled = status(property)?;
                false
            }
            "SUMMARY" => {
                self.summary = text(&property.value);
                false
            }
            "UID" => self.uid.replace(property.value.clone()).is_some(),
            name if PASSED_OVER.contains(&name) || name.starts_with("X-") => false,
            name => {
                let message = format!("`{name}` of an event is not understood");
                return Err(Mistake::new(line, message).with_hint("write such times as events of their own"));
            }
        };
        if is_again {
            return Err(Mistake::new(line, format!("the event has `{}` twice", property.name)));
        }
        Ok(())
    }

    fn finish(&self, zone: &str) -> Result<CalendarEvent, Mistake> {
        let starts = self
            .starts
            .as_ref()
            .ok_or_else(|| Mistake::new(self.line, "the event has no `DTSTART`"))?;
        let (begins, event_zone) = beginning(starts, zone);
        let lasts = self.lasts(starts, begins, &event_zone)?;
        let rule = match &self.rule {
            Some(property) => Some((property.line, rule(property, &event_zone)?)),
            None => None,
        };
        let mut event = CalendarEvent {
            summary: self.summary.clone(),
            starts: begins,
            zone: event_zone,
            lasts,
            rule: rule.as_ref().map(|(_, rule)| rule.clone()),
            excluded: BTreeSet::new(),
        };
        if let Some((line, _)) = rule
            && !event.begins_with_its_rule()
        {
            let message =
                "the event begins at a time that its own `RRULE` does not have, and what that means is not said";
            return Err(Mistake::new(line, message).with_hint("let `DTSTART` be the first time of the rule"));
        }
        for (line, moment) in &self.excluded {
            event.excluded.insert(same_kind(*line, moment, starts, zone, "EXDATE")?);
        }
        Ok(event)
    }

    fn lasts(&self, starts: &Moment, begins: DateTime, zone: &str) -> Result<EventLength, Mistake> {
        let lasts = match (&self.ends, &self.lasts, starts) {
            (Some((line, _)), Some(_), _) => {
                return Err(Mistake::new(*line, "the event has both `DTEND` and `DURATION`"));
            }
            (None, Some((_, lasts)), _) => *lasts,
            (None, None, Moment::Day(_)) => EventLength {
                days: 1,
                time: Duration::ZERO,
            },
            (None, None, Moment::At { .. }) => {
                let message = "the event has a beginning and no end (`DTEND` or `DURATION`)";
                return Err(Mistake::new(self.line, message));
            }
            (Some((line, Moment::Day(last))), None, Moment::Day(first)) => {
                let days = first.until(*last).map(|span| span.get_days()).unwrap_or_default();
                let days = u32::try_from(days).map_err(|_| Mistake::new(*line, ENDS_EARLY))?;
                EventLength {
                    days,
                    time: Duration::ZERO,
                }
            }
            (Some((line, Moment::At { time, zone: last })), None, Moment::At { .. }) => {
                let (from, until) = (at(*line, begins, zone)?, at(*line, *time, last)?);
                let time = Duration::try_from(until.duration_since(from));
                EventLength {
                    days: 0,
                    time: time.map_err(|_| Mistake::new(*line, ENDS_EARLY))?,
                }
            }
            (Some((line, _)), None, _) => {
                let message = "the event begins with a day and ends with a time, or the other way round";
                return Err(Mistake::new(*line, message));
            }
        };
        if lasts.days == 0 && lasts.time.is_zero() {
            return Err(Mistake::new(self.line, ENDS_EARLY));
        }
        Ok(lasts)
    }
}

const ENDS_EARLY: &str = "the event ends before it begins, or at once";

/// Every event that stands, and every mistake. What takes the place of a repetition excludes it there.
pub(super) fn finish_all(readers: Vec<EventReader>, zone: &str) -> (Vec<CalendarEvent>, Vec<Mistake>) {
    let mut events: Vec<(Option<String>, Moment, CalendarEvent)> = Vec::new();
    let mut replaced: BTreeMap<String, Vec<(usize, Moment)>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for reader in readers {
        if let (Some(uid), Some(instead)) = (&reader.uid, &reader.instead_of) {
            replaced.entry(uid.clone()).or_default().push(instead.clone());
        }
        if reader.is_cancelled || reader.is_wrong {
            continue;
        }
        let uid = reader.uid.clone().filter(|_| reader.instead_of.is_none());
        match (reader.finish(zone), &reader.starts) {
            (Ok(event), Some(starts)) => events.push((uid, starts.clone(), event)),
            (Ok(_), None) => {}
            (Err(mistake), _) => mistakes.push(mistake),
        }
    }
    for (uid, starts, event) in &mut events {
        let others = uid.as_ref().and_then(|uid| replaced.get(uid));
        for (line, moment) in others.into_iter().flatten() {
            match same_kind(*line, moment, starts, zone, "RECURRENCE-ID") {
                Ok(at) => drop(event.excluded.insert(at)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
    }
    (events.into_iter().map(|(_, _, event)| event).collect(), mistakes)
}

fn status(property: &Property) -> Result<bool, Mistake> {
    match property.value.to_ascii_uppercase().as_str() {
        "CANCELLED" => Ok(true),
        "CONFIRMED" | "TENTATIVE" => Ok(false),
        _ => Err(Mistake::new(
            property.line,
            format!("`STATUS:{}` of an event is not understood", property.value),
        )),
    }
}

/// When something begins, and by which clock.
fn beginning(moment: &Moment, zone: &str) -> (DateTime, String) {
    match moment {
        Moment::Day(day) => (day.to_datetime(Time::midnight()), zone.to_owned()),
        Moment::At { time, zone } => (*time, zone.clone()),
    }
}

/// A moment that means one of the beginnings of an event, and so must be of its kind.
fn same_kind(line: usize, moment: &Moment, starts: &Moment, zone: &str, name: &str) -> Result<Timestamp, Mistake> {
    let is_day = |moment: &Moment| matches!(moment, Moment::Day(_));
    if is_day(moment) != is_day(starts) {
        let message = format!("`{name}` is a day and `DTSTART` a time, or the other way round");
        return Err(Mistake::new(line, message));
    }
    let (time, zone) = beginning(moment, zone);
    at(line, time, &zone)
}

fn at(line: usize, time: DateTime, zone: &str) -> Result<Timestamp, Mistake> {
    let zone = time_zone(zone).ok_or_else(|| Mistake::new(line, format!("there is no time zone `{zone}`")))?;
    instant(&zone, time).map_err(|error| Mistake::new(line, error.to_string()))
}
