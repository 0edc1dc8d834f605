//! Reads `blackouts`: times in which nothing is begun, window or not.

use std::path::PathBuf;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::BlackoutRule;
use super::window_reader::read_zone;
use crate::model::document::{Fields, Node, Reader};
use crate::model::text::printable;
use crate::model::window::Window;

/// Which end of a blackout a time is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    /// A day as the end is its last day.
    Last,
}

/// Reads the value of `blackouts`. Times without a zone are by the clock of the windows, where these have one in common;
/// `None` for windows that could not be read.
pub(super) fn read_blackouts(
    reader: &mut Reader,
    node: &Node,
    windows: Option<&[Window]>,
) -> Option<Vec<BlackoutRule>> {
    let items = reader.list(node, "a list of blackouts")?;
    let common = common_zone(windows);
    let rules: Vec<Option<BlackoutRule>> = items.iter().map(|item| read_blackout(reader, item, common)).collect();
    rules.into_iter().collect()
}

/// The zone that all windows have. Where they have mistakes these are told, not what follows from them.
fn common_zone(windows: Option<&[Window]>) -> Option<&str> {
    let Some(windows) = windows else {
        return Some("UTC");
    };
    let (first, others) = windows.split_first()?;
    let is_common = others.iter().all(|window| window.zone == first.zone);
    is_common.then_some(first.zone.as_str())
}

fn read_blackout(reader: &mut Reader, node: &Node, common: Option<&str>) -> Option<BlackoutRule> {
    let mut fields = reader.fields(node, "a blackout")?;
    let zone = match fields.get("tz") {
        Some(node) => Some(read_zone(reader, node)?),
        None => common.map(str::to_owned),
    };
    let rule = if fields.entry("ical").is_some() {
        read_ical(reader, &mut fields, zone)
    } else {
        read_times(reader, &mut fields, zone.as_deref())
    };
    reader.finish(fields);
    rule
}

const NO_ZONE: &str = "the time says nothing of its zone";

fn no_zone_hint() -> Option<String> {
    Some("write by which clock: `tz: Europe/Berlin`, or `tz: UTC`".to_owned())
}

fn read_ical(reader: &mut Reader, fields: &mut Fields<'_>, zone: Option<String>) -> Option<BlackoutRule> {
    for key in ["from", "until", "reason"] {
        if let Some(entry) = fields.entry(key) {
            let message = format!("`{key}` does not go with `ical`: the calendar has times and names of its own");
            reader.problem(entry.span, message, None);
        }
    }
    let entry = fields.entry("ical")?;
    let file = reader.text(&entry.value, "the path of a calendar such as `freeze.ics`")?;
    if zone.is_none() {
        let message = "the calendar needs a clock for whole days, which have no zone";
        reader.problem(entry.span, message, no_zone_hint());
    }
    Some(BlackoutRule::Calendar {
        file: PathBuf::from(file.value),
        zone: zone?,
        events: Vec::new(),
    })
}

fn read_times(reader: &mut Reader, fields: &mut Fields<'_>, zone: Option<&str>) -> Option<BlackoutRule> {
    let from = read_end(reader, fields, "from", zone, End::First);
    let until = read_end(reader, fields, "until", zone, End::Last);
    let reason = match fields.get("reason") {
        Some(node) => reader.text(node, "a reason in words").map(|text| Some(text.value)),
        None => Some(None),
    };
    let (from, until, reason) = (from?, until?, reason?);
    if from >= until {
        reader.problem(fields.span, "the blackout ends before it begins", None);
        return None;
    }
    Some(BlackoutRule::Times { from, until, reason })
}

fn read_end(
    reader: &mut Reader,
    fields: &mut Fields<'_>,
    key: &'static str,
    zone: Option<&str>,
    end: End,
) -> Option<Zoned> {
    let Some(node) = fields.get(key) else {
        let hint = "write `{from: 2026-12-21, until: 2027-01-03, reason: year-end freeze}`, or `{ical: freeze.ics}`";
        reader.problem(
            fields.span,
            format!("the blackout has no `{key}`"),
            Some(hint.to_owned()),
        );
        return None;
    };
    let text = reader.scalar(node, "a day or a time")?.text.clone();
    if let Some(instant) = read_instant(&text) {
        return Some(instant);
    }
    let Some(time) = read_civil(&text, end) else {
        let message = format!("`{}` is neither a day nor a time", printable(&text));
        let hint = "write `2026-12-21`, `2026-12-21 22:00`, or with its zone `2026-12-21T21:00:00Z`";
        reader.problem(node.span, message, Some(hint.to_owned()));
        return None;
    };
    let Some(zone) = zone else {
        reader.problem(node.span, NO_ZONE, no_zone_hint());
        return None;
    };
    let zone = TimeZone::get(zone).ok()?;
    let at = zone.to_ambiguous_zoned(time);
    // Of a time that comes twice, a blackout has both.
    match end {
        End::First => at.compatible(),
        End::Last => at.later(),
    }
    .ok()
}

