//! What an inventory is made from: files, folders, the output of programs, and OpenSSH's configuration.
//!
//! Only [`gather`] touches the disk and only [`command`] runs programs; the rest is pure. A source that fails
//! is a mistake of the whole inventory: a fleet is never smaller than it was meant to be.

pub(super) mod command;
pub(super) mod gather;
pub(super) mod include;
mod output;
mod overlooked;
mod programs;

use std::path::PathBuf;

use super::InventoryFile;
use super::ansible::AnsibleSource;
use crate::model::diagnostic::{Diagnostic, Place};
use crate::model::ssh_options::SshHostEntry;

/// Everything that was read, in the order in which it was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    /// Native inventories.
    pub(super) native: Vec<NativeSource>,
    /// Sources of Ansible's.
    pub(super) ansible: Vec<AnsibleSource>,
    /// Hosts out of OpenSSH's configuration.
    pub(super) ssh: Vec<SshSource>,
    /// Whether a source failed: then what seems not to be there may only not have been read.
    pub(super) is_incomplete: bool,
}

/// A native inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NativeSource {
    /// What its mistakes are reported under: a path, or `command ./cloud-hosts`.
    pub(super) name: String,
    /// Where its relative paths begin.
    pub(super) folder: PathBuf,
    /// Its text.
    pub(super) bytes: Vec<u8>,
    /// What became of its `include`.
    pub(super) includes: Includes,
    /// The file, if it is one.
    pub(super) path: Option<PathBuf>,
    /// Where the inventory names the program that printed it, if one did.
    pub(super) command: Option<Place>,
}

/// What became of the `include` of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Includes {
    /// What it names was read.
    Followed,
    /// It cannot be followed, because the file was handed over as text.
    NotFollowed,
    /// It must have none, because a program printed it.
    Forbidden,
}

impl NativeSource {
    /// A file whose text was handed over: nothing that it includes was read.
    pub(super) fn of_file(file: &InventoryFile) -> Self {
        Self {
            name: file.path.display().to_string(),
            folder: file.path.parent().map(ToOwned::to_owned).unwrap_or_default(),
            bytes: file.bytes.clone(),
            includes: Includes::NotFollowed,
            path: Some(file.path.clone()),
            command: None,
        }
    }
}

/// A program without hosts is a mistake at the line that names it: one whose login has run out may print an empty
/// list and call that a success.
pub(super) fn no_host(name: &str, place: &Place) -> Diagnostic {
    Diagnostic::new(place.clone(), format!("{name}: what it printed names no host"))
        .with_hint("run it by hand; when it has none at present, take the line away")
}

/// The hosts that one `ssh_config` brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SshSource {
    /// The file, where it is not the one that is asked about every host anyway.
    pub(super) configuration: Option<PathBuf>,
    /// The hosts.
    pub(super) hosts: Vec<SshHostEntry>,
    /// Where the inventory names the file.
    pub(super) place: Place,
}
