//! New host keys where the configuration accepts them, and `trust` with everything that a connection can have.

use super::sshd::{Sshd, has_sshd, with_options};
use super::verdicts::our_verdict;
use super::*;
use crate::model::ssh_options::UnknownHostKeys;
use crate::ssh::trust::HostKeyState;

#[tokio::test]
async fn a_new_key_is_accepted_once_and_written_where_it_belongs() {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start("");
    let project = sshd.path("project/known_hosts");
    let settings = SshSettings {
        known_hosts: vec![project.clone()],
        ..SshSettings::isolated()
    };
    let host = with_options(sshd.host("web01"), |ssh| {
        ssh.unknown_host_keys = UnknownHostKeys::Accept
    });
    let transport = sshd::transport(settings.clone(), Vec::new());
    let request = request(false);
    assert!(try_host(&transport, &host, &request).await.is_ok());
    assert!(try_host(&transport, &host, &request).await.is_ok());
    assert_eq!(std::fs::read_to_string(&project).unwrap(), sshd.known_line());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&project).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // The user's own file comes first, under the alias; a missing end of line is made up for.
    let own = sshd.path("own");
    std::fs::write(&own, "# no end").unwrap();
    let aliased = with_options(host.clone(), |ssh| {
        ssh.user_known_hosts = Some(vec![own.clone()]);
        ssh.host_key_alias = Some("Web-Alias".to_owned());
    });
    assert!(try_host(&transport, &aliased, &request).await.is_ok());
    let expected = format!("# no end\nweb-alias {}\n", sshd.host_key("ed25519"));
    assert_eq!(std::fs::read_to_string(&own).unwrap(), expected);
    // `/dev/null` is never written to, and the key is the same for the rest of the run.
    let nowhere = with_options(host.clone(), |ssh| {
        ssh.user_known_hosts = Some(vec![PathBuf::from("/dev/null")]);
        ssh.host_key_alias = Some("nowhere".to_owned());
    });
    assert!(try_host(&transport, &nowhere, &request).await.is_ok());
    // A changed key is refused all the same.
    std::fs::write(
        &own,
        format!("changed {}\n", std::fs::read_to_string(sshd.path("key.pub")).unwrap()),
    )
    .unwrap();
    let changed = with_options(host, |ssh| {
        ssh.user_known_hosts = Some(vec![own.clone()]);
        ssh.host_key_alias = Some("changed".to_owned());
    });
    let fresh = sshd::transport(settings, Vec::new());
    assert_eq!(our_verdict(try_host(&fresh, &changed, &request).await), "changed");
}

#[tokio::test]
async fn trust_sees_aliases_files_and_programs() {
    if !has_sshd() {
        return;
    }
    let (bastion, sshd) = (Sshd::start(""), Sshd::start(""));
    let own = sshd.path("own");
    std::fs::write(&own, format!("known-alias {}\n", sshd.host_key("ed25519"))).unwrap();
    let program = format!(
        "bash -c 'exec 3<>/dev/tcp/127.0.0.1/{}; cat <&3 & exec cat >&3'",
        sshd.port
    );
    let by_program = with_options(sshd.host("new"), |ssh| {
        ssh.proxy_command = Some(program);
        ssh.host_key_alias = Some("new-alias".to_owned());
        // Looking does not accept.
        ssh.unknown_host_keys = UnknownHostKeys::Accept;
    });
    let known = with_options(sshd.host("known"), |ssh| {
        ssh.user_known_hosts = Some(vec![own]);
        ssh.host_key_alias = Some("known-alias".to_owned());
    });
    let mut behind = sshd.host("behind");
    behind.jump = vec![HostName::new("bastion").unwrap()];
    let transport = sshd::transport(bastion.settings(), vec![bastion.host("bastion")]);
    let reports = transport.collect_host_keys(&[by_program, known, behind]).await;
    let seen: Vec<_> = reports.iter().map(|report| report.outcome.as_ref().unwrap()).collect();
    assert_eq!(seen[0].state, HostKeyState::Unknown);
    assert_eq!(seen[0].line, format!("new-alias {}", sshd.host_key("ed25519")));
    assert_eq!(seen[1].state, HostKeyState::Known);
    assert_eq!(seen[1].known_name, "known-alias");
    assert_eq!(format!("{}\n", seen[2].line), sshd.known_line());
    assert_eq!(
        std::fs::read_to_string(bastion.path("known_hosts")).unwrap(),
        bastion.known_line()
    );
}

