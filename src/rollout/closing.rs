//! Whether there is still time for a host before the maintenance window closes, or a blackout begins.
//!
//! What must stay true: no host is begun after the window has closed or in a blackout, or when it usually takes longer
//! than the time that is left. A host that does not fit does not keep a quicker one of its batch from starting; the run ends with
//! the batch.

use jiff::Timestamp;

use crate::model::estimate::about;
use crate::model::event::EventKind;
use crate::model::name::HostName;
use crate::model::past::PastDurations;
use crate::model::plan::PlannedHost;
use crate::model::text::count;
use crate::model::window::{Calendar, IgnoredWindow};
use crate::plan::window::{StartAnswer, in_zone, may_start, why_closed};

/// When a run must not begin hosts any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingTime {
    /// When hosts may be changed.
    pub calendar: Calendar,
    /// How long each host took in past runs.
    pub past: PastDurations,
    /// Who said that it is not minded; `None` while it is.
    pub ignored: Option<IgnoredWindow>,
}

/// The hosts of a run that its window left no time for.
#[derive(Debug, Default)]
pub(super) struct Closing {
    time: Option<ClosingTime>,
    refused: Vec<HostName>,
    reason: Option<String>,
}

impl Closing {
    pub(super) fn new(time: Option<ClosingTime>) -> Self {
        Self {
            time,
            ..Self::default()
        }
    }

    /// Whether there is no time left for a host, which is then remembered. One with nothing to do needs none.
    pub(super) fn refuses(&mut self, planned: &PlannedHost, has_work: bool, now: Timestamp) -> bool {
        let minded = self.time.as_ref().filter(|time| has_work && time.ignored.is_none());
        let Some(time) = minded else {
            return false;
        };
        let calendar = &time.calendar;
        let reason = match may_start(calendar, time.past.of(&planned.name), now) {
            Ok(StartAnswer::Yes) => return false,
            Ok(StartAnswer::Closed { opens, blackout }) => {
                let why = match blackout {
                    Some(blackout) => why_closed(Some(&blackout)),
                    None => "the maintenance window has closed".to_owned(),
                };
                format!("{why}; hosts may be changed again from {} on", in_zone(calendar, opens))
            }
            Ok(StartAnswer::TooShort {
                left,
                expected,
                ends_by,
            }) => {
                let left = about(left);
                let left = match ends_by {
                    Some(blackout) => format!("{blackout} begins in {left}"),
                    None => format!("the maintenance window is open for {left}"),
                };
                format!("{left} and {} usually takes {}", planned.name, about(expected))
            }
            Err(error) => format!("whether the maintenance window is open cannot be told: {error}"),
        };
        self.reason.get_or_insert(reason);
        self.refused.push(planned.name.clone());
        true
    }

    /// What the journal has of a calendar that is not minded.
    pub(super) fn ignored(&self) -> Option<EventKind> {
        let ignored = self.time.as_ref()?.ignored.as_ref()?;
        Some(EventKind::WindowIgnored {
            by: ignored.by.clone(),
            reason: ignored.reason.clone(),
        })
    }

