//! Values of properties: days, times with their zones, durations, texts (RFC 5545, section 3.3).

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::Mistake;
use super::lines::Property;
use super::zones::Clocks;
use crate::model::recurrence::EventLength;
use crate::model::text::printable;

/// A day, or a time by the clock of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Moment {
    Day(Date),
    At { time: DateTime, zone: String },
}

/// The one moment of a property.
pub(super) fn moment(property: &Property, clocks: &Clocks) -> Result<Moment, Mistake> {
    property.only(&["VALUE", "TZID"])?;
    one_moment(property, &property.value, clocks)
}

/// The moments of a property that may have several.
pub(super) fn moments(property: &Property, clocks: &Clocks) -> Result<Vec<Moment>, Mistake> {
    property.only(&["VALUE", "TZID"])?;
    let values = property.value.split(',');
    values.map(|value| one_moment(property, value, clocks)).collect()
}

fn one_moment(property: &Property, text: &str, clocks: &Clocks) -> Result<Moment, Mistake> {
    let wrong = || {
        Mistake::new(
            property.line,
            format!(
                "`{}` of `{}` is neither a day nor a time",
                printable(text),
                property.name
            ),
        )
        .with_hint("days are written 20261220, times 20261220T220000 or 20261220T210000Z")
    };
    let is_day = text.len() == 8;
    match property.parameter("VALUE") {
        Some("DATE") if !is_day => return Err(wrong()),
        Some("DATE-TIME") if is_day => return Err(wrong()),
        None | Some("DATE" | "DATE-TIME") => {}
        Some(other) => {
            let message = format!("`VALUE={}` of `{}` is not understood", printable(other), property.name);
            return Err(Mistake::new(property.line, message));
        }
    }
    if is_day {
        return day(text).map(Moment::Day).ok_or_else(wrong);
    }
    let (local, is_utc) = match text.strip_suffix('Z') {
        Some(local) => (local, true),
        None => (text, false),
    };
    let time = local_time(local).ok_or_else(wrong)?;
    let zone = match (property.parameter("TZID"), is_utc) {
        (None, true) => "UTC".to_owned(),
        (None, false) => clocks.default.clone(),
        (Some(_), true) => {
            let message = format!("`{}` is a time of UTC and has a `TZID`", printable(text));
            return Err(Mistake::new(property.line, message));
        }
        (Some(name), false) => clocks.find(name).ok_or_else(|| {
            let message = format!(
                "the time zone `{}` is not in the IANA database, and not defined as one rule a year",
                printable(name)
            );
            Mistake::new(property.line, message)
                .with_hint("export the calendar with names such as `Europe/Berlin`, or in UTC")
        })?,
    };
    Ok(Moment::At { time, zone })
}

/// A day as `20261220`.
pub(super) fn day(text: &str) -> Option<Date> {
    let number = |from: usize, to: usize| digits(text.get(from..to)?);
    if text.len() != 8 {
        return None;
    }
    Date::new(
        number(0, 4)?,
        i8::try_from(number(4, 6)?).ok()?,
        i8::try_from(number(6, 8)?).ok()?,
    )
    .ok()
}

/// A time without its zone as `20261220T220000`.
pub(super) fn local_time(text: &str) -> Option<DateTime> {
    let (date, clock) = text.split_once('T')?;
    let part = |from: usize, to: usize| i8::try_from(digits(clock.get(from..to)?)?).ok();
    if clock.len() != 6 {
        return None;
    }
    // A leap second is the last moment of its minute.
    let second = part(4, 6)?.min(59);
    let time = Time::new(part(0, 2)?, part(2, 4)?, second, 0).ok()?;
    Some(day(date)?.to_datetime(time))
}

fn digits(text: &str) -> Option<i16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// The name as the database has it. Some programs put their own path before it.
pub(super) fn known_zone(name: &str) -> Option<String> {
    let mut rest = name.trim_start_matches('/');
    loop {
        if let Ok(zone) = TimeZone::get(rest)
            && let Some(known) = zone.iana_name()
        {
            return Some(known.to_owned());
        }
        rest = rest.split_once('/')?.1;
    }
}

/// A length such as `P2D`, `PT4H30M` or `P1W`.
pub(super) fn length(property: &Property) -> Result<EventLength, Mistake> {
    property.only(&["VALUE"])?;
    let wrong = || {
        Mistake::new(
            property.line,
            format!("`{}` is no duration of an event", printable(&property.value)),
        )
        .with_hint("durations are written P2D, PT4H30M or P1W")
    };
    let text = property.value.strip_prefix('+').unwrap_or(&property.value);
    let text = text.strip_prefix('P').ok_or_else(wrong)?;
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    if date.is_empty() && time.is_empty() {
        return Err(wrong());
    }
    let dates = amounts(date, &[('W', 7), ('D', 1)]).ok_or_else(wrong)?;
    let seconds = amounts(time, &[('H', 3600), ('M', 60), ('S', 1)]).ok_or_else(wrong)?;
    Ok(EventLength {
        days: u32::try_from(dates).map_err(|_| wrong())?,
        time: Duration::from_secs(seconds),
    })
}

/// The sum of amounts, whose units stand in this order.
fn amounts(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut rest = text;
    let mut sum = 0_u64;
    for (unit, factor) in units {
        if let Some((number, after)) = rest.split_once(*unit) {
            let is_number = !number.is_empty() && number.len() <= 6 && number.bytes().all(|byte| byte.is_ascii_digit());
            let number: u64 = if is_number { number.parse().ok()? } else { return None };
            sum += number * factor;
            rest = after;
        }
    }
    rest.is_empty().then_some(sum)
}

/// A text without its escapes, in one line.
pub(super) fn text(value: &str) -> Option<String> {
    let mut plain = String::new();
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => plain.push(' '),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    let plain: String = printable(plain.trim()).chars().take(200).collect();
    (!plain.is_empty()).then_some(plain)
}
