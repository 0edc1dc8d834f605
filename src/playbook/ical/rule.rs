//! Rules of repetition (RFC 5545, section 3.3.10), as far as they speak of days.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;

use super::Mistake;
use super::lines::Property;
use super::values::{day, local_time};
use crate::model::recurrence::{Frequency, RecurrenceEnd, RecurrenceRule, time_zone};
use crate::model::text::printable;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// The rule of a property, of an event with times by the clock of this zone.
pub(super) fn rule(property: &Property, zone: &str) -> Result<RecurrenceRule, Mistake> {
    property.only(&[])?;
    let mut parts = Parts {
        property,
        zone,
        frequency: None,
        rule: RecurrenceRule {
            frequency: Frequency::Daily,
            interval: 1,
            ends: RecurrenceEnd::Never,
            weekdays: Vec::new(),
            month_days: Vec::new(),
            months: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        },
    };
    let mut seen: Vec<String> = Vec::new();
    for part in property.value.split(';') {
        let (name, value) = part.split_once('=').ok_or_else(|| parts.wrong(part))?;
        let name = name.to_ascii_uppercase();
        if seen.contains(&name) {
            return Err(Mistake::new(property.line, format!("`{name}` is there twice")));
        }
        parts.take(&name, &value.to_ascii_uppercase(), part)?;
        seen.push(name);
    }
    parts.finish()
}

struct Parts<'a> {
    property: &'a Property,
    zone: &'a str,
    frequency: Option<Frequency>,
    rule: RecurrenceRule,
}

impl Parts<'_> {
    fn wrong(&self, part: &str) -> Mistake {
        let message = format!("`{}` of `RRULE` is not understood", printable(part));
        let hint = "days, weeks, months and years with INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS \
                    and WKST are; write other repetitions as events of their own";
        Mistake::new(self.property.line, message).with_hint(hint)
    }

    fn take(&mut self, name: &str, value: &str, part: &str) -> Result<(), Mistake> {
        let rule = &mut self.rule;
        let taken = match name {
            "FREQ" => {
                self.frequency = frequency(value);
                self.frequency.map(drop)
            }
            "INTERVAL" => number(value, 1, 10_000).map(|number| rule.interval = number),
            "COUNT" => number(value, 1, 1_000_000).map(|count| rule.ends = RecurrenceEnd::After(count)),
            "UNTIL" => until(value, self.zone).map(|last| rule.ends = RecurrenceEnd::At(last)),
            "BYDAY" => list(value, numbered_weekday).map(|days| rule.weekdays = days),
            "BYMONTHDAY" => list(value, |one| signed(one, 31)).map(|days| {
                rule.month_days = days.into_iter().filter_map(|day| i8::try_from(day).ok()).collect();
            }),
            "BYMONTH" => list(value, |one| number(one, 1, 12)).map(|months| {
                rule.months = months
                    .into_iter()
                    .filter_map(|month| i8::try_from(month).ok())
                    .collect();
            }),
            "BYSETPOS" => list(value, |one| signed(one, 366)).map(|positions| rule.positions = positions),
            "WKST" => weekday(value).map(|day| rule.week_start = day),
            _ => None,
        };
        taken.ok_or_else(|| self.wrong(part))
    }

    fn finish(mut self) -> Result<RecurrenceRule, Mistake> {
        let line = self.property.line;
        let Some(frequency) = self.frequency else {
            return Err(Mistake::new(line, "`RRULE` has no `FREQ`"));
        };
        self.rule.frequency = frequency;
        let rule = &self.rule;
        let value = &self.property.value;
        if value.contains("COUNT=") && value.contains("UNTIL=") {
            return Err(Mistake::new(line, "`COUNT` and `UNTIL` exclude each other"));
        }
        let has_numbers = rule.weekdays.iter().any(|(number, _)| number.is_some());
        if has_numbers && matches!(frequency, Frequency::Daily | Frequency::Weekly) {
            return Err(Mistake::new(
                line,
                "numbers of weekdays belong to rules by the month or by the year",
            ));
        }
        if frequency == Frequency::Weekly && !rule.month_days.is_empty() {
            return Err(Mistake::new(line, "`BYMONTHDAY` does not belong to a rule by the week"));
        }
        let chooses = !(rule.weekdays.is_empty() && rule.month_days.is_empty() && rule.months.is_empty());
        if !rule.positions.is_empty() && !chooses {
            return Err(Mistake::new(
                line,
                "`BYSETPOS` chooses among days that another `BY…` names",
            ));
        }
        Ok(self.rule)
    }
}

fn frequency(text: &str) -> Option<Frequency> {
    Some(match text {
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => return None,
    })
}

/// By the clock of the zone. A day counts to its end, which is the careful reading where programs write a day although
/// the event has times.
fn until(text: &str, zone: &str) -> Option<DateTime> {
    if let Some(day) = day(text) {
        return Some(day.at(23, 59, 59, 0));
    }
    match text.strip_suffix('Z') {
        None => local_time(text),
        Some(utc) => {
            let at = TimeZone::UTC.to_timestamp(local_time(utc)?).ok()?;
            Some(at.to_zoned(time_zone(zone)?).datetime())
        }
    }
}

fn list<T>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(one).collect()
}

fn number(text: &str, smallest: u32, largest: u32) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_number { text.parse().ok()? } else { return None };
    (smallest..=largest).contains(&number).then_some(number)
}

fn signed(text: &str, largest: u32) -> Option<i16> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    Some(sign * i16::try_from(number(digits, 1, largest)?).ok()?)
}

fn weekday(text: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, _)| *name == text).map(|(_, day)| *day)
}

fn numbered_weekday(text: &str) -> Option<(Option<i16>, Weekday)> {
    let (count, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let count = if count.is_empty() {
        None
    } else {
        Some(signed(count, 53)?)
    };
    Some((count, weekday(name)?))
}
