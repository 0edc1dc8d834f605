//! What is applied: nothing before enough people have approved it, and before anything is contacted.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use patchwave::model::host::RebootPolicy;
use patchwave::model::plan::Basis;
use patchwave::model::saved_plan::SavedPlan;
use serde_json::Value;

use super::{Desk, run_told_check};

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
