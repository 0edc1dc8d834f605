//! The `known_hosts` files of a run: each is read once, however many hosts name it, and keys that a run
//! accepts are remembered.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::model::error::{ErrorCode, HostError};

use super::accept::{Accepted, Pen};
use super::index::Index;
use super::revoked::RevokedKeys;
use super::{HostLines, HostNames};

type Slot = Arc<OnceLock<Result<Arc<Index>, HostError>>>;

/// The files, by their paths.
#[derive(Default)]
pub(in crate::ssh) struct KnownHosts {
    files: Mutex<HashMap<PathBuf, Slot>>,
    /// By the names that keys are written under.
    pub(super) accepted: Mutex<HashMap<String, Vec<Accepted>>>,
    /// The keys that files of `RevokedHostKeys` name.
    pub(super) revoked: Mutex<HashMap<PathBuf, RevokedKeys>>,
    /// What is needed to write into a file, by its path.
    pub(super) pens: Mutex<HashMap<PathBuf, Pen>>,
}

impl KnownHosts {
    /// The lines that speak of a host.
    ///
    /// # Errors
    /// `E_HOSTKEY_UNKNOWN` when a file exists and cannot be read: it may revoke a key.
    pub(in crate::ssh) fn lines(&self, paths: &[PathBuf], names: &HostNames) -> Result<HostLines, HostError> {
        let mut indexes = Vec::with_capacity(paths.len());
        for path in paths {
            indexes.push(self.index(path)?);
        }
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let of_this_run = accepted.get(&names.exact).map_or(&[][..], Vec::as_slice);
        Ok(HostLines::find(&indexes, of_this_run, names))
    }

    fn index(&self, path: &Path) -> Result<Arc<Index>, HostError> {
        let slot = {
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            match files.get(path) {
                Some(slot) => Arc::clone(slot),
                None => Arc::clone(files.entry(path.to_owned()).or_default()),
            }
        };
        // Whoever comes at the same moment waits here, and not for other files.
        slot.get_or_init(|| {
            Index::read(path).map(Arc::new).map_err(|error| {
                HostError::new(
                    ErrorCode::HostKeyUnknown,
                    format!("cannot read {}: {error}", path.display()),
                    "make the file readable, or remove it",
                )
            })
        })
        .clone()
    }
}