    /// Why the run ends, when a host was refused. Hosts behind it were not asked: the report lists them all.
    pub(super) fn ends_run(&self) -> Option<String> {
        let reason = self.reason.as_ref()?;
        let names: Vec<&str> = self.refused.iter().take(5).map(HostName::as_str).collect();
        let more = if self.refused.len() > names.len() { ", …" } else { "" };
        Some(format!(
            "{reason}; no time was left for {}: {}{more}",
            count(self.refused.len(), "host"),
            names.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::civil::time;

    use super::*;
    use crate::model::error::{ErrorCode, HostError};
    use crate::model::host::RebootPolicy;
    use crate::model::plan::Basis;
    use crate::model::window::{Blackout, Window};

    fn host(name: &str) -> PlannedHost {
        PlannedHost {
            name: HostName::new(name).unwrap(),
            address: String::new(),
            port: 22,
            basis: Basis::Unknown {
                error: HostError::new(ErrorCode::Connect, "", ""),
            },
            changes: Arc::from(Vec::new()),
            may_bring: Arc::from(Vec::new()),
            removes: Vec::new(),
            left_out: Vec::new(),
            reboot: RebootPolicy::Never,
            foresight: None,
        }
    }

    fn closing(zone: &str) -> Closing {
        let turns = [("slow", 30), ("quick", 5)];
        let turns = turns.map(|(name, minutes)| (HostName::new(name).unwrap(), Duration::from_secs(60 * minutes)));
        Closing::new(Some(ClosingTime {
            calendar: Calendar {
                windows: vec![Window {
                    days: Vec::new(),
                    start: time(22, 0, 0, 0),
                    length: Duration::from_secs(3600),
                    zone: zone.to_owned(),
                }],
                blackouts: Vec::new(),
            },
            past: PastDurations::from_turns(1, turns),
            ignored: None,
        }))
    }

    #[test]
    fn a_slow_host_is_refused_and_a_quick_one_still_starts() {
        let late: Timestamp = "2026-11-22T22:50:00Z".parse().unwrap();
        let mut closing = closing("UTC");
        assert!(closing.refuses(&host("slow"), true, late));
        assert!(!closing.refuses(&host("quick"), true, late));
        assert!(!closing.refuses(&host("new"), true, late), "nothing is known of it");
        assert!(!closing.refuses(&host("slow"), false, late), "it has nothing to do");
        assert_eq!(
            closing.ends_run().unwrap(),
            "the maintenance window is open for about 10 minutes and slow usually takes about 30 minutes; no time \
             was left for 1 host: slow"
        );
    }

    #[test]
    fn nobody_starts_after_the_end_and_everybody_without_a_window() {
        let over: Timestamp = "2026-11-22T23:00:00Z".parse().unwrap();
        let mut closed = closing("UTC");
        assert!(closed.refuses(&host("quick"), true, over));
        assert!(closed.ends_run().unwrap().starts_with(
            "the maintenance window has closed; hosts may be changed again from Mon 2026-11-23 22:00 UTC on"
        ));
        let mut unreadable = closing("Nowhere/At_All");
        assert!(
            unreadable.refuses(&host("quick"), true, over),
            "what cannot be told is closed"
        );
        let mut always = Closing::new(None);
        assert!(!always.refuses(&host("quick"), true, over));
        assert_eq!(always.ends_run(), None);
    }

    #[test]
    fn a_blackout_ends_the_time_as_a_window_does() {
        let mut closing = closing("UTC");
        let time = closing.time.as_mut().unwrap();
        time.calendar.windows.clear();
        time.calendar.blackouts.push(Blackout {
            from: "2026-12-20T00:00:00Z".parse().unwrap(),
            until: "2027-01-04T00:00:00Z".parse().unwrap(),
            reason: Some("year-end freeze".to_owned()),
        });
        let late: Timestamp = "2026-12-19T23:50:00Z".parse().unwrap();
        assert!(closing.refuses(&host("slow"), true, late));
        assert!(!closing.refuses(&host("quick"), true, late));
        assert_eq!(
            closing.ends_run().unwrap(),
            "a blackout (year-end freeze) begins in about 10 minutes and slow usually takes about 30 minutes; no time \
             was left for 1 host: slow"
        );
        let on: Timestamp = "2026-12-24T12:00:00Z".parse().unwrap();
        assert!(closing.refuses(&host("quick"), true, on));
        let time = closing.time.as_mut().unwrap();
        time.ignored = Some(IgnoredWindow {
            by: "ana@ops".to_owned(),
            reason: None,
        });
        assert!(!closing.refuses(&host("quick"), true, on));
        assert!(matches!(closing.ignored(), Some(EventKind::WindowIgnored { .. })));
    }
}
