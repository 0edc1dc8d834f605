//! The scripts of single hosts, run inside a host as root and past SSH: the question about a transaction, and jobs.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use patchwave::manager::listing::key;
use patchwave::model::error::HostError;
use patchwave::model::manager::Manager;
use patchwave::model::name::{PackageName, Version};
use patchwave::model::plan::PlannedChange;
use patchwave::model::resolution::{OfferSource, Resolution};
use patchwave::model::rollback::Consent;
use patchwave::model::step::StepAction;
use patchwave::remote::job::{
    JobId, JobRequest, JobState, JobStep, cleanup_script, follow_script, parse_follow, parse_start, start_script,
};
use patchwave::remote::resolve::{ResolveRequest, parse_resolve, resolve_script};
use patchwave::remote::script::{Nonce, Script};
use patchwave::remote::transport::ScriptOutput;

use super::hosts::Lab;

fn nonce() -> Nonce {
    Nonce::from_bits(7)
}

pub fn manager_of(lab: &Lab, host: &str) -> Manager {
    let name = lab.manager(host);
    Manager::ALL
        .into_iter()
        .find(|manager| manager.to_string() == name)
        .unwrap()
}

pub fn name(text: &str) -> PackageName {
    PackageName::new(text).unwrap()
}

/// A version of the test packages as the manager writes it.
pub fn version(lab: &Lab, host: &str, text: &str) -> String {
    let release = if manager_of(lab, host) == Manager::Apk {
        "-r0"
    } else {
        "-1"
    };
    format!("{text}{release}")
}

/// A change of a test package; no version to start from for a new one.
pub fn change(lab: &Lab, host: &str, package: &str, from: Option<&str>, to: &str) -> PlannedChange {
    let is_native = package == "pw-app";
    let arch = match (manager_of(lab, host), is_native) {
        (Manager::Apt, true) => "amd64",
        (_, true) => "x86_64",
        (Manager::Apt, false) => "all",
        (Manager::Pacman, false) => "any",
        (_, false) => "noarch",
    };
    let key = key(package, arch).unwrap();
    let written = |text: &str| Version::new(version(lab, host, text)).unwrap();
    PlannedChange {
        package: key.package,
        arch: key.arch,
        from: from.map(written),
        to: written(to),
        repo: String::new(),
        security: None,
        size: None,
    }
}

/// pw-lib and pw-app, which needs pw-lib of its own version.
pub fn pair(lab: &Lab, host: &str, from: &str, to: &str) -> Vec<PlannedChange> {
    ["pw-lib", "pw-app"]
        .map(|package| change(lab, host, package, Some(from), to))
        .to_vec()
}

/// Fetches the lists of what is served now. pacman's own stay as they are: a copy is looked at.
pub fn refresh(lab: &Lab, host: &str) {
    let command = match manager_of(lab, host) {
        Manager::Apt => "apt-get -q update",
        Manager::Dnf4 => "dnf -q --refresh makecache",
        Manager::Dnf5 => "dnf5 -q --refresh makecache",
        Manager::Zypper => "zypper -q refresh --force",
        Manager::Apk => "apk update",
        _ => "true",
    };
    lab.shell(host, &format!("{command} >/dev/null"));
}

pub fn run(lab: &Lab, host: &str, script: &Script) -> ScriptOutput {
    let mut child = lab
        .exec(host, &["sh", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.text().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    ScriptOutput {
        stdout: output.stdout,
        stderr: output.stderr,
        exit_code: output.status.code().and_then(|code| u32::try_from(code).ok()),
        truncated: false,
    }
}

/// Asks the host what the changes, and the packages that must be present, would come to.
pub fn resolve(lab: &Lab, host: &str, changes: &[PlannedChange], install: &[&str]) -> Resolution {
    let manager = manager_of(lab, host);
    let request = ResolveRequest {
        manager,
        changes: changes.to_vec(),
        may_bring: Vec::new(),
        install: install.iter().map(|text| name(text)).collect(),
        consent: Consent::default(),
        lock_wait: Duration::from_secs(60),
    };
    let script = resolve_script(&request, nonce()).unwrap();
    let found: Result<Resolution, HostError> = parse_resolve(manager, &run(lab, host, &script), &nonce());
    let found = found.unwrap();
    assert_eq!(found.unparsed, 0, "{host}: {found:#?}");
    assert!(!found.offers_unknown && !found.users_unknown, "{host}: {found:#?}");
    found
}

/// `NAME VERSION` of each step, `-NAME` of a removal.
pub fn steps(found: &Resolution) -> Vec<String> {
    let shown = found.steps.iter().map(|step| match &step.to {
        Some(to) if step.action != StepAction::Remove => format!("{} {to}", step.package),
        _ => format!("-{}", step.package),
    });
    shown.collect()
}

/// The versions of a package that can be had there.
pub fn offered(found: &Resolution, package: &str, source: OfferSource) -> Vec<String> {
    let mut versions: Vec<String> = found
        .offers
        .iter()
        .filter(|offer| offer.package.as_str() == package && offer.source == source)
        .map(|offer| offer.version.to_string())
        .collect();
    versions.dedup();
    versions
}

/// Runs a job to its end; its log and exit code.
pub fn job(lab: &Lab, host: &str, step: JobStep, changes: &[PlannedChange], install: &[&str]) -> (String, i32) {
    job_with(lab, host, step, changes, install, Consent::default())
}

/// The same with consent to more than installing what is newer.
pub fn job_with(
    lab: &Lab,
    host: &str,
    step: JobStep,
    changes: &[PlannedChange],
    install: &[&str],
    consent: Consent,
) -> (String, i32) {
    let id = JobId::new("lab-job").unwrap();
    let request = JobRequest {
        id: id.clone(),
        manager: manager_of(lab, host),
        step,
        changes: changes.to_vec(),
        may_bring: Vec::new(),
        install: install.iter().map(|text| name(text)).collect(),
        consent,
        lock_wait: Duration::from_secs(60),
    };
    parse_start(&run(lab, host, &start_script(&request, nonce()).unwrap()), &nonce()).unwrap();
    let (mut log, mut offset) = (String::new(), 0);
    for _ in 0..60 {
        let script = follow_script(&id, offset, Duration::from_secs(5), nonce()).unwrap();
        let output = run(lab, host, &script);
        let progress = parse_follow(&output, &nonce()).unwrap_or_else(|error| {
            let said = String::from_utf8_lossy(&output.stderr);
            panic!("{host}: {error}; exit code {:?}\n{said}", output.exit_code)
        });
        log.push_str(&progress.log);
        offset = progress.offset;
        match progress.state {
            JobState::Running => {}
            JobState::Finished { exit_code } => {
                run(lab, host, &cleanup_script(&id, nonce()).unwrap());
                return (log, exit_code);
            }
            other => panic!("{host}: {other:?}\n{log}"),
        }
    }
    panic!("{host}: the job does not end\n{log}");
}
