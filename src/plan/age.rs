//! How long a version must have been known before it is taken. Pure: when it was first seen is an input.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::duration::format_duration;
use crate::model::first_seen::{FirstSeen, SeenVersion};
use crate::model::known_exploited::KnownExploited;
use crate::model::update::Update;
use crate::model::update_rule::{AgeException, MinimumAge};

/// What ages are counted by.
#[derive(Debug, Clone, Copy)]
pub struct AgeKnowledge<'a> {
    /// When versions were first seen. One that is not in it was first seen just now.
    pub first_seen: &'a FirstSeen,
    /// What is known to be exploited; `None` when nobody said.
    pub known_exploited: Option<&'a KnownExploited>,
    /// When the plan is made.
    pub now: Timestamp,
}

impl AgeKnowledge<'_> {
    /// Why a version is too young, in words; `None` when it is old enough.
    #[must_use]
    pub fn too_young(&self, rule: &MinimumAge, seen: SeenVersion<'_>) -> Option<String> {
        let sighting = self.first_seen.get(seen);
        let since = sighting.map_or(self.now, |sighting| sighting.at);
        let age = Duration::try_from(self.now.duration_since(since)).unwrap_or_default();
        if age >= rule.age {
            return None;
        }
        let by = match sighting {
            Some(sighting) => format!("{} by {}", shown(since), sighting.host),
            None => format!("{} by this very plan", shown(since)),
        };
        let wanted = SignedDuration::try_from(rule.age).unwrap_or(SignedDuration::MAX);
        let until = match since.checked_add(wanted) {
            Ok(end) => format!(" on {}", shown(end)),
            Err(_) => " later".to_owned(),
        };
        Some(format!(
            "version {} was first seen on {by} and is old enough ({}){until}",
            seen.version,
            format_duration(rule.age),
        ))
    }

    /// Whether an update need not wait for its age.
    #[must_use]
    pub fn is_exempt(&self, rule: &MinimumAge, update: &Update) -> bool {
        rule.except.iter().any(|exception| match exception {
            AgeException::Critical => update.severity.as_deref() == Some("critical"),
            AgeException::KnownExploited => self.known_exploited.is_some_and(|known| known.has_any(&update.cves)),
        })
    }
}

/// A minute is exact enough, and a second would make equal reasons differ.
fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
