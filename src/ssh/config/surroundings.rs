//! What resolving needs of the machine, as a trait: accounts, variables, files and programs.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Whoever runs us, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The login name.
    pub user: String,
    /// Its number.
    pub uid: u32,
    /// Its home directory, as the account has it and whatever `HOME` says.
    pub home: PathBuf,
    /// The name of this machine, as gethostname(2) has it.
    pub host_name: String,
}

/// A file of configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationText {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// The number of the account that owns it.
    pub owner: u32,
    /// Who may do what with it, as in stat(2).
    pub mode: u32,
}

/// The machine, as far as OpenSSH's configuration can ask for it.
pub trait Surroundings: Send + Sync + fmt::Debug {
    /// Whoever runs us.
    fn account(&self) -> &Account;

    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// The home directory of another account.
    fn home_of(&self, user: &str) -> Option<PathBuf>;

    /// Reads a file.
    ///
    /// # Errors
    /// Those of reading.
    fn read(&self, path: &Path) -> io::Result<ConfigurationText>;

    /// The names in a directory, in any order; empty when it cannot be read.
    fn list(&self, directory: &Path) -> Vec<String>;

    /// Whether there is something of that name.
    fn exists(&self, path: &Path) -> bool;

    /// Runs a command of `Match exec` by the user's shell: whether it ended with 0.
    ///
    /// # Errors
    /// Why it could not be run, or did not end, in words.
    fn succeeds(&self, command: &str) -> Result<bool, String>;
}
