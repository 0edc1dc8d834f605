//! The `known_hosts` files of a run: each is read once, however many hosts name it, and keys that a run
//! accepts are remembered and written down.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use russh::keys::PublicKey;

use crate::model::error::{ErrorCode, HostError};

use super::append::append_line;
use super::index::Index;
use super::{HostLines, HostNames, Place, Verdict};

type Slot = Arc<OnceLock<Result<Arc<Index>, HostError>>>;

/// A key that this run accepted.
#[derive(Debug, Clone)]
pub(super) struct Accepted {
    /// The key.
    pub(super) key: PublicKey,
    /// The file that it was written to, or would have been.
    pub(super) place: Place,
}

/// What became of a key of an unknown host.
#[derive(Debug)]
pub(in crate::ssh) enum Acceptance {
    /// It is known from now on.
    Accepted,
    /// It is known for this run alone, because the file cannot be written, for this reason.
    NotWritten(String),
    /// The host has become known in the meantime, and this is what is to be said of the key now.
    Judged(Verdict),
}

/// The files, by their paths.
#[derive(Default)]
pub(in crate::ssh) struct KnownHosts {
    files: Mutex<HashMap<PathBuf, Slot>>,
    accepted: Mutex<HashMap<String, Vec<Accepted>>>,
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

    /// Accepts the key of a host that nothing is known of, and writes it down. One at a time: of two keys
    /// that are shown under one name at the same moment only the first is accepted.
    pub(in crate::ssh) fn accept(&self, name: &str, key: &PublicKey, file: Option<&Path>) -> Acceptance {
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = accepted.entry(name.to_owned()).or_default();
        if let Some(first) = earlier.first() {
            let same = earlier.iter().any(|other| other.key.key_data() == key.key_data());
            return Acceptance::Judged(if same {
                Verdict::Known
            } else {
                Verdict::Changed(first.place.clone())
            });
        }
        let place = Place {
            file: file.map(Path::to_owned).unwrap_or_default(),
            line: 0,
        };
        earlier.push(Accepted {
            key: key.clone(),
            place,
        });
        let bare = PublicKey::from(key.key_data().clone());
        let written = match (file, bare.to_openssh()) {
            (None, _) => return Acceptance::Accepted,
            (Some(file), Ok(text)) => {
                append_line(file, &format!("{name} {}", text.trim())).map_err(|error| error.to_string())
            }
            (Some(_), Err(error)) => Err(error.to_string()),
        };
        match written {
            Ok(_) => Acceptance::Accepted,
            Err(reason) => Acceptance::NotWritten(reason),
        }
    }
}
