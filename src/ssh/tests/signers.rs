//! What a file of allowed signers says of a signature: ours beside what `ssh-keygen -Y verify` says, for the same
//! file, name and signature.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::signing::{Keys, MESSAGE, ssh_keygen};
use crate::model::allowed_signers::AllowedSigners;
use crate::model::approval::NAMESPACE;
use crate::ssh::signature::{check_signature, read_public_key};

/// Before the key of a line. `{past}` and `{future}` are times of this run.
const OPTIONS: &[&str] = &[
    "",
    "cert-authority ",
    "CERT-Authority ",
    "namespaces=\"patchwave-plan\" ",
    "namespaces=\"patchwave-*\" ",
    "namespaces=\"git,patchwave-plan\" ",
    "namespaces=\"*,!patchwave-plan\" ",
    "namespaces=\"git\" ",
    "namespaces=\"\" ",
    "Namespaces=\"patchwave-plan\" ",
    "valid-after=\"{past}Z\" ",
    "valid-after=\"{past}\" ",
    "valid-after=\"{past}UTC\" ",
    "valid-after=\"{future}Z\" ",
    "valid-before=\"{future}z\" ",
    "valid-before=\"{past}Z\" ",
    "valid-after=\"20200101\",valid-before=\"20990101Z\" ",
    "valid-after=\"202001011200\",valid-before=\"209901011200Z\" ",
    "valid-after=\"20990101\",valid-before=\"20200101\" ",
    "cert-authority,namespaces=\"patchwave-plan\",valid-after=\"{past}Z\" ",
    "cert-authority,namespaces=\"git\" ",
    "cert-authority,valid-before=\"{past}Z\" ",
    // Mistakes: nobody is allowed anything.
    "cert-authority, ",
    "cert-authority,,namespaces=\"patchwave-plan\" ",
    "cert-authorities ",
    "namespace=\"patchwave-plan\" ",
    "namespaces=patchwave-plan ",
    "namespaces=\"patchwave-plan ",
    "namespaces ",
    "namespaces=\"a\",namespaces=\"patchwave-plan\" ",
    "valid-after=\"2020\" ",
    "valid-after=\"2020-01-01\" ",
    "valid-after=\"\" ",
    "valid-before=\"20991301\" ",
    "valid-after=\"20200101\"x ",
    "no-touch-required ",
    "\"quoted\" ",
];

/// In the place of the names of a line.
const NAMES: &[&str] = &[
    "alice",
    "Alice",
    "alice,bob",
    "bob,alice",
    "bob",
    "*",
    "al*",
    "?lice",
    "*,!alice",
    "!alice,*",
    "!bob,*",
    "!bob",
    "alice,!bob",
    "\"alice\"",
    "\"bob smith,alice\"",
    "al\"ice\"",
    "alice,",
    ",alice",
];

/// Whole lines; `{KEY}` is the key that signs, `{OTHER}` another one, `{CA}` the authority.
const LINES: &[&str] = &[
    "",
    "# alice {KEY}",
    "   \t",
    "alice {KEY}",
    "  \talice   {KEY}",
    "alice\t{KEY}",
    "alice {KEY} # a comment",
    "alice {KEY}\r",
    "alice {OTHER}\nalice {KEY}",
    "alice {OTHER}\nbob {KEY}",
    "bob nonsense\nalice {KEY}",
    "alice nonsense\nalice {KEY}",
    "alice\nalice {KEY}",
    "alice ssh-ed25519 AAAA\nalice {KEY}",
    "alice ssh-new AAAAB3NzaC1uZXc=\nalice {KEY}",
    "alice ssh-ed25519\nalice {KEY}",
    "alice namespaces=\"git\" {KEY}\nalice {KEY}",
    "alice valid-before=\"20200101\" {KEY}\nalice {KEY}",
    "alice cert-authority {CA}\nalice {KEY}",
    "alice cert-authority {KEY}",
    "alice {CA}",
    "alice cert-authority {CA}",
    "* cert-authority {CA}",
    "bob cert-authority {CA}",
    "alice cert-authority {OTHER}",
    "alice cert-authority  {CA}",
    "alice\u{a0}{KEY}",
    "alice namespaces=\"patchwave-plan\"{KEY}",
    "alice namespaces=\"patchwave-plan\"\t{KEY}",
    "alice namespaces=\"a b,patchwave-plan\" {KEY}",
    "alice namespaces=\"a\\\"b,patchwave-plan\" {KEY}",
    "\"alice {KEY}",
    "al\u{ef}ce {KEY}\nalice {KEY}",
];

/// Every kind of line, with whom it is asked for.
fn lines() -> Vec<(String, &'static str)> {
    let mut lines: Vec<(String, &str)> = short_lines();
    for options in OPTIONS {
        lines.push((format!("alice {options}{{KEY}}"), "alice"));
        lines.push((format!("alice {options}{{CA}}"), "alice"));
        lines.push((format!("bob {options}{{KEY}}\nalice {{KEY}}"), "alice"));
    }
    for names in NAMES {
        for name in ["alice", "bob"] {
            lines.push((format!("{names} {{KEY}}"), name));
            lines.push((format!("{names} cert-authority {{CA}}"), name));
        }
    }
    lines
}

fn short_lines() -> Vec<(String, &'static str)> {
    LINES.iter().map(|line| ((*line).to_owned(), "alice")).collect()
}

