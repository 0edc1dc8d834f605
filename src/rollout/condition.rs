//! The condition of a host before and after: only differences are told, and one that nobody allowed fails the host.
//!
//! What must stay true: what was seen before is kept before anything is changed, so that whoever takes the run up
//! again compares with the same; a service that is merely late fails nobody.

mod compare;

use std::time::{Duration, Instant};

use super::after::journal;
use super::executor::{Turn, TurnResult};
use super::link::Link;
use crate::model::condition::{Condition, ConditionDifference, ConditionPart, ConditionRule};
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::remote::condition::{Extent, condition_script, parse_condition};
use crate::remote::transport::Transport;

use compare::{compare, may_be_late, untold};

/// For how long something that is missing is waited for, unless the playbook says otherwise.
const SETTLE: Duration = Duration::from_secs(30);

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// As many differences as the error names; the report has all.
const NAMED: usize = 4;

/// What the host is like now; `None` when that is not known.
pub(super) async fn look<T: Transport>(turn: &Turn<T>, link: &mut Link<'_, T>) -> Option<Condition> {
    match read(turn, link).await {
        Ok(condition) => Some(condition),
        Err(error) => {
            turn.show(&format!("its condition cannot be compared: {}", error.message));
            None
        }
    }
}

/// Keeps what was seen of a host that is only rebooted: no job of it does.
pub(super) async fn note<T: Transport>(turn: &Turn<T>, before: Option<&Condition>) {
    if let Some(condition) = before {
        let host = turn.host.name.clone();
        let condition = Box::new(condition.clone());
        turn.tell(EventKind::HostCondition { host, condition }).await;
    }
}

async fn read<T: Transport>(turn: &Turn<T>, link: &mut Link<'_, T>) -> Result<Condition, HostError> {
    let extent = if turn.rules.run.condition.ignored {
        Extent::FailedUnits
    } else {
        Extent::Everything
    };
    let script = |nonce| condition_script(extent, nonce);
    link.ask(script, parse_condition, turn.limits.command).await
}

/// Compares with what was seen before, and looks again while something is missing.
///
/// # Errors
/// `E_SERVICE` for a difference that nobody allowed, and when the host no longer says of a part what it is like.
pub(super) async fn judge<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    before: Option<&Condition>,
    result: &mut TurnResult,
) -> Result<(), HostError> {
    let Some(before) = before else { return Ok(()) };
    let rule: &ConditionRule = &turn.rules.run.condition;
    let started = Instant::now();
    let (differences, untold) = loop {
        let after = read(turn, link).await?;
        let differences = compare(before, &after, rule);
        let untold = untold(before, &after, rule);
        let is_settled = untold.is_empty() && !may_be_late(&differences);
        if is_settled || started.elapsed() >= rule.settle.unwrap_or(SETTLE) {
            break (differences, untold);
        }
        tokio::time::sleep(PAUSE).await;
    };
    result.differences.clone_from(&differences);
    if differences.is_empty() {
        return answer(&untold);
    }
    let host = turn.host.name.clone();
    let bad: Vec<ConditionDifference> = differences.iter().filter(|one| !one.allowed).cloned().collect();
    turn.tell(EventKind::HostDiffers { host, differences }).await;
    if bad.is_empty() {
        return answer(&untold);
    }
    let unit = bad.iter().find(|one| is_unit(one)).map(|one| one.what.clone());
    if let Some(unit) = &unit {
        result.excerpt = journal(turn, link, unit).await;
    }
    Err(failure(&bad, unit.as_deref()))
}

/// A part of which nothing can be said is not taken for unchanged.
fn answer(untold: &[ConditionPart]) -> Result<(), HostError> {
    let Some(first) = untold.first() else { return Ok(()) };
    let parts: Vec<&str> = untold.iter().map(|part| part.in_words()).collect();
    Err(HostError::new(
        ErrorCode::Service,
        format!("it no longer says what it did before the update: {}", parts.join(", ")),
        format!(
            "look at the host; a part that is not to be compared is named by `condition: {{allow: [\"{}:*\"]}}` in the \
             playbook",
            first.as_str()
        ),
    ))
}

fn is_unit(difference: &ConditionDifference) -> bool {
    let is_loss = matches!(
        (difference.part, difference.came),
        (ConditionPart::FailedUnit, true) | (ConditionPart::ActiveUnit, false)
    );
    is_loss && difference.what.contains('.')
}

fn failure(bad: &[ConditionDifference], unit: Option<&str>) -> HostError {
    let mut named: Vec<String> = bad.iter().take(NAMED).map(ConditionDifference::in_words).collect();
    if bad.len() > NAMED {
        named.push(format!("and {} more", bad.len() - NAMED));
    }
    let first = bad.first().map_or_else(String::new, ConditionDifference::glob);
    let look = unit.map_or_else(String::new, |unit| format!("`systemctl status {unit}` says why; "));
    HostError::new(
        ErrorCode::Service,
        format!("it is not as it was before: {}", named.join("; ")),
        format!("{look}what is meant to differ is allowed by `condition: {{allow: [\"{first}\"]}}` in the playbook"),
    )
}
