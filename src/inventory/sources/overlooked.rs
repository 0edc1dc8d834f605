//! What a native directory holds for Ansible alone, which would be left out in silence.
//!
//! Told by names and by what the files say, as keys, notes and lists of names may lie there too.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::gather::is_yaml;
use crate::inventory::ansible::files::{is_candidate, is_list_of_hosts, is_program, list, read, unreadable};
use crate::inventory::ansible::is_plainly_ansible;
use crate::model::diagnostic::Diagnostics;

/// Folders within folders.
const DEEPEST: usize = 8;

/// The lists of hosts, programs and folders with such that nothing has read. `seen` are the real paths of all
/// that was.
///
/// # Errors
/// When one cannot be read.
pub(super) fn overlooked(directory: &Path, seen: &HashSet<PathBuf>) -> Result<Vec<PathBuf>, Diagnostics> {
    let mut found = Vec::new();
    for path in list(directory).map_err(|error| unreadable(directory, &error))? {
        if is_candidate(&path) && (path.is_dir() || !is_yaml(&path)) && is_overlooked(&path, seen, 0)? {
            found.push(path);
        }
    }
    Ok(found)
}

fn is_overlooked(path: &Path, seen: &HashSet<PathBuf>, depth: usize) -> Result<bool, Diagnostics> {
    let real = fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
    if seen.contains(&real) {
        return Ok(false);
    }
    if real.is_file() {
        let file = read(path).map_err(|error| unreadable(path, &error))?;
        let is_empty = file.bytes.trim_ascii().is_empty();
        return Ok(!is_empty
            && (is_list_of_hosts(path) || is_program(path, &file.bytes) || is_plainly_ansible(path, &file.bytes)));
    }
    if !real.is_dir() || depth >= DEEPEST {
        return Ok(false);
    }
    for entry in list(path).map_err(|error| unreadable(path, &error))? {
        if is_candidate(&entry) && is_overlooked(&entry, seen, depth + 1)? {
            return Ok(true);
        }
    }
    Ok(false)
}
