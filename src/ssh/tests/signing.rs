//! Signatures of ours before the real `ssh-keygen`, and its signatures before us: every type of key, from files, by
//! the real agent, with certificates; and everything that must not pass for one.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::agent::RealAgent;
use super::sshd::run;
use super::*;
use crate::model::approval::NAMESPACE;
use crate::ssh::signature::{LARGEST_SIGNATURE, ReadSignature, check_signature, read_public_key};
use crate::ssh::signature_maker::{KeyWish, SignatureMaker};

pub(super) const MESSAGE: &[u8] = b"{\n  \"format_version\": \"1\"\n}\n";

/// A folder with keys; nothing where there is no ssh-keygen.
pub(super) struct Keys(pub(super) TempDir);

impl Keys {
    pub(super) fn new() -> Option<Self> {
        has_program("ssh-keygen").then(|| Self(tempfile::tempdir().unwrap()))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap().trim().to_owned()
    }

    /// Makes a key of a type, of so many bits.
    pub(super) fn make(&self, name: &str, kind: &str, bits: &str, passphrase: &str) {
        let path = self.path(name);
        let path = path.to_str().unwrap();
        let mut arguments = vec!["-q", "-t", kind, "-N", passphrase, "-C", "somebody", "-f", path];
        if !bits.is_empty() {
            arguments.extend(["-b", bits]);
        }
        run("ssh-keygen", &arguments);
    }

    /// Makes a user's certificate of a key; further options first.
    pub(super) fn certify(&self, authority: &str, key: &str, options: &[&str]) {
        let (authority, key) = (self.path(authority), self.path(&format!("{key}.pub")));
        let mut arguments = vec!["-q", "-s", authority.to_str().unwrap(), "-I", "an id"];
        arguments.extend(options);
        arguments.push(key.to_str().unwrap());
        run("ssh-keygen", &arguments);
    }

    /// Signs as `ssh-keygen -Y sign` does.
    pub(super) fn sign(&self, key: &str, namespace: &str) -> Vec<u8> {
        let key = self.path(key);
        let (worked, signature) = ssh_keygen(
            &["-Y", "sign", "-q", "-f", key.to_str().unwrap(), "-n", namespace],
            MESSAGE,
        );
        assert!(worked);
        signature
    }

    /// What `ssh-keygen -Y verify` says.
    pub(super) fn verify(&self, signers: &Path, name: &str, namespace: &str, signature: &[u8], message: &[u8]) -> bool {
        let file = self.path("to-verify.sig");
        std::fs::write(&file, signature).unwrap();
        let (signers, file) = (signers.to_str().unwrap(), file.to_str().unwrap());
        ssh_keygen(
            &["-Y", "verify", "-f", signers, "-I", name, "-n", namespace, "-s", file],
            message,
        )
        .0
    }
}

pub(super) fn ssh_keygen(arguments: &[&str], input: &[u8]) -> (bool, Vec<u8>) {
    let mut child = Command::new("ssh-keygen")
        .args(arguments)
        .env("TZ", "UTC")
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It may have seen enough before it has read all.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    (output.status.success(), output.stdout)
}

fn maker(agent: Option<&RealAgent>) -> SignatureMaker {
    SignatureMaker::new(SshSettings {
        agent_socket: agent.map(|agent| agent.socket.clone()),
        ..SshSettings::isolated()
    })
}

async fn sign(maker: &SignatureMaker, wish: KeyWish, with_certificate: bool) -> Result<String, String> {
    let choices = maker.choices(&wish).await?;
    let choice = choices
        .iter()
        .find(|choice| choice.identity.certificate.is_some() == with_certificate)
        .unwrap();
    maker.sign(choice, NAMESPACE, MESSAGE).await
}

const KINDS: [(&str, &str); 7] = [
    ("ed25519", ""),
    ("ecdsa", "256"),
    ("ecdsa", "384"),
    ("ecdsa", "521"),
    ("rsa", "2048"),
    ("rsa", "3072"),
    ("rsa", "4096"),
];

