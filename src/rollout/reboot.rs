//! Reboots a host and proves it: another boot id, seen on a new connection, before the deadline.

use std::time::{Duration, Instant};

use super::limits::Limits;
use super::survey::{internal, probe};
use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::Facts;
use crate::model::host::{Connect, Host};
use crate::remote::probe::{ProbeRequest, Refresh};
use crate::remote::reboot::{parse_reboot, reboot_script};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// Between two looks at a host that reboots. A virtual machine is back within ten seconds.
const PAUSE: Duration = Duration::from_secs(2);

/// Gives the order and waits for the host. The facts that come back are of the new boot.
pub(super) async fn reboot_and_wait<T: Transport>(
    transport: &T,
    host: &Host,
    connection: T::Connection,
    before: &Facts,
    limits: &Limits,
) -> Result<Facts, HostError> {
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
    let nonce = Nonce::from_bits(rand::random());
    let script = reboot_script(nonce.clone()).map_err(|error| internal(&error))?;
    let output = connection
        .run(&ScriptRequest {
            script,
            privileged: true,
            timeout: limits.command,
        })
        .await?;
    parse_reboot(&output, &nonce)?;
    drop(connection);
    wait_for_new_boot(transport, host, boot_id, limits).await
}

async fn wait_for_new_boot<T: Transport>(
    transport: &T,
    host: &Host,
    boot_id: &str,
    limits: &Limits,
) -> Result<Facts, HostError> {
    let started = Instant::now();
    let request = ProbeRequest {
        refresh: Refresh::Never,
        installed: false,
    };
    loop {
        tokio::time::sleep(PAUSE).await;
        let seen = match transport.connect(host).await {
            Ok(connection) => {
                let answer = probe(&connection, &request, limits).await;
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
