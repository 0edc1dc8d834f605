//! Host certificates of a real server, made by `ssh-keygen`: our verdict beside that of `ssh`.

use std::collections::BTreeMap;
use std::process::Command;

use super::sshd::{Sshd, has_sshd, make_key, run};
use super::verdicts::verdicts;
use super::*;

/// As `ssh -V` prints it: `OpenSSH_9.2p1 …`.
fn version_of_openssh() -> (u32, u32) {
    let output = Command::new("ssh").arg("-V").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let numbers: Vec<u32> = text
        .trim_start_matches("OpenSSH_")
        .split(|character: char| !character.is_ascii_digit())
        .take(2)
        .filter_map(|number| number.parse().ok())
        .collect();
    (numbers[0], numbers[1])
}

/// Signs the host key: `ssh-keygen -s`, with further arguments.
fn sign(sshd: &Sshd, authority: &str, further: &[&str]) {
    let (authority, key) = (sshd.path(authority), sshd.path("host_ed25519.pub"));
    let mut arguments = vec!["-q", "-s", authority.to_str().unwrap(), "-I", "test", "-h"];
    arguments.extend(further);
    arguments.push(key.to_str().unwrap());
    run("ssh-keygen", &arguments);
}

/// What it is about, the authority, the arguments for `ssh-keygen -s`, the file, and `HostKeyAlias`.
type Case = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    Option<&'static str>,
);

const CERTIFICATES: &[Case] = &[
    ("good", "ca", &["-n", "127.0.0.1"], "{by_ca}", None),
    (
        "rsa",
        "ca_rsa",
        &["-n", "127.0.0.1"],
        "@cert-authority * {ca_rsa}",
        None,
    ),
    (
        "ecdsa",
        "ca_ecdsa",
        &["-n", "127.0.0.1"],
        "@cert-authority * {ca_ecdsa}",
        None,
    ),
    (
        "for this name",
        "ca",
        &["-n", "127.0.0.1"],
        "@cert-authority {name} {ca}",
        None,
    ),
    (
        "for this name without its port",
        "ca",
        &["-n", "127.0.0.1"],
        "@cert-authority 127.0.0.1 {ca}",
        None,
    ),
    (
        "wildcard of the line",
        "ca",
        &["-n", "127.0.0.1"],
        "@cert-authority [127.*]:* {ca}",
        None,
    ),
    (
        "for another name",
        "ca",
        &["-n", "127.0.0.1"],
        "@cert-authority *.example.net {ca}",
        None,
    ),
    (
        "another authority",
        "ca",
        &["-n", "127.0.0.1"],
        "@cert-authority * {ca_other}",
        None,
    ),
    (
        "several authorities",
        "ca",
        &["-n", "127.0.0.1"],
        "@cert-authority * {ca_other}\n{by_ca}",
        None,
    ),
    ("wrong principal", "ca", &["-n", "web01"], "{by_ca}", None),
    (
        "one of several principals",
        "ca",
        &["-n", "web01,127.0.0.1"],
        "{by_ca}",
        None,
    ),
    ("principal with a wildcard", "ca", &["-n", "127.0.*"], "{by_ca}", None),
    ("no principals", "ca", &[], "{by_ca}", None),
    (
        "expired",
        "ca",
        &["-n", "127.0.0.1", "-V", "20200101:20210101"],
        "{by_ca}",
        None,
    ),
    (
        "not yet",
        "ca",
        &["-n", "127.0.0.1", "-V", "20900101:20910101"],
        "{by_ca}",
        None,
    ),
    ("limited", "ca", &["-n", "127.0.0.1", "-V", "-1d:+1d"], "{by_ca}", None),
    (
        "expired, but the key is known",
        "ca",
        &["-n", "127.0.0.1", "-V", "20200101:20210101"],
        "{by_ca}\n{name} {ed}",
        None,
    ),
    (
        "the key is known, nobody vouches",
        "ca",
        &["-n", "127.0.0.1"],
        "{name} {ed}",
        None,
    ),
    (
        "revoked authority",
        "ca",
        &["-n", "127.0.0.1"],
        "{by_ca}\n@revoked * {ca}",
        None,
    ),
    (
        "revoked authority, the key is known",
        "ca",
        &["-n", "127.0.0.1"],
        "{name} {ed}\n{by_ca}\n@revoked * {ca}",
        None,
    ),
    (
        "revoked authority that was never trusted",
        "ca",
        &["-n", "127.0.0.1"],
        "{name} {ed}\n@revoked * {ca}",
        None,
    ),
    (
        "revoked key",
        "ca",
        &["-n", "127.0.0.1"],
        "{by_ca}\n@revoked * {ed}",
        None,
    ),
    (
        "another known key",
        "ca",
        &["-n", "127.0.0.1"],
        "{by_ca}\n{name} {ca_other}",
        None,
    ),
    (
        "expired, another known key",
        "ca",
        &["-n", "127.0.0.1", "-V", "20200101:20210101"],
        "{by_ca}\n{name} {ca_other}",
        None,
    ),
    ("alias", "ca", &["-n", "web-alias"], "{by_ca}", Some("web-alias")),
    (
        "alias, made out to the address",
        "ca",
        &["-n", "127.0.0.1"],
        "{by_ca}",
        Some("web-alias"),
    ),
    (
        "alias in another case",
        "ca",
        &["-n", "web-alias"],
        "{by_ca}",
        Some("Web-Alias"),
    ),
];

