//! Ten thousand hosts against files of ten thousand lines. Prints figures; asserts only that all are found.

use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key::known_hosts::HostPatterns;
use sha1::Sha1;

use super::*;

const HOSTS: usize = 10_000;
const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

fn name(number: usize) -> String {
    format!("host{number:05}.example.net")
}

/// As `ssh-keygen -H` writes a name.
fn hashed(number: usize) -> String {
    let mut salt = [0; 20];
    salt[..8].copy_from_slice(&number.to_be_bytes());
    let hash = Hmac::<Sha1>::new_from_slice(&salt)
        .unwrap()
        .chain_update(name(number).as_bytes())
        .finalize()
        .into_bytes();
    let hash: [u8; 20] = hash.as_slice().try_into().unwrap();
    HostPatterns::HashedName {
        salt: salt.to_vec(),
        hash,
    }
    .to_string()
}

fn look_all_up(title: &str, text: &str, port: u16) {
    let begin = Instant::now();
    let index = [Arc::new(Index::new(std::path::Path::new("known_hosts"), text))];
    let read = begin.elapsed();
    let begin = Instant::now();
    for number in 0..HOSTS {
        let names = HostNames::new(&name(number), port, None);
        let lines = HostLines::find(&index, &[], &names);
        assert_eq!(lines.known_keys().count(), 1, "{title}: {number}");
    }
    let took = begin.elapsed();
    println!(
        "{title}: read in {read:?}, {HOSTS} hosts in {took:?}, {:?} each",
        took / u32::try_from(HOSTS).unwrap()
    );
}

#[test]
#[ignore = "measures"]
fn ten_thousand_hosts_against_ten_thousand_lines() {
    let lines = |line: &dyn Fn(usize) -> String| -> String {
        (0..HOSTS).map(|number| format!("{} {ED}\n", line(number))).collect()
    };
    look_all_up("plain", &lines(&name), 22);
    look_all_up("plain, another port", &lines(&name), 2222);
    look_all_up("hashed", &lines(&hashed), 22);
    let hundred: String = (0..100)
        .map(|number| format!("*.dom{number}.example.net {ED}\n"))
        .collect();
    look_all_up(
        "plain and a hundred patterns",
        &format!("{hundred}{}", lines(&name)),
        22,
    );
}
