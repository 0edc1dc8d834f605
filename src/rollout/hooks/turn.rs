//! The hooks of one host's turn.

use std::sync::Arc;

use super::{Errand, HookDocument, HookOf, HookVerdict, Link, Turn, TurnResult, failed, not_undone};
use crate::model::error::HostError;
use crate::model::hook::{HookOutcome, HookPoint, HookRule};
use crate::model::run::HostRunState;
use crate::remote::transport::Transport;

/// Runs the hooks of a point for a host; those that were done before the turn was taken up again are not run twice.
///
/// # Errors
/// `E_HOOK` when one failed.
pub(in crate::rollout) async fn at_host<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    point: HookPoint,
    result: &TurnResult,
) -> Result<HookVerdict, HostError> {
    let rules = Arc::clone(&turn.rules);
    let of = of(turn);
    for rule in rules.run.hooks.iter().filter(|rule| rule.at == point) {
        if turn.hooks.is_done(&rule.name) {
            continue;
        }
        turn.keep(of.started(rule, false), "hook-started").await?;
        turn.hooks.note(&rule.name, false);
        let end = errand(turn, rule, false, result).carry_out_over(link).await;
        let (outcome, detail) = end.verdict(point, false);
        let finished = of.finished(rule, false, outcome, &detail);
        turn.keep(finished, "hook-finished").await?;
        match outcome {
            HookOutcome::Done => turn.hooks.note(&rule.name, true),
            HookOutcome::Skip => return Ok(HookVerdict::Skip(detail)),
            HookOutcome::Failed => return Err(failed(rule, &detail)),
        }
    }
    Ok(HookVerdict::GoOn)
}

/// Undoes what was begun for a host, the last first, however its turn ended. A host of which something is not undone
/// has failed, and counts as down.
pub(in crate::rollout) async fn undo_at_host<T: Transport>(turn: &Turn<T>, result: &mut TurnResult) {
    let rules = Arc::clone(&turn.rules);
    let of = of(turn);
    for (name, _) in turn.hooks.begun().into_iter().rev() {
        let rule = rules.run.hooks.iter().find(|rule| rule.name == name);
        let Some(rule) = rule.filter(|rule| rule.undo.is_some()) else {
            continue;
        };
        let kept = turn.keep(of.started(rule, true), "hook-started").await;
        // Where nothing can be kept any more, a host that was begun is left as its hooks made it until it is taken up
        // again. Any other is undone all the same.
        if kept.is_err() && result.touched && result.state.is_failure() {
            return;
        }
        let end = errand(turn, rule, true, result).carry_out(&turn.transport).await;
        let (outcome, detail) = end.verdict(rule.at, true);
        let _ = turn
            .keep(of.finished(rule, true, outcome, &detail), "hook-finished")
            .await;
        if outcome != HookOutcome::Done {
            result.touched = true;
            if !result.state.is_failure() {
                result.state = HostRunState::Failed;
                result.error = Some(not_undone(rule, &detail));
            }
        }
    }
}

fn of<T>(turn: &Turn<T>) -> HookOf {
    HookOf {
        host: Some(turn.host.name.clone()),
        wave: None,
    }
}

fn errand<'a, T>(turn: &'a Turn<T>, rule: &'a HookRule, undo: bool, result: &'a TurnResult) -> Errand<'a> {
    let document = HookDocument::new(&turn.hooks.scene, rule, undo)
        .in_wave(turn.hooks.wave.as_ref())
        .for_host(&turn.host, &turn.planned.changes)
        .in_state(result.state.as_str(), result.error.as_ref());
    Errand {
        rule,
        host: Some(&turn.host),
        document,
    }
}
