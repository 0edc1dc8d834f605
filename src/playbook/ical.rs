//! Reads calendars (iCalendar, RFC 5545) as far as change freezes use them: events with their repetitions.
//!
//! What must stay true: a calendar is understood or it is refused, with the line. An event that was skipped in silence
//! would be a freeze that nobody keeps. What says nothing about times (descriptions, alarms, attendees) is passed over by
//! name. Times without a zone, whole days among them, are by the clock that the playbook names.

mod event;
mod lines;
mod rule;
mod values;
mod zones;

use std::sync::Arc;

use self::event::EventReader;
use self::lines::{Property, unfold};
use self::zones::{Clocks, ZoneReader};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::recurrence::CalendarEvent;

/// Reads a calendar. `zone` is the clock of times that name none.
///
/// # Errors
/// Everything in it that is wrong, or is not understood.
pub fn parse_calendar(file: &str, text: &str, zone: &str) -> Result<Vec<CalendarEvent>, Diagnostics> {
    let mut parser = Parser {
        file: file.into(),
        clocks: Clocks::new(zone),
        current_zone: None,
        problems: Diagnostics::default(),
        open: Vec::new(),
        events: Vec::new(),
        current: None,
        calendars: 0,
    };
    match unfold(text) {
        Ok(properties) => properties.into_iter().for_each(|property| parser.take(&property)),
        Err(mistake) => parser.report(mistake.line, mistake.message, None),
    }
    parser.finish()
}

/// A mistake in a line.
#[derive(Debug)]
pub(super) struct Mistake {
    line: usize,
    message: String,
    hint: Option<String>,
}

impl Mistake {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
            hint: None,
        }
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

struct Parser {
    file: Arc<str>,
    clocks: Clocks,
    current_zone: Option<ZoneReader>,
    problems: Diagnostics,
    /// The components that are open, the outermost first, each with its line.
    open: Vec<(String, usize)>,
    events: Vec<EventReader>,
    current: Option<EventReader>,
    calendars: usize,
}

impl Parser {
    fn report(&mut self, line: usize, message: impl AsRef<str>, hint: Option<String>) {
        let place = Place {
            file: Arc::clone(&self.file),
            line,
            column: 1,
            length: 0,
        };
        self.problems
            .push(Diagnostic::new(place, message).with_optional_hint(hint));
    }

    fn take(&mut self, property: &Property) {
        match property.name.as_str() {
            "BEGIN" => self.begin(property),
            "END" => self.end(property),
            _ => self.property(property),
        }
    }

    fn begin(&mut self, property: &Property) {
        let name = property.value.to_ascii_uppercase();
        let inside: Vec<&str> = self.open.iter().map(|(name, _)| name.as_str()).collect();
        match (inside.as_slice(), name.as_str()) {
            ([], "VCALENDAR") => self.calendars += 1,
            (["VCALENDAR"], "VEVENT") => self.current = Some(EventReader::new(property.line)),
            (["VCALENDAR"], "VTIMEZONE") => self.current_zone = Some(ZoneReader::default()),
            (["VCALENDAR", "VTIMEZONE"], "STANDARD" | "DAYLIGHT") => {
                if let Some(zone) = &mut self.current_zone {
                    zone.begin(&name);
                }
            }
            (["VCALENDAR", "VEVENT"], "VALARM") => {}
            ([], _) => self.report(property.line, "a calendar begins with `BEGIN:VCALENDAR`", None),
            _ => self.report(
                property.line,
                format!(
                    "`{}` is not understood here; blackouts are events (`VEVENT`)",
                    property.value
                ),
                Some("export the events alone".to_owned()),
            ),
        }
        self.open.push((name, property.line));
    }

    fn end(&mut self, property: &Property) {
        let name = property.value.to_ascii_uppercase();
        match self.open.pop() {
            Some((open, _)) if open == name => {}
            Some((open, line)) => {
                let message = format!("`END:{name}` where `{open}` of line {line} is still open");
                self.report(property.line, message, None);
            }
            None => self.report(property.line, format!("`END:{name}` without its beginning"), None),
        }
        if name == "VTIMEZONE"
            && let Some(zone) = self.current_zone.take()
        {
            self.clocks.learn(zone);
        }
        if name == "VEVENT"
            && let Some(event) = self.current.take()
        {
            self.events.push(event);
        }
    }

    fn property(&mut self, property: &Property) {
        let inside: Vec<&str> = self.open.iter().map(|(name, _)| name.as_str()).collect();
        let taken = match inside.as_slice() {
            [] => Err(Mistake::new(property.line, "a calendar begins with `BEGIN:VCALENDAR`")),
            ["VCALENDAR"] => of_calendar(property),
            ["VCALENDAR", "VEVENT"] => match &mut self.current {
                Some(event) => event.take(property, &self.clocks),
                None => Ok(()),
            },
            ["VCALENDAR", "VTIMEZONE", ..] => {
                if let Some(zone) = &mut self.current_zone {
                    zone.take(property);
                }
                Ok(())
            }
            // What is in parts that are passed over, or were refused as a whole.
            _ => Ok(()),
        };
        if let Err(mistake) = taken {
            self.report(mistake.line, mistake.message, mistake.hint);
        }
    }

    fn finish(mut self) -> Result<Vec<CalendarEvent>, Diagnostics> {
        if let Some((name, line)) = self.open.pop() {
            self.report(line, format!("`BEGIN:{name}` has no end"), None);
        } else if self.calendars == 0 && self.problems.is_empty() {
            self.report(1, "there is no calendar in it", None);
        }
        let (events, mistakes) = event::finish_all(std::mem::take(&mut self.events), &self.clocks.default);
        for mistake in mistakes {
            self.report(mistake.line, mistake.message, mistake.hint);
        }
        self.problems.into_result(events)
    }
}

/// What a calendar says of itself.
fn of_calendar(property: &Property) -> Result<(), Mistake> {
    let value = property.value.to_ascii_uppercase();
    match property.name.as_str() {
        "VERSION" if value != "2.0" => Err(Mistake::new(
            property.line,
            format!("version {} of iCalendar is not understood, only 2.0", property.value),
        )),
        "CALSCALE" if value != "GREGORIAN" => {
            Err(Mistake::new(property.line, "only the Gregorian calendar is understood"))
        }
        "METHOD" if value == "CANCEL" => Err(Mistake::new(
            property.line,
            "this calendar takes events back from another one; export the calendar itself",
        )),
        "VERSION" | "CALSCALE" | "METHOD" | "PRODID" | "NAME" | "DESCRIPTION" | "UID" | "URL" | "LAST-MODIFIED"
        | "REFRESH-INTERVAL" | "SOURCE" | "COLOR" | "CATEGORIES" | "IMAGE" => Ok(()),
        name if name.starts_with("X-") => Ok(()),
        name => Err(Mistake::new(
            property.line,
            format!("`{name}` of a calendar is not understood"),
        )),
    }
}

#[cfg(test)]
mod tests;
