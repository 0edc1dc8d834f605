//! Runs the scripts, not only reads them: under dash, bash and busybox ash, each in a small world of its own, a
//! folder in the place of the host's `/etc`, `/var`, `/run` and `/proc`, with managers that answer what real ones
//! printed. No root is needed, and nothing of the machine is changed.
//!
//! What must stay true: every shell gives the same answer, byte for byte.
#![cfg(target_os = "linux")]

mod commands;
mod conditions;
mod hooks;
mod managers;
mod rules;
mod shells;
mod world;

use std::time::Duration;

use crate::model::checkup::{Outcome, Topic};
use crate::model::host::{Privilege, PrivilegeMethod};
use crate::model::manager::Manager;
use crate::model::name::{Architecture, PackageName, Version};
use crate::model::plan::PlannedChange;
use crate::model::rollback::Consent;

use super::doctor;
use super::frame;
use super::job::{self, JobId, JobRequest, JobStart, JobState, JobStep};
use super::left_over;
use super::probe::{ProbeRequest, Refresh, parse_probe, probe_script};
use super::resolve::{ResolveRequest, parse_resolve, resolve_script};
use super::script::{Nonce, Script};
use super::transport::ScriptOutput;
use shells::{Shell, shells};
use world::World;

fn nonce() -> Nonce {
    Nonce::from_bits(0)
}

