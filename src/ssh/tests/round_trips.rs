//! How many round trips a first result costs, seen from a proxy that adds 50 ms each way; OpenSSH's client beside it.

use std::process::Stdio;
use std::time::Instant;

use super::proxy::Proxy;
use super::sshd::{Sshd, has_sshd, transport, with_options};
use super::*;

const DELAY: Duration = Duration::from_millis(50);
/// Another round trip is TCP's own handshake, which a proxy answers by itself.
const TCP: usize = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_result_takes_eight_round_trips_and_openssh_s_nine() {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start("");
    let proxy = Proxy::start(sshd.port, DELAY).await;
    let known_name = format!("[127.0.0.1]:{}", sshd.port);
    let mut host = with_options(sshd.host("web01"), |ssh| ssh.host_key_alias = Some(known_name.clone()));
    host.port = proxy.port();
    let transport = transport(sshd.settings(), Vec::new());
    let request = request(false);
    let begin = Instant::now();
    let connection = transport.connect(&host).await.unwrap();
    connection.run(&request).await.unwrap();
    let (trips, took) = (proxy.take_round_trips() + TCP, begin.elapsed());
    println!("patchwave: {trips} round trips, {took:?}");
    connection.run(&request).await.unwrap();
    println!("patchwave, the next script: {} round trips", proxy.take_round_trips());
    connection.close().await;
    assert!(trips <= 8, "{trips}");
    if has_program("ssh") {
        let _ = proxy.take_round_trips();
        let known = sshd.settings().known_hosts[0].display().to_string();
        let begin = Instant::now();
        let status = tokio::process::Command::new("ssh")
            .args(["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"])
            .args(["-o", "GlobalKnownHostsFile=none", "-o", "UpdateHostKeys=no", "-o"])
            .arg(format!("UserKnownHostsFile={known}"))
            .args(["-o", &format!("HostKeyAlias={known_name}"), "-i"])
            .arg(sshd.path("key"))
            .args(["-p", &proxy.port().to_string(), "127.0.0.1", "true"])
            .stdin(Stdio::null())
            .status()
            .await
            .unwrap();
        assert!(status.success());
        println!(
            "ssh: {} round trips, {:?}",
            proxy.take_round_trips() + TCP,
            begin.elapsed()
        );
    }
    assert_eq!(proxy.connections(), if has_program("ssh") { 2 } else { 1 });
}
