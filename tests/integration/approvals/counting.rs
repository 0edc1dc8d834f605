//! What counts as an approval: whose signature it is, what it was made with, what it was made over, and for how long.

use std::process::Command;
use std::time::Duration;

use patchwave::plan::saved::write_saved_plan;
use serde_json::Value;

use super::{Desk, run_ssh_keygen, run_told_check, saved};

#[test]
fn a_signature_by_hand_counts_as_one_of_ours() {
    let Some(desk) = Desk::new(1) else { return };
    run_ssh_keygen(
        &desk.0,
        &["-Y", "sign", "-q", "-f", "bob", "-n", "patchwave-plan", "plan.json"],
    );
    let (exit, document) = desk.verify();
    assert_eq!(
        (exit, document["approvals"][0]["signer"].as_str()),
        (0, Some("bob@example.com"))
    );
    assert_eq!(document["approvals"][0]["file"], "plan.json.sig");
    std::fs::rename(desk.0.path("plan.json.sig"), desk.0.path("plan.json.from-bob.sig")).unwrap();
    assert_eq!(desk.verify().0, 0);
    run_ssh_keygen(&desk.0, &["-Y", "sign", "-q", "-f", "carol", "-n", "file", "plan.json"]);
    assert_eq!(desk.states(), ["valid", "invalid"], "another namespace");
}

#[test]
fn the_author_and_strangers_do_not_count() {
    let Some(desk) = Desk::new(1) else { return };
    let own = desk.approve("alice");
    assert_eq!(own.exit, 0, "{own:?}");
    assert!(
        own.stdout
            .contains("It does not count: alice@example.com made the plan"),
        "{own:?}"
    );
    let stranger = desk.approve("mallory");
    assert_eq!(stranger.exit, 2, "{stranger:?}");
    assert!(
        stranger.stderr.contains("allowed_signers does not list"),
        "{stranger:?}"
    );
    let pretender = desk.run("approve plan.json --key mallory --as bob@example.com");
    assert_eq!(pretender.exit, 0, "{pretender:?}");
    assert!(pretender.stdout.contains("It does not count"), "{pretender:?}");
    assert_eq!(desk.states(), ["author", "invalid"]);
    assert_eq!(desk.run("apply plan.json --yes").exit, 25);
    // Whoever applies decides whom they trust: the plan's own file lists bob.
    assert_eq!(desk.approve("bob").exit, 0);
    assert_eq!(desk.run("verify plan.json").exit, 0);
    desk.0.write("etc/signers", "nobody@example.com ssh-ed25519 AAAA\n");
    let other = desk.run("verify plan.json --signers etc/signers");
    assert_eq!(other.exit, 25, "{other:?}");
    assert!(other.stderr.contains("etc/signers:1:20"), "{other:?}");
}

#[test]
fn the_authors_key_is_the_authors_whatever_it_is_called() {
    let Some(desk) = Desk::new(1) else { return };
    let output = Command::new("ssh-keygen")
        .args(["-lf", "bob.pub"])
        .current_dir(desk.0.path(""))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let fingerprint = text.split(' ').nth(1).unwrap().to_owned();
    let mut saved = saved(1);
    saved.author_keys = vec![fingerprint];
    desk.0.write("plan.json", &write_saved_plan(&saved).unwrap().text);
    assert_eq!(desk.approve("bob").exit, 0);
    assert_eq!(desk.states(), ["author"]);
}

#[test]
fn the_authors_keys_are_noted_although_the_playbook_wants_no_approvals() {
    let Some(desk) = Desk::new(0) else { return };
    desk.0
        .write("playbooks/monthly.yml", "waves: [{name: all, rest: true}]\n");
    // The author's own key under a name that is nobody's.
    let output = Command::new("ssh-keygen")
        .args(["-yf", "home/.ssh/id_ed25519"])
        .current_dir(desk.0.path(""))
        .output()
        .unwrap();
    let key = String::from_utf8(output.stdout).unwrap();
    desk.0
        .write("allowed_signers", &format!("zoe@example.org {}\n", key.trim()));
    let planned = desk.run("plan playbooks/monthly.yml --out plan.json");
    assert!(desk.0.path("plan.json").is_file(), "{planned:?}");
    let saved: Value = serde_json::from_str(&std::fs::read_to_string(desk.0.path("plan.json")).unwrap()).unwrap();
    assert_eq!(saved["author_keys"].as_array().map(Vec::len), Some(1), "{planned:?}");
    let own = desk.run("approve plan.json");
    assert!(own.exit == 0 && own.stdout.contains("It does not count"), "{own:?}");
    assert_eq!(desk.states(), ["author"]);
    let applied = desk.run("apply plan.json --yes --require-approvals 1");
    assert_eq!(applied.exit, 25, "{applied:?}");
}

