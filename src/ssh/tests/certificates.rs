//! Certificates, agents and security keys, against a real sshd and a real agent.

use super::agent::RealAgent;
use super::sshd::{Sshd, has_sshd, make_key, me, run, transport, with_options};
use super::*;
use crate::model::ssh_options::AgentChoice;

/// A server that trusts an authority and no single key.
fn server_with_authority() -> Sshd {
    Sshd::start_with(&["ed25519"], |folder| {
        make_key(&folder.join("authority"), "ed25519");
        format!(
            "TrustedUserCAKeys {}\nAuthorizedKeysFile none\n",
            folder.join("authority.pub").display()
        )
    })
}

/// A key with a certificate beside it.
fn certify(server: &Sshd, name: &str, kind: &str, principal: &str, validity: &str) -> PathBuf {
    let key = server.path(name);
    if !key.exists() {
        make_key(&key, kind);
    }
    let authority = server.path("authority").display().to_string();
    let public = format!("{}.pub", key.display());
    run(
        "ssh-keygen",
        &[
            "-q",
            "-s",
            &authority,
            "-I",
            "the laptop",
            "-n",
            principal,
            "-V",
            validity,
            &public,
        ],
    );
    key
}

async fn try_server(
    server: &Sshd,
    host: &Host,
    change: impl FnOnce(&mut SshSettings),
) -> Result<ScriptOutput, HostError> {
    let mut settings = server.settings();
    change(&mut settings);
    try_host(&transport(settings, Vec::new()), host, &request(false)).await
}

#[tokio::test]
async fn certificates_of_every_kind_of_key_log_in() {
    if !has_sshd() {
        return;
    }
    let server = server_with_authority();
    let mut host = server.host("web01");
    let error = told(try_server(&server, &host, |_| {}).await);
    assert!(error.starts_with("E_AUTH"), "the bare key is not let in: {error}");
    for kind in ["ed25519", "ecdsa", "rsa"] {
        host.keys = vec![certify(&server, &format!("key_{kind}"), kind, &me(), "+1h")];
        let output = try_server(&server, &host, |_| {}).await;
        assert_eq!(output.unwrap().exit_code, Some(0), "{kind}: {}", server.log());
    }
}

#[tokio::test]
async fn a_certificate_file_goes_with_its_key_wherever_that_is() {
    if !has_sshd() {
        return;
    }
    let server = server_with_authority();
    certify(&server, "k", "ed25519", &me(), "+1h");
    let certificate = server.path("elsewhere");
    std::fs::rename(server.path("k-cert.pub"), &certificate).unwrap();
    let mut host = with_options(server.host("web01"), |ssh| ssh.certificates = vec![certificate]);
    host.keys = vec![server.path("k")];
    assert!(try_server(&server, &host, |_| {}).await.is_ok(), "{}", server.log());
    host.keys = vec![server.path("key")];
    let error = told(try_server(&server, &host, |_| {}).await);
    assert!(error.contains("elsewhere: its private key is neither"), "{error}");
    let agent = RealAgent::start(&server.path("agent"));
    agent.add(&server.path("k"));
    let output = try_server(&server, &host, |settings| {
        settings.agent_socket = Some(agent.socket.clone())
    })
    .await;
    assert!(output.is_ok(), "{}", server.log());
}

#[tokio::test]
async fn why_a_certificate_was_refused_is_told() {
    if !has_sshd() {
        return;
    }
    let server = server_with_authority();
    let mut host = server.host("web01");
    host.keys = vec![certify(&server, "late", "ed25519", &me(), "-2h:-1h")];
    let error = told(try_server(&server, &host, |_| {}).await);
    assert!(
        error.contains("(certificate \"the laptop\"") && error.contains("it expired on 20"),
        "{error}"
    );
    host.keys = vec![certify(&server, "other", "ed25519", "somebody", "+1h")];
    let error = told(try_server(&server, &host, |_| {}).await);
    assert!(
        error.contains(&format!("it is made out to somebody, not to {}", me())),
        "{error}"
    );
}

#[tokio::test]
async fn several_keys_in_a_row_are_given_where_they_are_wanted() {
    if !has_sshd() {
        return;
    }
    let server = Sshd::start("AuthenticationMethods publickey,publickey\n");
    make_key(&server.path("second"), "ed25519");
    let keys = std::fs::read_to_string(server.path("key.pub")).unwrap()
        + &std::fs::read_to_string(server.path("second.pub")).unwrap();
    std::fs::write(server.path("authorized_keys"), keys).unwrap();
    let mut host = server.host("web01");
    let error = told(try_server(&server, &host, |_| {}).await);
    assert!(
        error.contains("): accepted; the server asks for publickey as well") && error.contains("further key"),
        "{error}"
    );
    host.keys.push(server.path("second"));
    assert!(try_server(&server, &host, |_| {}).await.is_ok(), "{}", server.log());
}

