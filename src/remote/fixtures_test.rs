//! Runs the probe's parser over real captures. `tests/fixtures/<manager>/<case>.stdout` and `.stderr` are
//! what a host printed for a probe with the nonce 0; `<case>.json` is what patchwave must make of it.
//! Adding the files adds the test. `PATCHWAVE_BLESS=1` writes the expected file anew: read the difference.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::probe::{Probe, parse_probe};
use super::script::Nonce;
use super::transport::ScriptOutput;
use crate::model::error::HostError;

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
                "installed": installed.map(|all| {
                    let tests: Vec<&String> = all.iter().filter(|line| line.starts_with("pw-")).collect();
                    json!({ "count": all.len(), "pw": tests })
                }),
            })
        }
    }
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut cases = Vec::new();
    for manager in fs::read_dir(root).unwrap() {
        let folder = manager.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "stdout") {
                cases.push(path);
            }
        }
    }
    cases.sort();
    cases
}

#[test]
fn every_capture_is_read_as_expected() {
    let mut wrong = Vec::new();
    for path in cases() {
        let output = ScriptOutput {
            stdout: fs::read(&path).unwrap(),
            stderr: fs::read(path.with_extension("stderr")).unwrap(),
            exit_code: Some(0),
            truncated: false,
        };
        let found = shown(parse_probe(&output, &Nonce::from_bits(0)));
        let expected_path = path.with_extension("json");
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