#[tokio::test]
async fn ssh_keygen_verifies_what_files_and_the_agent_sign_and_we_what_it_signs() {
    let Some(keys) = Keys::new().filter(|_| has_program("ssh-agent")) else {
        return;
    };
    let agent = RealAgent::start(&keys.path("agent"));
    keys.make("ca", "ed25519", "", "");
    for (kind, bits) in KINDS {
        let name = format!("{kind}{bits}");
        keys.make(&name, kind, bits, "");
        keys.certify("ca", &name, &["-n", "alice", "-V", "-5m:+1h"]);
        agent.add(&keys.path(&name));
        let lines = format!(
            "alice {}\nalice cert-authority {}\n",
            keys.text(&format!("{name}.pub")),
            keys.text("ca.pub")
        );
        let signers = keys.path("signers");
        std::fs::write(&signers, lines).unwrap();
        let own = read_public_key(&keys.text(&format!("{name}.pub"))).unwrap();
        let public = KeyWish::File(keys.path(&format!("{name}.pub")));
        for (title, maker, wish, certified) in [
            ("file", maker(None), KeyWish::File(keys.path(&name)), false),
            ("public half", maker(None), public.clone(), false),
            ("certified file", maker(None), KeyWish::File(keys.path(&name)), true),
        ] {
            let signature = sign(&maker, wish, certified).await.unwrap();
            let title = format!("{name}, {title}");
            let remarked = format!("{signature}Date: today\nComment: looks good\n");
            for text in [&signature, &remarked] {
                assert!(
                    keys.verify(&signers, "alice", NAMESPACE, text.as_bytes(), MESSAGE),
                    "{title}"
                );
                assert!(
                    !keys.verify(&signers, "bob", NAMESPACE, text.as_bytes(), MESSAGE),
                    "{title}"
                );
                let read = check_signature(text.as_bytes(), MESSAGE).unwrap();
                assert_eq!(read.signature.identity.key, own, "{title}");
            }
            let file = keys.path("novalidate.sig");
            std::fs::write(&file, &remarked).unwrap();
            let file = file.to_str().unwrap();
            assert!(
                ssh_keygen(&["-Y", "check-novalidate", "-n", NAMESPACE, "-s", file], MESSAGE).0,
                "{title}"
            );
            let (found, names) = ssh_keygen(
                &["-Y", "find-principals", "-f", signers.to_str().unwrap(), "-s", file],
                b"",
            );
            assert_eq!((found, names.as_slice()), (true, &b"alice\n"[..]), "{title}");
        }
        for choice in ["", "-cert"] {
            let theirs = keys.sign(&format!("{name}{choice}.pub"), NAMESPACE);
            let read = check_signature(&theirs, MESSAGE).unwrap();
            assert_eq!(read.signature.identity.key, own, "{name}{choice}");
            assert_eq!(read.signature.identity.certificate.is_some(), choice == "-cert");
        }
        // The private half is in the agent alone, with and without its certificate.
        std::fs::rename(keys.path(&name), keys.path("moved")).unwrap();
        assert!(sign(&maker(None), public.clone(), false).await.is_err());
        for certified in [false, true] {
            let signature = sign(&maker(Some(&agent)), public.clone(), certified).await;
            let signature = signature.unwrap_or_else(|error| panic!("{name}, {certified}: {error}"));
            assert!(
                keys.verify(&signers, "alice", NAMESPACE, signature.as_bytes(), MESSAGE),
                "{name}"
            );
        }
        std::fs::remove_file(keys.path("moved")).unwrap();
    }
    check_everything_held(&agent).await;
}

/// Whatever the agent holds signs, and is what it says.
async fn check_everything_held(agent: &RealAgent) {
    let held = maker(Some(agent)).choices(&KeyWish::Agent).await.unwrap();
    assert_eq!(held.len(), 2 * KINDS.len(), "each key and each certificate");
    for choice in held {
        let maker = maker(Some(agent));
        let signature = maker.sign(&choice, NAMESPACE, MESSAGE).await;
        let signature = signature.unwrap_or_else(|error| panic!("{}: {error}", choice.source));
        assert_eq!(
            check_signature(signature.as_bytes(), MESSAGE)
                .unwrap()
                .signature
                .identity,
            choice.identity
        );
    }
}