fn fill(keys: &Keys, line: &str, key: &str) -> String {
    let time = |hours: i64| {
        let time = Timestamp::now() + SignedDuration::from_hours(hours);
        time.strftime("%Y%m%d%H%M%S").to_string()
    };
    line.replace("{KEY}", &keys.text(&format!("{key}.pub")))
        .replace("{OTHER}", &keys.text("other.pub"))
        .replace("{CA}", &keys.text("ca.pub"))
        .replace("{past}", &time(-2))
        .replace("{future}", &time(2))
}

fn our_verdict(text: &str, name: &str, namespace: &str, signature: &[u8]) -> bool {
    let (signers, _) = AllowedSigners::parse("signers", text.as_bytes(), &TimeZone::UTC, &read_public_key);
    let Ok(read) = check_signature(signature, MESSAGE) else {
        return false;
    };
    let read = read.signature;
    read.namespace == namespace
        && signers
            .allows(name, &read.identity, namespace, Timestamp::now())
            .is_ok()
}

#[test]
fn ssh_keygen_says_the_same_of_every_file_of_allowed_signers() {
    let Some(keys) = Keys::new() else { return };
    keys.make("ca", "ed25519", "", "");
    keys.make("other", "ed25519", "", "");
    let mut signatures: Vec<(String, &str, Vec<u8>)> = Vec::new();
    for (name, kind, bits) in [("ed", "ed25519", ""), ("ec", "ecdsa", "384"), ("rsa", "rsa", "3072")] {
        keys.make(name, kind, bits, "");
        signatures.push((name.to_owned(), name, keys.sign(name, NAMESPACE)));
    }
    for (title, options) in [
        ("cert", &["-n", "alice,carol", "-V", "-5m:+1h"][..]),
        ("cert of bob", &["-n", "bob", "-V", "-5m:+1h"]),
        ("cert of nobody", &["-V", "-5m:+1h"]),
        ("cert that expired", &["-n", "alice", "-V", "-2h:-1h"]),
        ("cert of tomorrow", &["-n", "alice", "-V", "+1h:+2h"]),
        ("cert for ever", &["-n", "alice", "-V", "always:forever"]),
        ("cert of a host", &["-h", "-n", "alice", "-V", "-5m:+1h"]),
        (
            "cert with options",
            &["-n", "alice", "-O", "force-command=x", "-O", "source-address=10.0.0.1"],
        ),
    ] {
        keys.certify("ca", "ed", options);
        signatures.push((title.to_owned(), "ed", keys.sign("ed-cert.pub", NAMESPACE)));
    }
    signatures.push(("for git".to_owned(), "ed", keys.sign("ed", "git")));
    let (mut wrong, mut accepted, mut compared) = (Vec::new(), 0, 0);
    let file = keys.path("signers");
    for (title, key, signature) in &signatures {
        let asked = if ["ed", "cert"].contains(&title.as_str()) {
            lines()
        } else {
            short_lines()
        };
        for (line, name) in asked {
            let text = format!("{}\n", fill(&keys, &line, key));
            std::fs::write(&file, &text).unwrap();
            let theirs = keys.verify(&file, name, NAMESPACE, signature, MESSAGE);
            let ours = our_verdict(&text, name, NAMESPACE, signature);
            compared += 1;
            accepted += usize::from(theirs);
            if ours != theirs {
                wrong.push(format!(
                    "{title} by {name}: ssh-keygen {theirs}, patchwave {ours}: {line}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} of {compared}", wrong.join("\n"), wrong.len());
    assert!(accepted > compared / 20, "{accepted} of {compared}");
    println!("{compared} verdicts as ssh-keygen gives them, {accepted} of them good");
}

/// The names that a key goes by are those that `ssh-keygen -Y find-principals` finds, where they are no patterns.
#[test]
fn ssh_keygen_finds_the_same_names() {
    let Some(keys) = Keys::new() else { return };
    keys.make("ed", "ed25519", "", "");
    keys.make("other", "ed25519", "", "");
    keys.make("ca", "ed25519", "", "");
    let signature = keys.sign("ed", NAMESPACE);
    let identity = check_signature(&signature, MESSAGE).unwrap().signature.identity;
    let (file, signers) = (keys.path("to-find.sig"), keys.path("signers"));
    std::fs::write(&file, &signature).unwrap();
    for (line, expected) in [
        ("alice {KEY}", "alice"),
        ("alice,bob@work {KEY}", "alice,bob@work"),
        ("carol {OTHER}\n\"dave d\" {KEY}", "dave d"),
    ] {
        let text = format!("{}\n", fill(&keys, line, "ed"));
        std::fs::write(&signers, &text).unwrap();
        let arguments = [
            "-Y",
            "find-principals",
            "-f",
            signers.to_str().unwrap(),
            "-s",
            file.to_str().unwrap(),
        ];
        let (found, names) = ssh_keygen(&arguments, b"");
        assert!(found, "{line}");
        // One name a line.
        assert_eq!(String::from_utf8(names).unwrap().trim().replace('\n', ","), expected);
        let (parsed, _) = AllowedSigners::parse("signers", text.as_bytes(), &TimeZone::UTC, &read_public_key);
        assert_eq!(parsed.names_of(&identity).join(","), expected);
    }
}
