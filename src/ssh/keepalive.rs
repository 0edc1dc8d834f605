//! How a connection over which nothing comes is told from one that is dead, and russh's settings for it.

use std::borrow::Cow;
use std::time::Duration;

use russh::client::Config;
use russh::{Preferred, SshId};

use crate::model::error::HostError;
use crate::model::ssh_options::SshOptions;

use super::algorithms;
use super::host_key_algorithms::HostKeyAlgorithms;

/// With three misses a dead peer is found after four times this: a minute.
const USUAL_INTERVAL: Duration = Duration::from_secs(15);
const USUAL_MISSES: u32 = 3;
/// Longer than the keepalives take, so that those give the reason. It ends what they cannot: a connection that takes
/// nothing from us either, on which no keepalive can be sent.
const MARGIN: Duration = Duration::from_secs(30);

/// When a quiet connection is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keepalive {
    interval: Duration,
    misses: u32,
}

impl Keepalive {
    /// What the options say (`ServerAliveInterval`, `ServerAliveCountMax`), else a minute in all.
    pub(super) fn new(options: &SshOptions) -> Self {
        Self {
            interval: options.keepalive_interval.unwrap_or(USUAL_INTERVAL),
            misses: options.keepalive_count.unwrap_or(USUAL_MISSES),
        }
    }

    /// Whether a quiet server is asked and given up at all. As in OpenSSH, zero for either means never.
    fn gives_up(self) -> bool {
        !self.interval.is_zero() && self.misses > 0
    }

    /// After how much silence the other side counts as gone.
    pub(super) fn patience(self) -> Duration {
        self.interval.saturating_mul(self.misses.saturating_add(1))
    }

    /// After how much silence the connection is cut if keepalives did not do it. `None` where they were switched off:
    /// a quiet command is then left alone, until the deadline of its own.
    pub(super) fn inactivity_limit(self) -> Option<Duration> {
        self.gives_up().then(|| self.patience().saturating_add(MARGIN))
    }
}

/// russh's settings for a connection.
///
/// # Errors
/// `E_CONNECT` when the options leave no algorithm of a kind.
pub(super) fn configuration(options: &SshOptions, host_keys: HostKeyAlgorithms) -> Result<Config, HostError> {
    let keepalive = Keepalive::new(options);
    Ok(Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-patchwave_", env!("CARGO_PKG_VERSION")))),
        inactivity_timeout: keepalive.inactivity_limit(),
        keepalive_interval: (!keepalive.interval.is_zero()).then_some(keepalive.interval),
        keepalive_max: usize::try_from(keepalive.misses).unwrap_or(usize::MAX),
        nodelay: true,
        preferred: Preferred {
            key: Cow::Owned(host_keys.plain),
            host_key_certificates: Cow::Owned(host_keys.certificates),
            ..algorithms::preferred(options)?
        },
        ..Config::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keepalive(interval: u64, count: u32) -> Keepalive {
        Keepalive::new(&SshOptions {
            keepalive_interval: Some(Duration::from_secs(interval)),
            keepalive_count: Some(count),
            ..SshOptions::default()
        })
    }

    #[test]
    fn the_limit_of_inactivity_is_always_behind_the_keepalives() {
        let usual = Keepalive::new(&SshOptions::default());
        assert_eq!(usual.patience(), Duration::from_secs(60));
        assert_eq!(usual.inactivity_limit(), Some(Duration::from_secs(90)));
        assert_eq!(keepalive(120, 3).patience(), Duration::from_secs(480));
        assert_eq!(keepalive(120, 3).inactivity_limit(), Some(Duration::from_secs(510)));
    }

    #[test]
    fn a_quiet_command_is_left_alone_where_keepalives_are_off() {
        assert_eq!(keepalive(0, 3).inactivity_limit(), None);
        assert_eq!(keepalive(15, 0).inactivity_limit(), None);
    }
}
