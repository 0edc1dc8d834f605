//! Becoming root: the dialogue with `sudo`, and every way it can refuse.

use super::*;

async fn lab_with(sudo: SimulatedSudo) -> Lab {
    Lab::with(&["web01"], Arc::new(Echo), sudo, &new_key(Kind::Ed25519)).await
}

/// A reference to a password kept in a file of the lab.
fn password(lab: &Lab, text: &str) -> SecretReference {
    use std::os::unix::fs::PermissionsExt;
    let path = lab.write("password", &format!("{text}\nnot this line\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    SecretReference::File(path)
}

async fn try_privileged(lab: &Lab, host: &Host) -> Result<ScriptOutput, HostError> {
    try_host(&lab.transport(), host, &request(true)).await
}

#[tokio::test]
async fn sudo_without_a_password_adds_nothing_to_the_output() {
    let lab = lab_with(SimulatedSudo::NoPassword).await;
    let output = try_privileged(&lab, &lab.host("web01")).await.unwrap();
    assert_eq!(output.stdout, b"probe:a b,$(c)\n");
    assert_eq!(output.stderr, b"warning\n");
}

#[tokio::test]
async fn a_password_is_sent_to_the_prompt_and_leaves_no_trace() {
    let lab = lab_with(SimulatedSudo::Password("correct horse".to_owned())).await;
    let host = with_password(lab.host("web01"), password(&lab, "correct horse"));
    let output = try_privileged(&lab, &host).await.unwrap();
    assert_eq!(output.stdout, b"probe:a b,$(c)\n");
    assert_eq!(output.stderr, b"warning\n");
    assert_eq!(lab.fleet.hosts()[0].passwords_received(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let lab = lab_with(SimulatedSudo::Password("correct horse".to_owned())).await;
    let host = with_password(lab.host("web01"), password(&lab, "battery staple"));
    let error = told(try_privileged(&lab, &host).await);
    assert!(
        error.starts_with("E_SUDO sudo on web01 refused the password of operator"),
        "{error}"
    );
    assert!(!error.contains("battery"), "{error}");
    assert_eq!(lab.fleet.hosts()[0].passwords_received(), 1);
}

#[tokio::test]
async fn a_password_that_nobody_asks_for_is_never_sent() {
    let lab = lab_with(SimulatedSudo::NoPassword).await;
    let host = with_password(lab.host("web01"), password(&lab, "correct horse"));
    // Had the password been sent, the script would not have been the first thing on standard input.
    let output = try_privileged(&lab, &host).await.unwrap();
    assert_eq!(output.exit_code, Some(3));
    assert_eq!(lab.fleet.hosts()[0].passwords_received(), 0);
}

#[tokio::test]
async fn every_refusal_has_its_remedy() {
    for (sudo, what, remedy) in [
        (
            SimulatedSudo::Password("x".to_owned()),
            "wants a password of operator",
            "patchwave sudoers --user operator",
        ),
        (
            SimulatedSudo::NotAllowed,
            "may not use sudo",
            "patchwave sudoers --user operator",
        ),
        (SimulatedSudo::NeedsTerminal, "wants a terminal", "!requiretty"),
        (SimulatedSudo::Missing, "sudo is not installed", "install it"),
    ] {
        let lab = lab_with(sudo).await;
        let error = told(try_privileged(&lab, &lab.host("web01")).await);
        assert!(error.starts_with("E_SUDO"), "{error}");
        assert!(error.contains(what) && error.contains(remedy), "{error}");
    }
}

#[tokio::test]
async fn root_and_unprivileged_scripts_need_no_sudo() {
    let lab = lab_with(SimulatedSudo::Missing).await;
    assert!(lab.try_host(&lab.host("web01")).await.is_ok());
    let mut host = lab.host("web01");
    host.user = "root".to_owned();
    assert!(try_privileged(&lab, &host).await.is_ok());
    host.user = "operator".to_owned();
    host.privilege.method = PrivilegeMethod::None;
    assert!(try_privileged(&lab, &host).await.is_ok());
}

#[tokio::test]
async fn a_name_that_a_shell_would_read_as_more_reaches_no_command_line() {
    let lab = lab_with(SimulatedSudo::NoPassword).await;
    let mut host = lab.host("web01");
    host.privilege.method = PrivilegeMethod::Doas;
    assert!(try_privileged(&lab, &host).await.is_ok());
    host.privilege.user = "root; reboot".to_owned();
    let error = told(try_privileged(&lab, &host).await);
    assert!(error.contains("cannot be a user to become"), "{error}");
}

#[tokio::test]
async fn a_password_that_cannot_be_had_is_an_error_before_sudo() {
    use std::os::unix::fs::PermissionsExt;
    let lab = lab_with(SimulatedSudo::Password("x".to_owned())).await;
    let open = lab.write("open", "x\n");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for (reference, reason) in [
        (
            SecretReference::Env("PATCHWAVE_NO_SUCH_VARIABLE".to_owned()),
            "it is not set",
        ),
        (SecretReference::File(open), "mode 0644"),
        (SecretReference::File(lab.path("missing")), "No such file"),
        (SecretReference::Command(words("false")), "it failed"),
        (SecretReference::Command(words("true")), "an empty password"),
        (SecretReference::Prompt("?".to_owned()), "nobody answered"),
    ] {
        let host = with_password(lab.host("web01"), reference);
        let error = told(try_privileged(&lab, &host).await);
        assert!(error.starts_with("E_SUDO") && error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_command_and_a_question_give_passwords_once_for_all_hosts() {
    let mut lab = Lab::with(
        &["web01", "web02"],
        Arc::new(Echo),
        SimulatedSudo::Password("correct horse".to_owned()),
        &new_key(Kind::Ed25519),
    )
    .await;
    let answers = Answers::new(Some("correct horse"));
    lab.settings.prompter = answers.clone();
    let transport = lab.transport();
    let count = lab.path("count");
    let script = format!("echo called >> {}; echo correct horse", count.display());
    let command = SecretReference::Command(vec!["sh".to_owned(), "-c".to_owned(), script]);
    for reference in [command, SecretReference::Prompt("sudo: ".to_owned())] {
        for name in ["web01", "web02"] {
            let host = with_password(lab.host(name), reference.clone());
            let output = try_host(&transport, &host, &request(true)).await.unwrap();
            assert_eq!(output.exit_code, Some(3));
        }
    }
    assert_eq!(std::fs::read_to_string(count).unwrap(), "called\n");
    assert_eq!(answers.asked(), 1);
}

#[tokio::test]
async fn a_sudo_that_waits_for_something_else_is_named_in_the_timeout() {
    let lab = lab_with(SimulatedSudo::Silent).await;
    let mut request = request(true);
    request.timeout = Duration::from_millis(300);
    let error = told(try_host(&lab.transport(), &lab.host("web01"), &request).await);
    assert!(
        error.starts_with("E_TIMEOUT timed out after 300 ms waiting for sudo on web01"),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_password_goes_to_two_hosts_and_no_further() {
    let names = ["web01", "web02", "web03", "web04"];
    let sudo = SimulatedSudo::Password("correct horse".to_owned());
    let lab = Lab::with(&names, Arc::new(Echo), sudo, &new_key(Kind::Ed25519)).await;
    let reference = password(&lab, "battery staple");
    let hosts = names.map(|name| with_password(lab.host(name), reference.clone()));
    let (transport, request) = (lab.transport(), request(true));
    let (a, b, c, d) = tokio::join!(
        try_host(&transport, &hosts[0], &request),
        try_host(&transport, &hosts[1], &request),
        try_host(&transport, &hosts[2], &request),
        try_host(&transport, &hosts[3], &request),
    );
    let errors = [a, b, c, d].map(told);
    let refused = errors
        .iter()
        .filter(|error| error.contains("refused the password"))
        .count();
    assert_eq!(refused, 2, "{errors:?}");
    assert_eq!(
        errors.iter().filter(|error| error.contains("already")).count(),
        2,
        "{errors:?}"
    );
}

#[tokio::test]
async fn a_password_file_of_another_account_is_refused() {
    let lab = Lab::new(&["web01"]).await;
    let reference = password(&lab, "correct horse");
    if std::os::unix::fs::chown(lab.path("password"), Some(12_345), None).is_err() {
        println!("left out: only root can give files away");
        return;
    }
    let host = with_password(lab.host("web01"), reference);
    let error = told(try_host(&lab.transport(), &host, &request(true)).await);
    assert!(
        error.starts_with("E_SUDO") && error.contains("another account (number 12345)"),
        "{error}"
    );
}
