//! Known, unknown, changed, revoked and pinned host keys.

use super::*;
use crate::simulator::Fault;
use crate::simulator::keys::SimulatedKey;

fn name_of(lab: &Lab) -> String {
    format!("[127.0.0.1]:{}", lab.fleet.hosts()[0].address.port())
}

#[tokio::test]
async fn an_unknown_key_is_refused_before_the_login() {
    let lab = Lab::new(&["web01"]).await;
    lab.write("known_hosts", "# nothing\n");
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(error.starts_with("E_HOSTKEY_UNKNOWN"), "{error}");
    assert!(error.contains(&lab.fleet.hosts()[0].key.fingerprint()), "{error}");
    assert!(error.contains("patchwave trust web01"), "{error}");
}

#[tokio::test]
async fn a_changed_key_names_the_line_and_warns() {
    let lab = Lab::new(&["web01"]).await;
    lab.fleet.hosts()[0].set_fault(Fault::WrongHostKey);
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(error.starts_with("E_HOSTKEY_CHANGED"), "{error}");
    let file = lab.path("known_hosts");
    assert!(error.contains(&format!("{}:1", file.display())), "{error}");
    assert!(
        error.contains("may be an attack") && error.contains("ssh-keygen -R"),
        "{error}"
    );
    assert_eq!(lab.fleet.hosts()[0].logins_refused(), 0);
}

#[tokio::test]
async fn a_host_known_by_another_type_of_key_is_changed_and_not_new() {
    let lab = Lab::new(&["web01"]).await;
    let ecdsa = new_key(Kind::Ecdsa).public_key().to_openssh().unwrap();
    lab.write("known_hosts", &format!("{} {ecdsa}\n", name_of(&lab)));
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(error.starts_with("E_HOSTKEY_CHANGED"), "{error}");
    assert!(error.contains("by another type"), "{error}");
}

#[tokio::test]
async fn a_revoked_key_is_refused_although_it_is_known() {
    let lab = Lab::new(&["web01"]).await;
    let key = lab.fleet.hosts()[0].key.public_text().unwrap();
    let name = name_of(&lab);
    lab.write("known_hosts", &format!("{name} {key}\n@revoked * {key}\n"));
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(
        error.starts_with("E_HOSTKEY_CHANGED") && error.contains("revoked by"),
        "{error}"
    );
}

#[tokio::test]
async fn the_line_of_a_certificate_authority_is_not_a_host_key() {
    let lab = Lab::new(&["web01"]).await;
    let key = lab.fleet.hosts()[0].key.public_text().unwrap();
    lab.write("known_hosts", &format!("@cert-authority * {key}\n"));
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(
        error.starts_with("E_HOSTKEY_UNKNOWN") && error.contains("vouches"),
        "{error}"
    );
}

#[tokio::test]
async fn a_pinned_fingerprint_replaces_known_hosts() {
    let lab = Lab::new(&["web01"]).await;
    lab.write("known_hosts", "");
    let mut host = lab.host("web01");
    host.host_key = Some(lab.fleet.hosts()[0].key.fingerprint());
    assert!(lab.try_host(&host).await.is_ok());
    host.host_key = Some(SimulatedKey::generate().unwrap().fingerprint());
    let error = told(lab.try_host(&host).await);
    assert!(
        error.starts_with("E_HOSTKEY_CHANGED") && error.contains("`host_key` says"),
        "{error}"
    );
}

#[tokio::test]
async fn a_pinned_key_that_is_revoked_is_refused() {
    let lab = Lab::new(&["web01"]).await;
    let key = lab.fleet.hosts()[0].key.public_text().unwrap();
    lab.write("known_hosts", &format!("@revoked * {key}\n"));
    let mut host = lab.host("web01");
    host.host_key = Some(lab.fleet.hosts()[0].key.fingerprint());
    let error = told(lab.try_host(&host).await);
    assert!(
        error.starts_with("E_HOSTKEY_CHANGED") && error.contains("revoked by"),
        "{error}"
    );
    // No other line has a say: neither a key nor an authority.
    let other = SimulatedKey::generate().unwrap();
    lab.write("known_hosts", &format!("{} {key}\n", name_of(&lab)));
    host.host_key = Some(other.fingerprint());
    let error = told(lab.try_host(&host).await);
    assert!(error.contains("`host_key` says"), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_not_taken_for_empty() {
    let mut lab = Lab::new(&["web01"]).await;
    let folder = lab.folder.path().to_owned();
    lab.settings.known_hosts.push(folder);
    let error = told(lab.try_host(&lab.host("web01")).await);
    assert!(error.contains("cannot read"), "{error}");
}

#[tokio::test]
async fn revoked_host_keys_are_refused_and_a_list_that_is_not_understood_lets_nobody_pass() {
    let lab = Lab::new(&["web01"]).await;
    let key = lab.fleet.hosts()[0].key.public_text().unwrap();
    let other = new_key(Kind::Ed25519).public_key().to_openssh().unwrap();
    let mut pinned = lab.host("web01");
    pinned.host_key = Some(lab.fleet.hosts()[0].key.fingerprint());
    for (content, expected) in [
        (format!("# stolen\n\n{other} x\n"), ""),
        (format!("{other}\n{key}\n"), "is revoked by"),
        ("SSHKRL\n\0\0\0\0\u{1}".to_owned(), "KRL"),
        ("nonsense\n".to_owned(), "line 1 is no key"),
    ] {
        lab.write("revoked", &content);
        for host in [lab.host("web01"), pinned.clone()] {
            let host = sshd::with_options(host, |ssh| ssh.revoked_host_keys = Some(lab.path("revoked")));
            match lab.try_host(&host).await {
                Ok(_) => assert_eq!(expected, ""),
                Err(error) => assert!(!expected.is_empty() && error.message.contains(expected), "{error}"),
            }
        }
    }
    let host = sshd::with_options(lab.host("web01"), |ssh| ssh.revoked_host_keys = Some(lab.path("gone")));
    assert!(told(lab.try_host(&host).await).starts_with("E_HOSTKEY_UNKNOWN"));
}

#[tokio::test]
async fn a_host_that_the_configuration_refuses_is_an_error_of_its_own() {
    let lab = Lab::new(&["web01"]).await;
    let host = sshd::with_options(lab.host("web01"), |ssh| {
        ssh.refused = Some("config:2:3: out of use".to_owned())
    });
    let error = told(lab.try_host(&host).await);
    assert!(
        error.starts_with("E_CONNECT") && error.contains("config:2:3"),
        "{error}"
    );
    let seen = lab.transport().collect_host_keys(&[host]).await;
    assert!(
        seen[0]
            .outcome
            .as_ref()
            .is_err_and(|error| error.code.as_str() == "E_CONNECT")
    );
    assert!(lab.try_host(&lab.host("web01")).await.is_ok());
}
