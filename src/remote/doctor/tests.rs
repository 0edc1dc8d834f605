//! What is made of answers of real hosts (`tests/fixtures/doctor`), and of what such an answer may say instead.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::model::checkup::Outcome;
use crate::model::host::PrivilegeScope;
use crate::model::secret::SecretReference;

fn capture(case: &str) -> ScriptOutput {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/doctor/{case}.stdout"));
    ScriptOutput {
        stderr: fs::read(path.with_extension("stderr")).unwrap(),
        stdout: fs::read(path).unwrap(),
        exit_code: Some(0),
        truncated: false,
    }
}

fn privilege(scope: PrivilegeScope) -> Privilege {
    Privilege {
        method: PrivilegeMethod::Sudo,
        user: "root".to_owned(),
        password: None,
        scope,
    }
}

fn read_as(output: &ScriptOutput, privilege: &Privilege) -> (Option<Manager>, Vec<Check>) {
    let nonce = Nonce::from_bits(0);
    let sections = frame::parse(output, &nonce).unwrap();
    let at = |name| sections.text(name).trim().parse::<i64>().unwrap_or(0) * 1000;
    let circumstances = Circumstances {
        login: "narrow",
        privilege,
        times: Times {
            sent: at("clock"),
            received: at("clock-end") + 500,
        },
        refusal: None,
    };
    parse_doctor(output, &nonce, &circumstances).unwrap()
}

fn read(case: &str) -> (Option<Manager>, Vec<Check>) {
    read_as(&capture(case), &privilege(PrivilegeScope::Everything))
}

/// The capture with a text of it replaced.
fn changed(case: &str, from: &str, to: &str) -> Vec<Check> {
    let mut output = capture(case);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(from), "{text}");
    output.stdout = text.replace(from, to).into_bytes();
    read_as(&output, &privilege(PrivilegeScope::Everything)).1
}

fn told(checks: &[Check], topic: Topic) -> (Outcome, &str) {
    let check = checks.iter().find(|check| check.check == topic).unwrap();
    (check.outcome, check.seen.as_str())
}

#[test]
fn hosts_that_are_well_have_nothing_but_good_checks() {
    for (case, manager) in [
        ("deb12-well", Manager::Apt),
        ("rocky-well", Manager::Dnf4),
        ("fedora-well", Manager::Dnf5),
        ("suse-well", Manager::Zypper),
        ("arch-well", Manager::Pacman),
        ("alpine-well", Manager::Apk),
    ] {
        let (found, checks) = read(case);
        assert_eq!(found, Some(manager));
        // All but the three that the connection answers.
        assert_eq!(checks.len(), Topic::ALL.len() - 3, "{case}: {checks:#?}");
        for check in &checks {
            assert_eq!(check.outcome, Outcome::Ok, "{case}: {check:?}");
        }
    }
}

#[test]
fn a_host_with_troubles_is_told_each_of_them() {
    let (_, checks) = read("deb12-troubles");
    assert_eq!(
        told(&checks, Topic::Packages),
        (Outcome::Failed, "pw-fail is half-configured")
    );
    assert_eq!(
        told(&checks, Topic::Jobs),
        (Outcome::Warning, "1 job ended without a result: 20261122T000000Z-0002")
    );
    assert_eq!(
        told(&checks, Topic::Services),
        (Outcome::Warning, "1 unit failed: lab-fails.service")
    );
    assert_eq!(told(&checks, Topic::Reboot).0, Outcome::Warning);
    assert_eq!(told(&checks, Topic::JobFolder).0, Outcome::Ok);
}

