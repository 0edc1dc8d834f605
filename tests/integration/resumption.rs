//! Runs that are interrupted, killed or cut off from their ledger, as a user goes on with them. Simulated hosts over real
//! SSH on loopback.

use std::process::{Child, Command};
use std::time::Duration;

use serde_json::Value;

use crate::stage::{HOSTS, Stage};

const APPLY: [&str; 3] = ["apply", "monthly.yml", "--yes"];

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

fn end(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[track_caller]
fn completes(stage: &Stage) {
    let (status, said) = stage.run(&["resume"], None);
    assert_eq!(status.code(), Some(0), "{said}");
    stage.check().unwrap();
}

#[test]
fn hosts_that_were_left_alone_are_taken_up_again() {
    let stage = Stage::with_jobs_of(Duration::from_secs(3));
    let child = stage.start(&APPLY);
    stage.wait_for("host-job");
    signal(&child, "-TERM");
    stage.wait_for("draining");
    signal(&child, "-INT");
    let (code, said) = end(child);
    assert_eq!(code, Some(130), "{said}");
    let run = stage.run_id();
    assert!(said.contains(&format!("patchwave resume {run}")), "{said}");
    let events = stage.events();
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).count();
    assert!(of("host-left") >= 1 && of("host-finished") == 0, "{events:#?}");
    let (_, page) = stage.run(&["show"], None);
    assert!(page.contains(&format!("patchwave resume {run}")), "{page}");
    completes(&stage);
    stage.close();
}

#[test]
fn a_drained_run_goes_on_with_the_hosts_that_wait() {
    let stage = Stage::open();
    let child = stage.start(&APPLY);
    stage.wait_for("host-job");
    signal(&child, "-HUP");
    let (code, said) = end(child);
    assert_eq!(code, Some(130), "{said}");
    let events = stage.events();
    let finished = events.iter().filter(|event| event["event"] == "host-finished").count();
    assert!(
        (1..HOSTS.len()).contains(&finished),
        "running hosts end, others wait: {finished}"
    );
    completes(&stage);
    stage.close();
}

/// While somebody carries a run out, the screen of everybody else says who, and nobody else writes its journal.
#[test]
fn one_controller_writes_a_run_and_others_are_told_who() {
    let stage = Stage::with_jobs_of(Duration::from_secs(4));
    let mut child = stage.start(&APPLY);
    stage.wait_for("host-job");
    let run = stage.run_id();
    let pid = format!("pid {}", child.id());
    let (_, history) = stage.run(&["history"], None);
    assert!(history.contains("running") && history.contains(&pid), "{history}");
    let (_, page) = stage.run(&["show"], None);
    assert!(page.contains("is carried out by") && page.contains(&pid), "{page}");
    child.kill().unwrap();
    let _ = end(child);
    let (_, history) = stage.run(&["history"], None);
    assert!(
        history.contains("broken off") && history.contains(&format!("patchwave resume {run}")),
        "{history}"
    );
    let (_, document) = stage.run(&["show", "--format", "json", "--quiet"], None);
    let report: Value = serde_json::from_str(&document).unwrap();
    let left = report["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|host| host["state"] == "left");
    assert!(left.count() >= 1, "{document}");
    let (status, said) = stage.run(&["resume", "20200101T000000Z-0000"], None);
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("there is no run"), "{said}");
    completes(&stage);
    let (status, said) = stage.run(&["resume", &run], None);
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("has ended for good (completed)"), "{said}");
    stage.close();
}

/// The ledger cannot grow beyond a point, as on a full disk. Running hosts end, and once there is space again the run is
/// gone on with.
#[test]
fn a_run_whose_ledger_cannot_be_written_is_gone_on_with() {
    let mut broken_on_the_way = 0;
    for blocks in (200..1400).step_by(60) {
        let stage = Stage::open();
        let program = stage.workplace.command(APPLY);
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""))
            .arg(program.get_program())
            .args(program.get_args())
            .current_dir(program.get_current_dir().unwrap())
            .env_clear()
            .stdin(std::process::Stdio::null());
        for (name, value) in program.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() == Some(0) {
            stage.check().unwrap();
            stage.close();
            break;
        }
        assert_eq!(output.status.code(), Some(1), "{blocks}: {said}");
        assert!(said.contains("ledger") && said.contains("disk"), "{blocks}: {said}");
        let (status, resumed) = stage.run(&["resume"], None);
        match status.code() {
            Some(0) => {
                broken_on_the_way += 1;
                stage
                    .check()
                    .unwrap_or_else(|error| panic!("{blocks}: {error}\n{said}\n{resumed}"));
            }
            // The run was not even begun: no host was changed.
            Some(2) => assert!(
                stage.systems.values().all(|system| system.transactions() == 0),
                "{resumed}"
            ),
            _ => panic!("{blocks}: {status}: {resumed}\n{said}"),
        }
        stage.close();
    }
    eprintln!("resumption: the ledger broke on the way {broken_on_the_way} times");
    assert!(broken_on_the_way >= 2);
}

/// What secures the installed versions is a run of its own; what comes after it is not lost with it.
#[cfg(feature = "failure-points")]
#[test]
fn an_update_follows_a_securing_that_was_killed() {
    for point in ["after:4", "before:9", "after:12"] {
        let stage = Stage::open();
        let (status, said) = stage.run(&["apply", "monthly.yml", "--yes", "--secure-old"], Some(point));
        assert_eq!(status.code(), None, "{point}: {said}");
        let (status, said) = stage.run(&["resume"], None);
        assert_eq!(status.code(), Some(0), "{point}: {said}");
        for (name, system) in &stage.systems {
            let version = system.system().package("webshop").unwrap().version().map(str::to_owned);
            assert_eq!(version.as_deref(), Some("2.0-1"), "{point}: {name}");
            assert_eq!(
                system.transactions(),
                2,
                "{point}: {name}: one that secures, one that installs"
            );
        }
        stage.close();
    }
}
