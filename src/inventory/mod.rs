//! From YAML to hosts, and the target expressions that pick them.
//!
//! A file is read in full and every mistake in it is reported at once; a host exists only when every
//! setting of it is certain. Only [`load`], `sources/gather.rs` and the file readers of Ansible's dialect touch the
//! disk, and only `sources/command.rs` and `ansible/run.rs` run programs; all else takes text and gives values.

pub mod ansible;
mod collect;
mod domains;
mod evaluate;
mod evaluate_name;
mod evaluate_state;
mod graph;
mod host_reader;
mod hosts;
mod jump;
mod layers;
pub mod load;
mod origins;
mod password;
mod paths;
mod privilege;
mod quorum;
mod resolve;
mod resolved;
mod schema;
mod select;
mod setting_reader;
mod settings;
mod sources;
mod ssh;
mod ssh_hosts;
mod ssh_origins;
mod ssh_reader;
#[cfg(test)]
mod tests;
mod warnings;

pub use resolve::{parse_inventory, parse_sources};
pub use resolved::{Group, Inventory, Layer, Overridden, SettingOrigin};
pub use select::{Selection, SelectionError, evaluate, select_hosts};

use std::path::PathBuf;
use std::sync::Arc;

use crate::model::ssh_options::SshConfiguration;

/// What the inventory needs to know of the machine that it is read on.
#[derive(Debug, Clone, Default)]
pub struct ResolveContext {
    /// The login name of whoever runs patchwave: the default of `user`.
    pub local_user: String,
    /// The home directory, for paths that begin with `~/`; `None` when there is none.
    pub home: Option<PathBuf>,
    /// OpenSSH's configuration; without one, nothing is taken from it.
    pub ssh: Option<Arc<dyn SshConfiguration>>,
}

/// The bytes of one inventory file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryFile {
    /// Its path, under which mistakes are reported and where its relative paths begin.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Vec<u8>,
}
