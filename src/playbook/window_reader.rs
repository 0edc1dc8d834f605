//! Reads `window`: when hosts may be changed.

use std::time::Duration;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use super::wave_reader::read_duration;
use crate::model::document::{Node, NodeValue, Reader};
use crate::model::text::{nearest, printable};
use crate::model::window::Window;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Reads the value of `window`: one, or a list of them.
pub(super) fn read_windows(reader: &mut Reader, node: &Node) -> Option<Vec<Window>> {
    let NodeValue::Sequence(items) = &node.value else {
        return read_window(reader, node).map(|window| vec![window]);
    };
    if items.is_empty() {
        let hint = "leave `window` out where hosts may always be changed";
        reader.problem(node.span, "the list of windows is empty", Some(hint.to_owned()));
        return None;
    }
    let windows: Vec<Option<Window>> = items.iter().map(|item| read_window(reader, item)).collect();
    windows.into_iter().collect()
}

fn read_window(reader: &mut Reader, node: &Node) -> Option<Window> {
    let mut fields = reader.fields(node, "`window`")?;
    let days = match fields.get("days") {
        Some(node) => read_days(reader, node),
        None => Some(Vec::new()),
    };
    let start = match fields.get("start") {
        Some(node) => reader
            .parsed(node, "a time of day such as \"22:00\"", read_time)
            .map(|time| time.value),
        None => {
            missing(reader, node, "start", "write when it opens: `start: \"22:00\"`");
            None
        }
    };
    let length = match fields.get("length") {
        Some(node) => read_length(reader, node),
        None => {
            missing(reader, node, "length", "write how long it stays open: `length: 4h`");
            None
        }
    };
    let zone = match fields.get("tz") {
        Some(node) => read_zone(reader, node),
        None => {
            missing(
                reader,
                node,
                "tz",
                "write by which clock: `tz: Europe/Berlin`, or `tz: UTC`",
            );
            None
        }
    };
    reader.finish(fields);
    Some(Window {
        days: days?,
        start: start?,
        length: length?,
        zone: zone?,
    })
}

fn missing(reader: &mut Reader, node: &Node, key: &str, hint: &str) {
    reader.problem(node.span, format!("`window` has no `{key}`"), Some(hint.to_owned()));
}

fn read_days(reader: &mut Reader, node: &Node) -> Option<Vec<Weekday>> {
    let items = reader.one_or_many(node, "a list of days from `mon` to `sun`")?;
    if items.is_empty() {
        let hint = "leave `days` out for a window that opens every day";
        reader.problem(node.span, "the list of days is empty", Some(hint.to_owned()));
        return None;
    }
    let mut days: Vec<Weekday> = Vec::new();
    let mut is_good = true;
    for item in items {
        match reader.choice(item, &DAYS).map(|day| day.value) {
            Some(day) if days.contains(&day) => {
                reader.problem(item.span, "the day is there twice", None);
                is_good = false;
            }
            Some(day) => days.push(day),
            None => is_good = false,
        }
    }
    is_good.then_some(days)
}

/// Hours and minutes alone: YAML reads an unquoted `22:00` as a text too.
fn read_time(text: &str) -> Result<Time, String> {
    let is_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let time = text
        .split_once(':')
        .filter(|(hour, minute)| is_digits(hour) && is_digits(minute))
        .and_then(|(hour, minute)| Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok());
    time.ok_or_else(|| {
        format!(
            "`{}` is not a time of day; it is written \"22:00\", from \"00:00\" to \"23:59\"",
            printable(text)
        )
    })
}

fn read_length(reader: &mut Reader, node: &Node) -> Option<Duration> {
    let length = read_duration(reader, node)?;
    if length.is_zero() || length > WEEK {
        reader.problem(
            node.span,
            "a window is open for more than nothing and at most `7d`",
            None,
        );
        return None;
    }
    Some(length)
}

pub(super) fn read_zone(reader: &mut Reader, node: &Node) -> Option<String> {
    let name = reader.text(node, "a time zone such as `Europe/Berlin`")?.value;
    // The database answers to any case; the plan has the name as it is written there.
    if let Ok(zone) = TimeZone::get(&name)
        && let Some(known) = zone.iana_name()
    {
        return Some(known.to_owned());
    }
    let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    let hint = match nearest(&name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "zones are named as in the IANA database: `Europe/Berlin`, `America/New_York`, `UTC`".to_owned(),
    };
    reader.problem(node.span, format!("there is no time zone `{name}`"), Some(hint));
    None
}

#[cfg(test)]
mod tests {
    use crate::playbook::{Playbook, parse_playbook, playbook_yaml};

    fn parse(window: &str) -> Result<Playbook, Vec<String>> {
        let text = format!("waves: [{{name: all, rest: true}}]\nwindow: {window}\n");
        parse_playbook("p.yml", text.as_bytes(), "p")
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn mistakes(window: &str) -> Vec<String> {
        parse(window).expect_err(window)
    }

    #[test]
    fn a_window_means_what_it_says_and_is_shown_the_same() {
        let playbook = parse(r#"{days: [sat, sun], start: "22:00", length: 4h, tz: europe/berlin}"#).unwrap();
        let window = playbook.windows[0].clone();
        assert_eq!((window.days.len(), window.length.as_secs()), (2, 4 * 3600));
        assert_eq!(
            (window.start.to_string().as_str(), window.zone.as_str()),
            ("22:00:00", "Europe/Berlin")
        );
        let shown = playbook_yaml(&playbook).unwrap();
        assert_eq!(
            parse_playbook("p.yml", shown.as_bytes(), "p").unwrap(),
            playbook,
            "{shown}"
        );
        let every_day = parse(r#"{start: 03:30, length: 90m, tz: UTC}"#).unwrap();
        let shown = playbook_yaml(&every_day).unwrap();
        assert_eq!(
            parse_playbook("p.yml", shown.as_bytes(), "p").unwrap(),
            every_day,
            "{shown}"
        );
    }

    #[test]
    fn every_mistake_of_a_window_has_its_place_and_the_nearest_word() {
        assert_eq!(
            mistakes(r#"{days: [sat, sst, sat], start: "25:00", length: 8d, tz: Europe/Berln, lenght: 1}"#),
            [
                "p.yml:2:22: expected one of `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`, found `sst` (did \
                 you mean `sat`?)",
                "p.yml:2:27: the day is there twice",
                "p.yml:2:40: `25:00` is not a time of day; it is written \"22:00\", from \"00:00\" to \"23:59\"",
                "p.yml:2:57: a window is open for more than nothing and at most `7d`",
                "p.yml:2:65: there is no time zone `Europe/Berln` (did you mean `Europe/Berlin`?)",
                "p.yml:2:79: `lenght` is not a key of `window` (did you mean `length`?)",
            ]
        );
        assert_eq!(
            mistakes("{}"),
            [
                "p.yml:2:9: `window` has no `length` (write how long it stays open: `length: 4h`)",
                "p.yml:2:9: `window` has no `start` (write when it opens: `start: \"22:00\"`)",
                "p.yml:2:9: `window` has no `tz` (write by which clock: `tz: Europe/Berlin`, or `tz: UTC`)",
            ]
        );
        assert_eq!(
            mistakes(r#"{days: [], start: "22:00:30", length: 0s, tz: UTC}"#).len(),
            3
        );
    }
}
