//! Watches whether a job prints, and has its host diagnosed when it does not.
//!
//! What must stay true: nothing here ends or signals a process. Silence alone is no failure: a job fails when its own
//! deadline is over, and goes on even then.

use std::time::Duration;

use super::executor::Turn;
use super::link::Link;
use crate::model::duration::format_duration;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::remote::diagnosis::{Diagnosis, diagnose_script, parse_diagnosis};
use crate::remote::job::JobId;
use crate::remote::transport::Transport;

/// How long the question may take: it waits for some seconds on the host to see what moves.
const ANSWER: Duration = Duration::from_secs(60);

/// How long after a look the next one is taken, while the job goes on printing nothing.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is known of the silence of one job.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// The silence at which it is looked at again.
    next_look: Option<Duration>,
    /// What was told last, and after how long a silence.
    told: Option<(Duration, Diagnosis)>,
    last: Option<Diagnosis>,
}

impl Silence {
    /// Hears for how long the log has not grown, and looks for the reason when that is too long. What was found is
    /// told once, again when it is something else, and again whenever the silence has doubled.
    pub async fn notice<T: Transport>(
        &mut self,
        turn: &Turn<T>,
        link: &mut Link<'_, T>,
        id: &JobId,
        silent: Duration,
        is_installing: bool,
    ) {
        let limit = turn.limits.stall;
        if silent < limit {
            *self = Self::default();
            return;
        }
        if self.next_look.is_some_and(|next| silent < next) {
            return;
        }
        self.next_look = Some(silent + (limit / 4).clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
        let Ok(found) = link
            .ask(|nonce| diagnose_script(id, nonce), parse_diagnosis, ANSWER)
            .await
        else {
            // A host that does not answer is told of by whoever follows the job.
            return;
        };
        self.last = Some(found.clone());
        // A large file on its way prints nothing for long, and says enough by arriving.
        let is_downloading = !is_installing && found.is_at_work();
        if is_downloading || !self.is_news(silent, &found) {
            return;
        }
        let told = EventKind::HostSilent {
            host: turn.host.name.clone(),
            seconds: silent.as_secs(),
            diagnosis: found.lines(),
        };
        self.told = Some((silent, found));
        turn.tell(told).await;
    }

    /// Tells that a host cannot be asked at all, and that it is waited for; `since` is how long ago its job was begun.
    pub async fn unheard<T: Transport>(&mut self, turn: &Turn<T>, since: Duration, error: &HostError) {
        turn.tell(EventKind::HostSilent {
            host: turn.host.name.clone(),
            seconds: since.as_secs(),
            diagnosis: vec![
                error.message.clone(),
                format!(
                    "the job goes on by itself; the host is tried again for {}",
                    format_duration(Duration::from_secs(turn.limits.job.saturating_sub(since).as_secs()))
                ),
            ],
        })
        .await;
    }

    fn is_news(&self, silent: Duration, found: &Diagnosis) -> bool {
        match &self.told {
            None => true,
            Some((before, told)) => !told.is_like(found) || silent >= *before * 2,
        }
    }

    /// Why a job is no longer waited for; it goes on.
    pub fn error<T: Transport>(&self, turn: &Turn<T>, id: &JobId) -> HostError {
        let host = &turn.host.name;
        let time = format_duration(turn.limits.job);
        let mut message = format!("the job has not ended after {time}; it was not killed and goes on");
        let mut remedies = Vec::new();
        if let Some(found) = &self.last {
            message = format!("{message}: {}", found.lines().join("; "));
            remedies.extend(found.reasons.iter().filter_map(|reason| reason.remedy()));
        }
        remedies.truncate(2);
        remedies.push(format!(
            "follow it on the host with `tail -f /var/lib/patchwave/jobs/{}/log`, and when it has ended look with \
             `patchwave repair {host} --dry-run`",
            id.as_str()
        ));
        HostError::new(ErrorCode::Stall, message, remedies.join("; "))
    }
}
