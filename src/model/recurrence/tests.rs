//! Rules against dates that a calendar on the wall shows.

use super::*;

fn event(starts: &str, rule: RecurrenceRule) -> CalendarEvent {
    CalendarEvent {
        summary: None,
        starts: starts.parse().unwrap(),
        zone: "Europe/Berlin".to_owned(),
        lasts: EventLength {
            days: 1,
            time: Duration::ZERO,
        },
        rule: Some(rule),
        excluded: BTreeSet::new(),
    }
}

fn rule(frequency: Frequency) -> RecurrenceRule {
    RecurrenceRule {
        frequency,
        interval: 1,
        ends: RecurrenceEnd::Never,
        weekdays: Vec::new(),
        month_days: Vec::new(),
        months: Vec::new(),
        positions: Vec::new(),
        week_start: Weekday::Monday,
    }
}

/// The first days that it has, by its own clock.
fn first(event: &CalendarEvent, number: usize) -> Vec<String> {
    event
        .starts()
        .take(number)
        .map(|starts| starts.date().to_string())
        .collect()
}

#[test]
fn every_quarter_has_its_last_five_weekdays() {
    let weekdays = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
    ];
    let quarters = RecurrenceRule {
        months: vec![3, 6, 9, 12],
        weekdays: weekdays.map(|day| (None, day)).to_vec(),
        positions: vec![-1],
        ..rule(Frequency::Monthly)
    };
    // 31 May 2026 is a Sunday; 30 June a Tuesday; 31 January 2027 a Sunday.
    assert_eq!(
        first(&event("2026-03-31T00:00", quarters), 4),
        ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]
    );
}

#[test]
fn numbers_of_weekdays_count_within_their_month_or_their_year() {
    let thanksgiving = RecurrenceRule {
        months: vec![11],
        weekdays: vec![(Some(4), Weekday::Thursday)],
        ..rule(Frequency::Yearly)
    };
    assert_eq!(
        first(&event("2025-11-27T00:00", thanksgiving), 3),
        ["2025-11-27", "2026-11-26", "2027-11-25"]
    );
    let last_sunday_of_the_year = RecurrenceRule {
        weekdays: vec![(Some(-1), Weekday::Sunday)],
        ..rule(Frequency::Yearly)
    };
    assert_eq!(
        first(&event("2025-12-28T00:00", last_sunday_of_the_year), 2),
        ["2025-12-28", "2026-12-27"]
    );
}

#[test]
fn a_day_that_a_month_lacks_is_left_out_and_the_last_day_is_not() {
    assert_eq!(
        first(&event("2027-01-31T00:00", rule(Frequency::Monthly)), 3),
        ["2027-01-31", "2027-03-31", "2027-05-31"]
    );
    let last = RecurrenceRule {
        month_days: vec![-1],
        ..rule(Frequency::Monthly)
    };
    assert_eq!(
        first(&event("2027-01-31T00:00", last), 3),
        ["2027-01-31", "2027-02-28", "2027-03-31"]
    );
    assert_eq!(
        first(&event("2024-02-29T00:00", rule(Frequency::Yearly)), 2),
        ["2024-02-29", "2028-02-29"]
    );
}

#[test]
fn every_second_week_depends_on_the_day_on_which_weeks_begin() {
    // The example of RFC 5545, section 3.3.10.
    let of = |week_start| RecurrenceRule {
        interval: 2,
        ends: RecurrenceEnd::After(4),
        weekdays: vec![(None, Weekday::Tuesday), (None, Weekday::Sunday)],
        week_start,
        ..rule(Frequency::Weekly)
    };
    assert_eq!(
        first(&event("1997-08-05T09:00", of(Weekday::Monday)), 9),
        ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    );
    assert_eq!(
        first(&event("1997-08-05T09:00", of(Weekday::Sunday)), 9),
        ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]
    );
}

#[test]
fn days_by_the_clock_are_longer_or_shorter_when_it_is_changed() {
    let mut daily = event("2026-10-24T00:00", rule(Frequency::Daily));
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let found = daily
        .between(at("2026-10-24T12:00:00Z"), at("2026-10-25T22:30:00Z"))
        .unwrap();
    assert_eq!(
        found,
        [
            (at("2026-10-23T22:00:00Z"), at("2026-10-24T22:00:00Z")),
            (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")),
        ]
    );
    daily.excluded.insert(at("2026-10-24T22:00:00Z"));
    let found = daily
        .between(at("2026-10-24T22:00:00Z"), at("2026-10-25T23:30:00Z"))
        .unwrap();
    assert_eq!(found, [(at("2026-10-25T23:00:00Z"), at("2026-10-26T23:00:00Z"))]);
}

#[test]
fn a_rule_that_never_comes_ends() {
    let never = RecurrenceRule {
        months: vec![2],
        month_days: vec![30],
        ..rule(Frequency::Yearly)
    };
    let never = event("2026-02-28T00:00", never);
    assert!(!never.begins_with_its_rule());
    assert!(first(&never, 1).is_empty());
}
