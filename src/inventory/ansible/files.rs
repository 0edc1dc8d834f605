//! Reads what Ansible would read: the inventories of a directory, and the files of variables beside them.
//!
//! A file that cannot be read is an error: a fleet is never smaller than it was meant to be.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::sources::{AnsiblePart, AnsibleSource};
use crate::inventory::InventoryFile;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::LARGEST_FILE;

/// Folders within folders.
const DEEPEST: usize = 8;

/// Extensions of files that are no inventories, as Ansible has them.
const IGNORED: [&str; 12] = [
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
];

/// Extensions of files of variables, in the order in which they are looked for.
const VARIABLES: [&str; 4] = ["", "yml", "yaml", "json"];

/// Files beside inventories that hold none. Ansible says of each that it cannot be read, and goes on.
const OTHER_FILES: [&str; 6] = ["README", "LICENSE", "COPYING", "CHANGELOG", "Makefile", "known_hosts"];

/// A mistake of a path as a whole.
pub(in crate::inventory) fn unreadable(path: &Path, error: &io::Error) -> Diagnostics {
    let place = Place::of_file(&path.display().to_string());
    Diagnostics::from(Diagnostic::new(place, format!("cannot be read: {error}")))
}

/// A file without end is cut one byte after the limit, which the parser then reports.
pub(in crate::inventory) fn read(path: &Path) -> io::Result<InventoryFile> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(InventoryFile {
        path: path.to_owned(),
        bytes,
    })
}

/// What a directory holds, by name.
pub(in crate::inventory) fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

/// Whether a file is a program: it may be executed, and says by its first bytes that it can be. A list of
/// hosts on a file system where everything may be executed is none.
pub(in crate::inventory) fn is_program(path: &Path, bytes: &[u8]) -> bool {
    (bytes.starts_with(b"#!") || bytes.starts_with(b"\x7fELF")) && may_be_executed(path)
}

#[cfg(unix)]
fn may_be_executed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn may_be_executed(_path: &Path) -> bool {
    false
}

/// The source that a single inventory makes together with the variables beside it.
///
/// # Errors
/// When something of it cannot be read.
pub(in crate::inventory) fn source_of_file(path: &Path, file: InventoryFile) -> Result<AnsibleSource, Diagnostics> {
    let mut source = AnsibleSource {
        parts: vec![part(path, file)?],
        ..AnsibleSource::default()
    };
    let directory = path.parent().unwrap_or_else(|| Path::new(""));
    add_variables(directory, &mut source)?;
    Ok(source)
}

/// The source that a directory makes, when it holds any inventory of Ansible's.
///
/// # Errors
/// When something of it cannot be read.
pub(in crate::inventory) fn source_of_directory(directory: &Path) -> Result<Option<AnsibleSource>, Diagnostics> {
    let mut source = AnsibleSource::default();
    add_inventories(directory, 0, &mut source)?;
    let is_any = source.parts.iter().any(|part| match part {
        AnsiblePart::File(file) => super::is_ansible(&file.path, &file.bytes),
        AnsiblePart::Program(_) => true,
    });
    if !is_any {
        return Ok(None);
    }
    add_variables(directory, &mut source)?;
    Ok(Some(source))
}

/// The source that some files of a directory make together with the variables beside them.
///
/// # Errors
/// When something of it cannot be read.
pub(in crate::inventory) fn source_of_files(
    directory: &Path,
    files: Vec<InventoryFile>,
) -> Result<AnsibleSource, Diagnostics> {
    let mut source = AnsibleSource {
        parts: files.into_iter().map(AnsiblePart::File).collect(),
        ..AnsibleSource::default()
    };
    add_variables(directory, &mut source)?;
    Ok(source)
}

/// Whether a directory is found as an inventory when none is named. Nothing is read or run for that: names decide.
pub(in crate::inventory) fn holds_inventory(directory: &Path) -> bool {
    let Ok(entries) = list(directory) else {
        return false;
    };
    let is_yaml = |path: &Path| {
        path.extension()
            .is_some_and(|extension| extension == "yml" || extension == "yaml")
    };
    is_candidate(directory)
        && entries
            .iter()
            .any(|entry| is_candidate(entry) && (is_yaml(entry) || is_list_of_hosts(entry)))
}

