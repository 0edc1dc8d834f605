//! OpenSSH's client configuration: what `ssh` itself would use for a destination.
//!
//! What must stay true:
//! - It says what `ssh -G` says, for every directive that is honoured; the tests ask the real one.
//! - A mistake is never half a configuration: a file that OpenSSH would refuse is an error with its line, and what
//!   it would refuse for one destination forbids the connection to that one.
//! - Resolving is a function of texts and of [`Surroundings`]; only [`ThisMachine`] touches the machine.
//! - A file is read once and a command of `Match exec` is run once, however many hosts there are.
//!
//! `line`, `keyword`, `value`, `criteria`, `destination` and `parse` turn texts into lines; `library` keeps them;
//! `evaluate` goes through them for one destination and `state` keeps what is said; `answer` makes of it what a
//! connection uses.

mod answer;
mod criteria;
mod destination;
mod directive;
mod evaluate;
mod glob;
mod hosts;
mod keyword;
mod library;
mod line;
mod machine;
mod parse;
mod state;
mod surroundings;
#[cfg(test)]
mod tests;
mod tokens;
mod value;
mod warnings;

pub use machine::ThisMachine;
pub use surroundings::{Account, ConfigurationText, Surroundings};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::diagnostic::Diagnostics;
use crate::model::ssh_options::{SshAnswer, SshConfiguration, SshDestination, SshHostEntry};
use library::Library;

/// OpenSSH's configuration as one account on one machine sees it.
#[derive(Debug)]
pub struct OpenSshConfiguration {
    library: Library,
    file: Option<PathBuf>,
}

impl OpenSshConfiguration {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(surroundings: Arc<dyn Surroundings>) -> Self {
        Self {
            library: Library::new(surroundings),
            file: None,
        }
    }

    /// Reads one file in place of the user's and the system's, as `ssh -F` does; `none` reads nothing. A
    /// destination that names a file of its own has that one.
    #[must_use]
    pub fn with_file(self, file: PathBuf) -> Self {
        Self {
            file: Some(file),
            ..self
        }
    }
}

impl SshConfiguration for OpenSshConfiguration {
    fn resolve(&self, destination: &SshDestination<'_>) -> Result<SshAnswer, Diagnostics> {
        let destination = SshDestination {
            configuration: destination.configuration.or(self.file.as_deref()),
            ..destination.clone()
        };
        let outcome = evaluate::evaluate(&self.library, &destination)?;
        Ok(answer::answer(&outcome, &destination, &*self.library.surroundings))
    }

    fn hosts(&self, file: &Path, pattern: Option<&str>) -> Result<Vec<SshHostEntry>, Diagnostics> {
        hosts::hosts(&self.library, file, pattern)
    }

    fn is_replaced(&self) -> bool {
        self.file.is_some()
    }
}