/// What a shell made of a script, without the names of its own world.
fn answer(world: &World, script: &Script) -> (ScriptOutput, String) {
    let output = world.run(&script.text());
    let text = world.neutral(&format!(
        "{}\n=====\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ));
    (output, text)
}

/// Runs the test in the world of every shell, and compares what each run gives with what the first gave.
fn alike(manager: Manager, test: impl Fn(&World) -> String) {
    let mut first: Option<(Shell, String)> = None;
    for shell in shells() {
        let world = World::new(shell, manager);
        let found = test(&world);
        match &first {
            None => first = Some((shell, found)),
            Some((other, expected)) => assert!(
                found == *expected,
                "{manager}: {shell:?} differs from {other:?}:\n{}",
                difference(expected, &found)
            ),
        }
    }
}

fn difference(expected: &str, found: &str) -> String {
    let (mut one, mut other) = (expected.lines(), found.lines());
    let mut shown = String::new();
    loop {
        match (one.next(), other.next()) {
            (None, None) => return shown,
            (a, b) if a != b => {
                shown.push_str(&format!("-{}\n+{}\n", a.unwrap_or_default(), b.unwrap_or_default()));
                if shown.len() > 4_000 {
                    return shown;
                }
            }
            _ => {}
        }
    }
}

#[test]
fn a_probe_is_the_same_under_every_shell() {
    for manager in managers::PROBED {
        alike(manager, |world| {
            let request = ProbeRequest {
                refresh: Refresh::Always,
                installed: true,
                lock_wait: Duration::ZERO,
            };
            let script = probe_script(&request, nonce()).unwrap();
            let (output, text) = answer(world, &script);
            let probe = parse_probe(&output, &nonce()).unwrap_or_else(|error| panic!("{manager}: {error:?}\n{text}"));
            assert_eq!(probe.facts.manager, manager);
            assert!(!probe.updates.is_empty(), "{manager}: {text}");
            assert!(
                probe.installed.is_some_and(|installed| !installed.is_empty()),
                "{manager}: {text}"
            );
            text
        });
    }
}

#[test]
fn a_probe_that_fetches_nothing_is_the_same_under_every_shell() {
    for refresh in [
        Refresh::Never,
        Refresh::OlderThan(Duration::from_secs(u64::from(u32::MAX))),
    ] {
        alike(Manager::Apt, |world| {
            let request = ProbeRequest {
                refresh,
                installed: false,
                lock_wait: Duration::ZERO,
            };
            let (output, text) = answer(world, &probe_script(&request, nonce()).unwrap());
            let sections = frame::parse(&output, &nonce()).unwrap();
            assert!(sections.get("refresh").is_none(), "{text}");
            text
        });
    }
}

#[test]
fn an_examination_is_the_same_under_every_shell() {
    for manager in managers::PROBED {
        alike(manager, |world| {
            world.stub("df", "#!/bin/sh\necho Filesystem\necho '/dev/vda 100 60 40 60% /'\n");
            let privilege = Privilege {
                method: PrivilegeMethod::Sudo,
                user: "root".to_owned(),
                password: None,
                scope: crate::model::host::PrivilegeScope::Everything,
            };
            let (output, text) = answer(world, &doctor::doctor_script(&privilege, nonce()).unwrap());
            let circumstances = doctor::Circumstances {
                login: "deploy",
                privilege: &privilege,
                times: doctor::Times { sent: 0, received: 0 },
                refusal: None,
            };
            let (found, checks) = doctor::parse_doctor(&output, &nonce(), &circumstances)
                .unwrap_or_else(|error| panic!("{manager}: {error:?}\n{text}"));
            assert_eq!(found, Some(manager));
            let told = |topic| checks.iter().find(|check| check.check == topic).unwrap();
            assert_eq!(told(Topic::Privilege).outcome, Outcome::Ok, "{text}");
            assert_eq!(told(Topic::Programs).outcome, Outcome::Ok, "{text}");
            assert_eq!(told(Topic::Lock).outcome, Outcome::Ok, "{text}");
            if matches!(manager, Manager::Apt | Manager::Apk) {
                assert_eq!(told(Topic::Packages).outcome, Outcome::Failed, "{text}");
            }
            text
        });
    }
}

fn change(manager: Manager) -> PlannedChange {
    let (package, arch, from, to) = managers::planned(manager);
    PlannedChange {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new(arch).unwrap(),
        from: Some(Version::new(from).unwrap()),
        to: Version::new(to).unwrap(),
        repo: String::new(),
        security: None,
        size: None,
    }
}

#[test]
fn a_simulation_is_the_same_under_every_shell() {
    for manager in managers::PROBED {
        alike(manager, |world| {
            let Ok(script) = job::simulate_script(
                manager,
                &[change(manager)],
                &[],
                &Consent::default(),
                Duration::ZERO,
                nonce(),
            ) else {
                return String::new();
            };
            let (output, text) = answer(world, &script);
            let simulation = job::parse_simulate(manager, &output, &nonce()).unwrap();
            if managers::AGREES.contains(&manager) {
                assert_eq!(simulation.failure, None, "{manager}: {text}");
            }
            text
        });
    }
}

#[test]
fn a_question_about_a_transaction_is_the_same_under_every_shell() {
    for manager in managers::PROBED {
        alike(manager, |world| {
            let request = ResolveRequest {
                manager,
                changes: vec![change(manager)],
                may_bring: Vec::new(),
                install: Vec::new(),
                consent: Consent::default(),
                lock_wait: Duration::ZERO,
            };
            let (output, text) = answer(world, &resolve_script(&request, nonce()).unwrap());
            let found = parse_resolve(manager, &output, &nonce()).unwrap();
            let agrees = [Manager::Apt, Manager::Zypper, Manager::Pacman, Manager::Apk].contains(&manager);
            assert!(!agrees || found.refusal.is_none(), "{manager}: {text}");
            text
        });
    }
}

/// Starts the job, waits for its end and removes it; gives its log and how it ended.
fn run_job(world: &World, manager: Manager, id: &JobId) -> (String, i32) {
    let request = JobRequest {
        id: id.clone(),
        manager,
        changes: vec![change(manager)],
        may_bring: Vec::new(),
        install: Vec::new(),
        consent: Consent::default(),
        lock_wait: Duration::ZERO,
        step: JobStep::Everything,
    };
    let start = job::start_script(&request, nonce()).unwrap();
    let started = job::parse_start(&answer(world, &start).0, &nonce());
    assert_eq!(started.unwrap(), JobStart::Started, "{manager}");
    let again = job::parse_start(&answer(world, &start).0, &nonce());
    assert_eq!(again.unwrap(), JobStart::Attached, "{manager}");
    let (mut log, mut offset) = (String::new(), 0);
    for _ in 0..60 {
        let script = job::follow_script(id, offset, Duration::from_secs(2), nonce()).unwrap();
        let (output, text) = answer(world, &script);
        let progress = job::parse_follow(&output, &nonce()).unwrap();
        log.push_str(&progress.log);
        offset = progress.offset;
        match progress.state {
            JobState::Running => {}
            JobState::Finished { exit_code } => return (world.neutral(&log), exit_code),
            other => panic!("{manager}: {other:?} {text}"),
        }
    }
    panic!("{manager}: the job does not end: {log}");
}

#[test]
fn a_job_is_the_same_under_every_shell() {
    let id = JobId::new("test-1").unwrap();
    for manager in managers::PROBED
        .into_iter()
        .filter(|manager| manager.scan_only().is_none())
    {
        alike(manager, |world| {
            let (log, exit_code) = run_job(world, manager, &id);
            if managers::AGREES.contains(&manager) {
                assert_eq!(exit_code, 0, "{manager}: {log}");
            }
            let left = left_over::left_over_script(&id, nonce()).unwrap();
            let (output, text) = answer(world, &left);
            left_over::parse_left_over(&output, &nonce()).unwrap();
            let cleanup = job::cleanup_script(&id, nonce()).unwrap();
            job::parse_cleanup(&answer(world, &cleanup).0, &nonce()).unwrap();
            assert!(!world.path("/var/lib/patchwave/jobs/test-1").exists());
            let gone = job::follow_script(&id, 0, Duration::ZERO, nonce()).unwrap();
            let gone = job::parse_follow(&answer(world, &gone).0, &nonce()).unwrap();
            assert_eq!(gone.state, JobState::Unknown);
            format!("{exit_code}\n{log}\n{text}")
        });
    }
}

#[test]
fn a_word_of_one_shell_alone_is_found() {
    for program in [
        "main() { section one test_it; finish; }; test_it() { [[ a = a ]] && echo yes; }",
        "main() { section one test_it; finish; }; test_it() { local -a list; list=(a b); echo \"${list[1]}\"; }",
        "main() { section one test_it; finish; }; test_it() { echo -e 'a\\tb'; }",
        "main() { section one test_it; finish; }; test_it() { x=abc; echo \"${x:1:1}\"; }",
    ] {
        let found: Vec<String> = shells()
            .into_iter()
            .filter(|shell| matches!(shell, Shell::Dash | Shell::Bash))
            .map(|shell| {
                let world = World::new(shell, Manager::Apt);
                let text = format!("nonce=0\n{}\n{program}\nmain", include_str!("../scripts/frame.sh"));
                let output = world.run(&text);
                String::from_utf8_lossy(&output.stdout).into_owned()
            })
            .collect();
        if let [dash, bash] = found.as_slice() {
            assert_ne!(dash, bash, "{program}");
        }
    }
}
