//! What is asked, and what becomes of the answers, with servers on loopback.

use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc;

use super::*;
use crate::model::gate::{GateResult, Statuses};
use crate::simulator::port::ReservedPort;

/// Answers one request with this status line and body, gives its address, and then the request's head.
pub(in crate::rollout::gates) fn serve_once(status: &str, body: &str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let (asked, question) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0_u8; 4096];
        let length = stream.read(&mut request).unwrap_or_default();
        let _ = asked.send(String::from_utf8_lossy(&request[..length]).into_owned());
        let _ = stream.write_all(answer.as_bytes());
    });
    (address, question)
}

async fn asked(status: &str, body: &str, change: impl FnOnce(&mut HttpCheck)) -> Outcome {
    let mut check = HttpCheck::new(format!("http://{}/health", serve_once(status, body).0));
    change(&mut check);
    ask(check, Duration::from_secs(5)).await
}

#[tokio::test]
async fn http_passes_with_the_status_and_the_body_that_were_asked_for() {
    let well = asked("200 OK", "all well", |check| check.body = Some("well".to_owned())).await;
    assert_eq!(well.result, GateResult::Pass, "{well:?}");
    let busy = asked("503 Service Unavailable", "", |check| {
        check.status = Statuses::from(503)
    })
    .await;
    assert_eq!(busy.result, GateResult::Pass, "{busy:?}");
    let lag = |pattern: &str| {
        let pattern = pattern.to_owned();
        asked("200 OK", "{\"lag\": 12}", |check| check.body_pattern = Some(pattern))
    };
    assert_eq!(lag(r#""lag": [0-9]{1,2}\b"#).await.result, GateResult::Pass);
    assert_eq!(lag(r#""lag": 0\b"#).await.result, GateResult::Fail);
}

#[tokio::test]
async fn http_fails_with_another_status_another_body_or_a_redirect() {
    let outcome = asked("500 Internal Server Error", "", |_| {}).await;
    assert!(outcome.result == GateResult::Fail && outcome.detail.contains("answered 500, not 200"));
    let outcome = asked("200 OK", "all ill", |check| check.body = Some("well".to_owned())).await;
    assert!(outcome.result == GateResult::Fail && outcome.detail.contains("without `well`"));
    let outcome = asked("302 Found", "", |_| {}).await;
    assert!(outcome.result == GateResult::Fail && outcome.detail.contains("answered 302"));
}

#[tokio::test]
async fn the_method_and_the_headers_are_those_of_the_playbook() {
    let (address, question) = serve_once("204 No Content", "");
    let mut check = HttpCheck::new(format!("http://{address}/"));
    check.method = HttpMethod::Head;
    check.status = serde_json::from_str("\"2xx\"").unwrap();
    check.headers.insert("Host".to_owned(), "shop.example.org".to_owned());
    let outcome = ask(check, Duration::from_secs(5)).await;
    assert_eq!(outcome.result, GateResult::Pass, "{outcome:?}");
    let question = question.recv().unwrap().to_lowercase();
    assert!(question.starts_with("head / http/1.1"), "{question}");
    assert!(
        question.contains("host: shop.example.org") && !question.contains("127.0.0.1"),
        "{question}"
    );
}

#[tokio::test]
async fn who_refuses_or_is_silent_fails_and_an_unknown_name_is_unknown() {
    let result = |url: String| async { ask(HttpCheck::new(url), Duration::from_secs(1)).await.result };
    let port = ReservedPort::new().unwrap();
    let listener = port.listen().await.unwrap();
    let address = port.address();
    assert_eq!(result(format!("http://{address}/")).await, GateResult::Fail, "silent");
    drop(listener);
    assert_eq!(result(format!("http://{address}/")).await, GateResult::Fail, "refused");
    assert_eq!(
        result("http://no-such-host.invalid/".to_owned()).await,
        GateResult::Unknown
    );
}
