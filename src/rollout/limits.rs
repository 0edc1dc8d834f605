//! Deadlines and bounds of scans and runs. Every wait has one of these.

use std::time::Duration;

/// Deadlines and bounds. All durations are from the moment the wait begins.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Hosts that are contacted at once.
    pub parallel: usize,
    /// One script that reads (a probe, a gate command).
    pub command: Duration,
    /// A package transaction, from its start to its result. After it the host counts as failed;
    /// the transaction itself is never killed.
    pub job: Duration,
    /// How long a job may print nothing before its host is asked why.
    pub stall: Duration,
    /// How long a script that reads waits for another process to give the package manager free.
    pub read_lock_wait: Duration,
    /// How long a transaction waits for another process to give the package manager free.
    pub lock_wait: Duration,
    /// How long a host whose connection broke during a job is tried again.
    pub reconnect: Duration,
    /// From the order to reboot to a settled system with another boot id.
    pub reboot: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            parallel: 64,
            command: Duration::from_secs(5 * 60),
            // A distribution upgrade of a slow machine over a slow mirror takes about an hour.
            job: Duration::from_secs(2 * 60 * 60),
            // The largest packages need some minutes for their scripts.
            stall: Duration::from_secs(15 * 60),
            read_lock_wait: Duration::from_secs(60),
            // Unattended upgrades of a night end within this.
            lock_wait: Duration::from_secs(10 * 60),
            reconnect: Duration::from_secs(10 * 60),
            // Large servers need ten minutes for their firmware alone.
            reboot: Duration::from_secs(15 * 60),
        }
    }
}
