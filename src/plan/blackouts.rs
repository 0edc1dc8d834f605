//! The blackouts of a playbook as times. Pure: `now` is an input.
//!
//! What must stay true: a plan has every blackout that touches the time in which it can run, repetitions included; what
//! comes again for ever is followed far beyond any plan's end.

use jiff::{Timestamp, ToSpan};

use super::PlanError;
use crate::model::window::{Blackout, Calendar};
use crate::playbook::{BlackoutRule, Playbook};

/// Hours ahead that repetitions are followed: somewhat more than a year.
const HORIZON_HOURS: i64 = 400 * 24;

/// When the hosts of a playbook may be changed, from that time on.
///
/// # Errors
/// When a calendar of it cannot be followed.
pub fn calendar(playbook: &Playbook, now: Timestamp) -> Result<Calendar, PlanError> {
    let mut blackouts = Vec::new();
    for rule in &playbook.blackouts {
        blackouts.extend(times(rule, now)?);
    }
    blackouts.sort();
    blackouts.dedup();
    Ok(Calendar {
        windows: playbook.windows.clone(),
        blackouts,
    })
}

fn times(rule: &BlackoutRule, now: Timestamp) -> Result<Vec<Blackout>, PlanError> {
    let (file, events) = match rule {
        BlackoutRule::Times { from, until, reason } => {
            let blackout = Blackout {
                from: from.timestamp(),
                until: until.timestamp(),
                reason: reason.clone(),
            };
            return Ok(if blackout.until > now {
                vec![blackout]
            } else {
                Vec::new()
            });
        }
        BlackoutRule::Calendar { file, events, .. } => (file, events),
    };
    let horizon = now.checked_add(HORIZON_HOURS.hours()).unwrap_or(Timestamp::MAX);
    let mut blackouts = Vec::new();
    for event in events {
        let times = event.between(now, horizon).map_err(|error| PlanError::Calendar {
            file: file.display().to_string(),
            why: error.to_string(),
        })?;
        blackouts.extend(times.into_iter().map(|(from, until)| Blackout {
            from,
            until,
            reason: event.summary.clone(),
        }));
    }
    Ok(blackouts)
}
