//! Servers that are not there, not SSH, too busy or silent.

use std::time::Instant;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::*;
use crate::simulator::Fault;

#[tokio::test]
async fn a_refused_connection_is_told_at_once() {
    let lab = Lab::new(&["web01"]).await;
    lab.fleet.hosts()[0].set_fault(Fault::RefuseConnections);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begin = Instant::now();
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(
        error.starts_with("E_CONNECT connection refused by 127.0.0.1:"),
        "{error}"
    );
    // Well before the deadline of a connection, also on a busy machine.
    assert!(begin.elapsed() < Duration::from_secs(5));
    lab.fleet.hosts()[0].set_fault(Fault::None);
    let mut tries = 0;
    while lab.try_host(&lab.host("web01")).await.is_err() {
        tries += 1;
        assert!(tries < 50, "the port does not open again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_silent_server_times_out_within_the_limit_and_holds_nobody_up() {
    let mut lab = Lab::new(&["web01", "web02"]).await;
    lab.settings.connect_timeout = Duration::from_secs(4);
    lab.fleet.hosts()[0].set_fault(Fault::Stall);
    let begin = Instant::now();
    let transport = lab.transport();
    let request = request(false);
    let (bad, good) = (lab.host("web01"), lab.host("web02"));
    let well = async {
        let result = try_host(&transport, &good, &request).await;
        (result, begin.elapsed())
    };
    let (stalled, (fine, took)) = tokio::join!(try_host(&transport, &bad, &request), well);
    let error = told(stalled);
    assert!(
        error.starts_with("E_TIMEOUT timed out after 4 s waiting for the SSH banner of 127.0.0.1:"),
        "{error}"
    );
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert!(fine.is_ok() && took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn a_server_that_closes_before_its_banner_is_tried_again_within_the_deadline() {
    let mut lab = Lab::new(&["web01"]).await;
    lab.settings.connect_timeout = Duration::from_secs(3);
    lab.fleet.hosts()[0].set_fault(Fault::CloseBeforeBanner);
    let begin = Instant::now();
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(
        error.starts_with("E_CONNECT no SSH server answers at") && error.contains("before its banner"),
        "{error}"
    );
    let tries = lab.fleet.hosts()[0].connections_accepted();
    assert!((3..=6).contains(&tries), "{tries}");
    assert!(error.contains(&format!("; tried {tries} times in 3 s")), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_server_that_recovers_while_we_wait_is_reached() {
    let lab = Lab::new(&["web01"]).await;
    let simulated = lab.fleet.hosts()[0].clone();
    simulated.set_fault(Fault::CloseBeforeBanner);
    let heal = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        simulated.set_fault(Fault::None);
    };
    let host = lab.host("web01");
    let (result, ()) = tokio::join!(lab.try_host(&host), heal);
    assert!(result.is_ok());
}

#[tokio::test]
async fn every_stage_of_a_login_has_its_deadline_and_its_name() {
    let mut lab = Lab::new(&["web01"]).await;
    lab.settings.connect_timeout = Duration::from_secs(3);
    lab.settings.login_timeout = Duration::from_secs(2);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut host = lab.host("web01");
    host.port = listener.local_addr().unwrap().port();
    let serve = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"SSH-2.0-Sleepy_1.0\r\n").await;
            held.push(stream);
        }
    });
    let begin = Instant::now();
    let error = told(lab.try_host(&host).await);
    serve.abort();
    assert!(
        error.starts_with("E_TIMEOUT timed out after 3 s exchanging keys with"),
        "{error}"
    );
    lab.fleet.hosts()[0].set_fault(Fault::StallLogin);
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(
        error.starts_with("E_TIMEOUT timed out after 2 s logging in to"),
        "{error}"
    );
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
}

async fn says(words: &'static str) -> String {
    let lab = Lab::new(&["web01"]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut host = lab.host("web01");
    host.port = listener.local_addr().unwrap().port();
    let serve = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(words.as_bytes()).await;
        }
    });
    let error = told(lab.try_host(&host).await);
    serve.abort();
    error
}

#[tokio::test]
async fn another_protocol_is_shown_safely() {
    let error = says("220 mail.example ESMTP \u{1b}[31m\r\n").await;
    assert!(
        error.starts_with("E_CONNECT") && error.contains("is not an SSH server"),
        "{error}"
    );
    assert!(
        error.contains("220 mail.example") && !error.contains('\u{1b}'),
        "{error}"
    );
}

#[tokio::test]
async fn the_punishment_of_sshd_is_told_and_not_provoked_further() {
    let error = says("Not allowed at this time\r\n").await;
    assert!(
        error.starts_with("E_CONNECT") && error.contains("PerSourcePenalties"),
        "{error}"
    );
}

#[tokio::test]
async fn a_dropped_attempt_leaves_no_connection_behind() {
    let lab = Lab::new(&["web01"]).await;
    lab.fleet.hosts()[0].set_fault(Fault::Stall);
    let transport = lab.transport();
    let host = lab.host("web01");
    let attempt = tokio::time::timeout(Duration::from_millis(200), transport.connect(&host)).await;
    assert!(attempt.is_err());
    assert_eq!(transport.shared.permits_free(), lab.settings.parallel);
}

#[tokio::test]
async fn no_more_connections_than_allowed_are_open_at_once() {
    let mut lab = Lab::new(&["web01", "web02"]).await;
    lab.settings.parallel = 1;
    let transport = lab.transport();
    let first = transport.connect(&lab.host("web01")).await.unwrap();
    let second = lab.host("web02");
    let waiting = tokio::time::timeout(Duration::from_millis(300), transport.connect(&second)).await;
    assert!(waiting.is_err());
    first.close().await;
    assert!(transport.connect(&second).await.is_ok());
}
