//! Reads inventories from the disk. The only file of this module that does.

use std::path::{Path, PathBuf};

use crate::model::diagnostic::Diagnostics;

use super::{Inventory, ResolveContext};

/// Reads files and directories as one inventory. Of a directory every `*.yml` and `*.yaml` is read, by name.
///
/// # Errors
/// Every mistake of every file.
pub fn load_inventory(_paths: &[PathBuf], _context: &ResolveContext) -> Result<Inventory, Diagnostics> {
    Ok(Inventory::default())
}

/// The inventory to use when none is named: the only one in `directory`, else `system`.
///
/// # Errors
/// When there is none, or more than one to choose from.
pub fn find_inventory(_directory: &Path, system: &Path) -> Result<PathBuf, DiscoveryError> {
    Ok(system.to_owned())
}

/// Why no inventory can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// There is none.
    #[error("there is no inventory: `{}` holds none and `{}` does not exist", directory.display(), system.display())]
    None {
        /// Where inventories are looked for first.
        directory: PathBuf,
        /// Where one is looked for then.
        system: PathBuf,
    },
    /// There are several.
    #[error("there are several inventories to choose from: {}", names(paths))]
    Several {
        /// Each of them.
        paths: Vec<PathBuf>,
    },
    /// The directory cannot be read.
    #[error("`{}` cannot be read: {reason}", directory.display())]
    Unreadable {
        /// The directory.
        directory: PathBuf,
        /// Why.
        reason: String,
    },
}

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    names.join(", ")
}
