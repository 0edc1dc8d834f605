//! How many round trips a first result costs, seen from a proxy that adds 50 ms each way; OpenSSH's client beside it.
//!
//! A command whose answer needs no input takes eight, less than `ssh` takes. A script on standard input
//! takes one more with both: sshd takes no input of a session before it has started its command.

use std::process::Stdio;

use russh::ChannelMsg;

use super::proxy::Proxy;
use super::sshd::{Sshd, has_sshd, transport, with_options};
use super::*;

const DELAY: Duration = Duration::from_millis(50);
/// Another round trip is TCP's own handshake, which a proxy answers by itself.
const TCP: usize = 1;

struct Line {
    sshd: Sshd,
    proxy: Proxy,
    known_name: String,
}

impl Line {
    async fn new() -> Self {
        let sshd = Sshd::start("");
        Self {
            proxy: Proxy::start(sshd.port, DELAY).await,
            known_name: format!("[127.0.0.1]:{}", sshd.port),
            sshd,
        }
    }

    fn host(&self) -> Host {
        let mut host = with_options(self.sshd.host("web01"), |ssh| {
            ssh.host_key_alias = Some(self.known_name.clone());
        });
        host.port = self.proxy.port();
        host
    }

    /// The round trips of `ssh` for a command with some input.
    async fn ssh(&self, command: &str, input: Stdio) -> usize {
        let _ = self.proxy.take_round_trips();
        let known = self.sshd.settings().known_hosts[0].display().to_string();
        let output = tokio::process::Command::new("ssh")
            .args(["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"])
            .args(["-o", "GlobalKnownHostsFile=none", "-o", "UpdateHostKeys=no", "-o"])
            .arg(format!("UserKnownHostsFile={known}"))
            .args(["-o", &format!("HostKeyAlias={}", self.known_name), "-i"])
            .arg(self.sshd.path("key"))
            .args(["-p", &self.proxy.port().to_string(), "127.0.0.1", command])
            .stdin(input)
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.proxy.take_round_trips() + TCP
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_answer_takes_eight_round_trips_and_fewer_than_openssh() {
    if !has_sshd() {
        return;
    }
    let line = Line::new().await;
    let transport = transport(line.sshd.settings(), Vec::new());
    // As the transport opens every session, with nothing put in between.
    let open = transport.jump(&[line.host()]).await.unwrap().unwrap();
    let mut channel = open.session.handle.channel_open_session().await.unwrap();
    channel.exec(true, "echo well").await.unwrap();
    while let Some(message) = channel.wait().await {
        if matches!(message, ChannelMsg::Data { .. }) {
            break;
        }
    }
    let ours = line.proxy.take_round_trips() + TCP;
    println!("patchwave, first answer: {ours} round trips");
    assert!(ours <= 8, "{ours}");
    if has_program("ssh") {
        let theirs = line.ssh("echo well", Stdio::null()).await;
        println!("ssh, first answer: {theirs} round trips");
        assert!(ours < theirs, "{ours} {theirs}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_takes_nine_round_trips_and_less_than_openssh() {
    if !has_sshd() {
        return;
    }
    let line = Line::new().await;
    let transport = transport(line.sshd.settings(), Vec::new());
    let request = request(false);
    let connection = transport.connect(&line.host()).await.unwrap();
    connection.run(&request).await.unwrap();
    let ours = line.proxy.take_round_trips() + TCP;
    connection.run(&request).await.unwrap();
    println!(
        "patchwave, first script: {ours} round trips, the next: {}",
        line.proxy.take_round_trips()
    );
    connection.close().await;
    assert!(ours <= 9, "{ours}");
    if has_program("ssh") {
        let script = line.sshd.path("script");
        std::fs::write(&script, "echo well\n").unwrap();
        let theirs = line
            .ssh("/bin/sh -s", std::fs::File::open(script).unwrap().into())
            .await;
        println!("ssh, first script: {theirs} round trips");
        assert!(ours < theirs, "{ours} {theirs}");
    }
    assert!(line.proxy.connections() <= 2);
}