fn accepting(sshd: &Sshd, own: &std::path::Path, alias: &str) -> Host {
    with_options(sshd.host(alias), |ssh| {
        ssh.unknown_host_keys = UnknownHostKeys::Accept;
        ssh.user_known_hosts = Some(vec![own.to_owned()]);
        ssh.host_key_alias = Some(alias.to_owned());
    })
}

#[tokio::test]
async fn a_locked_file_holds_up_nobody_and_costs_the_line_alone() {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start("");
    let own = sshd.path("own");
    std::fs::write(&own, "").unwrap();
    let locked = std::fs::File::open(&own).unwrap();
    locked.lock().unwrap();
    let transport = sshd::transport(sshd.settings(), Vec::new());
    let (new, known) = (accepting(&sshd, &own, "new"), sshd.host("known"));
    let request = request(false);
    let begin = std::time::Instant::now();
    // Both on the only thread of this test.
    let neighbour = async {
        let result = try_host(&transport, &known, &request).await;
        (result.is_ok(), begin.elapsed())
    };
    let (result, (is_well, took)) = tokio::join!(try_host(&transport, &new, &request), neighbour);
    assert!(result.is_ok() && is_well);
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(std::fs::read_to_string(&own).unwrap(), "");
    drop(locked);
}

#[tokio::test]
async fn what_another_program_writes_meanwhile_is_judged() {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start("");
    let own = sshd.path("own");
    let transport = sshd::transport(SshSettings::isolated(), Vec::new());
    let request = request(false);
    assert!(
        try_host(&transport, &accepting(&sshd, &own, "first"), &request)
            .await
            .is_ok()
    );
    let mut text = std::fs::read_to_string(&own).unwrap();
    let (other, same) = (
        std::fs::read_to_string(sshd.path("key.pub")).unwrap(),
        sshd.host_key("ed25519"),
    );
    text.push_str(&format!("other {other}same {same}\nrevoked x\n@revoked rev* {same}\n"));
    std::fs::write(&own, &text).unwrap();
    for (alias, expected) in [("other", "changed"), ("same", "known"), ("revoked", "revoked")] {
        let result = try_host(&transport, &accepting(&sshd, &own, alias), &request).await;
        assert_eq!(our_verdict(result), expected, "{alias}");
    }
    assert_eq!(std::fs::read_to_string(&own).unwrap(), text);
    assert!(
        try_host(&transport, &accepting(&sshd, &own, "last"), &request)
            .await
            .is_ok()
    );
    assert_eq!(std::fs::read_to_string(&own).unwrap(), format!("{text}last {same}\n"));
}

#[tokio::test]
async fn two_servers_under_one_name_are_told_apart_without_a_line() {
    if !has_sshd() {
        return;
    }
    let (one, two) = (Sshd::start(""), Sshd::start(""));
    let own = one.path("own");
    let transport = sshd::transport(SshSettings::isolated(), Vec::new());
    let request = request(false);
    assert!(
        try_host(&transport, &accepting(&one, &own, "same"), &request)
            .await
            .is_ok()
    );
    let error = told(try_host(&transport, &accepting(&two, &own, "same"), &request).await);
    assert!(error.contains("showed different keys in this run"), "{error}");
    assert!(!error.contains("line 0") && !error.contains("ssh-keygen"), "{error}");
}
