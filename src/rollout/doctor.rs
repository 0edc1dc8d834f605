//! Examinations: one connection and one script a host, bounded in number, none waiting for another. Nothing on a host
//! is changed.
//!
//! Where root is refused, the same script is run once more on the same connection as the login user, so that the rest
//! is answered all the same: two more round trips, only there.

use std::time::Instant;

use jiff::Timestamp;

use super::control::Control;
use super::limits::Limits;
use super::repair::{bounded, interrupted};
use super::survey::{internal, milliseconds};
use crate::model::checkup::{Check, HostCheckup, Topic};
use crate::model::error::{ErrorCode, HostError};
use crate::model::host::{Connect, Host};
use crate::model::manager::Manager;
use crate::remote::doctor::{Circumstances, Times, doctor_script, parse_doctor};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptOutput, ScriptRequest, Stage, Transport};
use crate::remote::windows;

/// Examines every host. The answers come in the order given; `told` hears each as it comes.
pub async fn check_hosts<T: Transport>(
    hosts: &[Host],
    transport: &T,
    limits: &Limits,
    control: &Control,
    told: impl FnMut(&HostCheckup),
) -> Vec<HostCheckup> {
    let work = |host: Host| {
        let (transport, limits) = (transport.clone(), limits.clone());
        async move { check_host(&host, &transport, &limits).await }
    };
    let left_out = |host: &Host| checkup(host, None, vec![Check::error(Topic::Reach, &interrupted())]);
    bounded(hosts.to_vec(), limits.parallel, control, work, left_out, told).await
}

fn checkup(host: &Host, manager: Option<Manager>, checks: Vec<Check>) -> HostCheckup {
    HostCheckup {
        manager,
        ..HostCheckup::new(host.name.clone(), host.address.clone(), host.port, checks)
    }
}

async fn check_host<T: Transport>(host: &Host, transport: &T, limits: &Limits) -> HostCheckup {
    let clock = Instant::now();
    let mut stage = Stage::Way;
    let found = match transport.connect_noting(host, &mut stage).await {
        Err(error) => checkup(host, None, refused(host, stage, &error)),
        Ok(connection) => {
            let mut checks = connected(host, &connection, milliseconds(clock));
            let (manager, further) = examine(host, &connection, limits).await;
            connection.close().await;
            checks.extend(further);
            checkup(host, manager, checks)
        }
    };
    HostCheckup {
        duration_ms: milliseconds(clock),
        ..found
    }
}

/// Where the host is to be found, as far as the inventory knows.
fn way(host: &Host) -> String {
    if host.connect == Connect::Local {
        return "this machine".to_owned();
    }
    let jumps: Vec<&str> = host.jump.iter().map(|name| name.as_str()).collect();
    let through = match &host.ssh.proxy_command {
        _ if !jumps.is_empty() => format!(" through {}", jumps.join(", ")),
        Some(command) => format!(" through {}", program_of(command)),
        None => String::new(),
    };
    format!("{}:{}{through}", host.address, host.port)
}

/// The name of the program of a `ProxyCommand`. Among its arguments people write passwords.
fn program_of(command: &str) -> &str {
    let mut words = command.split_whitespace();
    let word = words.find(|word| *word != "exec" && !word.contains('='));
    word.and_then(|word| word.rsplit('/').next())
        .unwrap_or("a ProxyCommand")
}

/// The checks of a connection that stands.
fn connected(host: &Host, connection: &impl Connection, duration_ms: u64) -> Vec<Check> {
    let report = connection.report();
    if host.connect == Connect::Local {
        return vec![
            Check::ok(Topic::Reach, "this machine"),
            Check::ok(Topic::HostKey, "this machine needs none"),
            Check::ok(Topic::Login, "whoever runs patchwave"),
        ];
    }
    let way = way(host);
    let host_key = match (report.host_key, &host.host_key) {
        (Some(words), _) => words,
        (None, Some(_)) => "it is the one that the inventory pins".to_owned(),
        (None, None) => ACCEPTED.to_owned(),
    };
    let by = report.login.map_or_else(String::new, |login| format!(" by {login}"));
    vec![
        Check::ok(Topic::Reach, format!("{way}, logged in after {duration_ms} ms")),
        Check::ok(Topic::HostKey, host_key),
        Check::ok(Topic::Login, format!("as {}{by}", host.user)),
    ]
}

