//! Lines against names, as OpenSSH matches them; `ssh-keygen -F` is asked where it is installed.

use std::path::Path;

use super::*;

const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
const ED2: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G1sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X";
const EC: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBBFwrS/hyLbQvjfxcCdUJfuCJrHoLPkwVZFElR/8UoxeWdCmRCnJLVNmaZfL1M0qOdDpTqCqmqnZh3/aWz9cWAc=";

fn key(text: &str) -> PublicKey {
    PublicKey::from_openssh(text).unwrap()
}

fn judge_files(texts: &[&str], address: &str, port: u16, offered: &str) -> Verdict {
    let files: Vec<Arc<Index>> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| Arc::new(Index::new(&PathBuf::from(format!("file{number}")), text)))
        .collect();
    HostLines::find(&files, &[], &HostNames::new(address, port, None)).judge(&key(offered))
}

fn judge(text: &str, address: &str, port: u16) -> Verdict {
    judge_files(&[text], address, port, ED)
}

fn place(file: usize, line: usize) -> Place {
    Place {
        file: PathBuf::from(format!("file{file}")),
        line,
    }
}

#[test]
fn names_ports_case_and_blanks_are_read_as_openssh_does() {
    for (line, address, port) in [
        (format!("web01 {ED}"), "web01", 22),
        (format!("web01 {ED}"), "WEB01", 22),
        (format!("WEB01,10.0.0.1 {ED} a comment"), "web01", 22),
        (format!("db01,10.0.0.1 {ED}"), "10.0.0.1", 22),
        (format!("  web01\t{}  # no comment", ED.replace(' ', "\t")), "web01", 22),
        (format!("[web01]:2222 {ED}"), "web01", 2222),
        (format!("::1 {ED}"), "::1", 22),
        (format!("[::1]:2222 {ED}"), "[::1]", 2222),
        (format!("*.example.net {ED}"), "a.b.example.net", 22),
        (format!("web?? {ED}"), "web01", 22),
        (format!("[web*]:2222 {ED}"), "web01", 2222),
        (format!("*,!db* {ED}"), "web01", 22),
        // A key that is known without its port is still the host's.
        (format!("web01 {ED}"), "web01", 2222),
    ] {
        assert_eq!(judge(&line, address, port), Verdict::Known, "{line}");
    }
}

#[test]
fn what_names_another_host_does_not_match() {
    for (line, address, port) in [
        (format!("web01 {ED}"), "web011", 22),
        (format!("[web01]:2222 {ED}"), "web01", 22),
        (format!("[web01]:2222 {ED}"), "web01", 2223),
        (format!("*.example.net {ED}"), "example.net", 22),
        (format!("web?? {ED}"), "web1", 22),
        (format!("*,!web* {ED}"), "web01", 22),
        (format!("!web01,* {ED}"), "web01", 22),
        (format!("!db01 {ED}"), "web01", 22),
        (format!("# web01 {ED}"), "web01", 22),
        (format!("@unheard-of web01 {ED}"), "web01", 22),
        (format!("@cert-authority web01 {ED}"), "web01", 22),
        ("web01 ssh-ed25519 AAAA".to_owned(), "web01", 22),
        ("web01".to_owned(), "web01", 22),
        (String::new(), "web01", 22),
    ] {
        assert_eq!(judge(&line, address, port), Verdict::Unknown, "{line}");
    }
}

#[test]
fn one_of_several_keys_is_enough_and_broken_lines_hide_nothing() {
    let text = format!("web01 {ED2}\nweb01 broken\n\nweb01 {ED}\n");
    assert_eq!(judge(&text, "web01", 22), Verdict::Known);
    let first = format!("web01 {ED2}");
    let second = format!("web01 {ED}");
    assert_eq!(judge_files(&[&first, &second], "web01", 22, ED), Verdict::Known);
}

