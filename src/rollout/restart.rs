//! Restarts what still runs replaced files, in a job on the host, and proves that sshd still lets in.
//!
//! What must stay true: each unit is restarted once; the first connection stays open while sshd is proved by a
//! second one; a unit that does not run again fails the host.

mod choice;
mod never;

use std::time::{Duration, Instant};

use choice::{Choice, choose};

use super::executor::Turn;
use super::link::Link;
use super::survey::internal;
use crate::model::aftermath::NeedsRestart;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::{EventKind, HostPhase};
use crate::model::facts::Facts;
use crate::model::host::Connect;
use crate::model::pattern::Pattern;
use crate::model::restart::{RestartPolicy, RestartRule};
use crate::remote::job::{JobId, JobState, follow_script, parse_follow, parse_start};
use crate::remote::restart::{Order, Restarts, parse_proved, parse_restarts, proved_script, restart_script};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// Between two looks at the job: it waits for a second login and must not wait long.
const FOLLOW: Duration = Duration::from_secs(2);

/// Deadline of an answer beyond the time that the host waits by itself.
const ANSWER: Duration = Duration::from_secs(60);

/// Deadline of the whole job: a unit that hangs takes a minute and a half, sshd's proof two minutes.
const WHOLE: Duration = Duration::from_secs(30 * 60);

/// Why nothing is restarted where the playbook only lists.
pub(super) const LISTED: &str = "the playbook only lists it (`restart: list`)";

/// What became of the services that ran replaced files.
#[derive(Debug, Clone, Default)]
pub(super) struct Restarted {
    pub restarted: Vec<String>,
    /// Units that the job left as they were, and why.
    pub refused: Vec<NeedsRestart>,
    pub failed: Vec<NeedsRestart>,
}

/// What still runs replaced files in the end, each with the reason why.
pub(super) fn pending(rule: &RestartRule, facts: &Facts, restarted: &Restarted, is_local: bool) -> Vec<NeedsRestart> {
    let with = |unit: &str, reason: &str| NeedsRestart {
        unit: unit.to_owned(),
        reason: reason.to_owned(),
    };
    match rule.policy {
        RestartPolicy::None => Vec::new(),
        RestartPolicy::List => facts
            .outdated_services()
            .map(|service| with(&service.unit, LISTED))
            .collect(),
        RestartPolicy::Auto => {
            let services = facts.services.as_deref().unwrap_or_default();
            let Choice { orders, mut left } = choose(services, &patterns(rule), is_local);
            left.extend(orders.iter().filter_map(Order::unit).map(|unit| {
                match restarted.refused.iter().find(|refused| refused.unit == unit) {
                    Some(refused) => refused.clone(),
                    None if restarted.restarted.iter().any(|other| other == unit) => {
                        with(unit, "it was restarted, and a process of it still runs replaced files")
                    }
                    None => with(unit, "it was not restarted"),
                }
            }));
            left.sort();
            left
        }
    }
}

fn patterns(rule: &RestartRule) -> Vec<Pattern> {
    let compiled = rule.never.iter().filter_map(|text| Pattern::new(text.as_str()).ok());
    compiled.collect()
}

/// Restarts what may be restarted. `None` when there is nothing to restart and nothing was done.
pub(super) async fn restart<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    facts: &Facts,
) -> Result<Option<Restarted>, HostError> {
    let id = JobId::new(format!("{}-restart", turn.run)).map_err(|error| internal(&error))?;
    if let Some(past) = turn.past.as_ref().filter(|past| past.is_restarting) {
        if let Some(ended) = &past.restarted {
            super::job::clean_up(turn, link, &id).await;
            return Ok(Some(Restarted {
                restarted: ended.restarted.clone(),
                refused: ended.left.clone(),
                failed: ended.failed.clone(),
            }));
        }
        if let Some(said) = follow(turn, link, &id).await? {
            return finish(turn, link, &id, said).await.map(Some);
        }
    }
    let services = facts.services.as_deref().unwrap_or_default();
    let orders = choose(services, &patterns(&turn.restart), turn.host.connect == Connect::Local).orders;
    if orders.is_empty() {
        return Ok(None);
    }
    turn.enter(HostPhase::Restarting).await?;
    link.ask(
        |nonce| restart_script(&id, &orders, nonce),
        parse_start,
        turn.limits.command,
    )
    .await?;
    match follow(turn, link, &id).await? {
        Some(said) => finish(turn, link, &id, said).await.map(Some),
        None => Err(not_restarted("the job that restarts services ended without a result")),
    }
}

