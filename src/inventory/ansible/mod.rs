//! Inventories of Ansible, as they are: YAML, INI, the output of programs, `group_vars` and `host_vars`.
//!
//! Everything of a run's Ansible sources is read as one inventory, in Ansible's own order of precedence, and
//! handed over as hosts whose settings are certain. Pure: files and output of programs are read by others.
//! The real Ansible is what this is compared with (`tests/integration/ansible.rs`).

mod address;
mod arguments;
mod connection;
mod content;
mod data;
mod dialect;
pub(super) mod files;
mod ini;
mod literal;
mod login;
mod options;
mod precedence;
mod privilege;
mod program;
mod reading;
mod run;
mod sources;
mod value;
mod variables;
mod words;
mod yaml;

pub(super) use connection::Told;
pub(super) use dialect::has_native_key;
pub(super) use program::names_hosts;
pub use program::{ProgramOutput, hosts_to_ask};
pub use sources::{AnsiblePart, AnsibleSource};

use std::path::Path;

use super::paths::PathContext;
use super::schema::FileContent;
use crate::model::diagnostic::Diagnostics;
use crate::model::document::Document;

/// Reads all sources of Ansible's as one inventory. What is wrong is in the list.
pub(super) fn read(sources: &[AnsibleSource], paths: &PathContext) -> (Vec<FileContent>, Diagnostics) {
    let (reading, files) = sources::read_sources(sources);
    content::contents(reading, &files, paths)
}

/// Whether what a file says can only be meant for Ansible: sections in INI form, or groups in YAML or JSON.
pub(super) fn is_plainly_ansible(path: &Path, bytes: &[u8]) -> bool {
    if dialect::is_ini(bytes) {
        return true;
    }
    let is_other = path
        .extension()
        .is_some_and(|extension| extension != "yml" && extension != "yaml" && extension != "json");
    let document = (!is_other).then(|| Document::from_ansible("", bytes));
    let root = document.as_ref().and_then(|document| document.root.as_ref());
    root.is_some_and(dialect::is_ansible)
}

/// Whether a file is an inventory of Ansible's: a file that is not native, in YAML or in INI form.
#[must_use]
pub fn is_ansible(path: &Path, bytes: &[u8]) -> bool {
    if dialect::is_ini(bytes) {
        return true;
    }
    if dialect::has_native_key(bytes) {
        return false;
    }
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().into_owned());
    let is_yaml = matches!(extension.as_deref(), Some("yml" | "yaml" | "json"));
    if extension.is_some() && !is_yaml {
        return true;
    }
    let document = Document::from_ansible("", bytes);
    match &document.root {
        Some(root) => dialect::is_ansible(root) || (!is_yaml && !dialect::is_mapping(root)),
        None => !is_yaml && !bytes.trim_ascii().is_empty(),
    }
}
