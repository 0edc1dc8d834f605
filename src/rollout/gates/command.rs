//! A command of the operator's own, on a host or on the controller. No shell reads its words.
//!
//! Exit code 0 passes. 126 and 127 are what shells and `env` say of a program that cannot be run or is not there: such a
//! command has measured nothing, nor has one that a signal ended.

use std::process::Stdio;
use std::time::Duration;

use super::round::Outcome;
use crate::model::host::Host;
use crate::remote::command::{command_script, parse_command};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// Exit codes of a program that could not be run.
const NOT_RUN: [i32; 2] = [126, 127];

/// The exit codes above this one are of a process that a signal ended, as shells tell it.
const SIGNALS: i32 = 128;

pub(super) async fn on_host<T: Transport>(words: &[String], host: &Host, timeout: Duration, transport: &T) -> Outcome {
    let nonce = Nonce::from_bits(rand::random());
    let script = match command_script(words, timeout, nonce.clone()) {
        Ok(script) => script,
        Err(error) => return Outcome::unknown(error.to_string()),
    };
    // A host that was patched and lets nobody in is no host that serves.
    let connection = match transport.connect(host).await {
        Ok(connection) => connection,
        Err(error) => return Outcome::fail(error.to_string()),
    };
    let request = ScriptRequest {
        script,
        privileged: true,
        timeout,
    };
    let answer = connection.run(&request).await;
    connection.close().await;
    match answer.and_then(|answer| parse_command(&answer, &nonce)) {
        Ok(section) => by_exit_code(Some(section.exit_code), &section.stderr, &section.stdout),
        Err(error) => Outcome::unknown(error.to_string()),
    }
}

pub(super) async fn on_controller(words: &[String]) -> Outcome {
    let Some((program, arguments)) = words.split_first() else {
        return Outcome::unknown("the command is empty");
    };
    let output = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    match output {
        Ok(output) => by_exit_code(
            output.status.code(),
            &String::from_utf8_lossy(&output.stderr),
            &String::from_utf8_lossy(&output.stdout),
        ),
        Err(error) => Outcome::unknown(format!("`{program}` cannot be started: {error}")),
    }
}

fn by_exit_code(exit_code: Option<i32>, stderr: &str, stdout: &str) -> Outcome {
    let last = |text: &str| {
        text.lines()
            .map(str::trim)
            .rfind(|line| !line.is_empty())
            .map(str::to_owned)
    };
    let words = |code: i32| match last(stderr).or_else(|| last(stdout)) {
        Some(line) => format!("exit {code}: {line}"),
        None => format!("exit {code}"),
    };
    match exit_code {
        Some(0) => Outcome::pass("exit 0"),
        Some(code) if NOT_RUN.contains(&code) || (SIGNALS + 1..SIGNALS + 65).contains(&code) => {
            Outcome::unknown(words(code))
        }
        Some(code) => Outcome::fail(words(code)),
        None => Outcome::unknown("it was killed by a signal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gate::GateResult;

    async fn ran(words: &[&str]) -> Outcome {
        on_controller(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).await
    }

    #[tokio::test]
    async fn a_command_passes_by_its_exit_code_and_no_shell_reads_its_words() {
        assert_eq!(ran(&["true"]).await.result, GateResult::Pass);
        assert_eq!(ran(&["false"]).await, Outcome::fail("exit 1"));
        assert_eq!(ran(&["test", "$(id)", "=", "$(id)"]).await.result, GateResult::Pass);
    }

    #[tokio::test]
    async fn a_command_that_did_not_measure_is_unknown() {
        let missing = ran(&["no-such-program-here"]).await;
        assert!(missing.result == GateResult::Unknown && missing.detail.contains("cannot be started"));
        assert_eq!(
            ran(&["sh", "-c", "no-such-program-here"]).await.result,
            GateResult::Unknown
        );
        assert_eq!(ran(&["sh", "-c", "kill -9 $$"]).await.result, GateResult::Unknown);
        assert_eq!(
            ran(&["sh", "-c", "echo it is red >&2; exit 3"]).await,
            Outcome::fail("exit 3: it is red")
        );
    }
}