#[test]
fn an_approval_ends_by_itself_with_the_key_or_with_the_plan() {
    let Some(desk) = Desk::new(1) else { return };
    let short = desk.run("approve plan.json --key bob --valid 2s --comment first");
    assert_eq!(short.exit, 0, "{short:?}");
    assert!(run_told_check(&desk, &short.stdout), "{short:?}");
    let (exit, document) = desk.verify();
    assert_eq!((exit, document["approvals"][0]["comment"].as_str()), (0, Some("first")));
    std::thread::sleep(Duration::from_millis(2500));
    let (exit, document) = desk.verify();
    assert_eq!(exit, 25);
    assert!(
        document["approvals"][0]["reason"]
            .as_str()
            .unwrap()
            .starts_with("it ended by itself on"),
        "{document}"
    );
    let key = std::fs::read_to_string(desk.0.path("carol.pub")).unwrap();
    assert_eq!(desk.approve("carol").exit, 0);
    for (options, told) in [
        ("valid-before=\"20200101Z\" ", "the key was valid until 2020-01-01"),
        ("valid-after=\"20990101Z\" ", "the key is valid only from 2099-01-01"),
    ] {
        desk.0.write("allowed_signers", &format!("carol {options}{key}"));
        let (exit, document) = desk.verify();
        let reason = document["approvals"][1]["reason"].as_str().unwrap();
        assert!(exit == 25 && reason.starts_with(told), "{document}");
    }
    let Some(old) = Desk::with(1, |saved| {
        saved.made = "2020-01-01T00:00:00Z".parse().unwrap();
        saved.expires = "2020-01-02T00:00:00Z".parse().unwrap();
    }) else {
        return;
    };
    assert_eq!(old.approve("bob").exit, 24);
    run_ssh_keygen(
        &old.0,
        &["-Y", "sign", "-q", "-f", "bob", "-n", "patchwave-plan", "plan.json"],
    );
    assert_eq!(old.run("verify plan.json").exit, 24);
    assert_eq!(old.run("apply plan.json --yes").exit, 24);
}

#[test]
fn what_lies_beside_a_plan_may_be_anything() {
    let Some(desk) = Desk::new(1) else { return };
    assert_eq!(desk.approve("bob").exit, 0);
    std::fs::write(desk.0.path("plan.json.a.sig"), vec![b'x'; 1 << 20]).unwrap();
    std::fs::write(desk.0.path("plan.json.b.sig"), b"\xff\xfe\x00").unwrap();
    std::fs::create_dir(desk.0.path("plan.json.c.sig")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", desk.0.path("plan.json.d.sig")).unwrap();
    let made = Command::new("mkfifo")
        .arg(desk.0.path("plan.json.e.sig"))
        .status()
        .unwrap();
    assert!(made.success());
    desk.0.write("plan.json.f\u{1b}[31m.sig", "");
    let shown = desk.run("verify plan.json");
    assert_eq!(shown.exit, 0, "{shown:?}");
    assert!(!shown.stdout.contains('\u{1b}'), "{shown:?}");
    assert_eq!(desk.states().iter().filter(|state| *state == "invalid").count(), 6);
    let signature = std::fs::read(desk.0.path("plan.json.bob@example.com.sig")).unwrap();
    let mut changed = signature.clone();
    changed[100] ^= 1;
    std::fs::write(desk.0.path("plan.json.bob@example.com.sig"), &changed).unwrap();
    assert_eq!(desk.run("verify plan.json").exit, 25);
    std::fs::write(desk.0.path("plan.json.bob@example.com.sig"), &signature).unwrap();
    let plan = std::fs::read_to_string(desk.0.path("plan.json")).unwrap();
    desk.0.write("plan.json", &plan.replace("alice@laptop", "zoe@laptop"));
    assert_eq!(
        desk.run("verify plan.json").exit,
        2,
        "a plan that was changed is refused"
    );
    let mut other = saved(1);
    other.author = "zoe@laptop".to_owned();
    desk.0.write("plan.json", &write_saved_plan(&other).unwrap().text);
    let (exit, document) = desk.verify();
    assert_eq!(exit, 25, "another plan with a checksum of its own: {document}");
}
