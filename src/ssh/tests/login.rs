//! Logging in with every kind of key, and being refused.

use super::agent::RealAgent;
use super::*;

async fn logs_in_with(kind: Kind) {
    let key = new_key(kind);
    let lab = Lab::with(&["web01"], Arc::new(Echo), SimulatedSudo::NoPassword, &key).await;
    let output = lab.try_host(&lab.host("web01")).await.unwrap();
    assert_eq!(output.stdout, b"probe:a b,$(c)\n");
    assert_eq!(output.stderr, b"warning\n");
    assert_eq!(output.exit_code, Some(3));
    assert!(!output.truncated);
}

#[tokio::test]
async fn an_ed25519_key_logs_in() {
    logs_in_with(Kind::Ed25519).await;
}

#[tokio::test]
async fn an_ecdsa_key_logs_in() {
    logs_in_with(Kind::Ecdsa).await;
}

#[tokio::test]
async fn an_rsa_key_logs_in() {
    logs_in_with(Kind::Rsa).await;
}

fn lock(lab: &Lab, passphrase: &str) {
    let key = PrivateKey::from_openssh(std::fs::read(lab.path("key")).unwrap()).unwrap();
    let locked = key.encrypt(&mut safe_rng(), passphrase).unwrap();
    lab.write("key", &locked.to_openssh(LineEnding::LF).unwrap());
}

#[tokio::test]
async fn an_encrypted_key_asks_once_for_all_hosts() {
    let mut lab = Lab::new(&["web01", "web02", "web03"]).await;
    lock(&lab, "open sesame");
    let answers = Answers::new(Some("open sesame"));
    lab.settings.prompter = answers.clone();
    let transport = lab.transport();
    let request = request(false);
    let hosts = [lab.host("web01"), lab.host("web02"), lab.host("web03")];
    let (a, b, c) = tokio::join!(
        try_host(&transport, &hosts[0], &request),
        try_host(&transport, &hosts[1], &request),
        try_host(&transport, &hosts[2], &request),
    );
    for result in [a, b, c] {
        assert_eq!(result.unwrap().exit_code, Some(3));
    }
    assert_eq!(answers.asked(), 1);
}

#[tokio::test]
async fn an_encrypted_key_that_nobody_unlocks_is_an_auth_error_without_a_connection() {
    let mut lab = Lab::new(&["web01"]).await;
    lock(&lab, "open sesame");
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(error.starts_with("E_AUTH") && error.contains("encrypted"), "{error}");
    assert!(error.contains("ssh-add"), "{error}");
    lab.settings.prompter = Answers::new(Some("wrong"));
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(error.contains("the passphrase was wrong"), "{error}");
    assert_eq!(lab.fleet.host("web01").unwrap().connections_accepted(), 0);
}

#[tokio::test]
async fn a_wrong_key_is_refused_once_and_named() {
    let lab = Lab::new(&["web01"]).await;
    let other = new_key(Kind::Ed25519);
    lab.write("key", &other.to_openssh(LineEnding::LF).unwrap());
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(error.starts_with("E_AUTH 127.0.0.1:"), "{error}");
    assert!(error.contains("refused the login as operator"), "{error}");
    assert!(
        error.contains("key (ssh-ed25519 SHA256:") && error.contains("authorized_keys"),
        "{error}"
    );
    let host = lab.fleet.host("web01").unwrap();
    assert_eq!((host.connections_accepted(), host.logins_refused()), (1, 1));
}

#[tokio::test]
async fn the_second_key_is_tried_and_no_more_than_five_are() {
    let lab = Lab::new(&["web01"]).await;
    let mut host = lab.host("web01");
    let good = host.keys.remove(0);
    for number in 0..6 {
        let text = new_key(Kind::Ed25519).to_openssh(LineEnding::LF).unwrap();
        host.keys.push(lab.write(&format!("other{number}"), &text));
    }
    let mut early = host.clone();
    early.keys.insert(1, good.clone());
    assert!(lab.try_host(&early).await.is_ok());
    host.keys.push(good);
    let error = told(lab.try_host(&host).await);
    assert!(error.contains("2 more keys not tried"), "{error}");
    assert_eq!(lab.fleet.host("web01").unwrap().logins_refused(), 1 + 5);
}

#[tokio::test]
async fn a_missing_key_file_is_named_and_the_next_is_used() {
    let lab = Lab::new(&["web01"]).await;
    let mut host = lab.host("web01");
    host.keys.insert(0, lab.path("missing"));
    assert!(lab.try_host(&host).await.is_ok());
    host.keys.truncate(1);
    let error = told(lab.try_host(&host).await);
    assert!(error.contains("missing: no such file"), "{error}");
    host.keys = vec![lab.path("known_hosts")];
    let error = told(lab.try_host(&host).await);
    assert!(
        error.starts_with("E_AUTH") && error.contains("not a usable private key"),
        "{error}"
    );
}

#[tokio::test]
async fn default_files_and_the_home_folder_are_used() {
    let mut lab = Lab::new(&["web01"]).await;
    let mut host = lab.host("web01");
    host.keys.clear();
    let error = told(lab.try_host(&host).await);
    assert!(
        error.starts_with("E_AUTH there is no key to log in to 127.0.0.1 with"),
        "{error}"
    );
    lab.settings.default_keys = vec![lab.path("missing"), lab.path("key")];
    assert!(lab.try_host(&host).await.is_ok());
    lab.settings.home = Some(lab.folder.path().to_owned());
    host.keys = vec![PathBuf::from("~/key")];
    assert!(lab.try_host(&host).await.is_ok());
}

#[tokio::test]
async fn keys_of_an_agent_log_in() {
    if !has_program("ssh-agent") || !has_program("ssh-add") {
        return;
    }
    for kind in [Kind::Ed25519, Kind::Ecdsa, Kind::Rsa] {
        let key = new_key(kind);
        let mut lab = Lab::with(&["web01"], Arc::new(Echo), SimulatedSudo::NoPassword, &key).await;
        let agent = RealAgent::start(&lab.path("agent"));
        let other = lab.write("other", &new_key(Kind::Ed25519).to_openssh(LineEnding::LF).unwrap());
        agent.add(&other);
        agent.add(&lab.path("key"));
        lab.settings.agent_socket = Some(agent.socket.clone());
        let mut host = lab.host("web01");
        host.keys.clear();
        assert_eq!(lab.try_host(&host).await.unwrap().exit_code, Some(3));
        // A configured key is the only one that is tried, and the agent signs for a locked file.
        lock(&lab, "secret");
        host.keys = vec![lab.path("key")];
        let before = lab.fleet.host("web01").unwrap().logins_refused();
        assert_eq!(lab.try_host(&host).await.unwrap().exit_code, Some(3));
        assert_eq!(lab.fleet.host("web01").unwrap().logins_refused(), before);
    }
}

#[tokio::test]
async fn an_agent_that_is_gone_is_named() {
    let mut lab = Lab::new(&["web01"]).await;
    lab.settings.agent_socket = Some(lab.path("nothing-here"));
    let mut host = lab.host("web01");
    host.keys.clear();
    let error = told(lab.try_host(&host).await);
    assert!(error.starts_with("E_AUTH") && error.contains("nothing-here"), "{error}");
}