/// A time that says its zone or its distance from UTC.
fn read_instant(text: &str) -> Option<Zoned> {
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Some(zoned);
    }
    let instant: Timestamp = text.parse().ok()?;
    Some(instant.to_zoned(TimeZone::UTC))
}

fn read_civil(text: &str, end: End) -> Option<DateTime> {
    let shape = |pattern: &str| {
        let same = |(one, other): (char, char)| {
            if other == '0' {
                one.is_ascii_digit()
            } else {
                one == other
            }
        };
        text.len() == pattern.len() && text.chars().zip(pattern.chars()).all(same)
    };
    if shape("0000-00-00") {
        let day: Date = text.parse().ok()?;
        let day = match end {
            End::First => day,
            End::Last => day.checked_add(1.day()).ok()?,
        };
        return Some(day.to_datetime(Time::midnight()));
    }
    let shapes = [
        "0000-00-00 00:00",
        "0000-00-00T00:00",
        "0000-00-00 00:00:00",
        "0000-00-00T00:00:00",
    ];
    if shapes.into_iter().any(shape) {
        return text.parse().ok();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::{Playbook, parse_playbook, playbook_yaml};

    const WINDOW: &str = "window: {start: \"22:00\", length: 4h, tz: Europe/Berlin}\n";

    fn parse(rules: &str) -> Result<Playbook, Vec<String>> {
        let text = format!("waves: [{{name: all, rest: true}}]\n{rules}\n");
        parse_playbook("p.yml", text.as_bytes(), "p")
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn times(rules: &str) -> Vec<(String, String)> {
        let instant = |zoned: &Zoned| zoned.timestamp().to_string();
        let playbook = parse(rules).unwrap();
        let times = playbook.blackouts.iter().filter_map(|rule| match rule {
            BlackoutRule::Times { from, until, .. } => Some((instant(from), instant(until))),
            BlackoutRule::Calendar { .. } => None,
        });
        times.collect()
    }

    #[test]
    fn days_and_times_are_by_the_clock_of_the_window_and_instants_by_their_own() {
        let found = times(&format!(
            "{WINDOW}blackouts:\n  - {{from: 2026-12-21, until: 2027-01-03, reason: freeze}}\n  - {{from: \"2026-10-25 \
             02:30\", until: 2026-10-25T06:00}}\n  - {{from: 2026-06-01, until: 2026-06-01, tz: UTC}}\n  - {{from: \
             2026-12-21T00:00:00Z, until: \"2026-12-21T02:00:00+01:00[Europe/Berlin]\"}}\n"
        ));
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(from, until)| (from.as_str(), until.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("2026-12-20T23:00:00Z", "2027-01-03T23:00:00Z"),
                ("2026-10-25T00:30:00Z", "2026-10-25T05:00:00Z"),
                ("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"),
                ("2026-12-21T00:00:00Z", "2026-12-21T01:00:00Z"),
            ]
        );
    }

    #[test]
    fn blackouts_are_shown_as_what_they_mean() {
        for rules in [
            format!("{WINDOW}blackouts: [{{from: 2026-12-21, until: 2027-01-03, reason: \"no changes\"}}]"),
            "blackouts: [{from: \"2026-12-21 10:00\", until: 2026-12-24, tz: America/New_York}]".to_owned(),
            "blackouts: [{ical: freeze.ics, tz: Europe/Berlin}]".to_owned(),
            "window:\n  - {days: [sat], start: \"22:00\", length: 4h, tz: UTC}\n  - {days: [sun], start: \"01:00\", \
             length: 2h, tz: UTC}\nblackouts: [{ical: a.ics}]"
                .to_owned(),
        ] {
            let playbook = parse(&rules).unwrap();
            let shown = playbook_yaml(&playbook).unwrap();
            let again = parse_playbook("p.yml", shown.as_bytes(), "p").unwrap();
            assert_eq!(again, playbook, "{shown}");
        }
    }

    #[test]
    fn every_mistake_of_a_blackout_has_its_place() {
        assert_eq!(
            parse("blackouts:\n  - {from: 2026-12-21, until: 2026-12-24T00:00:00Z}\n  - {ical: f.ics}\n").unwrap_err(),
            [
                "p.yml:3:12: the time says nothing of its zone (write by which clock: `tz: Europe/Berlin`, or `tz: \
                 UTC`)",
                "p.yml:4:6: the calendar needs a clock for whole days, which have no zone (write by which clock: `tz: \
                 Europe/Berlin`, or `tz: UTC`)",
            ]
        );
        let found = parse(&format!(
            "{WINDOW}blackouts:\n  - {{from: 2026-12-24, until: 2026-12-21}}\n  - {{from: tomorrow, untl: 2026-12-21}}\n  \
             - {{ical: f.ics, reason: x}}\n"
        ))
        .unwrap_err();
        let expected = [
            "p.yml:4:5: the blackout ends before it begins",
            "p.yml:5:5: the blackout has no `until`",
            "p.yml:5:12: `tomorrow` is neither a day nor a time",
            "p.yml:5:22: `untl` is not a key of a blackout (did you mean `until`?)",
            "p.yml:6:19: `reason` does not go with `ical`",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
