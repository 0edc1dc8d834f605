//! Runs the probe's parser over real captures. `tests/fixtures/<manager>/<case>.stdout` and `.stderr` are
//! what a host printed for a probe with the nonce 0; `<case>.json` is what patchwave must make of it.
//! `<case>.<exit code>.log` is the log of a job, or what a command printed, and `<case>.json` what its failure is
//! taken for. `<case>.resolution` is the answer to a question about a transaction. Adding the files adds the test. `PATCHWAVE_BLESS=1` writes the expected file anew: read the difference.
//!
//! A capture is taken with the script that `cargo test scripts_test` leaves:
//! `tests/lab/lab exec DIR HOST sh -s <target/scripts/probe-always.sh >CASE.stdout 2>CASE.stderr`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::probe::{Probe, parse_probe};
use super::resolve::parse_resolve;
use super::script::Nonce;
use super::transport::ScriptOutput;
use crate::manager::failure;
use crate::manager::steps::steps;
use crate::model::error::HostError;
use crate::model::manager::Manager;

fn shown(result: Result<Probe, HostError>) -> Value {
    match result {
        Err(error) => json!({ "error": error }),
        Ok(probe) => {
            let installed = probe.installed.map(|installed| {
                installed
                    .iter()
                    .map(|(key, versions)| {
                        let versions: Vec<&str> = versions.iter().map(|v| v.as_str()).collect();
                        format!("{}.{} {}", key.package, key.arch, versions.join(" "))
                    })
                    .collect::<Vec<_>>()
            });
            json!({
                "facts": probe.facts,
                "updates": probe.updates,
                "notices": probe.notices,
                "broken": probe.broken,
                "installed": installed.map(|all| {
                    let tests: Vec<&String> = all.iter().filter(|line| line.starts_with("pw-")).collect();
                    json!({ "count": all.len(), "pw": tests })
                }),
            })
        }
    }
}

fn cases(wanted: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut cases = Vec::new();
    for manager in fs::read_dir(root).unwrap() {
        let folder = manager.unwrap().path();
        // Other folders hold what other tests read.
        let is_of_manager = |manager: &Manager| folder.ends_with(manager.to_string());
        if !Manager::ALL.iter().any(is_of_manager) {
            continue;
        }
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == wanted) {
                cases.push(path);
            }
        }
    }
    cases.sort();
    cases
}

#[test]
fn every_capture_is_read_as_expected() {
    check(cases("stdout"), |path| {
        let output = ScriptOutput {
            stdout: fs::read(path).unwrap(),
            stderr: fs::read(path.with_extension("stderr")).unwrap(),
            exit_code: Some(0),
            truncated: false,
        };
        let found = shown(parse_probe(&output, &Nonce::from_bits(0)));
        (found, path.with_extension("json"))
    });
}

#[test]
fn every_failure_is_taken_for_what_it_is() {
    check(cases("log"), |path| {
        let manager = path.parent().unwrap().file_name().unwrap();
        let manager = Manager::from_name(manager.to_str().unwrap()).unwrap();
        let case = path.with_extension("");
        let exit_code = case.extension().unwrap().to_str().unwrap().parse().unwrap();
        let error = failure(manager, exit_code, &fs::read_to_string(path).unwrap());
        (json!(error), case.with_extension("json"))
    });
}

/// `<case>.steps` is what a manager printed when it simulated a transaction, and `<case>.json` its steps.
#[test]
fn every_simulation_is_read_as_expected() {
    check(cases("steps"), |path| {
        let manager = path.parent().unwrap().file_name().unwrap();
        let manager = Manager::from_name(manager.to_str().unwrap()).unwrap();
        let found = steps(manager, &fs::read_to_string(path).unwrap());
        let shown = json!({ "steps": found.steps, "unparsed": found.unparsed });
        (shown, path.with_extension("json"))
    });
}

/// `<case>.resolution` and `.resolution-errors` are what a host printed when it was asked about a transaction, with the
/// nonce 0, and `<case>.json` what is made of it.
#[test]
fn every_resolution_is_read_as_expected() {
    check(cases("resolution"), |path| {
        let manager = path.parent().unwrap().file_name().unwrap();
        let manager = Manager::from_name(manager.to_str().unwrap()).unwrap();
        let output = ScriptOutput {
            stdout: fs::read(path).unwrap(),
            stderr: fs::read(path.with_extension("resolution-errors")).unwrap(),
            exit_code: Some(0),
            truncated: false,
        };
        let found = parse_resolve(manager, &output, &Nonce::from_bits(0)).unwrap();
        (json!(found), path.with_extension("json"))
    });
}

fn check(cases: Vec<PathBuf>, read: impl Fn(&Path) -> (Value, PathBuf)) {
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for path in cases {
        let (found, expected_path) = read(&path);
        if std::env::var_os("PATCHWAVE_BLESS").is_some() {
            let text = serde_json::to_string_pretty(&found).unwrap();
            fs::write(&expected_path, text + "\n").unwrap();
        }
        let expected: Value = fs::read_to_string(&expected_path)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or(Value::Null);
        if found != expected {
            wrong.push(format!("{}: {found:#}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
