//! Runs the program as a user calls it: a folder of its own, an environment of its own.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use patchwave::simulator::keys::SimulatedKey;
use serde_json::Value;

/// A folder with an inventory, a state directory and a home, which nothing else uses.
pub struct Workplace {
    folder: tempfile::TempDir,
    pub environment: BTreeMap<String, String>,
}

/// What a call of the program came to.
#[must_use]
#[derive(Debug)]
pub struct Outcome {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workplace {
    /// The home has a key, so that a login is tried wherever something listens.
    pub fn new() -> Self {
        let workplace = Self {
            folder: tempfile::tempdir().unwrap(),
            environment: BTreeMap::new(),
        };
        let key = SimulatedKey::generate().unwrap().private_text().unwrap();
        let path = workplace.write("home/.ssh/id_ed25519", &key);
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        workplace
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchwave"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("PATCHWAVE_STATE_DIR", self.folder.path().join("state"))
            // Nothing of whoever runs the tests.
            .env("PATCHWAVE_SSH_CONFIG", "none")
            .envs(&self.environment)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
        self.command(arguments).output().unwrap().into()
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            exit: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Outcome {
    /// The JSON document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr))
    }

    /// Fails with everything that was printed unless the exit code is that.
    #[track_caller]
    pub fn expect_exit(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The entry of that host in a scan or a run.
    #[track_caller]
    pub fn host(&self, name: &str) -> Value {
        let document = self.json();
        let found = document["hosts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|host| host["name"] == name)
            .cloned();
        found.unwrap_or_else(|| panic!("no host {name} in {document:#}"))
    }
}
