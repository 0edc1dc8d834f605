//! Machines for tests: this one with other variables, and one that is made up.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::ssh::config::{Account, ConfigurationText, Surroundings, ThisMachine};

/// The variables that configurations of the tests use.
pub(super) const VARIABLES: [(&str, &str); 2] = [("PATCHWAVE_TEST", "/of the test"), ("SSH_AUTH_SOCK", "/run/agent")];

/// This machine with the variables of the tests.
#[derive(Debug)]
pub(super) struct Changed {
    machine: ThisMachine,
}

impl Changed {
    pub(super) fn new() -> Self {
        Self {
            machine: ThisMachine::new(),
        }
    }
}

impl Surroundings for Changed {
    fn account(&self) -> &Account {
        self.machine.account()
    }

    fn variable(&self, name: &str) -> Option<String> {
        let known = VARIABLES.iter().find(|(known, _)| *known == name);
        known.map(|(_, value)| (*value).to_owned())
    }

    fn home_of(&self, user: &str) -> Option<PathBuf> {
        self.machine.home_of(user)
    }

    fn read(&self, path: &Path) -> io::Result<ConfigurationText> {
        self.machine.read(path)
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        self.machine.list(directory)
    }

    fn exists(&self, path: &Path) -> bool {
        self.machine.exists(path)
    }

    fn succeeds(&self, command: &str) -> Result<bool, String> {
        self.machine.succeeds(command)
    }
}

/// A machine that is made up: files by their names, and what was asked of it.
#[derive(Debug)]
pub(super) struct MadeUp {
    account: Account,
    pub(super) files: BTreeMap<PathBuf, ConfigurationText>,
    /// Files that nobody may read.
    pub(super) locked: Vec<PathBuf>,
    pub(super) asked: Mutex<Vec<String>>,
}

impl MadeUp {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let text = |text: &str| ConfigurationText {
            bytes: text.as_bytes().to_vec(),
            owner: 1000,
            mode: 0o100_600,
        };
        Self {
            account: Account {
                user: "eve".to_owned(),
                uid: 1000,
                home: "/home/eve".into(),
                host_name: "desk.example.org".to_owned(),
            },
            files: files
                .iter()
                .map(|(path, content)| (path.into(), text(content)))
                .collect(),
            locked: Vec::new(),
            asked: Mutex::default(),
        }
    }

    fn ask(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }
}

impl Surroundings for MadeUp {
    fn account(&self) -> &Account {
        &self.account
    }

    fn variable(&self, name: &str) -> Option<String> {
        (name == "SET").then(|| "value".to_owned())
    }

    fn home_of(&self, user: &str) -> Option<PathBuf> {
        (user == "bob").then(|| "/home/bob".into())
    }

    fn read(&self, path: &Path) -> io::Result<ConfigurationText> {
        self.ask(format!("read {}", path.display()));
        if self.locked.iter().any(|locked| locked == path) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.files
            .get(path)
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        let names = self.files.keys().filter_map(|path| path.strip_prefix(directory).ok());
        let first = names.filter_map(|path| path.components().next());
        let mut names: Vec<String> = first
            .map(|name| name.as_os_str().to_string_lossy().into_owned())
            .collect();
        names.dedup();
        names
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.keys().any(|file| file.starts_with(path))
    }

    fn succeeds(&self, command: &str) -> Result<bool, String> {
        self.ask(format!("run {command}"));
        Ok(command.starts_with("yes"))
    }
}
