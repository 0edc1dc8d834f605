//! Collecting host keys and writing them.

use super::*;
use crate::simulator::Fault;
use crate::ssh::trust::{HostKeyState, SeenHostKey, merge, write_atomically};

async fn collect(lab: &Lab, names: &[&str]) -> Vec<Result<SeenHostKey, HostError>> {
    let hosts: Vec<Host> = names.iter().map(|name| lab.host(name)).collect();
    let reports = lab.transport().collect_host_keys(&hosts).await;
    let order: Vec<&str> = reports.iter().map(|report| report.host.as_str()).collect();
    assert_eq!(order, names);
    reports.into_iter().map(|report| report.outcome).collect()
}

#[tokio::test]
async fn unknown_keys_are_collected_written_and_known_from_then_on() {
    let lab = Lab::new(&["web01", "web02", "web03"]).await;
    let old = "# kept as it is\r\n|1|x|y broken\n";
    lab.write("known_hosts", old);
    lab.fleet.host("web02").unwrap().set_fault(Fault::CloseBeforeBanner);
    let seen = collect(&lab, &["web01", "web02", "web03"]).await;
    assert!(seen[1].as_ref().is_err_and(|error| error.code.as_str() == "E_CONNECT"));
    let keys: Vec<SeenHostKey> = seen.into_iter().flatten().collect();
    assert_eq!(keys.len(), 2);
    let first = &lab.fleet.hosts()[0];
    assert_eq!(keys[0].state, HostKeyState::Unknown);
    assert_eq!(keys[0].key_type, "ssh-ed25519");
    assert_eq!(keys[0].fingerprint, first.key.fingerprint());
    assert_eq!(keys[0].line, first.known_hosts_line().unwrap());
    let merged = merge(old, &keys, false);
    assert_eq!((merged.added, merged.removed), (2, 0));
    assert!(merged.text.starts_with(old));
    write_atomically(&lab.path("known_hosts"), &merged.text).unwrap();
    assert!(lab.try_host(&lab.host("web01")).await.is_ok());
    let again = collect(&lab, &["web01"]).await;
    assert_eq!(again[0].as_ref().unwrap().state, HostKeyState::Known);
    assert_eq!(merge(&merged.text, &keys, false).added, 0);
    // Nobody logged in to be seen.
    assert_eq!(first.logins_refused(), 0);
}

#[tokio::test]
async fn a_changed_key_is_replaced_only_when_asked_for() {
    let lab = Lab::new(&["web01", "web02"]).await;
    let old = lab.fleet.known_hosts().unwrap();
    lab.fleet.hosts()[0].set_fault(Fault::WrongHostKey);
    let keys: Vec<SeenHostKey> = collect(&lab, &["web01"]).await.into_iter().flatten().collect();
    assert!(matches!(&keys[0].state, HostKeyState::Changed(place) if place.line == 1));
    let kept = merge(&old, &keys, false);
    assert_eq!((kept.text.as_str(), kept.added, kept.removed), (old.as_str(), 0, 0));
    let replaced = merge(&old, &keys, true);
    assert_eq!((replaced.added, replaced.removed), (1, 1));
    write_atomically(&lab.path("known_hosts"), &replaced.text).unwrap();
    assert!(lab.try_host(&lab.host("web01")).await.is_ok());
    assert!(lab.try_host(&lab.host("web02")).await.is_ok());
}

#[tokio::test]
async fn revoked_and_pinned_keys_are_told_and_never_written() {
    let lab = Lab::new(&["web01"]).await;
    let simulated = &lab.fleet.hosts()[0];
    let key = simulated.key.public_text().unwrap();
    lab.write("known_hosts", &format!("@revoked * {key}\n"));
    let keys: Vec<SeenHostKey> = collect(&lab, &["web01"]).await.into_iter().flatten().collect();
    assert!(matches!(keys[0].state, HostKeyState::Revoked(_)));
    assert_eq!(merge("", &keys, true).added, 0);
    let mut host = lab.host("web01");
    host.host_key = Some("SHA256:somethingelse".to_owned());
    // That it is revoked says more.
    let reports = lab.transport().collect_host_keys(&[host.clone()]).await;
    let seen = reports[0].outcome.as_ref().unwrap();
    assert!(matches!(seen.state, HostKeyState::Revoked(_)));
    lab.write("known_hosts", "");
    let reports = lab.transport().collect_host_keys(&[host]).await;
    let seen = reports[0].outcome.as_ref().unwrap();
    assert_eq!(seen.state, HostKeyState::NotThePinned);
    assert_eq!(merge("", std::slice::from_ref(seen), true).added, 0);
}

#[tokio::test]
async fn keys_are_collected_through_a_jump_host() {
    let lab = Lab::new(&["bastion", "web01"]).await;
    lab.write(
        "known_hosts",
        &lab.fleet.host("bastion").unwrap().known_hosts_line().unwrap(),
    );
    let mut host = lab.host("web01");
    host.jump = vec![HostName::new("bastion").unwrap()];
    let reports = lab.transport().collect_host_keys(&[host]).await;
    let seen = reports[0].outcome.as_ref().unwrap();
    assert_eq!(seen.fingerprint, lab.fleet.host("web01").unwrap().key.fingerprint());
}

#[test]
fn a_file_is_replaced_whole_and_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/known_hosts");
    write_atomically(&path, "one\n").unwrap();
    write_atomically(&path, "two\n").unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "two\n");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 1);
}
