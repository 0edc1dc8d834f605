//! What a `known_hosts` file says about a real server: ours beside what `ssh` says, for the same server and
//! the same file.

use std::process::Command;

use super::sshd::{Sshd, has_sshd, make_key, run, with_options};
use super::*;

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

pub(super) fn our_verdict(result: Result<ScriptOutput, HostError>) -> &'static str {
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
pub(super) async fn verdicts(sshd: &Sshd, files: &[PathBuf], alias: Option<&str>) -> (&'static str, &'static str) {
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

/// What the files hold, `HostKeyAlias`, and what is to be said of the server. Words in braces stand for this run's
/// names and keys; a file that begins with `%` is hashed.
const FILES: &[(&str, &[&str], Option<&str>, &str)] = &[
    ("nothing", &[""], None, "unknown"),
    ("comments", &["# {name} {ed}\n\n  \n"], None, "unknown"),
    ("plain", &["{name} {ed}"], None, "known"),
    ("crlf", &["# x\r\n{name} {ed}\r\n"], None, "known"),
    ("tabs", &["\t{name}\t{ed-tabs}"], None, "known"),
    (
        "comment behind the key",
        &["{name} {ed} somebody@somewhere # yes"],
        None,
        "known",
    ),
    ("another key", &["{name} {other}"], None, "changed"),
    (
        "another key of several",
        &["{name} {other}\n{name} {ed}"],
        None,
        "known",
    ),
    ("only the rsa key", &["{name} {rsa}"], None, "known"),
    ("only the ecdsa key", &["{name} {ecdsa}"], None, "known"),
    ("another rsa key", &["{name} {other_rsa}"], None, "changed"),
    (
        "another ecdsa, the right rsa",
        &["{name} {other_ecdsa}\n{name} {rsa}"],
        None,
        "changed",
    ),
    ("without the port", &["127.0.0.1 {ed}"], None, "known"),
    ("another without the port", &["127.0.0.1 {other}"], None, "unknown"),
    (
        "the right key only without the port",
        &["{name} {other}\n127.0.0.1 {ed}"],
        None,
        "changed",
    ),
    (
        "the right key only in a pattern without the port",
        &["127.0.0.* {ed}", "%{name} {other}"],
        None,
        "changed",
    ),
    (
        "another type with the port, the right key without",
        &["127.0.0.1 {ed}\n{name} {other_rsa}"],
        None,
        "changed",
    ),
    (
        "the right key with the port, another without",
        &["127.0.0.1 {other_rsa}\n{name} {ed}"],
        None,
        "known",
    ),
    ("another port", &["[127.0.0.1]:{another-port} {other}"], None, "unknown"),
    ("list", &["web01,{name},10.0.0.1 {ed}"], None, "known"),
    ("wildcard", &["[127.0.0.*]:{port} {ed}"], None, "known"),
    ("wildcard of all", &["* {ed}"], None, "known"),
    ("wildcard, another", &["* {other}"], None, "changed"),
    ("question mark", &["[127.0.0.?]:{port} {ed}"], None, "known"),
    ("negated", &["*,!{name} {ed}"], None, "known"),
    (
        "negated with and without the port",
        &["*,!{name},!127.0.0.1 {ed}"],
        None,
        "unknown",
    ),
    ("negated first", &["!127.0.0.1,!{name},* {ed}"], None, "unknown"),
    ("negation of another", &["*,!web* {ed}"], None, "known"),
    ("only negations", &["!web01 {ed}"], None, "unknown"),
    ("hashed", &["%{name} {ed}"], None, "known"),
    ("hashed, another", &["%{name} {other}"], None, "changed"),
    ("hashed without the port", &["%127.0.0.1 {ed}"], None, "known"),
    ("broken hash", &["|1|x|y {ed}\n|1| {ed}\n| {ed}"], None, "unknown"),
    ("revoked", &["@revoked {name} {ed}"], None, "revoked"),
    (
        "revoked for all, and known",
        &["{name} {ed}\n@revoked * {ed}"],
        None,
        "revoked",
    ),
    (
        "revoked in the second file",
        &["{name} {ed}", "@revoked * {ed}"],
        None,
        "revoked",
    ),
    ("another revoked", &["{name} {ed}\n@revoked * {other}"], None, "known"),
    (
        "revoked for another host",
        &["{name} {ed}\n@revoked web01 {ed}"],
        None,
        "known",
    ),
    ("authority is no host key", &["@cert-authority * {ed}"], None, "unknown"),
    (
        "unheard-of marker",
        &["@new {name} {other}\n{name} {ed}"],
        None,
        "known",
    ),
    (
        "marker alone",
        &["@revoked\n@cert-authority *\n{name} {ed}"],
        None,
        "known",
    ),
    ("no key", &["{name}\n{name} ssh-ed25519\n{name} {ed}"], None, "known"),
    ("broken key", &["{name} ssh-ed25519 AAAA"], None, "unknown"),
    ("unheard-of type", &["{name} ssh-new AAAAB3NzaC1uZXc="], None, "unknown"),
    ("broken dsa", &["{name} {dsa}"], None, "unknown"),
    ("protocol 1", &["{name} 1024 35 1234567890123456789"], None, "unknown"),
    ("second file", &["", "{name} {ed}"], None, "known"),
    ("first file another", &["{name} {other}", "{name} {ed}"], None, "known"),
    ("alias", &["web-alias {ed}"], Some("web-alias"), "known"),
    ("alias in upper case", &["web-alias {ed}"], Some("WEB-Alias"), "known"),
    (
        "alias, the address known",
        &["{name} {ed}\n127.0.0.1 {ed}"],
        Some("web-alias"),
        "unknown",
    ),
    (
        "alias, another",
        &["web-alias {other}\n{name} {ed}"],
        Some("web-alias"),
        "changed",
    ),
    (
        "alias with a port",
        &["[web-alias]:{port} {ed}"],
        Some("web-alias"),
        "unknown",
    ),
    ("alias, hashed", &["%web-alias {ed}"], Some("web-alias"), "known"),
    ("alias, wildcard", &["web-* {ed}"], Some("web-alias"), "known"),
    ("no end of line", &["web01 {other}\n{name} {ed}"], None, "known"),
];

/// A file of the table with this run's names and keys in it.
fn fill(sshd: &Sshd, text: &str) -> String {
    let read = |name: &str| std::fs::read_to_string(sshd.path(name)).unwrap().trim().to_owned();
    let (text, is_hashed) = match text.strip_prefix('%') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let mut text = text
        .replace("{name}", &format!("[127.0.0.1]:{}", sshd.port))
        .replace("{port}", &sshd.port.to_string())
        .replace("{another-port}", &(sshd.port ^ 1).to_string())
        .replace("{dsa}", DSA)
        .replace("{ed-tabs}", &sshd.host_key("ed25519").replace(' ', "\t"));
    for (word, file) in [
        ("{ed}", "host_ed25519.pub"),
        ("{rsa}", "host_rsa.pub"),
        ("{ecdsa}", "host_ecdsa.pub"),
        ("{other}", "other_ed25519.pub"),
        ("{other_rsa}", "other_rsa.pub"),
        ("{other_ecdsa}", "other_ecdsa.pub"),
    ] {
        text = text.replace(word, &read(file));
    }
    if is_hashed { hashed(sshd, &text) } else { text }
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
    let mut wrong = Vec::new();
    for (number, (title, texts, alias, expected)) in FILES.iter().enumerate() {
        let mut files = Vec::new();
        for (file, text) in texts.iter().enumerate() {
            let path = sshd.path(&format!("kh{number}-{file}"));
            std::fs::write(&path, fill(&sshd, text)).unwrap();
            files.push(path);
        }
        let (ours, theirs) = verdicts(&sshd, &files, *alias).await;
        if (ours, theirs) != (*expected, *expected) {
            wrong.push(format!("{title}: expected {expected}, ssh {theirs}, patchwave {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} known_hosts files judged as ssh does", FILES.len());
}