#[test]
fn a_changed_key_is_told_with_its_place() {
    let text = format!("# heading\nweb01 {EC}\nweb01 {ED2}\n");
    assert_eq!(
        judge_files(&["", &text], "web01", 22, ED),
        Verdict::Changed(place(1, 3))
    );
    let only_other = format!("web01 {EC}\n");
    assert_eq!(judge(&only_other, "web01", 22), Verdict::OtherType(place(0, 1)));
    // Nothing is concluded from a key of the same name on another port.
    assert_eq!(judge(&format!("web01 {ED2}"), "web01", 2222), Verdict::Unknown);
}

#[test]
fn a_key_of_the_name_without_its_port_counts_only_for_a_host_that_is_not_known() {
    let both = format!("web01 {ED}\n[web01]:2222 {ED2}\n");
    assert_eq!(judge(&both, "web01", 2222), Verdict::Changed(place(0, 2)));
    let other_type = format!("web01 {ED}\n[web01]:2222 {EC}\n");
    assert_eq!(judge(&other_type, "web01", 2222), Verdict::OtherType(place(0, 2)));
    let index = [Arc::new(Index::new(Path::new("file0"), &other_type))];
    let lines = HostLines::find(&index, &[], &HostNames::new("web01", 2222, None));
    // Nor is the server asked for its type.
    assert_eq!(lines.known_keys().count(), 1);
}

#[test]
fn revoked_beats_known_in_any_file_and_order() {
    let known = format!("web01 {ED}");
    let revoked = format!("@revoked * {ED}");
    assert_eq!(
        judge_files(&[&known, &revoked], "web01", 22, ED),
        Verdict::Revoked(place(1, 1))
    );
    assert_eq!(
        judge(&format!("{revoked}\n{known}"), "web01", 2222),
        Verdict::Revoked(place(0, 1))
    );
    // Another key that is revoked says nothing about this one.
    assert_eq!(
        judge(&format!("@revoked * {ED2}\n{known}"), "web01", 22),
        Verdict::Known
    );
    assert_eq!(judge(&format!("@revoked * {ED2}"), "web01", 22), Verdict::Unknown);
}

/// The lines that `ssh-keygen -F` finds in a file.
fn found_by_openssh(path: &Path, name: &str) -> Vec<usize> {
    let output = std::process::Command::new("ssh-keygen")
        .arg("-F")
        .arg(name)
        .arg("-f")
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("# Host"))
        .filter_map(|line| line.split(" line ").nth(1)?.split(' ').next()?.parse().ok())
        .collect()
}

#[test]
fn openssh_finds_the_same_lines() {
    if std::process::Command::new("ssh-keygen").arg("-?").output().is_err() {
        println!("left out: ssh-keygen is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("known_hosts");
    let plain = format!("web01 {ED}\n[web01]:2222,db01 {ED2}\n::1 {EC}\nlonger.example.net {ED}\n");
    std::fs::write(&path, &plain).unwrap();
    // Every name becomes a hashed line of its own.
    let hashed = std::process::Command::new("ssh-keygen")
        .args(["-q", "-H", "-f"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(hashed.status.success());
    let mut text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("web01"), "{text}");
    text.push_str(&plain);
    text.push_str(&format!(
        "*.example.net,!bad.example.net {ED}\nweb?? {EC}\n@cert-authority *.example.net {ED}\n\
         @revoked web0* {ED2}\n[*.example.net]:2222 {EC}\n!web01,* {ED}\nWEB02 {ED2}\n\tdb01  {ED}\n"
    ));
    std::fs::write(&path, &text).unwrap();
    let files = [Arc::new(Index::read(&path).unwrap())];
    let mut found = 0;
    for address in [
        "web01",
        "web02",
        "web1",
        "db01",
        "::1",
        "a.example.net",
        "bad.example.net",
        "longer.example.net",
        "example.net",
    ] {
        for port in [22, 2222] {
            let ours: Vec<usize> = HostLines::find(&files, &[], &HostNames::new(address, port, None))
                .0
                .iter()
                .filter(|line| !line.without_port)
                .map(|line| line.place.line)
                .collect();
            let name = host_name(address, port);
            let theirs = found_by_openssh(&path, &name);
            assert_eq!(ours, theirs, "{name}\n{text}");
            found += theirs.len();
        }
    }
    assert!(found > 20, "{found}");
}
