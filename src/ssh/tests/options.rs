//! The options of a connection against a real server: programs in place of sockets, algorithms, deadlines.

use std::time::Instant;

use super::sshd::{Sshd, has_sshd, transport, with_options};
use super::*;

#[tokio::test]
async fn a_proxy_command_is_the_connection_and_ends_with_it() {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start("");
    let pid = sshd.path("pid");
    // A program that is no socket: bash's own, with its process number written down.
    let command = format!(
        "bash -c 'echo $$ > {}; exec 3<>/dev/tcp/127.0.0.1/{}; cat <&3 & exec cat >&3'",
        pid.display(),
        sshd.port
    );
    let host = with_options(sshd.host("web01"), |ssh| ssh.proxy_command = Some(command));
    let transport = transport(sshd.settings(), Vec::new());
    assert!(try_host(&transport, &host, &request(false)).await.is_ok());
    let number = std::fs::read_to_string(&pid).unwrap();
    let process = PathBuf::from(format!("/proc/{}", number.trim()));
    let begin = Instant::now();
    // Neither running nor a zombie.
    while process.exists() {
        assert!(begin.elapsed() < Duration::from_secs(5), "the program is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_proxy_command_that_fails_is_run_once_and_quoted() {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start("");
    let runs = sshd.path("runs");
    let command = format!("sh -c 'echo x >> {}; echo no such bastion >&2; exit 3'", runs.display());
    let host = with_options(sshd.host("web01"), |ssh| ssh.proxy_command = Some(command));
    let transport = transport(sshd.settings(), Vec::new());
    let begin = Instant::now();
    let error = told(try_host(&transport, &host, &request(false)).await);
    assert!(
        error.starts_with("E_CONNECT") && error.contains("ProxyCommand said \"no such bastion\""),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&runs).unwrap(), "x\n");
    assert!(begin.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_host_s_own_deadline_holds_unless_the_operator_said_otherwise() {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start("");
    let slow = with_options(sshd.host("web01"), |ssh| {
        ssh.proxy_command = Some("sleep 60".to_owned());
        ssh.connect_timeout = Some(Duration::from_secs(1));
    });
    let mut settings = sshd.settings();
    let error = told(try_host(&transport(settings.clone(), Vec::new()), &slow, &request(false)).await);
    assert!(
        error.starts_with("E_TIMEOUT timed out after 1 s waiting for the SSH banner"),
        "{error}"
    );
    settings.connect_timeout = Duration::from_secs(2);
    settings.connect_timeout_wins = true;
    let error = told(try_host(&transport(settings, Vec::new()), &slow, &request(false)).await);
    assert!(error.starts_with("E_TIMEOUT timed out after 2 s"), "{error}");
}

async fn with_lists(
    sshd: &Sshd,
    change: impl FnOnce(&mut crate::model::ssh_options::SshOptions),
) -> Result<ScriptOutput, HostError> {
    let host = with_options(sshd.host("web01"), change);
    try_host(&transport(sshd.settings(), Vec::new()), &host, &request(false)).await
}

#[tokio::test]
async fn algorithms_are_those_that_were_asked_for() {
    if !has_sshd() {
        return;
    }
    // What only old servers have left, and what each list must add or take away to reach it.
    let sshd = Sshd::start(
        "KexAlgorithms diffie-hellman-group14-sha1,ecdh-sha2-nistp256\nCiphers aes128-cbc,aes256-ctr\nMACs hmac-sha1\n",
    );
    let error = told(with_lists(&sshd, |_| {}).await);
    assert!(
        error.starts_with("E_CONNECT") && error.contains("algorithm in common"),
        "{error}"
    );
    let fine = with_lists(&sshd, |ssh| {
        ssh.kex_algorithms = Some("+diffie-hellman-group14-sha1".to_owned());
        ssh.ciphers = Some("^aes128-cbc".to_owned());
        ssh.macs = Some("hmac-*".to_owned());
    });
    assert!(fine.await.is_ok());
    let fine = with_lists(&sshd, |ssh| {
        ssh.kex_algorithms = Some("ecdh-sha2-nistp256,sntrup761x25519-sha512@openssh.com".to_owned());
        ssh.ciphers = Some("-chacha20*,aes*gcm*".to_owned());
        ssh.macs = Some("+hmac-sha1".to_owned());
    });
    assert!(fine.await.is_ok());
    let nothing = with_lists(&sshd, |ssh| {
        ssh.kex_algorithms = Some("sntrup761x25519-sha512@openssh.com".to_owned())
    });
    let error = told(nothing.await);
    assert!(
        error.starts_with("E_CONNECT none of the algorithms of KexAlgorithms is supported")
            && error.contains("sntrup761"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_signs_with_sha1_alone_is_reached_where_that_is_allowed() {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start_with(&["rsa"], |_| "HostKeyAlgorithms ssh-rsa\n".to_owned());
    let known = format!("[127.0.0.1]:{} {}\n", sshd.port, sshd.host_key("rsa"));
    std::fs::write(sshd.path("known_hosts"), known).unwrap();
    assert!(told(with_lists(&sshd, |_| {}).await).contains("algorithm in common"));
    let fine = with_lists(&sshd, |ssh| ssh.host_key_algorithms = Some("+ssh-rsa".to_owned()));
    assert!(fine.await.is_ok());
}

#[tokio::test]
async fn a_dead_peer_is_noticed_in_the_stated_time_with_the_reason() {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start("");
    let proxy = super::proxy::Proxy::start(sshd.port, Duration::ZERO).await;
    let mut host = with_options(sshd.host("web01"), |ssh| {
        ssh.keepalive_interval = Some(Duration::from_millis(400));
        ssh.keepalive_count = Some(2);
        ssh.host_key_alias = Some(format!("[127.0.0.1]:{}", sshd.port));
    });
    host.port = proxy.port();
    let transport = transport(sshd.settings(), Vec::new());
    let connection = transport.connect(&host).await.unwrap();
    let data: [&str; 0] = [];
    let quiet = |seconds: u32| ScriptRequest {
        script: Script::new(
            "probe",
            &format!("main() {{ sleep {seconds}; }}"),
            Nonce::from_bits(1),
            data,
        )
        .unwrap(),
        privileged: false,
        timeout: Duration::from_secs(60),
    };
    // A quiet command lives longer than the patience with a quiet server.
    assert!(connection.run(&quiet(3)).await.is_ok());
    let begin = Instant::now();
    let cut = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        proxy.cut();
    };
    let slow = quiet(50);
    let (result, ()) = tokio::join!(connection.run(&slow), cut);
    let error = told(result);
    assert!(
        error.starts_with("E_LOST") && error.contains("nothing was heard for 1.2 s, not even answers to keepalives"),
        "{error}"
    );
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}
