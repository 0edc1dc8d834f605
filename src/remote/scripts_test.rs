//! Every assembled script passes `shellcheck -s sh`, where that is installed, and is read back by the
//! simulator. The texts are left in `target/scripts/` for a look, or for a try on a real host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::probe::{ProbeRequest, Refresh, probe_script};
use super::script::{Nonce, ReceivedScript, Script};

fn scripts() -> Vec<(String, Script)> {
    let nonce = || Nonce::from_bits(0);
    let probe = |refresh, installed| probe_script(&ProbeRequest { refresh, installed }, nonce()).unwrap();
    vec![
        ("probe-always".to_owned(), probe(Refresh::Always, true)),
        ("probe-never".to_owned(), probe(Refresh::Never, false)),
        (
            "probe-older".to_owned(),
            probe(Refresh::OlderThan(Duration::from_secs(3600)), true),
        ),
    ]
}

fn written() -> Vec<(PathBuf, Script)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/scripts");
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

#[test]
fn every_script_is_read_back() {
    for (path, script) in written() {
        let received = ReceivedScript::parse(script.text()).unwrap();
        assert_eq!(received.kind, script.kind(), "{}", path.display());
    }
}

#[test]
fn every_script_passes_shellcheck() {
    let scripts = written();
    if Command::new("shellcheck").arg("--version").output().is_err() {
        return;
    }
    let output = Command::new("shellcheck")
        .args(["-s", "sh"])
        .args(scripts.iter().map(|(path, _)| path))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn every_script_is_posix_to_dash() {
    for (path, _) in written() {
        let Ok(output) = Command::new("dash").arg("-n").arg(&path).output() else {
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
