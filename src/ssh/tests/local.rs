//! This machine as a host.

use super::*;

fn here() -> Host {
    let mut host = host("here");
    host.connect = Connect::Local;
    host.privilege.method = PrivilegeMethod::None;
    host
}

fn transport() -> SshTransport {
    SshTransport::new(SshSettings::isolated(), Arc::new(|_: &HostName| None))
}

fn shell(program: &str, timeout: Duration) -> ScriptRequest {
    let data: [&str; 0] = [];
    ScriptRequest {
        script: Script::new("probe", program, Nonce::from_bits(1), data).unwrap(),
        privileged: false,
        timeout,
    }
}

#[tokio::test]
async fn a_script_runs_in_the_shell_of_this_machine() {
    let request = request(false);
    let output = try_host(&transport(), &here(), &request).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with(&format!("{}\na b\n$(c)\n", request.script.nonce())),
        "{text}"
    );
    assert_eq!(output.exit_code, Some(0));
}

#[tokio::test]
async fn the_user_that_we_are_needs_no_sudo() {
    let mut host = here();
    let user = std::process::Command::new("id").arg("-un").output().unwrap().stdout;
    host.privilege.user = String::from_utf8(user).unwrap().trim().to_owned();
    for method in [PrivilegeMethod::Sudo, PrivilegeMethod::Doas, PrivilegeMethod::Su] {
        host.privilege.method = method;
        let begin = std::time::Instant::now();
        let output = try_host(&transport(), &host, &request(true)).await.unwrap();
        assert_eq!(output.exit_code, Some(0));
        assert!(!String::from_utf8_lossy(&output.stdout).contains("PATCHWAVE"));
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
}

#[tokio::test]
async fn codes_signals_and_errors_are_told() {
    let limit = Duration::from_secs(10);
    let output = try_host(&transport(), &here(), &shell("main() { echo no >&2; exit 7; }", limit))
        .await
        .unwrap();
    assert_eq!((output.exit_code, output.stderr.as_slice()), (Some(7), &b"no\n"[..]));
    let output = try_host(&transport(), &here(), &shell("main() { kill -9 $$; }", limit))
        .await
        .unwrap();
    assert_eq!(output.exit_code, None);
}

#[tokio::test]
async fn a_script_that_hangs_is_left_at_its_deadline() {
    let request = shell("main() { exec sleep 30; }", Duration::from_millis(300));
    let begin = std::time::Instant::now();
    let error = told(try_host(&transport(), &here(), &request).await);
    assert!(error.starts_with("E_TIMEOUT"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_script_that_reads_nothing_does_not_hold_us() {
    let line = "x".repeat(100_000);
    let request = ScriptRequest {
        script: Script::new("probe", "exit 0", Nonce::from_bits(1), vec![line.as_str(); 50]).unwrap(),
        privileged: false,
        timeout: Duration::from_secs(10),
    };
    let output = try_host(&transport(), &here(), &request).await.unwrap();
    assert_eq!(output.exit_code, Some(0));
}
