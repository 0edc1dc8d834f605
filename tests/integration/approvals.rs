//! Approvals as people use them: plan files, `ssh-keygen`, `approve`, `verify` and `apply`, with no host to contact.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use patchwave::model::approval::ApprovalRule;
use patchwave::model::coverage::Coverage;
use patchwave::model::host::RebootPolicy;
use patchwave::model::manager::Manager;
use patchwave::model::name::{HostName, RunId, WaveName};
use patchwave::model::plan::{Basis, Budget, Plan, PlanRules, PlannedHost, PlannedWave};
use patchwave::model::saved_plan::{FORMAT_VERSION, SavedPlan};
use patchwave::plan::saved::write_saved_plan;
use serde_json::Value;

use crate::program::{Outcome, Workplace};

/// A folder with a plan of one host that nobody can reach, made by alice, and keys for some people.
struct Desk(Workplace);

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "mallory"];

impl Desk {
    fn new(required: usize) -> Option<Self> {
        Self::with(required, |_| {})
    }

    fn with(required: usize, change: impl FnOnce(&mut SavedPlan)) -> Option<Self> {
        if Command::new("ssh-keygen")
            .arg("-?")
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            eprintln!("left out: ssh-keygen is not installed");
            return None;
        }
        let place = Workplace::new();
        place.write(
            "inventories/fleet.yml",
            "hosts:\n  web01: {address: 127.0.0.1, port: 1, user: deploy, become: none}\n",
        );
        let mut lines = String::new();
        for name in PEOPLE {
            run_ssh_keygen(&place, &["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", name]);
            if name != "mallory" {
                let key = std::fs::read_to_string(place.path(&format!("{name}.pub"))).unwrap();
                lines.push_str(&format!("{name}@example.com namespaces=\"patchwave-plan*\" {key}"));
            }
        }
        place.write("allowed_signers", &lines);
        let mut saved = saved(required);
        change(&mut saved);
        place.write("plan.json", &write_saved_plan(&saved).unwrap().text);
        Some(Self(place))
    }

    fn run(&self, words: &str) -> Outcome {
        self.0.run(words.split(' '))
    }

    fn approve(&self, who: &str) -> Outcome {
        self.run(&format!("approve plan.json --key {who}"))
    }

    /// The exit code of `verify`, and its document.
    fn verify(&self) -> (i32, Value) {
        let outcome = self.run("verify plan.json --format json");
        (outcome.exit, serde_json::from_str(&outcome.stdout).unwrap())
    }

    fn states(&self) -> Vec<String> {
        let (_, document) = self.verify();
        let approvals = document["approvals"].as_array().unwrap().clone();
        approvals
            .iter()
            .map(|one| one["state"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn run_ssh_keygen(place: &Workplace, arguments: &[&str]) {
    let status = Command::new("ssh-keygen")
        .args(arguments)
        .current_dir(place.path(""))
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{arguments:?}");
}

fn saved(required: usize) -> SavedPlan {
    let made = Timestamp::from_second(Timestamp::now().as_second() - 60).unwrap();
    SavedPlan {
        format_version: FORMAT_VERSION.to_owned(),
        id: RunId::new("20261122T030000Z-abcd").unwrap(),
        made,
        expires: made + Duration::from_secs(7 * 24 * 3600),
        author: "alice@laptop".to_owned(),
        author_keys: Vec::new(),
        tool: "patchwave 0.1.0".to_owned(),
        playbook: Value::Null,
        findings: Vec::new(),
        coverage: Coverage::default(),
        plan: plan(required, made),
    }
}

fn plan(required: usize, made: Timestamp) -> Plan {
    let host = PlannedHost {
        name: HostName::new("web01").unwrap(),
        address: "127.0.0.1".to_owned(),
        port: 1,
        basis: Basis::Scanned {
            manager: Manager::Apt,
            experimental: false,
            os: "debian".to_owned(),
            version: "12".to_owned(),
            arch: "x86_64".to_owned(),
            reboot_required: false,
        },
        changes: Vec::new().into(),
        may_bring: Vec::new().into(),
        left_out: Vec::new(),
        reboot: RebootPolicy::Never,
        foresight: None,
    };
    Plan {
        scan: RunId::new("20261122T025900Z-abcd").unwrap(),
        made,
        playbook: "monthly".to_owned(),
        rules: PlanRules {
            approvals: ApprovalRule {
                required,
                signers: Some("allowed_signers".into()),
            },
            ..PlanRules::default()
        },
        domains: Vec::new(),
        waves: vec![PlannedWave {
            name: WaveName::new("test").unwrap(),
            budget: Budget { tolerated: 0, hosts: 1 },
            batches: vec![vec![host]],
            parallel: 1,
            soak: Duration::ZERO,
            gates: Vec::new(),
        }],
    }
}

/// Runs the line `check it: …` of `approve` in a shell.
fn run_told_check(desk: &Desk, told: &str) -> bool {
    let command = told
        .lines()
        .find_map(|line| line.trim().strip_prefix("check it: "))
        .unwrap();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(desk.0.path(""))
        .output()
        .unwrap();
    output.status.success()
}

#[test]
fn a_plan_is_applied_once_enough_people_have_approved_it() {
    let Some(desk) = Desk::new(2) else { return };
    let missing = desk.run("apply plan.json --yes");
    assert_eq!(missing.exit, 25, "{missing:?}");
    for words in [
        "needs 2 approvals and has none",
        "nothing was contacted",
        "patchwave approve plan.json",
    ] {
        assert!(missing.stderr.contains(words), "{missing:?}");
    }
    let bob = desk.approve("bob");
    assert_eq!(bob.exit, 0, "{bob:?}");
    assert!(
        bob.stdout
            .contains("Signed as bob@example.com: plan.json.bob@example.com.sig"),
        "{bob:?}"
    );
    assert!(run_told_check(&desk, &bob.stdout), "{bob:?}");
    assert!(
        desk.run("apply plan.json --yes")
            .stderr
            .contains("has 1 (bob@example.com)")
    );
    assert_eq!(desk.approve("carol").exit, 0);
    let (exit, document) = desk.verify();
    assert_eq!(
        (exit, &document["given"], &document["is_met"]),
        (0, &Value::from(2), &Value::from(true))
    );
    // The host cannot be reached: that it was tried shows that nothing else was in the way.
    let applied = desk.run("apply plan.json --yes");
    assert!(
        applied.exit == 0 || applied.exit == 21 || applied.exit == 22,
        "{applied:?}"
    );
    assert!(applied.stderr.contains("2 of 2 approvals"), "{applied:?}");
    let more = desk.run("apply plan.json --yes --require-approvals 3");
    assert_eq!(more.exit, 25, "{more:?}");
    let fewer = desk.run("verify plan.json --require-approvals 0");
    assert!(fewer.stdout.contains("2 of 2 approvals"), "{fewer:?}");
}

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

#[test]
fn a_playbook_that_wants_approvals_is_not_applied_without_a_saved_plan() {
    let Some(desk) = Desk::new(0) else { return };
    let playbook = desk.0.write(
        "playbooks/monthly.yml",
        "waves: [{name: all, rest: true}]\napprovals: {required: 2, signers: ../allowed_signers}\n",
    );
    let refused = desk.run("apply playbooks/monthly.yml --yes");
    assert_eq!(refused.exit, 25, "{refused:?}");
    for words in [
        "2 approvals of a saved plan must be there",
        "nothing was contacted",
        "patchwave plan playbooks/monthly.yml --out plan.json",
        "patchwave approve plan.json",
    ] {
        assert!(refused.stderr.contains(words), "{words}: {refused:?}");
    }
    assert!(Path::new(&playbook).is_file());
    let shown = desk.run("playbook show playbooks/monthly.yml");
    assert!(
        shown
            .stdout
            .contains("approvals:\n  required: 2\n  signers: ../allowed_signers\n"),
        "{shown:?}"
    );
    // Nobody is asked for where the rule says none.
    assert_eq!(desk.run("verify plan.json").exit, 0);
    let asked = desk.run("apply plan.json --yes --require-approvals 1");
    assert_eq!(asked.exit, 25, "{asked:?}");
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

/// Applies the plan on a terminal, and says yes that much later.
fn apply_and_say_yes_after(desk: &Desk, wait: Duration) -> (i32, String) {
    let command = desk.0.command([""; 0]);
    let program = format!("'{}' apply plan.json", env!("CARGO_BIN_EXE_patchwave"));
    let mut terminal = Command::new("script");
    terminal
        .args(["-q", "-e", "-f", "-c", &program, "terminal"])
        .current_dir(desk.0.path(""))
        .env_clear()
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut child = terminal.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::sleep(wait);
    let _ = writeln!(stdin, "y");
    let exit = child.wait().unwrap().code().unwrap_or(-1);
    let shown = std::fs::read(desk.0.path("terminal")).unwrap();
    (exit, String::from_utf8_lossy(&shown).into_owned())
}

#[test]
fn an_approval_that_ends_while_the_question_stands_there_does_not_count() {
    let with_work = |saved: &mut SavedPlan| {
        let host = &mut saved.plan.waves[0].batches[0][0];
        host.reboot = RebootPolicy::Always;
        if let Basis::Scanned { reboot_required, .. } = &mut host.basis {
            *reboot_required = true;
        }
    };
    let Some(desk) = Desk::with(1, with_work) else { return };
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("left out: script is not installed");
        return;
    }
    let approved = desk.run("approve plan.json --key bob --valid 6s");
    assert_eq!(approved.exit, 0, "{approved:?}");
    let (exit, shown) = apply_and_say_yes_after(&desk, Duration::from_secs(7));
    assert!(shown.contains("1 of 1 approval:"), "it held when it was asked: {shown}");
    assert!(
        exit == 25 && shown.contains("needs 1 approval and has none"),
        "{exit}: {shown}"
    );
}
