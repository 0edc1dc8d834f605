//! What a `known_hosts` file says about a real server: ours beside what `ssh` says, for the same server and
//! the same file.

use std::process::Command;

use super::sshd::{Sshd, has_sshd, make_key, run, with_options};
use super::*;
use crate::model::ssh_options::UnknownHostKeys;

/// The words by which OpenSSH tells what it thinks of a host key.
fn verdict_of_openssh(sshd: &Sshd, files: &[PathBuf], further: &[&str]) -> &'static str {
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let output = Command::new("ssh")
        .args(["-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"])
        .args([
            "-o",
            "GlobalKnownHostsFile=none",
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "UpdateHostKeys=no",
        ])
        .arg("-o")
        .arg(format!("UserKnownHostsFile={}", files.join(" ")))
        .args(further)
        .arg("-i")
        .arg(sshd.path("key"))
        .args(["-p", &sshd.port.to_string(), "127.0.0.1", "true"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        "known"
    } else if said.contains("REVOKED HOST KEY") || said.contains("marked as revoked") {
        "revoked"
    } else if said.contains("HOST IDENTIFICATION HAS CHANGED") {
        "changed"
    } else if said.contains("key is known for") {
        "unknown"
    } else {
        panic!("ssh said: {said}")
    }
}

fn our_verdict(result: Result<ScriptOutput, HostError>) -> &'static str {
    let error = match result {
        Ok(_) => return "known",
        Err(error) => error,
    };
    match error.code.as_str() {
        "E_HOSTKEY_CHANGED" if error.message.contains("revoked") => "revoked",
        "E_HOSTKEY_CHANGED" => "changed",
        "E_HOSTKEY_UNKNOWN" => "unknown",
        _ => panic!("{error}"),
    }
}

/// Our verdict and that of `ssh` on the same files.
async fn verdicts(sshd: &Sshd, files: &[PathBuf], alias: Option<&str>) -> (&'static str, &'static str) {
    let alias_option = alias.map(|alias| format!("HostKeyAlias={alias}"));
    let further: Vec<&str> = alias_option.iter().flat_map(|option| ["-o", option]).collect();
    let theirs = verdict_of_openssh(sshd, files, &further);
    let host = with_options(sshd.host("web01"), |ssh| {
        ssh.user_known_hosts = Some(files.to_vec());
        ssh.host_key_alias = alias.map(str::to_owned);
    });
    let transport = sshd::transport(SshSettings::isolated(), Vec::new());
    let ours = our_verdict(try_host(&transport, &host, &request(false)).await);
    (ours, theirs)
}

/// An old DSA key, of the kind that OpenSSH has given up.
const DSA: &str = "ssh-dss AAAAB3NzaC1kc3MAAACBAMGYEgMBwQ0YFSN9xJ7vTZ7jg0pvyN6dXB7W9bG2Ebn4q2n4KQG8BZ3eBiF7LmyG";

fn hashed(sshd: &Sshd, line: &str) -> String {
    let path = sshd.path("to-hash");
    std::fs::write(&path, format!("{line}\n")).unwrap();
    run("ssh-keygen", &["-q", "-H", "-f", path.to_str().unwrap()]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("|1|"), "{text}");
    text.trim_end().to_owned()
}

