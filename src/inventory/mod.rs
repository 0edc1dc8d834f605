//! From YAML to hosts, and the target expressions that pick them.
//!
//! A file is read in full and every mistake in it is reported at once; a host exists only when every
//! setting of it is certain. Only [`load`] touches the disk; all else takes text and gives values.

pub mod load;
mod resolved;
mod select;

pub use resolved::{Group, Inventory, Layer, Overridden, SettingOrigin};
pub use select::{Selection, SelectionError, select_hosts};

use std::path::PathBuf;

/// What the inventory needs to know of the machine that it is read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveContext {
    /// The login name of whoever runs patchwave: the default of `user`.
    pub local_user: String,
    /// The home directory, for paths that begin with `~/`; `None` when there is none.
    pub home: Option<PathBuf>,
}
