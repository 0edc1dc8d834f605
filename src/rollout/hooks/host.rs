//! A hook on a host, as root, over a connection.
//!
//! It is started once: a connection that breaks meanwhile makes it one of which nobody knows the end. An undoing is
//! started again, for it may run twice.

use std::time::Duration;

use super::super::link::{Link, is_transient};
use super::Errand;
use super::end::{HookEnd, last_line};
use crate::model::error::HostError;
use crate::model::host::Host;
use crate::remote::command::{command_script, parse_command};
use crate::remote::hook::{HookRequest, hook_script, parse_hook};
use crate::remote::script::{Nonce, UnsendableValue};
use crate::remote::transport::{Connection, ScriptOutput, ScriptRequest, Transport};

/// What the answer of a host may take beyond the deadline of the hook.
const BEYOND: Duration = Duration::from_secs(30);

/// How often an undoing is tried over a connection that breaks.
const TRIES: u32 = 3;

/// Pause between two tries.
const PAUSE: Duration = Duration::from_secs(2);

/// Runs it over the connection of the host's turn.
pub(super) async fn run_over<T: Transport>(errand: &Errand<'_>, words: &[String], link: &mut Link<'_, T>) -> HookEnd {
    // A connection that broke while nothing was asked is made again before the hook is begun.
    let nothing = ["true".to_owned()];
    let answer = link
        .ask(|nonce| command_script(&nothing, BEYOND, nonce), parse_command, BEYOND)
        .await;
    if let Err(error) = answer {
        return HookEnd::NotStarted(error.to_string());
    }
    let (request, nonce) = match request(errand, words) {
        Ok(request) => request,
        Err(error) => return HookEnd::NotStarted(error.to_string()),
    };
    let answer = link.once(&request).await;
    read(errand, answer, &nonce)
}

/// Runs it over a connection of its own.
pub(super) async fn run_alone<T: Transport>(
    errand: &Errand<'_>,
    words: &[String],
    transport: &T,
    host: &Host,
) -> HookEnd {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        let error = match try_alone(errand, words, transport, host).await {
            Ok(end) => return end,
            Err(error) => error,
        };
        if tries == 0 || !is_transient(error.code) {
            return HookEnd::Unknown(error.to_string());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn try_alone<T: Transport>(
    errand: &Errand<'_>,
    words: &[String],
    transport: &T,
    host: &Host,
) -> Result<HookEnd, HostError> {
    let (request, nonce) = match request(errand, words) {
        Ok(request) => request,
        Err(error) => return Ok(HookEnd::NotStarted(error.to_string())),
    };
    let connection = transport.connect(host).await?;
    let answer = connection.run(&request).await;
    connection.close().await;
    Ok(read(errand, Ok(answer?), &nonce))
}

fn request(errand: &Errand<'_>, words: &[String]) -> Result<(ScriptRequest, Nonce), UnsendableValue> {
    let nonce = Nonce::from_bits(rand::random());
    let hook = HookRequest {
        words,
        variables: &errand.document.variables(),
        document: &errand.document.text(),
        deadline: errand.rule.timeout,
    };
    let request = ScriptRequest {
        script: hook_script(hook, nonce.clone())?,
        privileged: true,
        timeout: errand.rule.timeout + BEYOND,
    };
    Ok((request, nonce))
}

fn read(errand: &Errand<'_>, answer: Result<ScriptOutput, HostError>, nonce: &Nonce) -> HookEnd {
    let answer = match answer.and_then(|output| parse_hook(&output, nonce)) {
        Ok(answer) => answer,
        Err(error) => return HookEnd::Unknown(format!("it may have run: {error}")),
    };
    let said = last_line(&answer.section.stderr, &answer.section.stdout);
    if answer.in_time {
        HookEnd::Exited(answer.section.exit_code, said)
    } else {
        HookEnd::TimedOut(errand.rule.timeout, said)
    }
}