#[tokio::test]
async fn openssh_says_the_same_of_every_known_hosts_file() {
    if !has_sshd() || !has_program("ssh") {
        return;
    }
    let sshd = Sshd::start_with(&["ed25519", "rsa", "ecdsa"], |_| String::new());
    for kind in ["ed25519", "rsa", "ecdsa"] {
        make_key(&sshd.path(&format!("other_{kind}")), kind);
    }
    let read = |name: &str| std::fs::read_to_string(sshd.path(name)).unwrap().trim().to_owned();
    let (ed, rsa, ecdsa) = (sshd.host_key("ed25519"), sshd.host_key("rsa"), sshd.host_key("ecdsa"));
    let (other, other_rsa, other_ecdsa) = (
        read("other_ed25519.pub"),
        read("other_rsa.pub"),
        read("other_ecdsa.pub"),
    );
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let port = sshd.port;
    let cases: Vec<(&str, Vec<String>, Option<&str>, &str)> = vec![
        ("nothing", vec![String::new()], None, "unknown"),
        ("comments", vec![format!("# {name} {ed}\n\n  \n")], None, "unknown"),
        ("plain", vec![format!("{name} {ed}")], None, "known"),
        ("crlf", vec![format!("# x\r\n{name} {ed}\r\n")], None, "known"),
        (
            "tabs",
            vec![format!("\t{name}\t{}", ed.replace(' ', "\t"))],
            None,
            "known",
        ),
        (
            "comment behind the key",
            vec![format!("{name} {ed} somebody@somewhere # yes")],
            None,
            "known",
        ),
        ("another key", vec![format!("{name} {other}")], None, "changed"),
        (
            "another key of several",
            vec![format!("{name} {other}\n{name} {ed}")],
            None,
            "known",
        ),
        ("only the rsa key", vec![format!("{name} {rsa}")], None, "known"),
        ("only the ecdsa key", vec![format!("{name} {ecdsa}")], None, "known"),
        ("another rsa key", vec![format!("{name} {other_rsa}")], None, "changed"),
        (
            "another ecdsa, the right rsa",
            vec![format!("{name} {other_ecdsa}\n{name} {rsa}")],
            None,
            "changed",
        ),
        ("without the port", vec![format!("127.0.0.1 {ed}")], None, "known"),
        (
            "another without the port",
            vec![format!("127.0.0.1 {other}")],
            None,
            "unknown",
        ),
        (
            "another port",
            vec![format!("[127.0.0.1]:{} {other}", port ^ 1)],
            None,
            "unknown",
        ),
        ("list", vec![format!("web01,{name},10.0.0.1 {ed}")], None, "known"),
        ("wildcard", vec![format!("[127.0.0.*]:{port} {ed}")], None, "known"),
        ("wildcard of all", vec![format!("* {ed}")], None, "known"),
        ("wildcard, another", vec![format!("* {other}")], None, "changed"),
        ("question mark", vec![format!("[127.0.0.?]:{port} {ed}")], None, "known"),
        ("negated", vec![format!("*,!{name} {ed}")], None, "known"),
        (
            "negated with and without the port",
            vec![format!("*,!{name},!127.0.0.1 {ed}")],
            None,
            "unknown",
        ),
        (
            "negated first",
            vec![format!("!127.0.0.1,!{name},* {ed}")],
            None,
            "unknown",
        ),
        ("negation of another", vec![format!("*,!web* {ed}")], None, "known"),
        ("only negations", vec![format!("!web01 {ed}")], None, "unknown"),
        ("hashed", vec![hashed(&sshd, &format!("{name} {ed}"))], None, "known"),
        (
            "hashed, another",
            vec![hashed(&sshd, &format!("{name} {other}"))],
            None,
            "changed",
        ),
        (
            "hashed without the port",
            vec![hashed(&sshd, &format!("127.0.0.1 {ed}"))],
            None,
            "known",
        ),
        (
            "broken hash",
            vec![format!("|1|x|y {ed}\n|1| {ed}\n| {ed}")],
            None,
            "unknown",
        ),
        ("revoked", vec![format!("@revoked {name} {ed}")], None, "revoked"),
        (
            "revoked for all, and known",
            vec![format!("{name} {ed}\n@revoked * {ed}")],
            None,
            "revoked",
        ),
        (
            "revoked in the second file",
            vec![format!("{name} {ed}"), format!("@revoked * {ed}")],
            None,
            "revoked",
        ),
        (
            "another revoked",
            vec![format!("{name} {ed}\n@revoked * {other}")],
            None,
            "known",
        ),
        (
            "revoked for another host",
            vec![format!("{name} {ed}\n@revoked web01 {ed}")],
            None,
            "known",
        ),
        (
            "authority is no host key",
            vec![format!("@cert-authority * {ed}")],
            None,
            "unknown",
        ),
        (
            "unheard-of marker",
            vec![format!("@new {name} {other}\n{name} {ed}")],
            None,
            "known",
        ),
        (
            "marker alone",
            vec![format!("@revoked\n@cert-authority *\n{name} {ed}")],
            None,
            "known",
        ),
        (
            "no key",
            vec![format!("{name}\n{name} ssh-ed25519\n{name} {ed}")],
            None,
            "known",
        ),
        ("broken key", vec![format!("{name} ssh-ed25519 AAAA")], None, "unknown"),
        (
            "unheard-of type",
            vec![format!("{name} ssh-new AAAAB3NzaC1uZXc=")],
            None,
            "unknown",
        ),
        ("broken dsa", vec![format!("{name} {DSA}")], None, "unknown"),
        (
            "protocol 1",
            vec![format!("{name} 1024 35 1234567890123456789")],
            None,
            "unknown",
        ),
        (
            "second file",
            vec![String::new(), format!("{name} {ed}")],
            None,
            "known",
        ),
        (
            "first file another",
            vec![format!("{name} {other}"), format!("{name} {ed}")],
            None,
            "known",
        ),
        ("alias", vec![format!("web-alias {ed}")], Some("web-alias"), "known"),
        (
            "alias in upper case",
            vec![format!("web-alias {ed}")],
            Some("WEB-Alias"),
            "known",
        ),
        (
            "alias, the address known",
            vec![format!("{name} {ed}\n127.0.0.1 {ed}")],
            Some("web-alias"),
            "unknown",
        ),
        (
            "alias, another",
            vec![format!("web-alias {other}\n{name} {ed}")],
            Some("web-alias"),
            "changed",
        ),
        (
            "alias with a port",
            vec![format!("[web-alias]:{port} {ed}")],
            Some("web-alias"),
            "unknown",
        ),
        (
            "alias, hashed",
            vec![hashed(&sshd, &format!("web-alias {ed}"))],
            Some("web-alias"),
            "known",
        ),
        (
            "alias, wildcard",
            vec![format!("web-* {ed}")],
            Some("web-alias"),
            "known",
        ),
        (
            "no end of line",
            vec![format!("web01 {other}\n{name} {ed}")],
            None,
            "known",
        ),
    ];
    let mut wrong = Vec::new();
    for (number, (title, texts, alias, expected)) in cases.iter().enumerate() {
        let files: Vec<PathBuf> = (0..texts.len())
            .map(|file| sshd.path(&format!("kh{number}-{file}")))
            .collect();
        for (file, text) in files.iter().zip(texts) {
            std::fs::write(file, text).unwrap();
        }
        let (ours, theirs) = verdicts(&sshd, &files, *alias).await;
        if (ours, theirs) != (*expected, *expected) {
            wrong.push(format!("{title}: expected {expected}, ssh {theirs}, patchwave {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} known_hosts files judged as ssh does", cases.len());
}

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

#[tokio::test]
async fn openssh_says_the_same_of_every_host_certificate() {
    if !has_sshd() || !has_program("ssh") {
        return;
    }
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
    let read = |name: &str| std::fs::read_to_string(sshd.path(name)).unwrap().trim().to_owned();
    let (ca, ca_rsa, ca_ecdsa, ca_other) = (
        read("ca.pub"),
        read("ca_rsa.pub"),
        read("ca_ecdsa.pub"),
        read("ca_other.pub"),
    );
    let ed = sshd.host_key("ed25519");
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let good = ["-n", "127.0.0.1"];
    let by_ca = format!("@cert-authority * {ca}");
    let cases: Vec<(&str, &str, &[&str], String, Option<&str>)> = vec![
        ("good", "ca", &good, by_ca.clone(), None),
        ("rsa", "ca_rsa", &good, format!("@cert-authority * {ca_rsa}"), None),
        (
            "ecdsa",
            "ca_ecdsa",
            &good,
            format!("@cert-authority * {ca_ecdsa}"),
            None,
        ),
        (
            "for this name",
            "ca",
            &good,
            format!("@cert-authority {name} {ca}"),
            None,
        ),
        (
            "for this name without its port",
            "ca",
            &good,
            format!("@cert-authority 127.0.0.1 {ca}"),
            None,
        ),
        (
            "wildcard of the line",
            "ca",
            &good,
            format!("@cert-authority [127.*]:* {ca}"),
            None,
        ),
        (
            "for another name",
            "ca",
            &good,
            format!("@cert-authority *.example.net {ca}"),
            None,
        ),
        (
            "another authority",
            "ca",
            &good,
            format!("@cert-authority * {ca_other}"),
            None,
        ),
        (
            "several authorities",
            "ca",
            &good,
            format!("@cert-authority * {ca_other}\n{by_ca}"),
            None,
        ),
        ("wrong principal", "ca", &["-n", "web01"], by_ca.clone(), None),
        (
            "one of several principals",
            "ca",
            &["-n", "web01,127.0.0.1"],
            by_ca.clone(),
            None,
        ),
        (
            "principal with a wildcard",
            "ca",
            &["-n", "127.0.*"],
            by_ca.clone(),
            None,
        ),
        ("no principals", "ca", &[], by_ca.clone(), None),
        (
            "expired",
            "ca",
            &["-n", "127.0.0.1", "-V", "20200101:20210101"],
            by_ca.clone(),
            None,
        ),
        (
            "not yet",
            "ca",
            &["-n", "127.0.0.1", "-V", "20900101:20910101"],
            by_ca.clone(),
            None,
        ),
        (
            "limited",
            "ca",
            &["-n", "127.0.0.1", "-V", "-1d:+1d"],
            by_ca.clone(),
            None,
        ),
        (
            "expired, but the key is known",
            "ca",
            &["-n", "127.0.0.1", "-V", "20200101:20210101"],
            format!("{by_ca}\n{name} {ed}"),
            None,
        ),
        (
            "the key is known, nobody vouches",
            "ca",
            &good,
            format!("{name} {ed}"),
            None,
        ),
        (
            "revoked authority",
            "ca",
            &good,
            format!("{by_ca}\n@revoked * {ca}"),
            None,
        ),
        (
            "revoked authority, the key is known",
            "ca",
            &good,
            format!("{name} {ed}\n{by_ca}\n@revoked * {ca}"),
            None,
        ),
        (
            "revoked authority that was never trusted",
            "ca",
            &good,
            format!("{name} {ed}\n@revoked * {ca}"),
            None,
        ),
        ("revoked key", "ca", &good, format!("{by_ca}\n@revoked * {ed}"), None),
        (
            "another known key",
            "ca",
            &good,
            format!("{by_ca}\n{name} {ca_other}"),
            None,
        ),
        (
            "expired, another known key",
            "ca",
            &["-n", "127.0.0.1", "-V", "20200101:20210101"],
            format!("{by_ca}\n{name} {ca_other}"),
            None,
        ),
        ("alias", "ca", &["-n", "web-alias"], by_ca.clone(), Some("web-alias")),
        (
            "alias, made out to the address",
            "ca",
            &good,
            by_ca.clone(),
            Some("web-alias"),
        ),
        (
            "alias in another case",
            "ca",
            &["-n", "web-alias"],
            by_ca.clone(),
            Some("Web-Alias"),
        ),
    ];
    let is_before_10_3 = version_of_openssh() < (10, 3);
    let (mut counts, mut wrong) = (std::collections::BTreeMap::new(), Vec::new());
    for (title, authority, arguments, text, alias) in &cases {
        sign(&sshd, authority, arguments);
        // It reads its certificate when it starts.
        sshd.reload();
        let file = sshd.path("kh-cert");
        std::fs::write(&file, text).unwrap();
        let (ours, theirs) = verdicts(&sshd, &[file], *alias).await;
        println!("{title}: ssh {theirs}, patchwave {ours}");
        // OpenSSH 10.3 changed both: patterns count since then, and nobody's certificate is nobody's.
        let is_newer = ["principal with a wildcard", "no principals"].contains(title);
        if is_newer && is_before_10_3 {
            assert_eq!(ours == "known", *title == "principal with a wildcard");
        } else if ours != theirs {
            wrong.push(*title);
        }
        *counts.entry(ours).or_insert(0) += 1;
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    println!("{} certificates judged as ssh does: {counts:?}", cases.len());
    assert!(counts.len() >= 3, "{counts:?}");
}

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
