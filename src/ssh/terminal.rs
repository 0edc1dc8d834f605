//! Terminals on hosts: asked for only where a program wants one to give privilege.
//!
//! What must stay true: nothing that is sent is echoed, and no byte is changed on its way, as far as the request can
//! say so; the shell on the other side sees to the rest.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use russh::client::Msg;
use russh::{Channel, Pty};

use crate::model::host::Host;
use crate::model::name::HostName;

use super::settings::SshSettings;

/// Lines stay lines until the shell is there, because programs read passwords so.
const MODES: [(Pty, u32); 9] = [
    (Pty::ECHO, 0),
    (Pty::ECHONL, 0),
    (Pty::ICANON, 1),
    (Pty::ISIG, 0),
    (Pty::IEXTEN, 0),
    (Pty::ICRNL, 0),
    (Pty::IXON, 0),
    (Pty::IXOFF, 0),
    (Pty::OPOST, 0),
];

/// Asks for a terminal on a channel. A server that gives none is noticed by what the program says.
pub(super) async fn request(channel: &Channel<Msg>) -> Result<(), russh::Error> {
    channel.request_pty(false, "dumb", 80, 24, 0, 0, &MODES).await
}

/// The hosts of a run whose `sudo` or `su` wants a terminal.
pub(super) struct Terminals {
    settings: Arc<SshSettings>,
    wanted: Mutex<HashSet<HostName>>,
}

impl Terminals {
    /// None is known yet.
    pub(super) fn new(settings: Arc<SshSettings>) -> Self {
        Self {
            settings,
            wanted: Mutex::default(),
        }
    }

    /// Whether a terminal was wanted on this host before.
    pub(super) fn are_wanted(&self, host: &Host) -> bool {
        self.hosts().contains(&host.name)
    }

    /// Takes a note for the rest of the run, and says so the first time.
    pub(super) fn remember(&self, host: &Host) {
        let is_first = {
            let mut hosts = self.hosts();
            hosts.insert(host.name.clone()) && hosts.len() == 1
        };
        if is_first {
            self.settings.notify.say(&format!(
                "{} on {} wants a terminal (requiretty): it gets one, there and wherever else it is wanted",
                host.privilege.method, host.name
            ));
        }
    }

    fn hosts(&self) -> std::sync::MutexGuard<'_, HashSet<HostName>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
