//! The files of configuration, each read and taken apart once, and the answers of `Match exec`, each asked once.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::glob;
use super::parse::{Parsed, parse};
use super::surroundings::Surroundings;
use crate::model::diagnostic::{Diagnostic, Place};

/// Longer files are no configuration.
const LARGEST_FILE: usize = 4 * 1024 * 1024;

/// What became of a file.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// It is not there.
    Missing,
    /// It is there and cannot be read: why.
    Unreadable(String),
    /// It was read.
    File { owner: u32, mode: u32, parsed: Arc<Parsed> },
}

/// Reads and remembers.
#[derive(Debug)]
pub(super) struct Library {
    pub(super) surroundings: Arc<dyn Surroundings>,
    files: Mutex<HashMap<PathBuf, Found>>,
    patterns: Mutex<HashMap<String, Arc<[PathBuf]>>>,
    commands: Mutex<HashMap<String, Result<bool, String>>>,
}

impl Library {
    pub(super) fn new(surroundings: Arc<dyn Surroundings>) -> Self {
        Self {
            surroundings,
            files: Mutex::default(),
            patterns: Mutex::default(),
            commands: Mutex::default(),
        }
    }

    /// A file, read at the first time.
    pub(super) fn file(&self, path: &Path) -> Found {
        let mut files = locked(&self.files);
        if let Some(found) = files.get(path) {
            return found.clone();
        }
        let found = self.read(path);
        files.insert(path.to_owned(), found.clone());
        found
    }

    fn read(&self, path: &Path) -> Found {
        let name: Arc<str> = path.display().to_string().into();
        match self.surroundings.read(path) {
            Ok(text) => {
                let parsed = if text.bytes.len() > LARGEST_FILE {
                    let problem = Diagnostic::new(Place::of_file(&name), "the file is too long for a configuration");
                    Parsed {
                        lines: Vec::new(),
                        problems: problem.into(),
                    }
                } else {
                    parse(&name, &String::from_utf8_lossy(&text.bytes))
                };
                Found::File {
                    owner: text.owner,
                    mode: text.mode,
                    parsed: Arc::new(parsed),
                }
            }
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Found::Missing,
                _ => Found::Unreadable(error.to_string()),
            },
        }
    }

    /// The files that an absolute pattern stands for, looked up at the first time.
    pub(super) fn pattern(&self, pattern: &str) -> Arc<[PathBuf]> {
        let mut patterns = locked(&self.patterns);
        if let Some(found) = patterns.get(pattern) {
            return Arc::clone(found);
        }
        let found: Arc<[PathBuf]> = glob::find(pattern, &*self.surroundings).into();
        patterns.insert(pattern.to_owned(), Arc::clone(&found));
        found
    }

    /// Whether a command ends well; it is run at the first time.
    pub(super) fn succeeds(&self, command: &str) -> Result<bool, String> {
        let mut commands = locked(&self.commands);
        if let Some(answer) = commands.get(command) {
            return answer.clone();
        }
        let answer = self.surroundings.succeeds(command);
        commands.insert(command.to_owned(), answer.clone());
        answer
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