#[test]
fn a_login_without_root_is_told_what_it_may_and_may_not() {
    let output = capture("alpine-narrow");
    let (_, checks) = read_as(&output, &privilege(PrivilegeScope::Everything));
    assert_eq!(told(&checks, Topic::Privilege).0, Outcome::Warning);
    assert_eq!(told(&checks, Topic::Jobs).0, Outcome::Unknown);
    let (_, checks) = read_as(&output, &privilege(PrivilegeScope::Refresh));
    let (outcome, seen) = told(&checks, Topic::Privilege);
    assert_eq!(outcome, Outcome::Ok, "{seen}");
    assert!(
        seen.contains("`/usr/bin/timeout 240 /sbin/apk --wait 5 update`"),
        "{seen}"
    );
    assert_eq!(told(&checks, Topic::Jobs).0, Outcome::Ok);
}

#[test]
fn what_was_seen_decides() {
    for (from, to, topic, outcome) in [
        ("missing=\n", "missing=awk\n", Topic::Programs, Outcome::Failed),
        ("lacking=\n", "lacking=diff\n", Topic::Programs, Outcome::Warning),
        (
            "begin read-only\n",
            "begin read-only\n/var\n",
            Topic::FileSystems,
            Outcome::Failed,
        ),
        (
            "begin read-only\n",
            "begin read-only\n/boot\n",
            Topic::FileSystems,
            Outcome::Warning,
        ),
        ("writable=yes", "writable=no", Topic::JobFolder, Outcome::Failed),
        ("writable=yes", "writable=immutable", Topic::JobFolder, Outcome::Failed),
        ("owner=0", "owner=1000", Topic::JobFolder, Outcome::Failed),
        ("state=folder", "state=other", Topic::JobFolder, Outcome::Failed),
        ("|died|", "|running|", Topic::Jobs, Outcome::Warning),
        ("age=2\n", "age=unknown\n", Topic::Metadata, Outcome::Unknown),
        ("age=2\n", "age=864000\n", Topic::Metadata, Outcome::Warning),
        (
            "begin lock\n",
            "begin lock\n/l|apt (pid 1)\n",
            Topic::Lock,
            Outcome::Warning,
        ),
        (
            "begin lock\n",
            "begin lock\n/l|apt (pid 1)\n",
            Topic::Packages,
            Outcome::Unknown,
        ),
        ("|dpkg --configure -a", "|", Topic::Packages, Outcome::Warning),
        ("lab-fails.service\n", "", Topic::Services, Outcome::Ok),
        ("refused=\n", "refused=ostree\n", Topic::Manager, Outcome::Failed),
        ("manager=apt", "manager=xbps", Topic::Manager, Outcome::Warning),
        ("manager=apt", "manager=brew", Topic::Manager, Outcome::Warning),
        ("manager=apt", "manager=portage", Topic::Manager, Outcome::Failed),
    ] {
        let checks = changed("deb12-troubles", from, to);
        assert_eq!(told(&checks, topic).0, outcome, "{from:?} -> {to:?}: {checks:#?}");
    }
}

#[test]
fn root_is_told_by_how_it_was_had() {
    let output = capture("deb12-well");
    let mut asked = privilege(PrivilegeScope::Everything);
    asked.password = Some(SecretReference::Env("A".to_owned()));
    let (_, checks) = read_as(&output, &asked);
    assert!(
        told(&checks, Topic::Privilege)
            .1
            .contains("with the password of the inventory")
    );
    asked.method = PrivilegeMethod::None;
    let (_, checks) = read_as(&output, &asked);
    assert_eq!(told(&checks, Topic::Privilege).1, "the login is root");
}

proptest! {
    #[test]
    fn any_answer_is_survived(sections in proptest::collection::vec(("[a-z-]{1,12}", ".{0,60}", -1i32..130), 0..8)) {
        let nonce = Nonce::from_bits(0);
        let mut writer = frame::FrameWriter::new(nonce.clone());
        for (name, text, code) in &sections {
            writer.section(name, text, "", *code);
        }
        let privilege = privilege(PrivilegeScope::Everything);
        let circumstances = Circumstances {
            login: "a",
            privilege: &privilege,
            times: Times { sent: 0, received: 0 },
            refusal: None,
        };
        prop_assert!(parse_doctor(&writer.finish(), &nonce, &circumstances).is_ok());
    }
}
