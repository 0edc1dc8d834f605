//! Maintenance windows: the times in which hosts may be changed.

use std::time::Duration;

use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

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