/// Has what the job said kept, and removes its folder then.
async fn finish<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    id: &JobId,
    said: Restarts,
) -> Result<Restarted, HostError> {
    let restarted = result(said);
    turn.keep(restarted_event(turn, &restarted), "host-restarted").await?;
    super::job::clean_up(turn, link, id).await;
    Ok(restarted)
}

/// What is kept of a restart before the folder of its job is removed.
pub(super) fn restarted_event<T: Transport>(turn: &Turn<T>, restarted: &Restarted) -> EventKind {
    EventKind::HostRestarted {
        host: turn.host.name.clone(),
        restarted: restarted.restarted.clone(),
        left: restarted.refused.clone(),
        failed: restarted.failed.clone(),
    }
}

fn result(said: Restarts) -> Restarted {
    let named = |(unit, reason): (String, String)| NeedsRestart { unit, reason };
    Restarted {
        restarted: said.restarted,
        refused: said.left.into_iter().map(named).collect(),
        failed: said.failed.into_iter().map(named).collect(),
    }
}

/// Follows the job to its end. `None` when the host knows no such job.
async fn follow<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    id: &JobId,
) -> Result<Option<Restarts>, HostError> {
    let started = Instant::now();
    let (mut offset, mut log, mut proofs) = (0, String::new(), 0);
    loop {
        let script = |nonce| follow_script(id, offset, FOLLOW, nonce);
        let progress = link.ask(script, parse_follow, FOLLOW + ANSWER).await?;
        offset = progress.offset;
        progress.log.lines().for_each(|line| turn.show(line));
        log.push_str(&progress.log);
        let said = parse_restarts(&log);
        match progress.state {
            JobState::Finished { exit_code: 0 } => return Ok(Some(said)),
            JobState::Unknown => return Ok(None),
            JobState::Running if started.elapsed() > WHOLE => {
                return Err(not_restarted(
                    "the job that restarts services has not ended after 30 minutes",
                ));
            }
            JobState::Running => {}
            _ => return Err(not_restarted("the job that restarts services ended without a result")),
        }
        if said.proofs_wanted > proofs {
            match prove(turn, id).await {
                Ok(()) => proofs = said.proofs_wanted,
                // The job gives sshd another start after a minute; until then every login counts.
                Err(error) => turn.show(&format!("the second login failed: {}", error.message)),
            }
        }
    }
}

/// Logs in once more while the first connection stays open, and says so to the job from there.
async fn prove<T: Transport>(turn: &Turn<T>, id: &JobId) -> Result<(), HostError> {
    let second = turn.transport.connect_beside(&turn.host).await?;
    let nonce = Nonce::from_bits(rand::random());
    let request = ScriptRequest {
        script: proved_script(id, nonce.clone()).map_err(|error| internal(&error))?,
        privileged: true,
        timeout: ANSWER,
    };
    let answer = second
        .run(&request)
        .await
        .and_then(|output| parse_proved(&output, &nonce));
    second.close().await;
    answer
}

fn not_restarted(message: &str) -> HostError {
    HostError::new(
        ErrorCode::Service,
        message,
        "look at /var/lib/patchwave/jobs on the host, and at `systemctl list-jobs`",
    )
}

/// Why the host counts as failed; `None` when everything that was restarted runs.
pub(super) fn failure(restarted: &Restarted) -> Option<HostError> {
    // Whoever is locked out has to know it before anything else.
    let unproved = restarted.failed.iter().find(|failed| failed.reason == "unproved");
    let first = unproved.or_else(|| restarted.failed.first())?;
    if first.reason == "unproved" {
        return Some(HostError::new(
            ErrorCode::Service,
            format!("{} was restarted, twice, and no second login came through", first.unit),
            "log in at the console before this host's last connection ends: `sshd -t`, `systemctl status ssh`",
        ));
    }
    let names: Vec<&str> = restarted.failed.iter().map(|failed| failed.unit.as_str()).collect();
    Some(HostError::new(
        ErrorCode::Service,
        format!(
            "{} did not come back from the restart ({})",
            names.join(", "),
            first.reason
        ),
        format!("`systemctl status {}` on the host says why", first.unit),
    ))
}
