//! Reads playbooks from the disk. The only file of this module that does.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::hook_reader::place_programs;
use super::{Playbook, parse_playbook};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::LARGEST_FILE;

/// Reads a playbook. One without a name has that of its file.
///
/// # Errors
/// Every mistake in it, or why it cannot be read.
pub fn load_playbook(path: &Path) -> Result<Playbook, Diagnostics> {
    let file = path.display().to_string();
    let bytes = read(path).map_err(|error| {
        Diagnostics::from(Diagnostic::new(
            Place::of_file(&file),
            format!("cannot be read: {error}"),
        ))
    })?;
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut playbook = parse_playbook(&file, &bytes, &crate::model::text::printable(&name))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Without a working directory nothing can be started from one.
    if let Ok(folder) = std::path::absolute(folder.unwrap_or(Path::new("."))) {
        place_programs(&mut playbook.run.hooks, &folder);
    }
    Ok(playbook)
}

/// A file without end is cut one byte after the limit, which the parser then reports.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
