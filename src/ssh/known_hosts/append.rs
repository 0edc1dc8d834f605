//! Adding one line to a `known_hosts` file that other programs use as well.
//!
//! What must stay true: nothing that is there is lost or changed, whoever else writes at the same moment; a
//! file that is made is for its owner only; a device is never written to. Everything here may hold its thread.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a file that somebody else has locked is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// Opens a file for [`append_line`]; `None` where there is nothing to write to: `/dev/null`.
///
/// # Errors
/// When the folder or the file cannot be made or opened.
pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
    if is_device(path) {
        return Ok(None);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    Ok(Some(file))
}

/// Locks a file, or gives up after a time.
///
/// # Errors
/// When another program keeps the lock, or the system knows none for this file.
pub(super) fn lock(file: &File, limit: Duration) -> io::Result<()> {
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if begin.elapsed() >= limit => {
                return Err(io::Error::new(
                    io::ErrorKind::WouldBlock,
                    "another program has locked the file",
                ));
            }
            Err(TryLockError::WouldBlock) => sleep(PAUSE),
        }
    }
}

/// Appends a line, in one write. Returns how many bytes that were.
///
/// # Errors
/// When the file cannot be read or written.
pub(super) fn append_line(file: &mut File, line: &str) -> io::Result<u64> {
    let mut text = String::new();
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            text.push('\n');
        }
    }
    text.push_str(line);
    text.push('\n');
    file.write_all(text.as_bytes())?;
    Ok(text.len() as u64)
}

fn is_device(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| {
        let kind = metadata.file_type();
        kind.is_char_device() || kind.is_block_device() || kind.is_fifo() || kind.is_socket()
    })
}