#[tokio::test]
async fn an_encrypted_key_asks_for_its_passphrase_and_no_sooner_than_it_signs() {
    let Some(keys) = Keys::new() else { return };
    keys.make("key", "ed25519", "", "open sesame");
    for (answer, worked) in [(Some("open sesame"), true), (Some("wrong"), false), (None, false)] {
        let answers = Answers::new(answer);
        let maker = SignatureMaker::new(SshSettings {
            prompter: Arc::clone(&answers) as Arc<dyn Prompter>,
            default_keys: vec![keys.path("key")],
            ..SshSettings::isolated()
        });
        let choices = maker.choices(&KeyWish::File(keys.path("key"))).await.unwrap();
        assert_eq!(maker.own_keys().await, [choices[0].identity.key.clone()]);
        assert_eq!(answers.asked(), 0);
        let signed = maker.sign(&choices[0], NAMESPACE, MESSAGE).await;
        assert_eq!(signed.is_ok(), worked, "{signed:?}");
        assert!(answers.asked() >= 1);
        if let Err(reason) = signed {
            assert!(reason.contains("passphrase"), "{reason}");
        }
    }
}

#[tokio::test]
async fn where_there_is_no_key_the_reason_is_told() {
    let Some(keys) = Keys::new() else { return };
    std::fs::write(keys.path("text"), "no key").unwrap();
    for (wish, told) in [
        (KeyWish::Any, "there is no SSH agent with a key"),
        (KeyWish::Agent, "there is no SSH agent"),
        (KeyWish::File(keys.path("nowhere")), "no such file"),
        (KeyWish::File(keys.path("text")), "not a usable private key"),
    ] {
        let reason = maker(None).choices(&wish).await.map(|found| found.len()).unwrap_err();
        assert!(reason.contains(told), "{reason}");
    }
}

/// Every single changed byte of signature and message: never a good signature of another text.
#[test]
fn a_flipped_byte_is_no_signature() {
    let Some(keys) = Keys::new() else { return };
    keys.make("key", "ed25519", "", "");
    keys.make("rsa", "rsa", "2048", "");
    for name in ["key", "rsa"] {
        let good = keys.sign(name, NAMESPACE);
        let expected = check_signature(&good, MESSAGE).unwrap();
        let mut refused = 0;
        for at in 0..good.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut changed = good.clone();
                changed[at] ^= flip;
                match check_signature(&changed, MESSAGE) {
                    // A blank for a line break, or what stands behind the end.
                    Ok(ReadSignature { signature, .. }) => assert_eq!(signature, expected.signature, "{at}"),
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > 2 * good.len(), "{refused}");
        for at in 0..MESSAGE.len() {
            let mut changed = MESSAGE.to_vec();
            changed[at] ^= 1;
            let reason = check_signature(&good, &changed).unwrap_err();
            assert!(reason.contains("not a signature of this file"), "{reason}");
        }
        for length in 0..good.len() - 1 {
            assert!(check_signature(&good[..length], MESSAGE).is_err(), "{length}");
        }
    }
}

#[test]
fn what_is_no_signature_is_refused_at_once() {
    let long = vec![b'a'; LARGEST_SIGNATURE + 1];
    for (bytes, told) in [
        (long.as_slice(), "larger than 64 KiB"),
        (b"\xff\xfe-----BEGIN".as_slice(), "not a text"),
        (b"".as_slice(), "no SSH signature"),
        (
            b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n".as_slice(),
            "ends too early",
        ),
        (
            b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAg==\n-----END SSH SIGNATURE-----\n".as_slice(),
            "version is 2",
        ),
    ] {
        let reason = check_signature(bytes, MESSAGE).unwrap_err();
        assert!(reason.contains(told), "{reason}");
    }
}
