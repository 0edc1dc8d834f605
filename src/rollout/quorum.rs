//! Asks the quorum command of a domain before one of its hosts is taken down.
//!
//! What must stay true: nobody agrees by silence. A command that cannot be started, ends badly, takes too long, or finds
//! no host to run on does not agree; the host then waits, until the deadline of the rule.

use std::process::Stdio;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::executor::ExecutorMessage;
use crate::model::duration::format_duration;
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::host::Host;
use crate::model::name::DomainName;
use crate::model::quorum::{QuorumPlace, QuorumRule};
use crate::model::template::render_template;
use crate::remote::command::{command_script, parse_command};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// What one domain is asked about a host.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub domain: DomainName,
    pub rule: QuorumRule,
    /// The other hosts of the domain that are up, as far as is known.
    pub members: Vec<Host>,
}

/// How the asking about one host ended.
pub(super) type Agreement = Result<Vec<EventKind>, HostError>;

/// Asks every domain of a host. What is to be kept of the agreement is given back; a refusal is told when it is first
/// heard and whenever it sounds different.
pub(super) async fn agree<T: Transport>(
    transport: T,
    host: Host,
    questions: Vec<Question>,
    messages: mpsc::Sender<ExecutorMessage>,
) -> Agreement {
    let mut agreed = Vec::new();
    for question in &questions {
        let detail = wait_for(&transport, &host, question, &messages).await?;
        agreed.push(asked(&host, question, true, detail));
    }
    Ok(agreed)
}

async fn wait_for<T: Transport>(
    transport: &T,
    host: &Host,
    question: &Question,
    messages: &mpsc::Sender<ExecutorMessage>,
) -> Result<String, HostError> {
    let rule = &question.rule;
    let deadline = Instant::now() + rule.wait;
    let mut last: Option<String> = None;
    loop {
        let why = match ask(transport, host, question).await {
            Ok(detail) => return Ok(detail),
            Err(why) => why,
        };
        if last.as_ref() != Some(&why) {
            let event = asked(host, question, false, why.clone());
            // Nobody listens any more when the run ends.
            let _ = messages.send(ExecutorMessage::Tell(Box::new(event))).await;
        }
        if Instant::now() + rule.interval > deadline {
            return Err(refused(question, &why));
        }
        last = Some(why);
        sleep(rule.interval).await;
    }
}

fn asked(host: &Host, question: &Question, met: bool, detail: String) -> EventKind {
    EventKind::QuorumAsked {
        host: host.name.clone(),
        domain: question.domain.clone(),
        met,
        detail,
    }
}

fn refused(question: &Question, why: &str) -> HostError {
    HostError::new(
        ErrorCode::Domain,
        format!(
            "it was not begun: the quorum command of domain `{}` did not agree within {}: {why}",
            question.domain,
            format_duration(question.rule.wait)
        ),
        "bring the domain back to its full strength, then run the plan for the rest of it",
    )
}

async fn ask<T: Transport>(transport: &T, host: &Host, question: &Question) -> Result<String, String> {
    let rule = &question.rule;
    let words = rule.command.iter().map(|word| render_template(word, host));
    let words = words
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    match rule.on {
        QuorumPlace::Controller => timeout(rule.timeout, on_controller(&words))
            .await
            .unwrap_or_else(|_| Err(too_slow(rule.timeout))),
        QuorumPlace::Host => on_a_member(transport, &words, question).await,
    }
}

fn too_slow(limit: Duration) -> String {
    format!("no answer within {}", format_duration(limit))
}

/// The first member that can be reached answers for all.
async fn on_a_member<T: Transport>(transport: &T, words: &[String], question: &Question) -> Result<String, String> {
    let mut silent = Vec::new();
    for member in &question.members {
        let connection = match transport.connect(member).await {
            Ok(connection) => connection,
            Err(error) => {
                silent.push(format!("{}: {error}", member.name));
                continue;
            }
        };
        let nonce = Nonce::from_bits(rand::random());
        let script = command_script(words, question.rule.timeout, nonce.clone()).map_err(|error| error.to_string())?;
        let request = ScriptRequest {
            script,
            privileged: true,
            timeout: question.rule.timeout,
        };
        let answer = connection.run(&request).await;
        connection.close().await;
        let section = answer.and_then(|answer| parse_command(&answer, &nonce));
        let section = section.map_err(|error| format!("{}: {error}", member.name))?;
        return verdict(Some(section.exit_code), &section.stdout, &section.stderr)
            .map(|detail| format!("{}: {detail}", member.name))
            .map_err(|why| format!("{}: {why}", member.name));
    }
    Err(match silent.first() {
        None => "none of its other hosts is up to be asked".to_owned(),
        Some(first) => format!("none of its other hosts can be asked; {first}"),
    })
}

async fn on_controller(words: &[String]) -> Result<String, String> {
    let (program, arguments) = words.split_first().ok_or("the command is empty")?;
    let output = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    verdict(output.status.code(), &stdout, &stderr)
}

/// What the command said last, which is why an administrator wrote it.
fn verdict(exit_code: Option<i32>, stdout: &str, stderr: &str) -> Result<String, String> {
    let last = |text: &str| {
        text.lines()
            .map(str::trim)
            .rfind(|line| !line.is_empty())
            .map(str::to_owned)
    };
    let said = |first: &str, second: &str| last(first).or_else(|| last(second)).map(|line| format!(": {line}"));
    let line = match exit_code {
        Some(0) => said(stdout, stderr),
        _ => said(stderr, stdout),
    };
    let line = crate::model::text::printable(&line.unwrap_or_default());
    match exit_code {
        Some(0) => Ok(format!("exit 0{line}")),
        Some(code) => Err(format!("exit {code}{line}")),
        None => Err(format!("killed by a signal{line}")),
    }
}