/// A server that shows the certificate of its key, and four authorities.
fn start() -> Sshd {
    let sshd = Sshd::start_with(&["ed25519"], |folder| {
        format!("HostCertificate {}\n", folder.join("host_ed25519-cert.pub").display())
    });
    for (file, kind) in [
        ("ca", "ed25519"),
        ("ca_rsa", "rsa"),
        ("ca_ecdsa", "ecdsa"),
        ("ca_other", "ed25519"),
    ] {
        make_key(&sshd.path(file), kind);
    }
    sshd
}

fn fill(sshd: &Sshd, text: &str) -> String {
    let read = |name: &str| std::fs::read_to_string(sshd.path(name)).unwrap().trim().to_owned();
    let mut text = text
        .replace("{by_ca}", "@cert-authority * {ca}")
        .replace("{name}", &format!("[127.0.0.1]:{}", sshd.port))
        .replace("{ed}", &sshd.host_key("ed25519"));
    for name in ["ca", "ca_rsa", "ca_ecdsa", "ca_other"] {
        text = text.replace(&format!("{{{name}}}"), &read(&format!("{name}.pub")));
    }
    text
}

#[tokio::test]
async fn a_host_is_known_by_its_certificate_only_if_that_is_good() {
    if !has_sshd() {
        return;
    }
    let sshd = start();
    let file = sshd.path("kh-words");
    std::fs::write(&file, fill(&sshd, "{by_ca}\n{name} {ed}\n")).unwrap();
    let settings = SshSettings {
        known_hosts: vec![file.clone()],
        ..SshSettings::isolated()
    };
    let known_by = async || {
        sshd.reload();
        let connection = super::sshd::transport(settings.clone(), Vec::new())
            .connect(&sshd.host("web01"))
            .await
            .unwrap();
        let words = connection.report().host_key.unwrap();
        connection.close().await;
        words
    };
    sign(&sshd, "ca", &["-n", "127.0.0.1"]);
    let good = known_by().await;
    assert!(
        good.contains("certificate of the authority") && good.contains("kh-words:1"),
        "{good}"
    );
    sign(&sshd, "ca", &["-n", "127.0.0.1", "-V", "20200101:20210101"]);
    let expired = known_by().await;
    assert!(
        !expired.contains("authority") && expired.contains("kh-words:2"),
        "{expired}"
    );
}

#[tokio::test]
async fn openssh_says_the_same_of_every_host_certificate() {
    if !has_sshd() || !has_program("ssh") {
        return;
    }
    let sshd = start();
    let is_before_10_3 = version_of_openssh() < (10, 3);
    let (mut counts, mut wrong) = (BTreeMap::new(), Vec::new());
    for (title, authority, arguments, text, alias) in CERTIFICATES {
        sign(&sshd, authority, arguments);
        // It reads its certificate when it starts.
        sshd.reload();
        let file = sshd.path("kh-cert");
        std::fs::write(&file, fill(&sshd, text)).unwrap();
        let (ours, theirs) = verdicts(&sshd, &[file], *alias).await;
        // OpenSSH 10.3 changed both: patterns count since then, and nobody's certificate is nobody's.
        let is_newer = ["principal with a wildcard", "no principals"].contains(title);
        if is_newer && is_before_10_3 {
            assert_eq!(ours == "known", *title == "principal with a wildcard");
        } else if ours != theirs {
            wrong.push(format!("{title}: ssh {theirs}, patchwave {ours}"));
        }
        *counts.entry(ours).or_insert(0) += 1;
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    println!("{} certificates judged as ssh does: {counts:?}", CERTIFICATES.len());
    assert!(counts.len() >= 3, "{counts:?}");
}