/// Whether a file has a name under which lists of hosts in INI form are usually kept.
pub(in crate::inventory) fn is_list_of_hosts(path: &Path) -> bool {
    let is_usual = path
        .file_name()
        .is_some_and(|name| name == "hosts" || name == "inventory");
    (is_usual || path.extension().is_some_and(|extension| extension == "ini")) && path.is_file()
}

fn part(path: &Path, file: InventoryFile) -> Result<AnsiblePart, Diagnostics> {
    if is_program(path, &file.bytes) {
        return super::run::run_program(path).map(AnsiblePart::Program);
    }
    Ok(AnsiblePart::File(file))
}

fn add_inventories(directory: &Path, depth: usize, source: &mut AnsibleSource) -> Result<(), Diagnostics> {
    for path in list(directory).map_err(|error| unreadable(directory, &error))? {
        if !is_candidate(&path) {
            continue;
        }
        if path.is_dir() {
            check_depth(&path, depth)?;
            add_inventories(&path, depth + 1, source)?;
            continue;
        }
        let file = read(&path).map_err(|error| unreadable(&path, &error))?;
        let is_key = file.bytes.starts_with(b"-----BEGIN ");
        if !file.bytes.trim_ascii().is_empty() && !is_key {
            source.parts.push(part(&path, file)?);
        }
    }
    Ok(())
}

fn check_depth(folder: &Path, depth: usize) -> Result<(), Diagnostics> {
    if depth < DEEPEST {
        return Ok(());
    }
    let place = Place::of_file(&folder.display().to_string());
    let message = format!("folders lie more than {DEEPEST} deep within each other");
    Err(Diagnostic::new(place, message)
        .with_hint("name the inner folder by itself")
        .into())
}

/// Whether Ansible would take a file or folder of an inventory directory for an inventory.
pub(in crate::inventory) fn is_candidate(path: &Path) -> bool {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
        return false;
    };
    let is_reserved = matches!(name.as_str(), "group_vars" | "host_vars" | "vars_plugins");
    let is_ignored = IGNORED.iter().any(|extension| name.ends_with(extension));
    let is_other = OTHER_FILES.iter().any(|other| name == *other) || name.starts_with("known_hosts");
    let is_key = name.ends_with(".pub") || name.ends_with(".pem") || name.ends_with(".key");
    !(name.starts_with('.') || is_reserved || is_ignored || is_other || is_key)
}

fn add_variables(directory: &Path, source: &mut AnsibleSource) -> Result<(), Diagnostics> {
    source.group_variables = variables(&directory.join("group_vars"))?;
    source.host_variables = variables(&directory.join("host_vars"))?;
    Ok(())
}

/// The files of variables by name: `web`, else `web.yml`, else `web.yaml`, else `web.json`, the first one that
/// is there; for a folder, everything in it.
fn variables(directory: &Path) -> Result<Vec<(String, InventoryFile)>, Diagnostics> {
    match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Ok(Vec::new()),
        // A link that leads nowhere is no folder that is not there.
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(directory).is_err() => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(unreadable(directory, &error)),
    }
    let mut found: BTreeMap<String, (usize, PathBuf)> = BTreeMap::new();
    for path in list(directory).map_err(|error| unreadable(directory, &error))? {
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().into_owned());
        let rank = VARIABLES.iter().position(|known| Some(*known) == extension.as_deref());
        let name = match rank {
            Some(_) => path.file_stem(),
            None => path.file_name(),
        };
        let (Some(name), rank) = (name, rank.unwrap_or_default()) else {
            continue;
        };
        let name = name.to_string_lossy().into_owned();
        if found.get(&name).is_none_or(|(other, _)| rank < *other) {
            found.insert(name, (rank, path));
        }
    }
    let mut files = Vec::new();
    for (name, (_, path)) in found {
        let mut paths = Vec::new();
        if path.is_dir() {
            add_folder(&path, 0, &mut paths)?;
        } else {
            paths.push(path);
        }
        for path in paths {
            let file = read(&path).map_err(|error| unreadable(&path, &error))?;
            files.push((name.clone(), file));
        }
    }
    Ok(files)
}

fn add_folder(directory: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), Diagnostics> {
    for path in list(directory).map_err(|error| unreadable(directory, &error))? {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().into_owned());
        if path.is_dir() {
            if extension.is_none() {
                check_depth(&path, depth)?;
                add_folder(&path, depth + 1, paths)?;
            }
        } else if VARIABLES.contains(&extension.as_deref().unwrap_or_default()) {
            paths.push(path);
        }
    }
    Ok(())
}