#[tokio::test]
async fn an_agent_signs_with_keys_and_certificates() {
    if !has_sshd() {
        return;
    }
    let server = server_with_authority();
    for kind in ["ed25519", "rsa"] {
        let key = certify(&server, &format!("held_{kind}"), kind, &me(), "+1h");
        let agent = RealAgent::start(&server.path(&format!("agent_{kind}")));
        // ssh-add takes the certificate beside the key along.
        agent.add(&key);
        std::fs::remove_file(&key).unwrap();
        let mut host = with_options(server.host("web01"), |ssh| {
            ssh.agent = AgentChoice::Socket(agent.socket.clone());
        });
        host.keys.clear();
        assert!(try_server(&server, &host, |_| {}).await.is_ok(), "{}", server.log());
        // The agent of the environment is another one.
        let host = with_options(host, |ssh| ssh.agent = AgentChoice::None);
        let error = told(
            try_server(&server, &host, |settings| {
                settings.agent_socket = Some(agent.socket.clone())
            })
            .await,
        );
        assert!(error.contains("there is no key"), "{error}");
    }
}

#[tokio::test]
async fn a_public_key_file_names_a_key_of_the_agent() {
    if !has_sshd() {
        return;
    }
    let server = Sshd::start("MaxAuthTries 2\n");
    let agent = RealAgent::start(&server.path("agent"));
    for number in 0..6 {
        let other = server.path(&format!("other{number}"));
        make_key(&other, "ed25519");
        agent.add(&other);
    }
    agent.add(&server.path("key"));
    std::fs::remove_file(server.path("key")).unwrap();
    let with_agent = |settings: &mut SshSettings| settings.agent_socket = Some(agent.socket.clone());
    let mut host = server.host("web01");
    // By its public half, and by the name of the private one that is not there.
    for name in ["key.pub", "key"] {
        host.keys = vec![server.path(name)];
        let output = try_server(&server, &host, with_agent).await;
        assert!(output.is_ok(), "{name}: {}", server.log());
    }
    let only = with_options(host.clone(), |ssh| ssh.identities_only = true);
    assert!(try_server(&server, &only, with_agent).await.is_ok());
    // The agent's others are tried after the configured ones, unless that is unwanted.
    host.keys = vec![server.path("other5")];
    let only = with_options(host.clone(), |ssh| ssh.identities_only = true);
    let error = told(try_server(&server, &only, with_agent).await);
    assert_eq!(error.matches("SHA256:").count(), 1, "{error}");
    let error = told(try_server(&server, &host, with_agent).await);
    assert!(error.contains("more keys not tried"), "{error}");
    assert!(error.contains("Too many authentication failures"), "{error}");
}

#[tokio::test]
async fn an_agent_that_may_not_sign_is_named() {
    if !has_sshd() {
        return;
    }
    let server = Sshd::start("");
    let agent = RealAgent::start(&server.path("agent"));
    agent.add_with(&["-c"], &server.path("key"));
    std::fs::remove_file(server.path("key")).unwrap();
    let mut host = server.host("web01");
    host.keys.clear();
    let with_agent = |settings: &mut SshSettings| settings.agent_socket = Some(agent.socket.clone());
    let error = told(try_server(&server, &host, with_agent).await);
    assert!(
        error.starts_with("E_AUTH") && error.contains("nobody confirmed it"),
        "{error}"
    );
}

#[tokio::test]
async fn the_first_usual_file_is_tried_however_much_the_agent_holds() {
    if !has_sshd() {
        return;
    }
    let server = Sshd::start("");
    let agent = RealAgent::start(&server.path("agent"));
    for number in 0..6 {
        let other = server.path(&format!("other{number}"));
        make_key(&other, "ed25519");
        agent.add(&other);
    }
    let mut host = server.host("web01");
    host.keys.clear();
    let key = server.path("key");
    let result = try_server(&server, &host, |settings| {
        settings.agent_socket = Some(agent.socket.clone());
        settings.default_keys = vec![key.clone()];
    });
    assert!(result.await.is_ok(), "{}", server.log());
}
