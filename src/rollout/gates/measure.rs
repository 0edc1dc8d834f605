//! One measurement of a gate: a command, an HTTP request, a TCP connection. `Ok` passes; both carry what was seen.

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use super::super::dispatcher::RunContext;
use crate::model::host::Host;
use crate::model::plan::{Gate, GateCheck, GatePlace};
use crate::model::template::render_template;
use crate::remote::command::{command_script, parse_command};
use crate::remote::script::Nonce;
use crate::remote::transport::{Connection, ScriptRequest, Transport};

/// The part of a body that is searched. A health page is smaller.
const BODY_LIMIT: u64 = 1024 * 1024;

pub(super) async fn check<T: Transport>(
    gate: &Gate,
    host: Option<&Host>,
    context: &RunContext<T>,
) -> Result<String, String> {
    let text = |text: &str| match host {
        Some(host) => render_template(text, host).map_err(|error| error.to_string()),
        None => Ok(text.to_owned()),
    };
    match &gate.check {
        GateCheck::Command { run, on } => {
            let words = run.iter().map(|word| text(word)).collect::<Result<Vec<_>, _>>()?;
            match (on, host) {
                (GatePlace::Host, Some(host)) => on_host(&words, host, gate.timeout, context).await,
                _ => on_controller(&words).await,
            }
        }
        GateCheck::Http { url, status, body } => {
            let body = body.as_deref().map(text).transpose()?;
            http(text(url)?, *status, body, gate.timeout).await
        }
        GateCheck::Tcp { address } => tcp(&text(address)?).await,
    }
}

async fn on_host<T: Transport>(
    words: &[String],
    host: &Host,
    timeout: Duration,
    context: &RunContext<T>,
) -> Result<String, String> {
    let nonce = Nonce::from_bits(rand::random());
    let script = command_script(words, nonce.clone()).map_err(|error| error.to_string())?;
    let connection = context
        .transport
        .connect(host)
        .await
        .map_err(|error| error.to_string())?;
    let answer = connection
        .run(&ScriptRequest {
            script,
            privileged: true,
            timeout,
        })
        .await;
    connection.close().await;
    let answer = answer.map_err(|error| error.to_string())?;
    let section = parse_command(&answer, &nonce).map_err(|error| error.to_string())?;
    exit_verdict(Some(section.exit_code), &section.stderr, &section.stdout)
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
    let (stderr, stdout) = (
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout),
    );
    exit_verdict(output.status.code(), &stderr, &stdout)
}

fn exit_verdict(exit_code: Option<i32>, stderr: &str, stdout: &str) -> Result<String, String> {
    let last = |text: &str| {
        text.lines()
            .map(str::trim)
            .rfind(|line| !line.is_empty())
            .map(str::to_owned)
    };
    match exit_code {
        Some(0) => Ok("exit 0".to_owned()),
        Some(code) => Err(match last(stderr).or_else(|| last(stdout)) {
            Some(line) => format!("exit {code}: {line}"),
            None => format!("exit {code}"),
        }),
        None => Err("it was killed by a signal".to_owned()),
    }
}

async fn http(url: String, expected: u16, body: Option<String>, timeout: Duration) -> Result<String, String> {
    let shown = url.clone();
    tokio::task::spawn_blocking(move || request(&url, expected, body.as_deref(), timeout))
        .await
        .map_err(|error| format!("{shown}: {error}"))?
}

fn request(url: &str, expected: u16, body: Option<&str>, timeout: Duration) -> Result<String, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        // A redirect to a login page is not the page that was asked for.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into();
    let mut answer = agent.get(url).call().map_err(|error| format!("{url}: {error}"))?;
    let status = answer.status().as_u16();
    if status != expected {
        return Err(format!("{url} answered {status}, not {expected}"));
    }
    if let Some(wanted) = body {
        let mut bytes = Vec::new();
        let mut reader = answer.body_mut().as_reader().take(BODY_LIMIT);
        reader
            .read_to_end(&mut bytes)
            .map_err(|error| format!("{url}: {error}"))?;
        if !String::from_utf8_lossy(&bytes).contains(wanted) {
            return Err(format!("{url} answered {status} without `{wanted}`"));
        }
    }
    Ok(format!("{url} answered {status}"))
}

async fn tcp(address: &str) -> Result<String, String> {
    match tokio::net::TcpStream::connect(address).await {
        Ok(_) => Ok(format!("{address} accepts connections")),
        Err(error) => Err(format!("{address}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with this status line and body, and gives its address.
    fn serve_once(status: &'static str, body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0_u8; 1024];
            let _ = stream.read(&mut request);
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        });
        address
    }

    async fn asked(
        status: &'static str,
        body: &'static str,
        expected: u16,
        wanted: Option<&str>,
    ) -> Result<String, String> {
        let url = format!("http://{}/health", serve_once(status, body));
        http(url, expected, wanted.map(str::to_owned), Duration::from_secs(5)).await
    }

    #[tokio::test]
    async fn http_passes_with_the_status_and_the_body_that_were_asked_for() {
        assert!(asked("200 OK", "all well", 200, Some("well")).await.is_ok());
        assert!(asked("503 Service Unavailable", "", 503, None).await.is_ok());
    }

    #[tokio::test]
    async fn http_fails_with_another_status_another_body_or_a_redirect() {
        assert!(
            asked("500 Internal Server Error", "", 200, None)
                .await
                .unwrap_err()
                .contains("answered 500")
        );
        assert!(
            asked("200 OK", "all ill", 200, Some("well"))
                .await
                .unwrap_err()
                .contains("without `well`")
        );
        assert!(
            asked("302 Found", "", 200, None)
                .await
                .unwrap_err()
                .contains("answered 302")
        );
    }

    #[tokio::test]
    async fn nobody_there_fails_both_ways() {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .to_string();
        assert!(tcp(&address).await.is_err());
        assert!(
            http(format!("http://{address}/"), 200, None, Duration::from_secs(5))
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn tcp_passes_when_somebody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(tcp(&listener.local_addr().unwrap().to_string()).await.is_ok());
    }

    #[tokio::test]
    async fn a_command_passes_by_its_exit_code_and_no_shell_reads_its_words() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert!(on_controller(&words(&["true"])).await.is_ok());
        assert!(on_controller(&words(&["false"])).await.unwrap_err().contains("exit 1"));
        let echoed = on_controller(&words(&["test", "$(id)", "=", "$(id)"])).await;
        assert!(echoed.is_ok(), "{echoed:?}");
        assert!(
            on_controller(&words(&["no-such-program-here"]))
                .await
                .unwrap_err()
                .contains("cannot be started")
        );
    }
}
