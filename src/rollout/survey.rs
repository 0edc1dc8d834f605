//! Scans a set of hosts: one connection and one script a host, bounded in number, none waiting for another.

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::control::Control;
use super::limits::Limits;
use super::sink::{EventSink, SinkError};
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::facts::{Facts, Kernel, OperatingSystem, Reboot};
use crate::model::host::{Host, PrivilegeMethod};
use crate::model::name::RunId;
use crate::model::scan::{HostScan, HostState, Scan};
use crate::model::text::printable;
use crate::model::update::Update;
use crate::remote::probe::{Probe, ProbeRequest, parse_probe, probe_script_through};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};
use crate::remote::windows;

/// Scans the hosts. The result has every one of them, in the order given; a host that fails is an entry
/// with an error, never a gap.
///
/// # Errors
/// Only when an event could not be kept.
pub async fn scan_hosts<T: Transport>(
    id: RunId,
    hosts: &[Host],
    request: &ProbeRequest,
    transport: &T,
    limits: &Limits,
    control: &Control,
    sink: &mut impl EventSink,
) -> Result<Scan, SinkError> {
    let started = Timestamp::now();
    let clock = Instant::now();
    sink.record(EventKind::ScanStarted { hosts: hosts.len() })?;
    let mut answers: BTreeMap<usize, HostScan> = BTreeMap::new();
    let mut waiting = hosts.iter().enumerate();
    let mut running: JoinSet<(usize, HostScan)> = JoinSet::new();
    loop {
        while running.len() < limits.parallel && !control.is_draining() {
            let Some((position, host)) = waiting.next() else { break };
            sink.record(EventKind::HostScanStarted {
                host: host.name.clone(),
            })?;
            let (host, transport, request, limits) = (host.clone(), transport.clone(), *request, limits.clone());
            running.spawn(async move { (position, scan_host(&host, &request, &transport, &limits).await) });
        }
        let joined = tokio::select! {
            joined = running.join_next() => joined,
            () = control.detached() => break,
        };
        match joined {
            None => break,
            Some(Ok((position, answer))) => {
                record_answer(&answer, sink)?;
                answers.insert(position, answer);
            }
            // A task that panicked leaves its host without an answer; the gap is filled below.
            Some(Err(_)) => {}
        }
    }
    let hosts = hosts
        .iter()
        .enumerate()
        .map(|(position, host)| answers.remove(&position).unwrap_or_else(|| unanswered(host, control)))
        .collect();
    sink.record(EventKind::ScanFinished {
        duration_ms: milliseconds(clock),
    })?;
    Ok(Scan {
        id,
        started,
        finished: Timestamp::now(),
        hosts,
    })
}

async fn scan_host<T: Transport>(host: &Host, request: &ProbeRequest, transport: &T, limits: &Limits) -> HostScan {
    let clock = Instant::now();
    let answer = match transport.connect(host).await {
        Ok(connection) => {
            let answer = probe_through(&connection, request, host.privilege.only_for_refresh(), limits).await;
            connection.close().await;
            answer
        }
        Err(error) => Err(error),
    };
    to_host_scan(host, answer, milliseconds(clock))
}

/// Runs the probe on an open connection.
pub(super) async fn probe(
    connection: &impl Connection,
    request: &ProbeRequest,
    limits: &Limits,
) -> Result<Probe, HostError> {
    probe_through(connection, request, None, limits).await
}

/// The same where the refresh alone runs as root, by that program.
async fn probe_through(
    connection: &impl Connection,
    request: &ProbeRequest,
    through: Option<PrivilegeMethod>,
    limits: &Limits,
) -> Result<Probe, HostError> {
    let nonce = Nonce::from_bits(rand::random());
    let script = probe_script_through(request, through, nonce.clone()).map_err(|error| internal(&error))?;
    let output = connection
        .run(&ScriptRequest {
            script,
            privileged: true,
            timeout: limits.command + limits.read_lock_wait,
        })
        .await?;
    if windows::is_answer_of_windows(&output) {
        return probe_windows(connection, request, limits).await;
    }
    parse_probe(&output, &nonce)
}

/// The same for a host whose login shell has just shown that it is one of Windows.
async fn probe_windows(
    connection: &impl Connection,
    request: &ProbeRequest,
    limits: &Limits,
) -> Result<Probe, HostError> {
    let nonce = Nonce::from_bits(rand::random());
    let script = windows::probe_script(request.installed, nonce.clone()).map_err(|error| internal(&error))?;
    let output = connection
        .run(&ScriptRequest {
            script,
            privileged: false,
            timeout: limits.command,
        })
        .await?;
    parse_probe(&output, &nonce).map_err(|error| match error.code {
        ErrorCode::Protocol | ErrorCode::Lost => windows::explain(error),
        _ => error,
    })
}

pub(super) fn internal(error: &dyn std::error::Error) -> HostError {
    HostError::new(
        ErrorCode::Internal,
        error.to_string(),
        "this is a fault of patchwave: please report it",
    )
}

pub(super) fn to_host_scan(host: &Host, answer: Result<Probe, HostError>, duration_ms: u64) -> HostScan {
    let mut scan = HostScan {
        name: host.name.clone(),
        address: host.address.clone(),
        port: host.port,
        state: HostState::Ok,
        error: None,
        duration_ms,
        facts: None,
        updates: Vec::new(),
        notices: Vec::new(),
    };
    match answer {
        Ok(probe) => {
            if let Some(error) = probe.broken {
                scan.state = HostState::from_error(error.code);
                scan.error = Some(error);
            }
            scan.facts = Some(printable_facts(probe.facts));
            scan.updates = probe.updates.into_iter().map(printable_update).collect();
            scan.notices = probe.notices.iter().map(|notice| printable(notice)).collect();
        }
        Err(error) => {
            scan.state = HostState::from_error(error.code);
            scan.error = Some(error);
        }
    }
    scan
}

