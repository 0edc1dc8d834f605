//! From raw arguments and the environment to what commands use.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::{GlobalOptions, Surroundings};
use super::failure::Failure;
use crate::inventory::ResolveContext;
use crate::inventory::load::{DiscoveryError, find_inventory};
use crate::model::ssh_options::SshConfiguration;
use crate::ssh::config::{OpenSshConfiguration, Surroundings as _, ThisMachine};

/// Where system-wide inventories are.
const SYSTEM_INVENTORY: &str = "/etc/patchwave/inventory.yml";

/// The inventory paths: those that were named, else the only one there is.
///
/// # Errors
/// When there is none, or more than one to choose from.
pub fn inventory_paths(options: &GlobalOptions) -> Result<Vec<PathBuf>, Failure> {
    if !options.inventory.is_empty() {
        return Ok(options.inventory.clone());
    }
    match find_inventory(Path::new("inventories"), Path::new(SYSTEM_INVENTORY)) {
        Ok(path) => Ok(vec![path]),
        Err(error) => {
            let hint = match &error {
                DiscoveryError::None { .. } => "make one with `patchwave init`, or name yours with `--inventory PATH`",
                DiscoveryError::Several { .. } => "name one with `--inventory PATH`",
                DiscoveryError::Unreadable { .. } => "look at its permissions",
            };
            Err(Failure::usage(error, hint))
        }
    }
}

/// What the inventory needs to know of this machine.
#[must_use]
pub fn resolve_context(options: &GlobalOptions) -> ResolveContext {
    if options.surroundings == Surroundings::Isolated {
        return ResolveContext {
            local_user: "operator".to_owned(),
            home: None,
            ssh: None,
        };
    }
    let machine = ThisMachine::new();
    ResolveContext {
        // As ssh does it: the account's name, whatever `USER` says.
        local_user: machine.account().user.clone(),
        home: home(),
        ssh: Some(ssh_configuration(options, machine)),
    }
}

/// OpenSSH's configuration, as whoever runs patchwave has it. Nothing is read yet.
fn ssh_configuration(options: &GlobalOptions, machine: ThisMachine) -> Arc<dyn SshConfiguration> {
    let configuration = OpenSshConfiguration::new(Arc::new(machine));
    Arc::new(match &options.ssh_config {
        Some(file) => configuration.with_file(file.clone()),
        None => configuration,
    })
}

/// Where the ledger is kept.
///
/// # Errors
/// When nothing names a place and there is no home folder.
pub fn state_directory(options: &GlobalOptions) -> Result<PathBuf, Failure> {
    if let Some(directory) = &options.state_dir {
        return Ok(directory.clone());
    }
    let base = std::env::var_os("XDG_STATE_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    base.filter(|path| path.is_absolute())
        .or_else(|| home().map(|home| home.join(".local/state")))
        .map(|base| base.join("patchwave"))
        .ok_or_else(|| {
            Failure::usage(
                "there is no home folder to keep the ledger in",
                "name one with `--state-dir DIR`",
            )
        })
}

/// The `known_hosts` of the project: beside the inventory.
#[must_use]
pub fn project_known_hosts(inventory: &[PathBuf]) -> Option<PathBuf> {
    let first = inventory.first()?;
    let folder = if first.is_dir() {
        first.as_path()
    } else {
        first.parent()?
    };
    Some(folder.join("known_hosts"))
}

fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}
