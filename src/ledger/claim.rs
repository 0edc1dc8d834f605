//! Claims: one process at a time writes the journal of a run, or makes the ledger.
//!
//! A claim is an exclusive lock of the kernel on `runs/RUN.lock` in the state directory (`flock` on Unix, which works
//! over NFS too). What must stay true: a claim ends with its process however that ends, and no file says that a run is
//! claimed which is not.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::LedgerError;
use crate::model::controller::Controller;
use crate::model::name::RunId;

/// Whoever only looks holds the lock for an instant; a claim is tried again for as long.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(25);

/// Making a ledger takes milliseconds, moving a large one to a newer form seconds: half a minute.
const PREPARING_TRIES: u32 = 1200;

/// The right to write the journal of a run; given back when it is dropped, and by the kernel when the process ends.
#[derive(Debug)]
pub struct Claim {
    /// Holds the lock; `None` for a ledger that only this process sees.
    file: Option<(File, PathBuf)>,
}

/// What asking for a claim came to.
#[derive(Debug)]
pub enum Claiming {
    /// It is held now.
    Granted(Claim),
    /// Somebody else has it; who that is, when it could be read.
    Held(Option<Controller>),
}

impl Claim {
    /// A claim on what nobody else can see.
    pub(super) fn of_memory() -> Self {
        Self { file: None }
    }

    /// Gives it back for good, because the run has ended: nothing is left of it.
    pub fn end(self) {
        if let Some((_, path)) = &self.file {
            // A file that stays is not held and says nothing.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Asks for the claim of a run.
pub(super) fn claim(directory: &Path, run: &RunId, by: &Controller) -> Result<Claiming, LedgerError> {
    let path = path(directory, run);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    let mut file = open(&path, true)?;
    for tried in 0..TRIES {
        match file.try_lock() {
            Ok(()) => {
                write(&mut file, by).map_err(|error| failed(&path, &error))?;
                return Ok(Claiming::Granted(Claim {
                    file: Some((file, path)),
                }));
            }
            Err(TryLockError::WouldBlock) if tried + 1 < TRIES => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(failed(&path, &error)),
        }
    }
    Ok(Claiming::Held(read(&mut file)))
}

/// Who holds the claim of a run; `Some(None)` when somebody does and could not be read.
pub(super) fn holder(directory: &Path, run: &RunId) -> Result<Option<Option<Controller>>, LedgerError> {
    let path = path(directory, run);
    let mut file = match open(&path, false) {
        Ok(file) => file,
        Err(_) if !path.exists() => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read(&mut file))),
        Err(TryLockError::Error(error)) => Err(failed(&path, &error)),
    }
}

/// One process at a time makes a ledger or moves it to a newer form. Given back when the file is dropped.
pub(super) fn preparing(directory: &Path) -> Result<File, LedgerError> {
    let path = directory.join("ledger.lock");
    let file = open(&path, true)?;
    for _ in 0..PREPARING_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed(&path, &error)),
        }
    }
    Err(LedgerError::Busy)
}

fn path(directory: &Path, run: &RunId) -> PathBuf {
    directory.join("runs").join(format!("{run}.lock"))
}

fn open(path: &Path, is_made: bool) -> Result<File, LedgerError> {
    let mut options = OpenOptions::new();
    options.read(true).write(is_made).create(is_made);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| failed(path, &error))
}

fn write(file: &mut File, by: &Controller) -> std::io::Result<()> {
    let text = serde_json::to_string(by)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}

fn read(file: &mut File) -> Option<Controller> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(64 * 1024).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn failed(path: &Path, error: &std::io::Error) -> LedgerError {
    LedgerError::Open {
        path: path.display().to_string(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controller(user: &str) -> Controller {
        Controller {
            user: user.to_owned(),
            machine: "control01".to_owned(),
            process: 7,
            since: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn one_holds_it_and_the_other_is_told_who() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunId::new("r1").unwrap();
        assert!(holder(folder.path(), &run).unwrap().is_none());
        let Claiming::Granted(first) = claim(folder.path(), &run, &controller("ann")).unwrap() else {
            panic!("nobody has it");
        };
        let second = claim(folder.path(), &run, &controller("bob")).unwrap();
        assert!(
            matches!(&second, Claiming::Held(Some(by)) if by.user == "ann"),
            "{second:?}"
        );
        assert_eq!(holder(folder.path(), &run).unwrap(), Some(Some(controller("ann"))));
        drop(first);
        assert!(
            holder(folder.path(), &run).unwrap().is_none(),
            "what is left of it says nothing"
        );
        let Claiming::Granted(again) = claim(folder.path(), &run, &controller("bob")).unwrap() else {
            panic!("it was given back");
        };
        again.end();
        assert!(!path(folder.path(), &run).exists());
    }
}
