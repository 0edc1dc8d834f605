//! Every assembled script passes `shellcheck -s sh`, where that is installed, and is read back by the
//! simulator. The texts are left in `target/scripts/` for a look, or for a try on a real host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::model::host::{Privilege, PrivilegeMethod, PrivilegeScope};
use crate::model::manager::Manager;
use crate::model::name::{Architecture, PackageName, RunId, Version};
use crate::model::plan::PlannedChange;
use crate::model::reboot_rule::Blocker;
use crate::model::rollback::Consent;

use super::command::command_script;
use super::condition::{Extent, condition_script};
use super::diagnosis::diagnose_script;
use super::doctor::doctor_script;
use super::hook::{HookRequest, hook_script};
use super::job::{JobId, JobRequest, JobStep, cleanup_script, follow_script, simulate_script, start_script};
use super::left_over::left_over_script;
use super::probe::{ProbeRequest, Refresh, probe_script};
use super::program;
use super::reboot::reboot_script;
use super::reboot_blockers::blockers_script;
use super::resolve::{ResolveRequest, resolve_script};
use super::restart::{Order, proved_script, restart_script};
use super::script::{Nonce, ReceivedScript, Script};
use super::snapshot::{SnapshotStep, snapshot_script};
use super::unit::unit_script;

fn a_hook(nonce: Nonce) -> Script {
    let request = HookRequest {
        words: &["true".to_owned()],
        variables: &[const { String::new() }; 6],
        document: "{}",
        deadline: Duration::from_secs(1),
    };
    hook_script(request, nonce).unwrap()
}

fn scripts() -> Vec<(String, Script)> {
    let nonce = || Nonce::from_bits(0);
    let probe = |refresh, installed| {
        probe_script(
            &ProbeRequest {
                refresh,
                installed,
                lock_wait: Duration::from_secs(60),
            },
            nonce(),
        )
        .unwrap()
    };
    let mut scripts = vec![
        ("probe-always".to_owned(), probe(Refresh::Always, true)),
        ("probe-never".to_owned(), probe(Refresh::Never, false)),
        (
            "probe-older".to_owned(),
            probe(Refresh::OlderThan(Duration::from_secs(3600)), true),
        ),
        (
            "follow".to_owned(),
            follow_script(&id(), 0, Duration::from_secs(5), nonce()).unwrap(),
        ),
        ("diagnose".to_owned(), diagnose_script(&id(), nonce()).unwrap()),
        ("cleanup".to_owned(), cleanup_script(&id(), nonce()).unwrap()),
        (
            "restart".to_owned(),
            restart_script(&id(), &[Order::Unit("a.service".to_owned())], nonce()).unwrap(),
        ),
        ("restart-proved".to_owned(), proved_script(&id(), nonce()).unwrap()),
        ("left-over".to_owned(), left_over_script(&id(), nonce()).unwrap()),
        (
            "snapshot".to_owned(),
            snapshot_script(&RunId::new("r1").unwrap(), SnapshotStep::Make, nonce()).unwrap(),
        ),
        ("doctor".to_owned(), doctor_script(&privilege(), nonce()).unwrap()),
        (
            "condition".to_owned(),
            condition_script(Extent::Everything, nonce()).unwrap(),
        ),
        (
            "reboot-blockers".to_owned(),
            blockers_script(&[Blocker::Users, Blocker::Command(vec!["true".to_owned()])], nonce()).unwrap(),
        ),
        ("reboot".to_owned(), reboot_script(nonce()).unwrap()),
        ("unit".to_owned(), unit_script("a.service", nonce()).unwrap()),
        (
            "command".to_owned(),
            command_script(&["true".to_owned()], Duration::from_secs(60), nonce()).unwrap(),
        ),
        ("hook".to_owned(), a_hook(nonce())),
    ];
    scripts.extend(scripts_of_managers());
    scripts
}

fn scripts_of_managers() -> Vec<(String, Script)> {
    let nonce = || Nonce::from_bits(0);
    let mut scripts = Vec::new();
    for manager in Manager::ALL {
        let request = JobRequest {
            id: id(),
            manager,
            step: JobStep::Everything,
            changes: vec![change()],
            may_bring: Vec::new(),
            install: Vec::new(),
            consent: Consent::default(),
            lock_wait: Duration::from_secs(300),
        };
        scripts.push((format!("start-{manager}"), start_script(&request, nonce()).unwrap()));
        scripts.push((
            format!("simulate-{manager}"),
            simulate_script(
                manager,
                &request.changes,
                &[],
                &Consent::default(),
                Duration::from_secs(60),
                nonce(),
            )
            .unwrap(),
        ));
        let question = ResolveRequest {
            manager,
            changes: vec![change()],
            may_bring: Vec::new(),
            install: Vec::new(),
            consent: Consent::default(),
            lock_wait: Duration::from_secs(60),
        };
        if manager.scan_only().is_none() {
            let script = resolve_script(&question, nonce()).unwrap();
            scripts.push((format!("resolve-{manager}"), script));
        }
    }
    scripts
}

fn privilege() -> Privilege {
    Privilege {
        method: PrivilegeMethod::Sudo,
        user: "root".to_owned(),
        password: None,
        scope: PrivilegeScope::Refresh,
    }
}

fn id() -> JobId {
    JobId::new("test-1").unwrap()
}

fn change() -> PlannedChange {
    PlannedChange {
        package: PackageName::new("pw-tool").unwrap(),
        arch: Architecture::new("noarch").unwrap(),
        from: Some(Version::new("1:1.0-1").unwrap()),
        to: Version::new("1:1.1-1").unwrap(),
        repo: String::new(),
        security: None,
        size: None,
    }
}

/// A folder for each test: they run at the same time.
fn folder(test: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/scripts").join(test)
}

fn written(test: &str) -> Vec<(PathBuf, Script)> {
    let folder = folder(test);
    fs::create_dir_all(&folder).unwrap();
    scripts()
        .into_iter()
        .map(|(name, script)| {
            let path = folder.join(format!("{name}.sh"));
            fs::write(&path, script.text()).unwrap();
            (path, script)
        })
        .collect()
}

/// The scripts as they are sent, and the programs that they carry as text.
fn files(test: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = written(test).into_iter().map(|(path, _)| path).collect();
    for manager in Manager::ALL {
        let path = folder(test).join(format!("job-{manager}.sh"));
        fs::write(&path, program::job(manager)).unwrap();
        paths.push(path);
    }
    let path = folder(test).join("job-restart.sh");
    fs::write(&path, program::restart_job()).unwrap();
    paths.push(path);
    paths
}

#[test]
fn every_script_is_read_back() {
    for (path, script) in written("read-back") {
        let received = ReceivedScript::parse(&script.text()).unwrap();
        assert_eq!(received.kind, script.kind(), "{}", path.display());
    }
}

#[test]
fn every_script_passes_shellcheck() {
    let files = files("shellcheck");
    if Command::new("shellcheck").arg("--version").output().is_err() {
        return;
    }
    let output = Command::new("shellcheck")
        .args(["-s", "sh"])
        .args(&files)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn every_script_is_posix_to_dash() {
    for path in files("dash") {
        let Ok(output) = Command::new("dash").arg("-n").arg(&path).output() else {
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
