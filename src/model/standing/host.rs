//! What a host is doing whose turn is not over.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::event::{Event, EventKind};
use crate::model::name::{HostName, WaveName};

/// A host whose turn is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunningHost {
    /// The host.
    pub host: HostName,
    /// Its wave.
    pub wave: WaveName,
    /// What it does, in a word.
    pub doing: String,
    /// More about it: whom it waits for, why nothing is heard of it.
    pub note: Option<String>,
    /// When its turn began, or was taken up again.
    pub began: Timestamp,
    /// Since when it does that.
    pub since: Timestamp,
}

impl RunningHost {
    fn does(&mut self, doing: &str, at: Timestamp) {
        doing.clone_into(&mut self.doing);
        self.note = None;
        self.since = at;
    }
}

/// Moves the hosts on by an event.
pub(super) fn take(running: &mut Vec<RunningHost>, event: &Event) {
    if let EventKind::HostStarted { host, wave } | EventKind::HostResumed { host, wave } = &event.kind {
        running.retain(|other| other.host != *host);
        running.push(RunningHost {
            host: host.clone(),
            wave: wave.clone(),
            doing: "starting".to_owned(),
            note: None,
            began: event.at,
            since: event.at,
        });
        return;
    }
    let of = event
        .kind
        .host()
        .and_then(|host| running.iter_mut().find(|running| running.host == *host));
    let Some(host) = of else {
        return;
    };
    match &event.kind {
        EventKind::HostPhase { phase, .. } => host.does(phase.as_str(), event.at),
        EventKind::HostWaiting { holder, .. } => host.note = Some(format!("waits for the lock: {holder}")),
        EventKind::HostContinues { .. } => host.note = None,
        EventKind::HostSilent { seconds, diagnosis, .. } => {
            host.note = Some(format!("silent for {seconds} s: {}", diagnosis.join("; ")));
        }
        EventKind::HostLeft { .. } => host.does("left alone", event.at),
        EventKind::HookStarted { hook, undo, .. } => {
            let what = if *undo { "undoing hook" } else { "hook" };
            host.note = Some(format!("{what} `{hook}`"));
        }
        EventKind::HookFinished { .. } => host.note = None,
        _ => {}
    }
}
