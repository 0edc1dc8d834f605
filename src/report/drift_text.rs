//! The words of drift: for events, for the page of a run, for `show`.

use crate::model::drift::{DriftAction, DriftDifference, HostDrift, Promotion};
use crate::model::plan::PlannedChange;
use crate::model::text::count;

/// As many differences as a line of a log shows.
const IN_A_LINE: usize = 3;

/// A host's drift in one line.
#[must_use]
pub fn drift_in_words(drift: &HostDrift) -> String {
    let shown: Vec<&str> = drift
        .differences
        .iter()
        .take(IN_A_LINE)
        .map(|difference| difference.message.as_str())
        .collect();
    let hidden = drift.differences.len() - shown.len();
    let more = if hidden > 0 {
        format!("; and {}", count(hidden, "more difference"))
    } else {
        String::new()
    };
    let decision = decision_in_words(drift).map_or_else(String::new, |words| format!("; {words}"));
    format!("{}: {}{more}{decision}", drift.class, shown.join("; "))
}

/// What is done about it; `None` where nothing had to be decided.
#[must_use]
pub fn decision_in_words(drift: &HostDrift) -> Option<String> {
    let words = match drift.action? {
        DriftAction::Pinned => "the planned versions are installed all the same".to_owned(),
        DriftAction::Fail => "the host fails, nothing was changed".to_owned(),
        DriftAction::SkipHost => "the host is left out, nothing was changed".to_owned(),
        DriftAction::Replan => match drift.instead.as_deref() {
            None => "the host is planned anew".to_owned(),
            Some([]) => "planned anew: nothing is to be installed now".to_owned(),
            Some(instead) => {
                let shown: Vec<String> = instead.iter().take(IN_A_LINE).map(change_in_words).collect();
                let hidden = instead.len() - shown.len();
                let more = if hidden > 0 {
                    format!(" and {}", count(hidden, "more package"))
                } else {
                    String::new()
                };
                format!("planned anew: {}{more}", shown.join(", "))
            }
        },
    };
    Some(words)
}

/// A change that is installed instead of a planned one.
#[must_use]
pub fn change_in_words(change: &PlannedChange) -> String {
    match &change.from {
        Some(from) => format!("{} {from} → {}", change.package, change.to),
        None => format!("{} {} (new)", change.package, change.to),
    }
}

/// What was planned, as the removed line of a difference; `None` where nothing was.
#[must_use]
pub fn planned_line(difference: &DriftDifference) -> Option<String> {
    let (package, planned) = (difference.package.as_ref()?, difference.planned.as_ref()?);
    Some(format!("- {package} {planned} planned"))
}

/// What was found instead, as the added line of a difference.
#[must_use]
pub fn found_line(difference: &DriftDifference) -> String {
    format!("+ {}", difference.message)
}

/// Promotions in one line.
#[must_use]
pub fn promotions_in_words(promotions: &[Promotion]) -> String {
    let words: Vec<String> = promotions
        .iter()
        .map(|one| {
            format!(
                "{} {} instead of the planned {}: it ran on {}",
                one.package, one.promoted, one.planned, one.ran_on
            )
        })
        .collect();
    format!("gets what an earlier wave ran: {}", words.join("; "))
}
