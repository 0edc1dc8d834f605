//! Maintenance windows: the times in which hosts may be changed.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

/// When hosts may be changed: while any of the windows is open, always where there is none, and in no blackout.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    /// Windows that come again.
    pub windows: Vec<Window>,
    /// Times in which nothing is begun, in the order of their beginnings.
    pub blackouts: Vec<Blackout>,
}

impl Calendar {
    /// Whether hosts may always be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty() && self.blackouts.is_empty()
    }
}

/// A time in which nothing is begun.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blackout {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// Why, when somebody said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A run that does not mind its calendar, because somebody said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredWindow {
    /// Who: `user@machine`.
    pub by: String,
    /// Why, when it was said.
    pub reason: Option<String>,
}

/// A time that comes again every week or every day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The days on which it opens; every day when there is none. Never twice the same.
    #[serde(with = "days")]
    pub days: Vec<Weekday>,
    /// When it opens, by the clock of the zone.
    pub start: Time,
    /// How long it stays open, in elapsed time; at most a week.
    pub length: Duration,
    /// The time zone by its IANA name (`Europe/Berlin`), or `UTC`.
    pub zone: String,
}

/// No window is written as nothing, one as itself, several as a list.
pub(super) mod windows {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Window;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        One(Window),
        Many(Vec<Window>),
    }

    pub fn serialize<S: Serializer>(windows: &[Window], serializer: S) -> Result<S::Ok, S::Error> {
        match windows {
            [] => serializer.serialize_none(),
            [only] => only.serialize(serializer),
            many => many.serialize(serializer),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Window>, D::Error> {
        Ok(match Option::<Form>::deserialize(deserializer)? {
            None => Vec::new(),
            Some(Form::One(window)) => vec![window],
            Some(Form::Many(windows)) => windows,
        })
    }
}

mod days {
    use jiff::civil::Weekday;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    const NAMES: [(&str, Weekday); 7] = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];

    pub fn serialize<S: Serializer>(days: &[Weekday], serializer: S) -> Result<S::Ok, S::Error> {
        let name = |day: &Weekday| NAMES.iter().find(|(_, known)| known == day).map(|(name, _)| *name);
        days.iter().filter_map(name).collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Weekday>, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let day = |name: &String| {
            NAMES
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, day)| *day)
                .ok_or_else(|| serde::de::Error::custom("a day is written `mon` to `sun`"))
        };
        names.iter().map(day).collect()
    }
}