fn is_of_keys(error: &HostError) -> bool {
    matches!(error.code, ErrorCode::HostKeyUnknown | ErrorCode::HostKeyChanged)
}

/// What is said of a key of which the transport does not say more.
const ACCEPTED: &str = "it was accepted";

/// The checks of a connection that did not come about: only what was proved before is told as well.
fn refused(host: &Host, stage: Stage, error: &HostError) -> Vec<Check> {
    let reached = || Check::ok(Topic::Reach, format!("{} answers", way(host)));
    match stage {
        // A jump host's key is part of the way; before the host is contacted its own can only lack a file to be in.
        Stage::Way if is_of_keys(error) && !error.message.starts_with("jump host ") => vec![
            Check::not_made(Topic::Reach, "not contacted"),
            Check::error(Topic::HostKey, error),
        ],
        Stage::Way => vec![Check::error(Topic::Reach, error)],
        Stage::Credentials => {
            let not_made = |topic| Check::not_made(topic, "not contacted: there is nothing to log in with");
            vec![
                not_made(Topic::Reach),
                not_made(Topic::HostKey),
                Check::error(Topic::Login, error),
            ]
        }
        Stage::HostKey => vec![reached(), Check::error(Topic::HostKey, error)],
        Stage::Login { host_key } => vec![
            reached(),
            Check::ok(Topic::HostKey, host_key.as_deref().unwrap_or(ACCEPTED)),
            Check::error(Topic::Login, error),
        ],
    }
}

/// Runs the script as root, or else as the login user.
async fn examine(host: &Host, connection: &impl Connection, limits: &Limits) -> (Option<Manager>, Vec<Check>) {
    let first = run(host, connection, true, limits).await;
    let refusal = match &first {
        Err(error) if error.code == ErrorCode::Sudo => Some(error.clone()),
        _ => None,
    };
    let answer = match refusal {
        Some(_) => run(host, connection, false, limits).await,
        None => first,
    };
    let read = answer.and_then(|(output, nonce, times)| {
        if windows::is_answer_of_windows(&output) {
            return Ok((None, vec![of_windows()]));
        }
        let circumstances = Circumstances {
            login: &host.user,
            privilege: &host.privilege,
            times,
            refusal: refusal.as_ref(),
        };
        parse_doctor(&output, &nonce, &circumstances)
    });
    match (read, refusal) {
        (Ok(found), _) => found,
        (Err(error), None) => (None, vec![Check::error(Topic::Programs, &error)]),
        (Err(error), Some(refusal)) => (
            None,
            vec![
                Check::error(Topic::Privilege, &refusal),
                Check::error(Topic::Programs, &error),
            ],
        ),
    }
}

fn of_windows() -> Check {
    Check::warning(
        Topic::Manager,
        "a Windows host: it can be scanned, and `doctor` has no checks for it",
        "`patchwave scan` tells whether PowerShell and a package manager are there",
    )
}

async fn run(
    host: &Host,
    connection: &impl Connection,
    privileged: bool,
    limits: &Limits,
) -> Result<(ScriptOutput, Nonce, Times), HostError> {
    let nonce = Nonce::from_bits(rand::random());
    let script = doctor_script(&host.privilege, nonce.clone()).map_err(|error| internal(&error))?;
    let sent = Timestamp::now().as_millisecond();
    let request = ScriptRequest {
        script,
        privileged,
        timeout: limits.command,
    };
    let output = connection.run(&request).await?;
    let received = Timestamp::now().as_millisecond();
    Ok((output, nonce, Times { sent, received }))
}

#[cfg(test)]
mod tests {
    use super::program_of;

    #[test]
    fn of_a_proxy_command_only_the_program_is_told() {
        for (command, program) in [
            ("sshpass -p SECRET ssh -W %h:%p gate", "sshpass"),
            ("exec /usr/bin/nc -X connect %h %p", "nc"),
            ("PASSWORD=SECRET connect-proxy %h %p", "connect-proxy"),
            ("", "a ProxyCommand"),
        ] {
            assert_eq!(program_of(command), program);
        }
    }
}