/// What a host says of itself is shown and written; names and versions have been checked already.
fn printable_facts(facts: Facts) -> Facts {
    Facts {
        os: OperatingSystem {
            id: printable(&facts.os.id),
            version: printable(&facts.os.version),
            name: printable(&facts.os.name),
        },
        arch: printable(&facts.arch),
        manager: facts.manager,
        experimental: facts.experimental,
        kernel: Kernel {
            running: printable(&facts.kernel.running),
            newest: facts.kernel.newest.as_deref().map(printable),
        },
        boot_id: facts.boot_id.as_deref().map(printable),
        reboot: Reboot {
            required: facts.reboot.required,
            reasons: facts.reboot.reasons.iter().map(|reason| printable(reason)).collect(),
        },
        services: facts.services,
        failed_units: facts.failed_units,
        metadata: facts.metadata,
    }
}

fn printable_update(update: Update) -> Update {
    let each = |texts: &[String]| texts.iter().map(|text| printable(text)).collect();
    Update {
        repo: printable(&update.repo),
        reason: update.reason.as_deref().map(printable),
        severity: update.severity.as_deref().map(printable),
        advisories: each(&update.advisories),
        cves: each(&update.cves),
        ..update
    }
}

fn unanswered(host: &Host, control: &Control) -> HostScan {
    let error = if control.is_draining() {
        HostError::new(
            ErrorCode::Interrupted,
            "the scan was interrupted before this host answered",
            "scan again",
        )
    } else {
        HostError::new(
            ErrorCode::Internal,
            "the scan of this host ended without an answer",
            "this is a fault of patchwave: please report it",
        )
    };
    to_host_scan(host, Err(error), 0)
}

fn record_answer(answer: &HostScan, sink: &mut impl EventSink) -> Result<(), SinkError> {
    sink.record(EventKind::HostScanned {
        host: answer.name.clone(),
        state: answer.state,
        updates: answer.pending().count(),
        security: answer.pending().filter(|update| update.security == Some(true)).count(),
        duration_ms: answer.duration_ms,
        error: answer.error.clone(),
        manager: answer.facts.as_ref().map(|facts| facts.manager),
        experimental: answer
            .facts
            .as_ref()
            .is_some_and(|facts| facts.manager.is_experimental()),
    })
}

pub(super) fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::model::manager::Manager;
    use crate::remote::frame::FrameWriter;
    use crate::remote::probe::Refresh;
    use crate::remote::script::Interpreter;
    use crate::remote::transport::ScriptOutput;

    /// A Windows host as OpenSSH shows it: cmd.exe knows no `exec`, PowerShell runs the probe.
    struct Windows {
        asked: Mutex<Vec<Interpreter>>,
        runs_power_shell: bool,
    }

    impl Connection for Windows {
        async fn run(&self, request: &ScriptRequest) -> Result<ScriptOutput, HostError> {
            self.asked.lock().unwrap().push(request.script.interpreter());
            let complaint = "'exec' is not recognized as an internal or external command,\r\n";
            if request.script.interpreter() == Interpreter::Posix || !self.runs_power_shell {
                return Ok(ScriptOutput {
                    stderr: complaint.as_bytes().to_vec(),
                    exit_code: Some(1),
                    ..ScriptOutput::default()
                });
            }
            let mut writer = FrameWriter::new(request.script.nonce().clone());
            writer.section("os-release", "ID=windows\r\nPRETTY_NAME=\"Windows Server\"\r\n", "", 0);
            writer.section(
                "system",
                "uid=0\nkernel=10.0\nmachine=AMD64\nmanager=chocolatey\n",
                "",
                0,
            );
            writer.section("metadata", "age=0\nrefresh=not-wanted\n", "", 0);
            writer.section("updates", "git|2.46.0|2.47.1|false\n", "", 2);
            Ok(writer.finish())
        }

        async fn close(self) {}
    }

    async fn probed(runs_power_shell: bool) -> (Result<Probe, HostError>, Vec<Interpreter>) {
        let host = Windows {
            asked: Mutex::new(Vec::new()),
            runs_power_shell,
        };
        let request = ProbeRequest {
            refresh: Refresh::Always,
            installed: false,
            lock_wait: Duration::ZERO,
        };
        let limits = Limits {
            command: Duration::from_secs(5),
            ..Limits::default()
        };
        let answer = probe(&host, &request, &limits).await;
        (answer, host.asked.into_inner().unwrap())
    }

    #[tokio::test]
    async fn a_windows_host_is_probed_again_with_power_shell() {
        let (answer, asked) = probed(true).await;
        let probe = answer.unwrap();
        assert_eq!(probe.facts.manager, Manager::Chocolatey);
        assert!(probe.facts.experimental);
        assert_eq!(probe.updates.len(), 1);
        assert_eq!(asked, [Interpreter::Posix, Interpreter::PowerShell]);
    }

    #[tokio::test]
    async fn a_windows_host_without_power_shell_says_what_it_needs() {
        let (answer, _) = probed(false).await;
        let error = answer.unwrap_err();
        assert_eq!(error.code, ErrorCode::Protocol);
        assert!(error.hint.contains("PowerShell"), "{error:?}");
    }
}
