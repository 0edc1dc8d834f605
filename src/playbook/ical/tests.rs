//! Calendars as programs export them, and every way in which one is refused.

use super::*;
use crate::model::recurrence::RecurrenceEnd;

fn parse(text: &str) -> Result<Vec<CalendarEvent>, Vec<String>> {
    parse_calendar("freeze.ics", text, "Europe/Berlin")
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// A calendar of one event with these lines.
fn event(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\nBEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n")
}

fn refused(lines: &str) -> String {
    parse(&event(lines)).expect_err(lines).join(" | ")
}

/// The beginnings and ends within two years.
fn times(text: &str) -> Vec<String> {
    let (from, until) = (
        "2026-01-01T00:00:00Z".parse().unwrap(),
        "2028-01-01T00:00:00Z".parse().unwrap(),
    );
    let events = parse(text).unwrap();
    let times = events.iter().flat_map(|event| event.between(from, until).unwrap());
    times.map(|(from, until)| format!("{from} {until}")).collect()
}

#[test]
fn a_calendar_of_google_with_days_a_zone_and_a_moved_repetition_is_understood() {
    let text = include_str!("../../../tests/fixtures/calendars/google.ics");
    assert!(text.contains("\r\n "), "its lines are folded");
    let events = parse(text).unwrap();
    assert_eq!(
        events[0].summary.as_deref(),
        Some("Year-end freeze, no changes; ask the change board for anything that really cannot wait until January")
    );
    assert_eq!(
        times(text),
        [
            "2026-12-20T23:00:00Z 2027-01-03T23:00:00Z",
            "2026-09-30T16:00:00Z 2026-09-30T22:00:00Z",
            "2027-03-31T16:00:00Z 2027-03-31T22:00:00Z",
            "2027-06-30T16:00:00Z 2027-06-30T22:00:00Z",
            "2026-06-29T16:00:00Z 2026-06-29T22:00:00Z",
        ]
    );
}

#[test]
fn a_calendar_of_outlook_has_a_clock_of_its_own() {
    let text = include_str!("../../../tests/fixtures/calendars/outlook.ics");
    assert_eq!(
        times(text),
        [
            "2026-12-24T11:00:00Z 2026-12-26T23:00:00Z",
            "2026-03-28T22:00:00Z 2026-03-29T04:00:00Z",
            "2026-10-24T21:00:00Z 2026-10-25T05:00:00Z",
        ],
        "summer begins and ends in these nights"
    );
    // A clock that is not changed by one rule a year is refused where it is used.
    let other = text.replace("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "RDATE:20260329T020000");
    let hint = "(export the calendar with names such as `Europe/Berlin`, or in UTC)";
    let expected = format!(
        "freeze.ics:27:1: the time zone `W. Europe Standard Time` is not in the IANA database, and not defined as one \
         rule a year {hint}"
    );
    assert_eq!(parse(&other).unwrap_err()[0], expected);
}

#[test]
fn a_calendar_of_evolution_with_an_alarm_and_a_cancelled_event_is_understood() {
    let text = include_str!("../../../tests/fixtures/calendars/evolution.ics");
    assert_eq!(
        times(text),
        [
            "2026-11-26T05:00:00Z 2026-12-01T05:00:00Z",
            "2027-11-25T05:00:00Z 2027-11-30T05:00:00Z",
        ]
    );
}

#[test]
fn lengths_are_from_the_end_or_the_duration_and_a_day_lasts_a_day() {
    let one = |lines: &str| times(&event(lines)).concat();
    assert_eq!(
        one("DTSTART;VALUE=DATE:20261025"),
        "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z",
        "the day on which the clock is put back has 25 hours"
    );
    assert_eq!(
        one("DTSTART;VALUE=DATE:20270328\nDURATION:P1D"),
        "2027-03-27T23:00:00Z 2027-03-28T22:00:00Z"
    );
    assert_eq!(
        one("DTSTART:20261220T220000\nDURATION:PT4H30M"),
        "2026-12-20T21:00:00Z 2026-12-21T01:30:00Z"
    );
    assert_eq!(
        one("DTSTART:20261220T220000Z\nDTEND;TZID=America/New_York:20261220T180000"),
        "2026-12-20T22:00:00Z 2026-12-20T23:00:00Z"
    );
    assert_eq!(one("DTSTART:20261220T220000Z\nDURATION:P1W").len(), 41);
}

#[test]
fn a_rule_ends_with_its_last_day_and_without_what_is_excluded() {
    let text = event(
        "DTSTART;TZID=Europe/Berlin:20261228T180000\nDURATION:PT2H\nRRULE:FREQ=DAILY;UNTIL=20261231T170000Z\n\
         EXDATE;TZID=Europe/Berlin:20261229T180000,20261230T180000",
    );
    assert_eq!(
        times(&text),
        [
            "2026-12-28T17:00:00Z 2026-12-28T19:00:00Z",
            "2026-12-31T17:00:00Z 2026-12-31T19:00:00Z"
        ]
    );
    let counted = event("DTSTART;VALUE=DATE:20261229\nRRULE:FREQ=WEEKLY;COUNT=2;BYDAY=TU;WKST=SU");
    assert_eq!(
        parse(&counted).unwrap()[0].rule.as_ref().unwrap().ends,
        RecurrenceEnd::After(2)
    );
    assert_eq!(times(&counted).len(), 2);
}

#[test]
fn what_is_not_understood_is_refused_with_its_line() {
    let at = |line: usize, message: &str| format!("freeze.ics:{line}:1: {message}");
    let day = "DTSTART;VALUE=DATE:20261220";
    assert_eq!(
        refused(&format!("{day}\nRDATE;VALUE=DATE:20261224")),
        at(
            7,
            "`RDATE` of an event is not understood (write such times as events of their own)"
        )
    );
    for part in [
        "BYHOUR=3",
        "FREQ=HOURLY",
        "BYWEEKNO=51",
        "BYDAY=XX",
        "INTERVAL=0",
        "BYMONTH=13",
        "UNTIL=soon",
    ] {
        let rule = if part.starts_with("FREQ") {
            part.to_owned()
        } else {
            format!("FREQ=DAILY;{part}")
        };
        let message = refused(&format!("{day}\nRRULE:{rule}"));
        assert!(
            message.starts_with(&at(7, &format!("`{part}` of `RRULE` is not understood"))),
            "{message}"
        );
    }
}

#[test]
fn what_contradicts_itself_is_refused_with_its_line() {
    let at = |line: usize, message: &str| format!("freeze.ics:{line}:1: {message}");
    let day = "DTSTART;VALUE=DATE:20261220";
    for (lines, line, message) in [
        (
            day.replace("1220", "1331"),
            6,
            "`20261331` of `DTSTART` is neither a day nor a time",
        ),
        (
            format!("{day}\nDTEND;VALUE=DATE:20261219"),
            7,
            "the event ends before it begins",
        ),
        (
            format!("{day}\nDTEND:20261224T000000Z"),
            7,
            "the event begins with a day and ends with a time",
        ),
        (
            "DTSTART:20261220T000000Z".to_owned(),
            4,
            "the event has a beginning and no end",
        ),
        ("SUMMARY:freeze".to_owned(), 4, "the event has no `DTSTART`"),
        (format!("{day}\n{day}"), 7, "the event has `DTSTART` twice"),
        (
            format!("{day}\nSTATUS:MAYBE"),
            7,
            "`STATUS:MAYBE` of an event is not understood",
        ),
        (
            format!("{day}\nRRULE:FREQ=WEEKLY;BYDAY=MO"),
            7,
            "the event begins at a time that its own `RRULE` does not",
        ),
        (
            format!("{day}\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20270101"),
            7,
            "`COUNT` and `UNTIL` exclude each other",
        ),
        (
            format!("{day}\nRRULE:FREQ=DAILY\nEXDATE:20261221T000000Z"),
            8,
            "`EXDATE` is a day and `DTSTART` a time",
        ),
        (
            format!("{day}\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261221"),
            7,
            "`RANGE` of `RECURRENCE-ID`",
        ),
        (format!("{day}\nDURATION:-P1D"), 7, "`-P1D` is no duration of an event"),
        (format!("{day}\nnonsense"), 7, "expected `NAME:VALUE`"),
        (
            format!("{day}\nBEGIN:VTODO\nEND:VTODO"),
            7,
            "`VTODO` is not understood here",
        ),
    ] {
        let found = refused(&lines);
        assert!(found.contains(&at(line, message)), "{lines}: {found}");
    }
    assert_eq!(parse("").unwrap_err(), [at(1, "there is no calendar in it")]);
    assert_eq!(
        parse("BEGIN:VCALENDAR\nVERSION:1.0\nBEGIN:VEVENT").unwrap_err(),
        [
            at(2, "version 1.0 of iCalendar is not understood, only 2.0"),
            at(3, "`BEGIN:VEVENT` has no end")
        ]
    );
}
