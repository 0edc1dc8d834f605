//! Reboots a host and proves it: another boot id, seen on a new connection, and a system that has started all that it
//! starts, before the deadline. Where a host does not come back, the playbook's own program is asked to help, once.
//!
//! What must stay true: a host is told once, and a second time only when it still runs the old boot after a minute;
//! the program that helps is begun only when the deadline is over.

mod recover;

use std::time::{Duration, Instant};

use super::executor::Turn;
use super::link::{Link, is_transient};
use super::survey::{internal, probe};
use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::Facts;
use crate::model::host::Connect;
use crate::remote::command::{command_script, parse_command};
use crate::remote::probe::{ProbeRequest, Refresh};
use crate::remote::reboot::{parse_reboot, reboot_script};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// Between two looks at a host that reboots. A virtual machine is back within ten seconds.
const PAUSE: Duration = Duration::from_secs(2);

/// A host that still runs its old boot after this long did not get the order.
const ORDER_LOST: Duration = Duration::from_secs(60);

/// Deadline of the answer to the order: a host that reboots may be gone before it.
const ORDER: Duration = Duration::from_secs(30);

/// Gives the order and waits for the host. The facts that come back are of the new boot.
///
/// # Errors
/// `E_REBOOT` for a host that cannot be rebooted, or does not come back.
pub(super) async fn reboot_and_wait<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    before: &Facts,
) -> Result<Facts, HostError> {
    if turn.host.connect == Connect::Local {
        return Err(HostError::new(
            ErrorCode::Reboot,
            "this is the machine that patchwave runs on; it does not reboot itself",
            "reboot it by hand, or set `reboot: never` for it",
        ));
    }
    let Some(boot_id) = before.boot_id.as_deref() else {
        return Err(HostError::new(
            ErrorCode::Reboot,
            "the host has no boot id, so a reboot could not be proved",
            "reboot it by hand, or set `reboot: never` for it",
        ));
    };
    let down = Down::from_now(turn, boot_id, ORDER_LOST);
    if let Some(connection) = link.take() {
        down.order(&connection).await?;
    }
    down.wait(link).await
}

/// Waits for a host that was to be told to reboot by somebody who is gone. While it still runs that boot, nobody knows
/// that it was told: then it is, at once.
///
/// # Errors
/// As [`reboot_and_wait`].
pub(super) async fn await_reboot<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    boot_id: &str,
) -> Result<Facts, HostError> {
    Down::from_now(turn, boot_id, Duration::ZERO).wait(link).await
}

/// A host that was told to reboot.
struct Down<'a, T> {
    turn: &'a Turn<T>,
    /// The boot that is to end.
    boot_id: &'a str,
    /// A host that still runs its old boot after this long is told once more.
    order_lost: Duration,
    started: Instant,
    deadline: Duration,
}

impl<'a, T: Transport> Down<'a, T> {
    fn from_now(turn: &'a Turn<T>, boot_id: &'a str, order_lost: Duration) -> Self {
        Self {
            turn,
            boot_id,
            order_lost,
            started: Instant::now(),
            deadline: turn.rules.run.rebooting.timeout.unwrap_or(turn.limits.reboot),
        }
    }

    /// Waits for the new boot and until it has settled.
    async fn wait(&self, link: &mut Link<'_, T>) -> Result<Facts, HostError> {
        let seen = match self.come_back(self.started).await {
            Err(late) if late.code == ErrorCode::Reboot => match recover::run(self.turn, &late).await? {
                recover::Recovered::NothingToRun => Err(late),
                recover::Recovered::Done => self.come_back(Instant::now()).await,
            },
            other => other,
        };
        let (facts, connection) = seen?;
        link.replace(connection);
        Ok(facts)
    }

    async fn come_back(&self, from: Instant) -> Result<(Facts, T::Connection), HostError> {
        let facts = self.new_boot(from).await?;
        let connection = self.settle(from).await?;
        Ok((facts, connection))
    }

    /// Tells the host to reboot. It may be gone before its answer has arrived: then only the boot id can tell.
    async fn order(&self, connection: &impl Connection) -> Result<(), HostError> {
        let nonce = Nonce::from_bits(rand::random());
        let script = reboot_script(nonce.clone()).map_err(|error| internal(&error))?;
        let request = ScriptRequest {
            script,
            privileged: true,
            timeout: self.turn.limits.command.min(ORDER),
        };
        match connection
            .run(&request)
            .await
            .and_then(|output| parse_reboot(&output, &nonce))
        {
            Err(error) if !is_transient(error.code) => Err(error),
            _ => Ok(()),
        }
    }

    async fn new_boot(&self, from: Instant) -> Result<Facts, HostError> {
        let turn = self.turn;
        let mut ordered_again = false;
        let request = ProbeRequest {
            refresh: Refresh::Never,
            installed: false,
            lock_wait: turn.limits.read_lock_wait,
        };
        loop {
            tokio::time::sleep(PAUSE).await;
            let seen = match turn.transport.connect(&turn.host).await {
                Ok(connection) => {
                    let answer = probe(&connection, &request, &turn.limits).await;
                    let is_old = answer
                        .as_ref()
                        .is_ok_and(|probe| probe.facts.boot_id.as_deref() == Some(self.boot_id));
                    if is_old && !ordered_again && self.started.elapsed() > self.order_lost {
                        ordered_again = true;
                        self.order(&connection).await?;
                    }
                    connection.close().await;
                    answer
                }
                Err(error) => Err(error),
            };
            let detail = match seen {
                Ok(probe) if probe.facts.boot_id.as_deref().is_some_and(|id| id != self.boot_id) => {
                    return Ok(probe.facts);
                }
                Ok(_) => "it still runs the old boot".to_owned(),
                // A changed host key after a reboot is another machine, not a slow one.
                Err(error) if error.code == ErrorCode::HostKeyChanged => return Err(error),
                Err(error) => error.message,
            };
            if from.elapsed() > self.deadline {
                return Err(HostError::new(
                    ErrorCode::Reboot,
                    format!("it did not come back within {}: {detail}", self.deadline_in_words()),
                    "look at the host's console",
                ));
            }
        }
    }

    /// Waits until the system has started all that it starts. A host without systemd counts as settled.
    async fn settle(&self, from: Instant) -> Result<T::Connection, HostError> {
        let words = ["systemctl".to_owned(), "is-system-running".to_owned()];
        let connection = self.turn.transport.connect(&self.turn.host).await?;
        loop {
            let nonce = Nonce::from_bits(rand::random());
            let timeout = self.turn.limits.command;
            let script = command_script(&words, timeout, nonce.clone()).map_err(|error| internal(&error))?;
            let request = ScriptRequest {
                script,
                privileged: true,
                timeout,
            };
            let section = parse_command(&connection.run(&request).await?, &nonce)?;
            if !matches!(section.stdout.trim(), "initializing" | "starting") {
                return Ok(connection);
            }
            if from.elapsed() > self.deadline {
                return Err(HostError::new(
                    ErrorCode::Reboot,
                    format!(
                        "it is up, but has not finished starting within {}",
                        self.deadline_in_words()
                    ),
                    "`systemctl list-jobs` on the host names what it waits for",
                ));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn deadline_in_words(&self) -> String {
        crate::model::duration::format_duration(self.deadline)
    }
}
