//! Windows and blackouts around both changes of the clock.

use jiff::civil::time;
use proptest::prelude::*;

use super::*;
use crate::model::estimate::Estimate;

fn window(days: &[Weekday], start: (i8, i8), hours: u64, zone: &str) -> Window {
    Window {
        days: days.to_vec(),
        start: time(start.0, start.1, 0, 0),
        length: Duration::from_secs(hours * 3600),
        zone: zone.to_owned(),
    }
}

fn only(window: &Window) -> Calendar {
    Calendar {
        windows: vec![window.clone()],
        blackouts: Vec::new(),
    }
}

fn state(window: &Window, now: Timestamp) -> Result<WindowState, WindowError> {
    window_state(&only(window), now)
}

fn open(until: Timestamp) -> WindowState {
    WindowState::Open {
        until: Some(until),
        ends_by: None,
    }
}

fn closed(opens: Timestamp, until: Timestamp) -> WindowState {
    WindowState::Closed {
        opens,
        until: Some(until),
        blackout: None,
    }
}

fn blackout(from: &str, until: &str) -> Blackout {
    Blackout {
        from: at(from),
        until: at(until),
        reason: Some("freeze".to_owned()),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_weekly_window_opens_and_closes_by_the_clock_of_its_zone() {
    let saturday = window(&[Weekday::Saturday], (22, 0), 4, "Europe/Berlin");
    let (opens, until) = (at("2026-11-28T21:00:00Z"), at("2026-11-29T01:00:00Z"));
    let closed = closed(opens, until);
    assert_eq!(state(&saturday, at("2026-11-22T12:00:00Z")), Ok(closed.clone()));
    assert_eq!(state(&saturday, at("2026-11-28T20:59:59Z")), Ok(closed.clone()));
    assert_eq!(state(&saturday, opens), Ok(open(until)));
    assert_eq!(state(&saturday, at("2026-11-29T00:59:59Z")), Ok(open(until)));
    let WindowState::Closed { opens: next, .. } = state(&saturday, until).unwrap() else {
        panic!("it is over");
    };
    assert_eq!(next, at("2026-12-05T21:00:00Z"));
    assert_eq!(in_zone(&only(&saturday), opens), "Sat 2026-11-28 22:00 CET");
}

#[test]
fn a_window_over_a_change_of_the_clock_is_as_long_as_it_says() {
    // The night of 2026-10-25 has an hour more, that of 2027-03-28 an hour less.
    let saturday = window(&[Weekday::Saturday], (22, 0), 8, "Europe/Berlin");
    assert_eq!(
        state(&saturday, at("2026-10-24T20:00:00Z")),
        Ok(open(at("2026-10-25T04:00:00Z")))
    );
    assert_eq!(
        in_zone(&only(&saturday), at("2026-10-25T04:00:00Z")),
        "Sun 2026-10-25 05:00 CET"
    );
    assert_eq!(
        state(&saturday, at("2027-03-27T21:00:00Z")),
        Ok(open(at("2027-03-28T05:00:00Z")))
    );
    assert_eq!(
        in_zone(&only(&saturday), at("2027-03-28T05:00:00Z")),
        "Sun 2027-03-28 07:00 CEST"
    );
}

#[test]
fn a_time_that_the_clock_skips_is_an_hour_later_and_one_that_comes_twice_is_the_first() {
    let daily = window(&[], (2, 30), 1, "Europe/Berlin");
    let opens = |now: &str| match state(&daily, at(now)).unwrap() {
        WindowState::Closed { opens, .. } => opens,
        WindowState::Open { until: Some(until), .. } => panic!("open until {until}"),
        WindowState::Open { until: None, .. } => panic!("open for ever"),
    };
    // 02:30 is skipped: 03:30 CEST.
    assert_eq!(opens("2027-03-28T00:00:00Z"), at("2027-03-28T01:30:00Z"));
    assert_eq!(opens("2027-03-28T03:00:00Z"), at("2027-03-29T00:30:00Z"));
    // 02:30 comes twice: CEST first.
    assert_eq!(opens("2026-10-25T00:00:00Z"), at("2026-10-25T00:30:00Z"));
    assert_eq!(opens("2026-10-25T01:31:00Z"), at("2026-10-26T01:30:00Z"));
}

#[test]
fn a_host_is_not_started_when_it_would_not_be_done_in_time() {
    let daily = window(&[], (22, 0), 2, "UTC");
    let minutes = |number: u64| Duration::from_secs(60 * number);
    let ask = |expected, now: &str| may_start(&only(&daily), expected, at(now)).unwrap();
    let late = "2026-11-22T23:50:00Z";
    assert_eq!(ask(Some(minutes(10)), late), StartAnswer::Yes);
    assert_eq!(ask(None, late), StartAnswer::Yes);
    assert_eq!(
        ask(Some(minutes(11)), late),
        StartAnswer::TooShort {
            left: minutes(10),
            expected: minutes(11),
            ends_by: None,
        }
    );
    assert_eq!(
        ask(None, "2026-11-23T00:00:00Z"),
        StartAnswer::Closed {
            opens: at("2026-11-23T22:00:00Z"),
            blackout: None,
        }
    );
}

#[test]
fn an_unknown_zone_is_an_error_and_not_an_open_window() {
    let error = state(&window(&[], (0, 0), 1, "Europe/Berlinn"), Timestamp::UNIX_EPOCH);
    assert_eq!(error, Err(WindowError::Zone("Europe/Berlinn".to_owned())));
}

#[test]
fn a_blackout_is_taken_out_of_a_window_in_the_night_in_which_the_clock_is_put_back() {
    // Sunday 01:00 to 05:00 by the clock of Berlin: five hours, because 02:00 to 03:00 comes twice.
    let mut calendar = only(&window(&[Weekday::Sunday], (1, 0), 5, "Europe/Berlin"));
    calendar.blackouts = vec![
        blackout("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
        blackout("2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"),
    ];
    let ask = |now: &str| window_state(&calendar, at(now)).unwrap();
    assert_eq!(
        ask("2026-10-24T23:00:00Z"),
        WindowState::Open {
            until: Some(at("2026-10-25T00:30:00Z")),
            ends_by: Some("a blackout (freeze)".to_owned())
        }
    );
    assert_eq!(
        ask("2026-10-25T00:30:00Z"),
        WindowState::Closed {
            opens: at("2026-10-25T02:00:00Z"),
            until: Some(at("2026-10-25T04:00:00Z")),
            blackout: Some("a blackout (freeze)".to_owned())
        }
    );
    assert_eq!(ask("2026-10-25T02:00:00Z"), open(at("2026-10-25T04:00:00Z")));
    assert_eq!(
        may_start(
            &calendar,
            Some(Duration::from_secs(31 * 60)),
            at("2026-10-25T00:00:00Z")
        )
        .unwrap(),
        StartAnswer::TooShort {
            left: Duration::from_secs(30 * 60),
            expected: Duration::from_secs(31 * 60),
            ends_by: Some("a blackout (freeze)".to_owned())
        }
    );
}

#[test]
fn a_window_that_a_blackout_covers_opens_when_it_is_over() {
    let mut calendar = only(&window(&[Weekday::Saturday], (22, 0), 4, "Europe/Berlin"));
    calendar.blackouts = vec![blackout("2026-12-20T23:00:00Z", "2027-01-03T23:00:00Z")];
    // The Saturdays 26 December and 2 January fall out.
    assert_eq!(
        window_state(&calendar, at("2026-12-20T12:00:00Z")).unwrap(),
        closed(at("2027-01-09T21:00:00Z"), at("2027-01-10T01:00:00Z"))
    );
    calendar.windows.clear();
    assert_eq!(
        window_state(&calendar, at("2026-12-24T12:00:00Z")).unwrap(),
        WindowState::Closed {
            opens: at("2027-01-03T23:00:00Z"),
            until: None,
            blackout: Some("a blackout (freeze)".to_owned())
        }
    );
    assert_eq!(
        window_state(&calendar, at("2027-01-03T23:00:00Z")).unwrap(),
        WindowState::Open {
            until: None,
            ends_by: None
        }
    );
}

#[test]
fn several_windows_are_one_calendar_and_those_that_meet_one_opening() {
    let calendar = Calendar {
        windows: vec![
            window(&[Weekday::Sunday], (2, 0), 2, "UTC"),
            window(&[Weekday::Saturday], (22, 0), 4, "UTC"),
            window(&[Weekday::Tuesday], (22, 0), 1, "Europe/Berlin"),
        ],
        blackouts: Vec::new(),
    };
    let ask = |now: &str| window_state(&calendar, at(now)).unwrap();
    assert_eq!(ask("2026-11-28T23:00:00Z"), open(at("2026-11-29T04:00:00Z")));
    assert_eq!(
        ask("2026-11-29T04:00:00Z"),
        closed(at("2026-12-01T21:00:00Z"), at("2026-12-01T22:00:00Z"))
    );
}

#[test]
fn a_plan_says_when_it_may_run_and_whether_it_fits() {
    let mut calendar = only(&window(&[Weekday::Saturday], (22, 0), 4, "Europe/Berlin"));
    calendar.blackouts = vec![blackout("2026-11-28T22:00:00Z", "2026-11-28T23:00:00Z")];
    let takes = |hours: u64| {
        Some(Estimate {
            duration: Duration::from_secs(hours * 3600),
            runs: 3,
            unknown: 0,
        })
    };
    let now = at("2026-11-28T20:00:00Z");
    assert_eq!(
        outlook(&calendar, takes(2), now),
        [
            "Window: Sat at 22:00 Europe/Berlin for 4h",
            "A blackout (freeze) from Sat 2026-11-28 23:00 CET to Sun 2026-11-29 00:00 CET",
            "The maintenance window is closed; hosts may be changed from Sat 2026-11-28 22:00 CET on, in about 60 \
             minutes, until Sat 2026-11-28 23:00 CET (about 60 minutes); the plan does not fit: it takes about 2 hours, \
             from 3 past runs.",
        ]
    );
    let later = outlook(&calendar, takes(2), at("2026-11-28T23:00:00Z"));
    assert!(
        later[1].ends_with("the plan fits: it takes about 2 hours, from 3 past runs."),
        "{later:?}"
    );
    assert!(outlook(&Calendar::default(), takes(2), now).is_empty());
}

const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
];

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

proptest! {
    #[test]
    fn what_a_window_says_holds_at_the_times_it_names(
        days in prop::sample::subsequence(WEEK.to_vec(), 0..7),
        minute in 0_i32..1440,
        length in 1_u64..(7 * 24 * 60),
        zone in prop::sample::select(ZONES.to_vec()),
        second in 1_700_000_000_i64..2_000_000_000,
    ) {
        let window = Window {
            days,
            start: time((minute / 60) as i8, (minute % 60) as i8, 0, 0),
            length: Duration::from_secs(60 * length),
            zone: zone.to_owned(),
        };
        let now = Timestamp::from_second(second).unwrap();
        let tick = SignedDuration::from_secs(1);
        match state(&window, now).unwrap() {
            WindowState::Open { until: Some(until), .. } => {
                prop_assert!(until > now);
                let is_open = matches!(state(&window, until - tick).unwrap(), WindowState::Open { .. });
                prop_assert!(is_open);
            }
            WindowState::Closed { opens, until: Some(until), .. } => {
                prop_assert!(opens > now && between(opens, until) >= window.length);
                let is_closed = matches!(state(&window, opens - tick).unwrap(), WindowState::Closed { .. });
                prop_assert!(is_closed);
                let is_open = matches!(state(&window, opens).unwrap(), WindowState::Open { .. });
                prop_assert!(is_open);
                let local = opens.to_zoned(TimeZone::get(zone).unwrap());
                let shift = local.time().duration_since(window.start);
                let hours = SignedDuration::from_hours(1);
                prop_assert!(shift.is_zero() || (shift.is_positive() && shift <= hours) || shift.abs() >= hours * 23);
                if shift.is_zero() {
                    prop_assert!(opens_on(&window, local.date()));
                }
            }
            endless => prop_assert!(false, "a window ends: {endless:?}"),
        }
    }

    #[test]
    fn nothing_ever_starts_in_a_blackout_or_outside_a_window(
        starts in prop::collection::vec((0_i64..2000, 1_i64..400), 0..6),
        length in 1_u64..48,
        with_window in any::<bool>(),
        zone in prop::sample::select(ZONES.to_vec()),
        hour in 0_i64..2000,
    ) {
        let epoch = at("2026-10-01T00:00:00Z");
        let after = |hours: i64| epoch + SignedDuration::from_hours(hours);
        let calendar = Calendar {
            windows: if with_window { vec![window(&[Weekday::Sunday, Weekday::Wednesday], (2, 30), length, zone)] } else { vec![] },
            blackouts: starts
                .iter()
                .map(|(from, hours)| Blackout { from: after(*from), until: after(from + hours), reason: None })
                .collect(),
        };
        let is_black = |time: Timestamp| calendar.blackouts.iter().any(|one| one.from <= time && time < one.until);
        let plain = Calendar { blackouts: Vec::new(), ..calendar.clone() };
        let is_open = |time: Timestamp| matches!(window_state(&plain, time).unwrap(), WindowState::Open { .. });
        let now = after(hour);
        match window_state(&calendar, now).unwrap() {
            WindowState::Open { until, .. } => {
                prop_assert!(is_open(now) && !is_black(now));
                if let Some(until) = until {
                    prop_assert!(until > now && (is_black(until) || !is_open(until)));
                }
            }
            WindowState::Closed { opens, .. } => {
                prop_assert!(!is_open(now) || is_black(now));
                prop_assert!(opens > now && is_open(opens) && !is_black(opens));
                // Nothing between now and then would have done.
                let mut time = now;
                while time < opens {
                    prop_assert!(!is_open(time) || is_black(time), "{time}");
                    time += SignedDuration::from_mins(30);
                }
            }
        }
    }
}
