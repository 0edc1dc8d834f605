//! Every kind of line, and every mistake with its place.

use super::*;
use crate::model::approval::{SigningCertificate, SigningIdentity};

/// A key is `TYPE-key:NAME` here: the real ones are tested where they can be read.
fn read_key(text: &str) -> Result<String, String> {
    match text.split_once(' ') {
        Some((kind, key)) if kind.starts_with("ssh-") && key.starts_with("AAAA") => Ok(key.to_owned()),
        _ => Err("it cannot be read".to_owned()),
    }
}

fn parse(text: &str) -> (AllowedSigners, Vec<String>) {
    let (signers, problems) = AllowedSigners::parse("signers", text.as_bytes(), &TimeZone::UTC, &read_key);
    let problems = problems.iter().map(|problem| {
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})"));
        format!("{}: {}{}", problem.place, problem.message, hint.unwrap_or_default())
    });
    (signers, problems.collect())
}

fn key(name: &str) -> SigningIdentity {
    SigningIdentity {
        key: name.to_owned(),
        kind: "ssh-ed25519".to_owned(),
        certificate: None,
    }
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

#[test]
fn good_lines_are_read() {
    let (signers, problems) = parse(
        "# people\n\n  \t\n alice,a@example.com ssh-ed25519 AAAAalice a comment\r\n\
         \"bob smith,bob\" namespaces=\"patchwave-*,git\",VALID-AFTER=\"20260101\" ssh-ed25519\tAAAAbob\n\
         *@example.org cert-authority ssh-rsa AAAAca\n",
    );
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(signers.len(), 3);
    assert_eq!(signers.names_of(&key("AAAAalice")), ["alice", "a@example.com"]);
    assert_eq!(signers.names_of(&key("AAAAbob")), ["bob smith", "bob"]);
    assert!(
        signers
            .allows("bob smith", &key("AAAAbob"), "patchwave-plan", now())
            .is_ok()
    );
    let refused = signers.allows("bob", &key("AAAAbob"), "file", now()).unwrap_err();
    assert_eq!(
        refused
            .iter()
            .map(|refusal| refusal.reason.as_str())
            .collect::<Vec<_>>(),
        ["the key may sign for `patchwave-*,git`, not for `file`"]
    );
    assert_eq!(signers.allows("alice", &key("AAAAbob"), "x", now()), Err(Vec::new()));
    let mut certified = key("AAAAcarol");
    certified.certificate = Some(SigningCertificate {
        authority: "AAAAca".to_owned(),
        id: "carol's".to_owned(),
        is_for_users: true,
        principals: vec!["carol@example.org".to_owned(), "root".to_owned()],
        valid_after: 0,
        valid_before: u64::MAX,
    });
    assert_eq!(signers.names_of(&certified), ["carol@example.org"]);
    assert!(signers.allows("carol@example.org", &certified, "x", now()).is_ok());
    assert!(signers.allows("dave@example.org", &certified, "x", now()).is_err());
    // An authority does not sign by itself.
    assert_eq!(
        signers.allows("carol@example.org", &key("AAAAca"), "x", now()),
        Err(Vec::new())
    );
}

#[test]
fn every_bad_line_is_told_with_its_place() {
    let (signers, problems) = parse(
        "alice\nalice ssh-ed25519\nalice ssh-ed25519 BBBB\nalice namespace=\"x\" ssh-ed25519 AAAAa\n\
         alice namespaces=x ssh-ed25519 AAAAa\nalice namespaces=\"x ssh-ed25519 AAAAa\n\
         alice valid-after=\"2026-01-01\" ssh-ed25519 AAAAa\nalice cert-authority, ssh-ed25519 AAAAa\n\
         alice namespaces=\"a\",namespaces=\"b\" ssh-ed25519 AAAAa\n\
         alice valid-after=\"20260102\",valid-before=\"20260101\" ssh-ed25519 AAAAa\nalice cert-authority\n\
         \"alice ssh-ed25519 AAAAa\nalice\u{1} ssh-ed25519 AAAAa\nalice ssh-ed25519 AAAAgood\n",
    );
    let begin = "this line allows nobody: ";
    let told: Vec<String> = problems.iter().map(|problem| problem.replace(begin, "")).collect();
    assert_eq!(
        told,
        [
            "signers:1:1: a key is missing behind the names (a line is `alice@example.com ssh-ed25519 AAAA…`, with options before the key)",
            "signers:2:7: `ssh-ed25519` is not followed by a key",
            "signers:3:7: this is not a key: it cannot be read",
            "signers:4:7: `namespace` is not an option (did you mean `namespaces`?)",
            "signers:5:18: the value of `namespaces` is not in quotation marks",
            "signers:6:7: a quotation mark of the options is never closed",
            "signers:7:19: `2026-01-01` is not a time (write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a `Z` behind it for UTC)",
            "signers:8:21: nothing follows the comma",
            "signers:9:22: `namespaces` is there twice",
            "signers:10:7: `valid-before` is not later than `valid-after`",
            "signers:11:7: a key is missing behind the options",
            "signers:12:1: a quotation mark is never closed",
            "signers:13:1: it holds a control character or a byte order mark",
        ]
    );
    assert_eq!(signers.len(), 1);
    assert!(signers.allows("alice", &key("AAAAgood"), "x", now()).is_ok());
}

#[test]
fn a_line_that_is_not_utf8_takes_no_other_with_it() {
    let (signers, problems) = AllowedSigners::parse(
        "signers",
        b"al\xffice ssh-ed25519 AAAAa\nbob ssh-ed25519 AAAAb",
        &TimeZone::UTC,
        &read_key,
    );
    assert_eq!((signers.len(), problems.len()), (1, 1));
}

#[test]
fn the_time_of_a_key_counts_to_the_second() {
    let (signers, _) =
        parse("alice valid-after=\"20261122115900Z\",valid-before=\"20261122120000Z\" ssh-ed25519 AAAAa\n");
    let at = |time: &str| signers.allows("alice", &key("AAAAa"), "x", time.parse().unwrap());
    assert!(at("2026-11-22T11:59:00Z").is_ok() && at("2026-11-22T12:00:00.9Z").is_ok());
    for time in ["2026-11-22T11:58:59Z", "2026-11-22T12:00:01Z"] {
        assert_eq!(at(time).unwrap_err().len(), 1, "{time}");
    }
}
