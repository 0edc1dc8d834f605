//! Running scripts: everything that can happen to their output and their end.

use std::time::Instant;

use super::*;
use crate::remote::transport::OUTPUT_LIMIT;
use crate::simulator::Fault;

/// Prints more than anybody wants to keep, on both streams.
struct Flood;

impl ScriptHandler for Flood {
    fn answer(&self, _script: &ReceivedScript) -> SimulatedAnswer {
        SimulatedAnswer {
            stdout: vec![b'x'; OUTPUT_LIMIT + 1_000_000],
            stderr: vec![b'y'; 1_000_000],
            exit_code: Some(0),
            ..SimulatedAnswer::default()
        }
    }
}

/// Takes its time.
struct Slow(Duration);

impl ScriptHandler for Slow {
    fn answer(&self, _script: &ReceivedScript) -> SimulatedAnswer {
        SimulatedAnswer {
            exit_code: Some(0),
            delay: self.0,
            ..SimulatedAnswer::default()
        }
    }
}

async fn lab_of(handler: impl ScriptHandler + 'static) -> Lab {
    let key = new_key(Kind::Ed25519);
    Lab::with(&["web01"], Arc::new(handler), SimulatedSudo::NoPassword, &key).await
}

#[tokio::test]
async fn several_scripts_run_on_one_connection() {
    let lab = Lab::new(&["web01"]).await;
    let connection = lab.transport().connect(&lab.host("web01")).await.unwrap();
    for privileged in [false, true, false] {
        let output = connection.run(&request(privileged)).await.unwrap();
        assert_eq!(output.stdout, b"probe:a b,$(c)\n");
    }
    let (one, two) = (request(true), request(false));
    let (a, b) = tokio::join!(connection.run(&one), connection.run(&two));
    assert!(a.is_ok() && b.is_ok());
    connection.close().await;
    assert_eq!(lab.fleet.hosts()[0].connections_accepted(), 1);
}

#[tokio::test]
async fn a_reset_in_the_middle_means_that_the_outcome_is_unknown() {
    let lab = Lab::new(&["web01"]).await;
    lab.fleet.hosts()[0].set_fault(Fault::ResetMidCommand);
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(
        error.starts_with("E_LOST") && error.contains("outcome is unknown"),
        "{error}"
    );
}

#[tokio::test]
async fn no_exit_status_is_not_success() {
    let lab = Lab::new(&["web01"]).await;
    lab.fleet.hosts()[0].set_fault(Fault::NoExitStatus);
    let output = lab.try_host(&lab.host("web01")).await.unwrap();
    assert_eq!(output.exit_code, None);
    assert_eq!(output.stdout, b"probe:a b,$(c)\n");
}

#[tokio::test]
async fn a_command_that_hangs_is_ended_at_its_deadline() {
    let lab = Lab::new(&["web01"]).await;
    let connection = lab.transport().connect(&lab.host("web01")).await.unwrap();
    lab.fleet.hosts()[0].set_fault(Fault::StallMidCommand);
    let mut request = request(false);
    request.timeout = Duration::from_millis(300);
    let begin = Instant::now();
    let error = told(connection.run(&request).await);
    assert!(
        error.starts_with("E_TIMEOUT timed out after 300 ms running the probe script on web01"),
        "{error}"
    );
    assert!(begin.elapsed() < Duration::from_secs(20));
    // The connection is as good as before.
    lab.fleet.hosts()[0].set_fault(Fault::None);
    request.timeout = Duration::from_secs(20);
    assert!(connection.run(&request).await.is_ok());
}

#[tokio::test]
async fn output_beyond_the_limit_is_cut_and_said_to_be() {
    let lab = lab_of(Flood).await;
    let output = lab.try_host(&lab.host("web01")).await.unwrap();
    assert!(output.truncated);
    assert_eq!(output.stdout.len(), OUTPUT_LIMIT);
    assert_eq!(output.stderr.len(), 1_000_000);
    assert_eq!(output.exit_code, Some(0));
}

#[tokio::test]
async fn a_large_script_arrives_whole() {
    let lab = Lab::new(&["web01"]).await;
    let line = "x".repeat(100_000);
    let data = vec![line.as_str(); 80];
    let request = request_of(&data, true);
    let output = try_host(&lab.transport(), &lab.host("web01"), &request).await.unwrap();
    assert_eq!(output.stdout.len(), "probe:".len() + 80 * 100_001);
}

#[tokio::test]
async fn a_host_that_does_not_read_its_script_does_not_hold_us() {
    let lab = Lab::new(&["web01"]).await;
    lab.fleet.hosts()[0].set_fault(Fault::CloseWithoutReading);
    let line = "x".repeat(100_000);
    let data = vec![line.as_str(); 80];
    let mut request = request_of(&data, false);
    request.timeout = Duration::from_secs(60);
    let begin = Instant::now();
    let _ = try_host(&lab.transport(), &lab.host("web01"), &request).await;
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_quiet_command_is_waited_for() {
    let lab = lab_of(Slow(Duration::from_secs(2))).await;
    let output = lab.try_host(&lab.host("web01")).await.unwrap();
    assert_eq!(output.exit_code, Some(0));
}

#[tokio::test]
async fn closing_is_quick_even_when_the_host_is_gone() {
    let lab = Lab::new(&["web01"]).await;
    let connection = lab.transport().connect(&lab.host("web01")).await.unwrap();
    lab.fleet.hosts()[0].reset();
    let begin = Instant::now();
    connection.close().await;
    assert!(begin.elapsed() < Duration::from_secs(10));
}
