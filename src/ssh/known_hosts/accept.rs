//! Accepting the key of a host that nothing is known of, and writing it down.
//!
//! What must stay true: of two keys that are shown under one name only the first is accepted, in this run and in
//! others that write the same file at the same moment, so a file is judged again once it is locked; a file that
//! cannot be written or locked holds up no other host, and nobody for longer than a limit.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use russh::keys::PublicKey;
use tokio::sync::Mutex;

use super::append::{append_line, lock, open};
use super::files::KnownHosts;
use super::index::Index;
use super::{HostLines, HostNames, Place, Verdict};

/// How long one key may take to be written: another program may have locked the file, or its server be away.
const WRITE_LIMIT: Duration = Duration::from_secs(5);

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

/// Whoever holds it writes into a file; the others wait without holding a thread.
pub(super) type Pen = Arc<Mutex<Written>>;

/// What is known of a file since it was last read.
#[derive(Default)]
pub(super) struct Written {
    /// Its lines; those that this run has written since are missing.
    index: Option<Arc<Index>>,
    /// Its length in bytes. Another one means that somebody else has written.
    length: u64,
}

/// A key that is to be accepted.
struct Candidate {
    names: HostNames,
    key: PublicKey,
    file: PathBuf,
}

impl KnownHosts {
    /// Accepts the key of a host that nothing is known of, and writes it down.
    pub(in crate::ssh) async fn accept(
        self: &Arc<Self>,
        names: &HostNames,
        key: &PublicKey,
        file: Option<&Path>,
    ) -> Acceptance {
        let written = match file {
            Some(file) => {
                let candidate = Candidate {
                    names: names.clone(),
                    key: key.clone(),
                    file: file.to_owned(),
                };
                self.write(candidate).await
            }
            None => Ok(None),
        };
        match written {
            Ok(Some(verdict)) => Acceptance::Judged(verdict),
            Ok(None) => self
                .remember(&names.exact, key, file)
                .map_or(Acceptance::Accepted, Acceptance::Judged),
            Err(reason) => match self.remember(&names.exact, key, file) {
                None | Some(Verdict::Known) => Acceptance::NotWritten(reason),
                Some(verdict) => Acceptance::Judged(verdict),
            },
        }
    }

    /// What this run has to say of a key, once it has accepted one for the host.
    fn of_this_run(&self, name: &str, key: &PublicKey) -> Option<Verdict> {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        judge(accepted.get(name)?, key)
    }

    /// Accepts a key for this run, unless another one was faster: then this is what is to be said of it.
    fn remember(&self, name: &str, key: &PublicKey, file: Option<&Path>) -> Option<Verdict> {
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = accepted.entry(name.to_owned()).or_default();
        let verdict = judge(earlier, key);
        if verdict.is_none() {
            earlier.push(Accepted {
                key: key.clone(),
                place: Place {
                    file: file.map(Path::to_owned).unwrap_or_default(),
                    line: 0,
                },
            });
        }
        verdict
    }

    /// Writes a key into a file, unless the file or this run says something of the host by now.
    async fn write(self: &Arc<Self>, candidate: Candidate) -> Result<Option<Verdict>, String> {
        let pen = {
            let mut pens = self.pens.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(pens.entry(candidate.file.clone()).or_default())
        };
        let known_hosts = Arc::clone(self);
        let writing = async {
            let mut written = pen.lock_owned().await;
            let task = tokio::task::spawn_blocking(move || known_hosts.write_now(&candidate, &mut written));
            task.await.map_err(io::Error::other)?
        };
        match tokio::time::timeout(WRITE_LIMIT, writing).await {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(_) => Err(format!("it took longer than {} s", WRITE_LIMIT.as_secs())),
        }
    }

    fn write_now(&self, candidate: &Candidate, written: &mut Written) -> io::Result<Option<Verdict>> {
        let Candidate { names, key, file: path } = candidate;
        if let Some(verdict) = self.of_this_run(&names.exact, key) {
            return Ok(Some(verdict));
        }
        if let Some(mut file) = open(path)? {
            // Given back when the file is closed.
            lock(&file, WRITE_LIMIT)?;
            let index = written.index(path, file.metadata()?.len())?;
            match HostLines::find(&[index], &[], names).judge(key) {
                Verdict::Unknown => {
                    let bare = PublicKey::from(key.key_data().clone());
                    let text = bare.to_openssh().map_err(io::Error::other)?;
                    // What somebody else writes at this moment makes another length, and is read then.
                    written.length += append_line(&mut file, &format!("{} {}", names.exact, text.trim()))?;
                }
                // Somebody else has written just this key.
                Verdict::Known => {}
                verdict => return Ok(Some(verdict)),
            }
        }
        Ok(self.remember(&names.exact, key, Some(path)))
    }
}

impl Written {
    /// The file's lines, read again if it is not as long as it was left.
    fn index(&mut self, path: &Path, length: u64) -> io::Result<Arc<Index>> {
        match &self.index {
            Some(index) if self.length == length => Ok(Arc::clone(index)),
            _ => {
                let index = Arc::new(Index::read(path)?);
                self.index = Some(Arc::clone(&index));
                self.length = length;
                Ok(index)
            }
        }
    }
}

/// What is to be said of a key of a host whose keys were accepted earlier; nothing when none was.
fn judge(earlier: &[Accepted], key: &PublicKey) -> Option<Verdict> {
    let first = earlier.first()?;
    let same = earlier.iter().any(|other| other.key.key_data() == key.key_data());
    Some(if same {
        Verdict::Known
    } else {
        Verdict::Changed(first.place.clone())
    })
}
