//! Reboots a host and proves it: another boot id, seen on a new connection, before the deadline.

use std::time::{Duration, Instant};

use super::executor::Turn;
use super::limits::Limits;
use super::link::{Link, is_transient};
use super::survey::{internal, probe};
use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::Facts;
use crate::model::host::{Connect, Host};
use crate::remote::command::{command_script, parse_command};
use crate::remote::probe::{ProbeRequest, Refresh};
use crate::remote::reboot::{parse_reboot, reboot_script};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// Between two looks at a host that reboots. A virtual machine is back within ten seconds.
const PAUSE: Duration = Duration::from_secs(2);

/// A host that still runs its old boot after this long did not get the order.
const ORDER_LOST: Duration = Duration::from_secs(60);

/// Gives the order and waits for the host. The facts that come back are of the new boot.
pub(super) async fn reboot_and_wait<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    before: &Facts,
) -> Result<Facts, HostError> {
    let (transport, host, limits) = (&turn.transport, &turn.host, &turn.limits);
    if host.connect == Connect::Local {
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
    if let Some(connection) = link.take() {
        order(&connection, limits).await?;
    }
    let facts = wait_for_new_boot(transport, host, boot_id, limits, ORDER_LOST).await?;
    link.replace(settle(transport, host, limits).await?);
    Ok(facts)
}

/// Waits for a host that was to be told to reboot by somebody who is gone. While it still runs that boot, nobody knows
/// that it was told: then it is, at once.
pub(super) async fn await_reboot<T: Transport>(
    turn: &Turn<T>,
    link: &mut Link<'_, T>,
    boot_id: &str,
) -> Result<Facts, HostError> {
    let (transport, host, limits) = (&turn.transport, &turn.host, &turn.limits);
    let facts = wait_for_new_boot(transport, host, boot_id, limits, Duration::ZERO).await?;
    link.replace(settle(transport, host, limits).await?);
    Ok(facts)
}

/// Tells the host to reboot. It may be gone before its answer has arrived: then only the boot id can tell.
async fn order(connection: &impl Connection, limits: &Limits) -> Result<(), HostError> {
    let nonce = Nonce::from_bits(rand::random());
    let script = reboot_script(nonce.clone()).map_err(|error| internal(&error))?;
    let request = ScriptRequest {
        script,
        privileged: true,
        timeout: limits.command,
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

async fn wait_for_new_boot<T: Transport>(
    transport: &T,
    host: &Host,
    boot_id: &str,
    limits: &Limits,
    order_lost: Duration,
) -> Result<Facts, HostError> {
    let started = Instant::now();
    let mut ordered_again = false;
    let request = ProbeRequest {
        refresh: Refresh::Never,
        installed: false,
        lock_wait: limits.read_lock_wait,
    };
    loop {
        tokio::time::sleep(PAUSE).await;
        let seen = match transport.connect(host).await {
            Ok(connection) => {
                let answer = probe(&connection, &request, limits).await;
                let is_old = answer
                    .as_ref()
                    .is_ok_and(|probe| probe.facts.boot_id.as_deref() == Some(boot_id));
                if is_old && !ordered_again && started.elapsed() > order_lost {
                    ordered_again = true;
                    order(&connection, limits).await?;
                }
                connection.close().await;
                answer
            }
            Err(error) => Err(error),
        };
        let detail = match seen {
            Ok(probe) if probe.facts.boot_id.as_deref().is_some_and(|id| id != boot_id) => return Ok(probe.facts),
            Ok(_) => "it still runs the old boot".to_owned(),
            // A changed host key after a reboot is another machine, not a slow one.
            Err(error) if error.code == ErrorCode::HostKeyChanged => return Err(error),
            Err(error) => error.message,
        };
        if started.elapsed() > limits.reboot {
            return Err(HostError::new(
                ErrorCode::Reboot,
                format!(
                    "it did not come back within {} minutes: {detail}",
                    limits.reboot.as_secs() / 60
                ),
                "look at the host's console",
            ));
        }
    }
}

/// Waits until the system has started all that it starts. A host without systemd counts as settled.
async fn settle<T: Transport>(transport: &T, host: &Host, limits: &Limits) -> Result<T::Connection, HostError> {
    let started = Instant::now();
    let words = ["systemctl".to_owned(), "is-system-running".to_owned()];
    let connection = transport.connect(host).await?;
    loop {
        let nonce = Nonce::from_bits(rand::random());
        let script = command_script(&words, nonce.clone()).map_err(|error| internal(&error))?;
        let request = ScriptRequest {
            script,
            privileged: true,
            timeout: limits.command,
        };
        let section = parse_command(&connection.run(&request).await?, &nonce)?;
        if !matches!(section.stdout.trim(), "initializing" | "starting") {
            return Ok(connection);
        }
        if started.elapsed() > limits.reboot {
            return Err(HostError::new(
                ErrorCode::Reboot,
                format!(
                    "it is up, but has not finished starting within {} minutes",
                    limits.reboot.as_secs() / 60
                ),
                "`systemctl list-jobs` on the host names what it waits for",
            ));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
